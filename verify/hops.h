/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_HOPS_H
#define LABCTL_VERIFY_HOPS_H

/*
 * Whether gateways that routers ping are there, as seen from each of the
 * routers' hosts: by ARP and neighbour discovery, which a standby may use too;
 * and of keepalived's routers, whose word nobody hears, by a ping, which leaves
 * where the addresses are.
 */

#include <stddef.h>

#include "lib/arena.h"
#include "topologies/topo.h"
#include "verify/looks/hop.h"
#include "verify/looks/ping.h"

/* A router's gateways from one of its hosts. */
struct seen_gateways {
	const struct topo_router *router;
	size_t host; /* index in router->hosts */
	struct ip ips[2];
	size_t n;
	/* Who is there; by another router's link, where one of the same
	 * network on the same node was asked before: NULL is its own. */
	const struct seen_gateways *by;
	struct seen_hops there;
	struct seen_pings pings[2]; /* keepalived's */
};

/* Routers in order, hosts of each, with nothing looked at yet. */
void hops_plan(struct arena *a, const struct lab *lab,
	       struct seen_gateways **ret, size_t *ret_n);

/* Who is there. */
const struct seen_hops *hops_there(const struct seen_gateways *g);

#endif
