/* SPDX-License-Identifier: MIT */
/*
 * labctl exec: a command where it belongs. A place is a node, the host
 * outside, an instance (its node and namespace), or a router (the node where
 * it is active, and its namespace). 'all' is all nodes, and a pattern all
 * places whose names match.
 */
#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/many.h"
#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/netns.h"
#include "lib/parse.h"
#include "provision/emul/emul.h"
#include "provision/target.h"
#include "provision/host/remote.h"
#include "provision/host/roles.h"
#include "topologies/topo.h"

#define ENGINE_MS 5000 /* for an engine's answer */
#define NO_PROGRAM 127 /* a shell's status for that */
#define NAMES_MAX (TOPO_NODES_MAX + 1 + TOPO_INSTANCES_MAX + TOPO_ROUTERS_MAX)

#define ALL "all" /* nodes; a place of that name goes before */

struct where {
	const struct topo_node *node; /* NULL: the host outside */
	const char *netns;            /* NULL: the node's own */
};

/* What the command line asks for. */
struct order {
	const struct cmd *cmd;
	const struct lab *lab;
	const char *netns, *router; /* or NULL */
	char *const *words;         /* the command, NULL at its end */
	const char **places;        /* of many */
};

/* --- finding the place --------------------------------------------------- */

/* All places of the lab, nodes first. */
static const char **all_places(struct arena *a, const struct lab *lab,
			       size_t *ret_n)
{
	const char **names = arena_array(a, NAMES_MAX, sizeof(*names));
	size_t i, n = 0;

	for (i = 0; i < lab->nnodes; i++)
		names[n++] = lab->nodes[i].name;
	names[n++] = EMUL_OUTSIDE;
	for (i = 0; i < lab->ninstances; i++)
		names[n++] = lab->instances[i].name;
	for (i = 0; i < lab->nrouters; i++)
		names[n++] = lab->routers[i].name;
	*ret_n = n;
	return names;
}

static int no_such_place(const struct lab *lab, const char *name)
{
	auto_arena struct arena a = {0};
	const char **names, *near;
	size_t n;

	names = all_places(&a, lab, &n);
	near = parse_nearest(name, names, n);
	if (near)
		return cmd_wrong("lab %s has no '%s'; did you mean '%s'?",
				 lab->name, name, near);
	return cmd_wrong("lab %s has no node, instance or router '%s'; 'labctl "
			 "status' shows what it has",
			 lab->name, name);
}

static bool hosts(const struct topo_router *r, const struct topo_node *n)
{
	size_t i;

	for (i = 0; i < r->nhosts; i++)
		if (r->hosts[i] == n)
			return true;
	return false;
}

/* How to reach a node that runs; who does not run would answer nothing. */
static int reach(struct arena *a, const struct lab *lab,
		 const struct topo_node *node, struct remote_target *ret,
		 struct err *reterr)
{
	pid_t pid;

	if (emul_node_pid(lab->name, node->name, &pid, NULL) == -ENOENT)
		return err_set(reterr, -EHOSTDOWN,
			       "it does not run; 'labctl up' starts it");
	return emul_target(a, lab, node, ret, reterr);
}

/* Whether the router is Active on the node: 1, 0, or -errno. */
static int active_on(const struct lab *lab, const struct topo_router *router,
		     const struct topo_node *node, struct err *reterr)
{
	auto_arena struct arena a = {0};
	struct observed seen = {0};
	struct remote_target t;
	struct remote *r = NULL;
	int e;

	e = reach(&a, lab, node, &t, reterr);
	if (e == 0)
		e = remote_open(&r, &t, reterr);
	if (e == 0)
		e = roles_ask_one(r, lab, ENGINE_MS, &a, &seen, reterr);
	if (e == 0)
		e = role_is_active(role_on(&seen, router));
	remote_close(r);
	return e < 0 ? err_prefix(reterr, "%s", node->name) : e;
}

