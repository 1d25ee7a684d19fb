/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_TOPOLOGIES_RESOLVE_GIVEN_H
#define LABCTL_TOPOLOGIES_RESOLVE_GIVEN_H

/* What addresses a lab gives, and to whom: for finding one elsewhere. */

#include <stddef.h>

#include "lib/arena.h"
#include "lib/ip.h"
#include "topologies/topo.h"

struct topo_given {
	struct ip addr;
	const char *whose; /* in words: "router demo-router's" */
};

/*
 * All addresses of routers, instances, DHCP servers and floating ones, with
 * whom they belong to. Those of nodes' own interfaces and the host outside's
 * are not among them. An address may be there twice, as networks of different
 * projects may overlap. Memory comes from a.
 */
void topo_given(struct arena *a, const struct lab *lab, struct topo_given **ret,
		size_t *ret_n);

/* Whether an address is that of an interface of the node's own, or, node NULL,
 * of an external network's gateway, which the host outside has. */
bool topo_node_has(const struct lab *lab, const struct topo_node *node,
		   const struct ip *addr);

#endif
