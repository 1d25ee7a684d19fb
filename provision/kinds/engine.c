/* SPDX-License-Identifier: MIT */
/*
 * The VRRP engine of a node: one process for all its routers, with the
 * configuration that the plan has. A router whose namespace or links are made
 * anew is let go and taken up again.
 */
#include <string.h>

#include "provision/kinds/kind.h"
#include "provision/node/diff.h"
#include "provision/node/engine.h"
#include "provision/node/look.h"
#include "provision/node/tx.h"

#define ROUTER_NETNS "qrouter-"

static void print(const struct res *r, struct buf *out)
{
	(void)r;
	buf_adds(out, "vrrp engine");
}

static void look_engine(struct look *l, struct observed *o)
{
	if (l->what->state_dir)
		engine_look(l->a, l->what->state_dir, o);
}

/* The routers for the engine to take up again. */
struct rejoin {
	struct diff *d;
	const char **ids;
	size_t n;
};

static bool runs_router(const struct observed *o, const char *id)
{
	size_t i;

	for (i = 0; i < o->nrouters; i++)
		if (strcmp(o->routers[i].id, id) == 0)
			return true;
	return false;
}

/* The router whose namespace this is takes it up again. */
static void rejoin(struct rejoin *j, const char *netns)
{
	size_t n = strlen(ROUTER_NETNS);
	const char **id;

	if (strncmp(netns, ROUTER_NETNS, n) != 0 ||
	    !runs_router(diff_have(j->d), netns + n) ||
	    (j->n && strcmp(j->ids[j->n - 1], netns + n) == 0))
		return;
	id = arena_push(diff_arena(j->d), &j->ids, &j->n, sizeof(*id));
	*id = netns + n;
}

static void compare(struct diff *d, const struct res *want,
		    const struct res *have)
{
	const struct observed *o = diff_have(d);
	const struct plan *p = diff_plan(d);
	struct rejoin j = {.d = d};
	char digest[DIGEST_TEXT_MAX];
	struct change *c;
	bool same;
	size_t i;

	(void)have;
	plan_digest(want->engine.config, strlen(want->engine.config), digest);
	same = o->engine_digest && strcmp(o->engine_digest, digest) == 0;
	/* Links by router, as plan_build() has them: duplicates are neighbours.
	 * New links of a changed configuration are the reload's business. */
	for (i = 0; i < p->n; i++) {
		const struct res *l = &p->res[i];

		if (l->kind != RES_LINK || !l->link.engine_addrs ||
		    !diff_is_anew(d, l))
			continue;
		if (same || strncmp(l->link.name, "ha-", 3) == 0 ||
		    !diff_ns(d, l->netns))
			rejoin(&j, l->netns);
	}
	if (!o->engine_running && !o->engine_error) {
		diff_add(d, want);
		return;
	}
	if (o->engine_running && same && !j.n)
		return;
	c = diff_modify(d, want, "%s",
			!o->engine_running ? o->engine_error
			: !same            ? "another configuration"
				: "its namespaces or links are made anew");
	c->ids = j.ids;
	c->nids = j.n;
}

static void extra_node(struct diff *d)
{
	const struct observed *o = diff_have(d);
	const struct res r = {.kind = RES_ENGINE, .netns = ""};

	if (!diff_wanted(d, &r) &&
	    (o->engine_running || o->engine_error || o->engine_files))
		diff_remove(d, &r);
}

static void start(struct tx *tx, const struct change *c)
{
	struct err err;

	/* It belongs to the node, not to where this thread happens to be. */
	if (!tx_enter(tx, "", c))
		return;
	if (engine_run(tx_plan(tx)->state_dir, c->want, c->ids, c->nids, &err) <
	    0)
		tx_fail(tx, c, err.msg);
}

static void unmake(struct tx *tx, const struct change *c)
{
	struct err err;

	if (engine_remove(tx_plan(tx)->state_dir, &err) < 0)
		tx_fail(tx, c, err.msg);
}

const struct kind kind_engine = {
	.name = "engine",
	.rank = 6,
	.print = print,
	.look_node = look_engine,
	.compare = compare,
	.extra_node = extra_node,
	.start = start,
	.unmake = unmake,
};
