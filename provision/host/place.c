/* SPDX-License-Identifier: MIT */
#include "provision/host/place.h"

#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/kernel/netns.h"
#include "lib/parse.h"
#include "provision/host/remote.h"
#include "provision/host/roles.h"
#include "provision/machine/machine.h"
#include "provision/way.h"

#define NO_PROGRAM 127 /* a shell's status for that */
#define NAMES_MAX (TOPO_NODES_MAX + 1 + TOPO_INSTANCES_MAX + TOPO_ROUTERS_MAX)

/* What makes more of a word than a word, to a shell. */
#define SHELL_CHARS " \t\n|&;<>()$`*?\"'\\"

/* --- names --------------------------------------------------------------- */

size_t place_names(struct arena *a, const struct lab *lab, const char ***ret)
{
	const char **names = arena_array(a, NAMES_MAX, sizeof(*names));
	size_t i, n = 0;

	for (i = 0; i < lab->nnodes; i++)
		names[n++] = lab->nodes[i].name;
	names[n++] = way_name(NULL);
	for (i = 0; i < lab->ninstances; i++)
		names[n++] = lab->instances[i].name;
	for (i = 0; i < lab->nrouters; i++)
		names[n++] = lab->routers[i].name;
	*ret = names;
	return n;
}

bool place_is_many(const struct lab *lab, const char *word)
{
	if (word[strcspn(word, "*?[")])
		return true;
	return strcmp(word, PLACE_ALL) == 0 && !topo_node(lab, word) &&
	       !topo_instance(lab, word) && !topo_router(lab, word);
}

size_t place_match(struct arena *a, const struct lab *lab, const char *word,
		   const char ***ret)
{
	size_t i, n = place_names(a, lab, ret), kept = 0;

	if (strcmp(word, PLACE_ALL) == 0)
		return lab->nnodes;
	for (i = 0; i < n; i++)
		if (fnmatch(word, (*ret)[i], 0) == 0)
			(*ret)[kept++] = (*ret)[i];
	return kept;
}

/* --- finding ------------------------------------------------------------- */

static int no_such_place(const struct lab *lab, const char *name,
			 struct err *reterr)
{
	auto_arena struct arena a = {0};
	const char **names, *near;
	size_t n;

	n = place_names(&a, lab, &names);
	near = parse_nearest(name, names, n);
	if (near)
		return err_set(reterr, -EINVAL,
			       "lab %s has no '%s'; did you mean '%s'?",
			       lab->name, name, near);
	return err_set(reterr, -EINVAL,
		       "lab %s has no node, instance or router '%s'; 'labctl "
		       "status' shows what it has",
		       lab->name, name);
}

static int no_such_router(const struct lab *lab, const char *name,
			  struct err *reterr)
{
	const char *names[TOPO_ROUTERS_MAX], *near;
	size_t i;

	for (i = 0; i < lab->nrouters; i++)
		names[i] = lab->routers[i].name;
	near = parse_nearest(name, names, lab->nrouters);
	return err_set(reterr, -EINVAL, "lab %s has no router '%s'%s%s%s",
		       lab->name, name, near ? "; did you mean '" : "",
		       near ? near : "", near ? "'?" : "");
}

static bool hosts(const struct topo_router *r, const struct topo_node *n)
{
	size_t i;

	for (i = 0; i < r->nhosts; i++)
		if (r->hosts[i] == n)
			return true;
	return false;
}

/* The namespace beside a node. */
static int find_netns(const struct lab *lab, const char *netns,
		      const char *router, struct place *p, struct err *reterr)
{
	const struct topo_router *r;

	if (netns && !netns_name_ok(netns))
		return err_set(reterr, -EINVAL,
			       "'%s' cannot name a network namespace", netns);
	p->netns = netns;
	if (!router)
		return 0;
	r = topo_router(lab, router);
	if (!r)
		return no_such_router(lab, router, reterr);
	if (!p->node || !hosts(r, p->node))
		return err_set(reterr, -EINVAL, "router %s is not on %s",
			       router, way_name(p->node));
	p->netns = r->netns;
	return 0;
}

int place_find(const struct lab *lab, const char *name, const char *netns,
	       const char *router, struct place *ret, struct err *reterr)
{
	const struct topo_instance *inst = topo_instance(lab, name);
	const struct topo_router *r = topo_router(lab, name);

	if (netns && router)
		return err_set(reterr, -EINVAL,
			       "either --netns or --router, not both");
	*ret = (struct place){.name = name, .node = topo_node(lab, name)};
	if (ret->node || strcmp(name, way_name(NULL)) == 0)
		return find_netns(lab, netns, router, ret, reterr);
	if (!inst && !r)
		return no_such_place(lab, name, reterr);
	if (netns || router)
		return err_set(reterr, -EINVAL,
			       "%s is a namespace of its own: %s goes with a "
			       "node",
			       name, netns ? "--netns" : "--router");
	ret->netns = inst ? inst->netns : r->netns;
	ret->machine = inst != NULL;
	if (inst)
		ret->node = inst->node;
	else
		ret->router = r;
	return 0;
}

