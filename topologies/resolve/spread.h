/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_TOPOLOGIES_RESOLVE_SPREAD_H
#define LABCTL_TOPOLOGIES_RESOLVE_SPREAD_H

/*
 * Which network nodes carry a router, and which of them is to be its Active:
 * the one that is given the highest HA address, for priorities are equal.
 * Routers come in the file's order; each goes to the nodes that carry the
 * fewest so far, and its highest address to that of them which leads the
 * fewest. So loads differ by one at most, and a router at the file's end
 * moves none before it.
 */

#include <stddef.h>

#include "topologies/topo.h"

struct spread {
	size_t n;    /* network nodes */
	size_t each; /* hosts of a router */
	unsigned carries[TOPO_NODES_MAX], leads[TOPO_NODES_MAX];
};

/* max: max_l3_agents_per_router, 0 for all nodes. */
void spread_init(struct spread *s, size_t n, size_t max);

/*
 * The next router's hosts: s->each numbers of nodes, in the file's order, to
 * ret_hosts, and which of these leads to *ret_lead.
 */
void spread_next(struct spread *s, size_t *ret_hosts, size_t *ret_lead);

/* The same for a router that has each hosts at most; returns how many. */
size_t spread_few(struct spread *s, size_t each, size_t *ret_hosts,
		  size_t *ret_lead);

#endif
