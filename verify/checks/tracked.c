/* SPDX-License-Identifier: MIT */
/*
 * A full table of tracked connections drops what begins one, and nothing says
 * so but the kernel's log: what goes on works, what is new does not. Nothing is
 * mended, as the entries are somebody's connections.
 */
#include <inttypes.h>

#include "verify/check.h"
#include "verify/command.h"
#include "verify/scopes.h"

#define FULL_PERCENT 95

static void tracking_nodes(struct subjects *ret, const struct evidence *e)
{
	for (size_t i = 0; i < e->ntracking; i++) {
		struct subject *slot = arena_push(ret->arena, &ret->items,
						  &ret->n, sizeof(*slot));

		*slot = (struct subject){.name = e->tracking[i].node->name,
					 .node = e->tracking[i].node,
					 .tracking = &e->tracking[i]};
	}
}

static void judge(const struct evidence *e, const struct subject *s,
		  struct verdict *v)
{
	const struct seen_tracking *t = s->tracking;
	const struct seen_tracked *most = NULL;

	(void)e;
	verdict_want(v, "less than %d %% of what the kernel tracks at most",
		     FULL_PERCENT);
	for (size_t i = 0; i < t->n; i++) {
		const struct seen_tracked *x = &t->items[i];

		if (x->error) {
			verdict_blind(v, "%s: %s",
				      *x->netns ? x->netns : s->node->name,
				      x->error);
			continue;
		}
		if (!most || x->count > most->count)
			most = x;
		if (x->count * 100 >= x->max * FULL_PERCENT)
			verdict_saw(v, false,
				    "%s: %" PRId64 " of %" PRId64
				    " connections",
				    *x->netns ? x->netns : "the node's own",
				    x->count, x->max);
	}
	if (most)
		verdict_saw(v, true, "at most %" PRId64 " of %" PRId64,
			    most->count, most->max);
}

static void command(const struct evidence *e, const struct subject *s,
		    struct buf *out)
{
	(void)e;
	command_exec(out, s->node, s->tracking->items[0].netns);
	buf_adds(out, "sysctl net.netfilter.nf_conntrack_count "
		      "net.netfilter.nf_conntrack_max");
}

/* clang-format off */
const struct check tracked_checks[] = {
	{"conntrack", tracking_nodes, NEEDS_TRACKED,
	 "has room for more connections",
	 "tracked connections in routers and where ports are filtered",
	 judge, command},
	{NULL, NULL, NEEDS_TABLES, NULL, NULL, NULL, NULL},
};
/* clang-format on */