/* The only node where it is active; else an exit status, with words. */
static int find_active(const struct lab *lab, const struct topo_router *router,
		       const struct topo_node **ret)
{
	const struct topo_node *found[2] = {NULL, NULL};
	struct err e = {0}, unseen = {0};
	size_t i, n = 0;
	int r;

	for (i = 0; i < router->nhosts && n < 2; i++) {
		r = active_on(lab, router, router->hosts[i], &e);
		if (r > 0)
			found[n++] = router->hosts[i];
		else if (r < 0)
			unseen = e;
	}
	*ret = found[0];
	if (n == 1)
		return EXIT_OK;
	if (n > 1)
		err_set(&e, -EEXIST,
			"router %s is active on %s and on %s: say which, with "
			"'labctl exec NODE --router %s'",
			router->name, found[0]->name, found[1]->name,
			router->name);
	else
		err_set(&e, -ENOENT, "router %s is active nowhere%s%s%s",
			router->name, *unseen.msg ? " (" : "", unseen.msg,
			*unseen.msg ? ")" : "");
	return cmd_fail(EXIT_CANNOT, &e);
}

/* The --router or --netns beside a node. */
static int find_netns(const struct cmd *c, const struct lab *lab,
		      const char *netns, const char *router, struct where *w)
{
	const char *names[TOPO_ROUTERS_MAX], *near;
	const struct topo_router *r;
	size_t i;

	if (netns && router)
		return cmd_usage(c, "either --netns or --router");
	if (netns && !netns_name_ok(netns))
		return cmd_usage(c, "'%s' cannot name a network namespace",
				 netns);
	w->netns = netns;
	if (!router)
		return EXIT_OK;
	r = topo_router(lab, router);
	if (!r) {
		for (i = 0; i < lab->nrouters; i++)
			names[i] = lab->routers[i].name;
		near = parse_nearest(router, names, lab->nrouters);
		return cmd_wrong("lab %s has no router '%s'%s%s%s", lab->name,
				 router, near ? "; did you mean '" : "",
				 near ? near : "", near ? "'?" : "");
	}
	if (!w->node || !hosts(r, w->node))
		return cmd_wrong("router %s is not on %s", router,
				 w->node ? w->node->name : EMUL_OUTSIDE);
	w->netns = r->netns;
	return EXIT_OK;
}

static int find(const struct cmd *c, const struct lab *lab, const char *name,
		const char *netns, const char *router, struct where *w)
{
	const struct topo_instance *inst;
	const struct topo_router *r;

	w->node = topo_node(lab, name);
	if (w->node || strcmp(name, EMUL_OUTSIDE) == 0)
		return find_netns(c, lab, netns, router, w);
	inst = topo_instance(lab, name);
	r = topo_router(lab, name);
	if (!inst && !r)
		return no_such_place(lab, name);
	if (netns || router)
		return cmd_usage(c,
				 "%s is a namespace of its own: %s goes "
				 "with a node",
				 name, netns ? "--netns" : "--router");
	w->netns = inst ? inst->netns : r->netns;
	if (inst) {
		w->node = inst->node;
		return EXIT_OK;
	}
	return find_active(lab, r, &w->node);
}

/* --- the command line ---------------------------------------------------- */

static void add_words(struct buf *line, char *const *words)
{
	for (; *words; words++) {
		if (line->len)
			buf_addc(line, ' ');
		remote_quote(line, *words);
	}
}

/*
 * A pipe in quotes is one word, and so the name of a program that there is
 * not: said there, where it is known.
 */
