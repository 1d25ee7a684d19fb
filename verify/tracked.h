/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_TRACKED_H
#define LABCTL_VERIFY_TRACKED_H

/* Where connections are tracked: in routers, and where ports are filtered. */

#include <stddef.h>

#include "lib/arena.h"
#include "topologies/topo.h"
#include "verify/looks/tracked.h"

/* The namespaces of one node. */
struct seen_tracking {
	const struct topo_node *node;
	struct seen_tracked *items;
	size_t n;
};

/* Nodes that have any, with nothing looked at yet. */
void tracked_plan(struct arena *a, const struct lab *lab,
		  struct seen_tracking **ret, size_t *ret_n);

#endif
