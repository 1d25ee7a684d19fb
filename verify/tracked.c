/* SPDX-License-Identifier: MIT */
#include "verify/tracked.h"

#include "topologies/secgroup/secgroup.h"

static void add(struct arena *a, struct seen_tracking *t, const char *netns)
{
	struct seen_tracked *x = arena_push(a, &t->items, &t->n, sizeof(*x));

	x->netns = netns;
	x->error = "not looked at";
}

void tracked_plan(struct arena *a, const struct lab *lab,
		  struct seen_tracking **ret, size_t *ret_n)
{
	size_t i, k, h;

	*ret = NULL;
	*ret_n = 0;
	for (i = 0; i < lab->nnodes; i++) {
		struct seen_tracking t = {.node = &lab->nodes[i]};

		if (topo_filters(lab, t.node))
			add(a, &t, "");
		for (k = 0; k < lab->nrouters; k++)
			for (h = 0; h < lab->routers[k].nhosts; h++)
				if (lab->routers[k].hosts[h] == t.node)
					add(a, &t, lab->routers[k].netns);
		if (t.n)
			*(struct seen_tracking *)arena_push(a, ret, ret_n,
							    sizeof(t)) = t;
	}
}
