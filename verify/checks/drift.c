/* SPDX-License-Identifier: MIT */
/*
 * Drift: what a node has otherwise than the file says, as its own agent finds
 * it, which is what `labctl plan` shows and `labctl up` mends. The judge knows
 * no kind of thing. What another check names too is told here as well: that a
 * difference was named elsewhere cannot be seen from its words for sure, and
 * one that is left out might be the only trace of a fault.
 */
#include "verify/check.h"
#include "verify/scopes.h"

#define LINES_MAX 20 /* differences told of one node; more are counted */

static void judge_drift(const struct evidence *e, const struct subject *s,
			struct verdict *v)
{
	const struct seen_drift *d = &e->nodes[s->node->index].drift;
	size_t i;

	if (d->error) {
		verdict_blind(v, "%s: %s", s->node->name, d->error);
		return;
	}
	verdict_want(v, "no difference from the file");
	for (i = 0; i < d->n && i < LINES_MAX; i++)
		verdict_saw(v, false, "%c %s%s%s", d->changes[i].op,
			    d->changes[i].what, d->changes[i].why ? ": " : "",
			    d->changes[i].why ? d->changes[i].why : "");
	if (i < d->n)
		verdict_saw(v, false, "and %zu more", d->n - i);
}

static void command_drift(const struct evidence *e, const struct subject *s,
			  struct buf *out)
{
	(void)s;
	buf_printf(out, "labctl plan %s", e->lab->name);
}

/* clang-format off */
const struct check drift_checks[] = {
	{"drift", scope_nodes, NEEDS_DRIFT,
	 "is as the file says in all else",
	 "what the node has otherwise than the file says, by its own agent",
	 judge_drift, command_drift},
	{NULL, NULL, NEEDS_TABLES, NULL, NULL, NULL, NULL},
};
/* clang-format on */
