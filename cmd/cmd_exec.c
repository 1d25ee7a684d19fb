/* SPDX-License-Identifier: MIT */
/*
 * labctl exec: a command where it belongs, or where they do: 'all' is all
 * nodes, and a pattern all places whose names match. What a place is, is
 * place.h's to say.
 */
#include <errno.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/common/many.h"
#include "lib/auto.h"
#include "lib/buf.h"
#include "provision/emul/emul.h"
#include "provision/host/place.h"
#include "provision/host/remote.h"
#include "provision/way.h"
#include "topologies/topo.h"

#define ENGINE_MS 5000 /* for an engine's answer */

_Static_assert(PLACE_CANNOT == EXIT_CANNOT, "one status");

/* What the command line asks for. */
struct order {
	const struct cmd *cmd;
	const struct lab *lab;
	const char *netns, *router; /* or NULL */
	char *const *words;         /* the command, NULL at its end */
	const char **places;        /* of many */
};

static int run_there(const struct lab *lab, const struct place *p,
		     const char *line)
{
	auto_arena struct arena a = {0};
	struct ways ways;
	struct err e = {0};
	struct way w;
	int r;

	ways_look(&a, lab, &ways);
	r = way_find(&a, &ways, p->node, &w, &e);
	if (r == 0)
		r = p->node ? remote_exec(&w.target, line, &e)
			    : remote_exec_local(w.pid, line, &e);
	if (r >= 0)
		return r;
	err_prefix(&e, "%s", way_name(p->node));
	return cmd_fail(EXIT_CANNOT, &e);
}

static int in_place(const struct order *o, const char *name)
{
	auto_buf struct buf line = {0};
	struct err e = {0};
	struct place p;
	int r;

	r = place_find(o->lab, name, o->netns, o->router, &p, &e);
	if (r < 0)
		return cmd_fail(EXIT_USAGE, &e);
	if (p.router)
		r = place_find_active(o->lab, &p, ENGINE_MS, &e);
	if (r < 0)
		return cmd_fail(EXIT_CANNOT, &e);
	place_command(&p, o->words, &line);
	return run_there(o->lab, &p, line.data);
}

static int in_one_of_many(void *ctx, size_t i)
{
	const struct order *o = ctx;

	return in_place(o, o->places[i]);
}

static int in_many(struct order *o, const char *pattern)
{
	auto_arena struct arena a = {0};
	struct err e = {0};
	size_t n;
	int r;

	if (!o->words[0])
		return cmd_usage(o->cmd, "a shell is for one place; which "
					 "COMMAND?");
	n = place_match(&a, o->lab, pattern, &o->places);
	if (!n)
		return cmd_wrong("lab %s has nothing that matches '%s'; "
				 "'labctl status' shows what it has",
				 o->lab->name, pattern);
	r = many_run(o->places, n, in_one_of_many, o, &e);
	return r < 0 ? cmd_fail(EXIT_CANNOT, &e) : r;
}

static int in_lab(struct order *o, const char *name)
{
	struct err e = {0};
	int r;

	r = emul_enter(o->lab->name, &e);
	if (r == -ENOENT)
		err_set(&e, r, "lab %s is not up: 'labctl up FILE' makes it",
			o->lab->name);
	if (r < 0)
		return cmd_fail(EXIT_CANNOT, &e);
	return place_is_many(o->lab, name) ? in_many(o, name)
					   : in_place(o, name);
}

/* --- the words of labctl's own command line ------------------------------ */

/*
 * Where the command begins: after "--", or at the second bare word, so that
 * its options need no "--".
 */
static int command_at(int argc, char **argv, const struct cmd_opt *opts)
{
	bool place = false;
	int i;

	for (i = 1; i < argc; i++) {
		const char *w = argv[i];

		if (strcmp(w, "--") == 0)
			return i;
		if (cmd_takes_value(opts, w)) {
			i++;
			continue;
		}
		if (w[0] == '-' && w[1])
			continue;
		if (place)
			return i;
		place = true;
	}
	return argc;
}

static int run(const struct cmd *c, int argc, char **argv)
{
	struct order o = {.cmd = c};
	const struct cmd_opt opts[] = {{"netns", 0, OPT_TEXT, &o.netns},
				       {"router", 0, OPT_TEXT, &o.router},
				       {NULL, 0, OPT_FLAG, NULL}};
	auto_arena struct arena a = {0};
	int at = command_at(argc, argv, opts), n = at, r;
	char **own = arena_array(&a, (size_t)argc + 1, sizeof(*own));
	struct lab *lab = NULL;

	memcpy(own, argv, (size_t)at * sizeof(*own));
	if (at < argc && strcmp(argv[at], "--") == 0)
		at++;
	if (!cmd_options(c, &n, own, opts, &r))
		return r;
	if (n < 2)
		return cmd_usage(c, "at which PLACE?");
	r = cmd_current_lab(NULL, &lab);
	o.lab = lab;
	o.words = argv + at;
	if (r == EXIT_OK)
		r = in_lab(&o, own[1]);
	lab_free(lab);
	return r;
}

const struct cmd cmd_exec = {
	.name = "exec",
	.args = "PLACE [--netns NETNS | --router ROUTER] [[--] COMMAND...]",
	.summary = "run a command on a node, in a router or on an instance",
	.help = "PLACE is a node, 'outside' (the host that plays the "
		"Internet), an instance, or a\nrouter (on the node where it is "
		"active). 'all' is every node, a pattern\nsuch as 'network*' "
		"each place of such a name: all at once, each line with "
		"its\nplace before it. Without COMMAND: a shell. The words of "
		"COMMAND arrive as they\nare; for pipes and variables, run sh "
		"-c '...'.\n\n"
		"Options:\n"
		"      --netns NETNS    in this network namespace of the node\n"
		"      --router ROUTER  in this router's namespace on the "
		"node\n\n"
		"Exit status: the command's (128 + N where signal N ended it); "
		"2 where PLACE is\nwrong, 3 where it cannot be reached; of "
		"many "
		"places the highest.\n\n"
		"Examples:\n"
		"  labctl exec network1 -- ip netns\n"
		"  labctl exec 'network*' -- ip -br link\n"
		"  labctl exec router2 ip addr\n"
		"  labctl exec network2 --router router2 -- ip -br addr\n"
		"  labctl exec selfservice-instance1 ping -c 4 198.51.100.1\n"
		"  labctl exec outside sh -c 'ping -c 4 203.0.113.21 | tail "
		"-n 2'\n",
	.run = run,
};