/* --- where a router is active -------------------------------------------- */

/* Whether it is on the node: 1, 0, or -errno. */
static int active_on(const struct ways *ways, const struct topo_router *router,
		     const struct topo_node *node, unsigned timeout_ms,
		     struct err *reterr)
{
	auto_arena struct arena a = {0};
	struct seen_engine seen = {0};
	struct remote *r = NULL;
	struct way w;
	int e;

	e = way_find(&a, ways, node, &w, reterr);
	if (e == 0)
		e = remote_open(&r, &w.target, reterr);
	if (e == 0)
		e = roles_ask_one(r, ways->lab, timeout_ms, &a, &seen, reterr);
	if (e == 0)
		e = role_is_active(role_on(&seen, router));
	remote_close(r);
	return e < 0 ? err_prefix(reterr, "%s", node->name) : e;
}

int place_find_active(const struct lab *lab, struct place *p,
		      unsigned timeout_ms, struct err *reterr)
{
	const struct topo_node *found[2] = {NULL, NULL};
	const struct topo_router *router = p->router;
	struct err e = {0}, unseen = {0};
	auto_arena struct arena a = {0};
	struct ways ways;
	size_t i, n = 0;
	int r;

	ways_look(&a, lab, &ways);
	for (i = 0; i < router->nhosts && n < 2; i++) {
		r = active_on(&ways, router, router->hosts[i], timeout_ms, &e);
		if (r > 0)
			found[n++] = router->hosts[i];
		else if (r < 0)
			unseen = e;
	}
	p->node = found[0];
	if (n == 1)
		return 0;
	if (n > 1)
		return err_set(reterr, -EEXIST,
			       "router %s is active on %s and on %s: say "
			       "which, with 'labctl exec NODE --router %s'",
			       router->name, found[0]->name, found[1]->name,
			       router->name);
	return err_set(reterr, -ENOENT, "router %s is active nowhere%s%s%s",
		       router->name, *unseen.msg ? " (" : "", unseen.msg,
		       *unseen.msg ? ")" : "");
}

/* --- the command --------------------------------------------------------- */

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

	if (!word[strcspn(word, SHELL_CHARS)])
		return;
	buf_adds(&hint, "labctl: there is no program ");
	remote_quote(&hint, word);
	buf_printf(&hint,
		   "; a shell takes pipes and variables: labctl exec %s -- sh "
		   "-c ",
		   place);
	remote_quote(&hint, word);
	buf_adds(line, "command -v ");
	remote_quote(line, word);
	buf_adds(line, " >/dev/null || { printf '%s\\n' ");
	remote_quote(line, hint.data);
	buf_printf(line, " >&2; exit %d; }; ", NO_PROGRAM);
}

/* A machine is entered; its program knows how, and by which path it runs. */
static void add_machine(const char *netns, const char *command,
			struct buf *line)
{
	buf_adds(line, "test ! -e " MACHINE_DIR "/");
	remote_quote(line, netns);
	buf_adds(line, " || exec " MACHINE_PROGRAM " machine --enter ");
	remote_quote(line, netns);
	buf_printf(line, " -- %s; ", command ? command : "");
}

void place_command(const struct place *p, char *const *words, struct buf *line)
{
	const char *node = way_name(p->node);
	auto_buf struct buf command = {0};

	buf_adds(line, "");
	if (words[0] && !words[1])
		add_hint(p->name, words[0], line);
	add_words(&command, words);
	if (!p->netns) {
		buf_add(line, command.data ? command.data : "", command.len);
		return;
	}
	buf_adds(line, "test -e " NETNS_DIR "/");
	remote_quote(line, p->netns);
	buf_printf(line,
		   " || { echo \"labctl: %s has no network namespace of this "
		   "name; 'labctl exec %s -- ip netns' lists them\" >&2; exit "
		   "%d; }; ",
		   node, node, PLACE_CANNOT);
	if (p->machine)
		add_machine(p->netns, command.data, line);
	buf_adds(line, "exec ip netns exec ");
	remote_quote(line, p->netns);
	buf_addc(line, ' ');
	buf_adds(line, *words ? command.data : "\"${SHELL:-/bin/sh}\"");
}