static void add_hint(const char *place, const char *word, struct buf *line)
{
	auto_buf struct buf hint = {0};

	if (!word[strcspn(word, " \t\n|&;<>()$`*?\"'\\")])
		return;
	buf_adds(&hint, "labctl: there is no program ");
	remote_quote(&hint, word);
	buf_printf(&hint,
		   "; a shell takes pipes and variables: labctl exec %s "
		   "-- sh -c ",
		   place);
	remote_quote(&hint, word);
	buf_adds(line, "command -v ");
	remote_quote(line, word);
	buf_adds(line, " >/dev/null || { printf '%s\\n' ");
	remote_quote(line, hint.data);
	buf_printf(line, " >&2; exit %d; }; ", NO_PROGRAM);
}

/* What the shell there is given; empty for a login shell. */
static void build(const struct where *w, const char *place, char *const *words,
		  struct buf *line)
{
	const char *node = w->node ? w->node->name : EMUL_OUTSIDE;
	auto_buf struct buf command = {0};

	buf_adds(line, "");
	if (words[0] && !words[1])
		add_hint(place, words[0], line);
	add_words(&command, words);
	if (!w->netns) {
		buf_add(line, command.data ? command.data : "", command.len);
		return;
	}
	buf_adds(line, "test -e " NETNS_DIR "/");
	remote_quote(line, w->netns);
	buf_printf(line,
		   " || { echo \"labctl: %s has no network namespace of this "
		   "name; 'labctl exec %s -- ip netns' lists them\" >&2; exit "
		   "%d; }; exec ip netns exec ",
		   node, node, EXIT_CANNOT);
	remote_quote(line, w->netns);
	buf_addc(line, ' ');
	buf_adds(line, *words ? command.data : "\"${SHELL:-/bin/sh}\"");
}

static int run_there(const struct lab *lab, const struct where *w,
		     const char *line)
{
	auto_arena struct arena a = {0};
	struct remote_target t;
	struct err e = {0};
	pid_t pid;
	int r;

	if (w->node) {
		r = reach(&a, lab, w->node, &t, &e);
		if (r == 0)
			r = remote_exec(&t, line, &e);
	} else {
		r = emul_node_pid(lab->name, EMUL_OUTSIDE, &pid, &e);
		if (r == 0)
			r = remote_exec_local(pid, line, &e);
	}
	if (r >= 0)
		return r;
	err_prefix(&e, "%s", w->node ? w->node->name : EMUL_OUTSIDE);
	return cmd_fail(EXIT_CANNOT, &e);
}

static int in_place(const struct order *o, const char *name)
{
	auto_buf struct buf line = {0};
	struct where w = {NULL, NULL};
	int r;

	r = find(o->cmd, o->lab, name, o->netns, o->router, &w);
	if (r != EXIT_OK)
		return r;
	build(&w, name, o->words, &line);
	return run_there(o->lab, &w, line.data);
}

static int in_one_of_many(void *ctx, size_t i)
{
	const struct order *o = ctx;

	return in_place(o, o->places[i]);
}

/* What 'all' or a pattern means; the count. */
static size_t match(struct arena *a, struct order *o, const char *pattern)
{
	size_t i, n, kept = 0;

	o->places = all_places(a, o->lab, &n);
	if (strcmp(pattern, ALL) == 0)
		return o->lab->nnodes;
	for (i = 0; i < n; i++)
		if (fnmatch(pattern, o->places[i], 0) == 0)
			o->places[kept++] = o->places[i];
	return kept;
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
	n = match(&a, o, pattern);
	if (!n)
		return cmd_wrong("lab %s has nothing that matches '%s'; "
				 "'labctl status' shows what it has",
				 o->lab->name, pattern);
	r = many_run(o->places, n, in_one_of_many, o, &e);
	return r < 0 ? cmd_fail(EXIT_CANNOT, &e) : r;
}

static bool means_many(const struct lab *lab, const char *name)
{
	return name[strcspn(name, "*?[")] ||
	       (strcmp(name, ALL) == 0 && !topo_node(lab, ALL) &&
		!topo_instance(lab, ALL) && !topo_router(lab, ALL));
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
	return means_many(o->lab, name) ? in_many(o, name) : in_place(o, name);
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
