/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_PLAN_MECHANISM_MECHANISM_H
#define LABCTL_PROVISION_PLAN_MECHANISM_MECHANISM_H

/*
 * Mechanisms, as ML2 has the word: how a network and its ports are made on a
 * node. How a network of some type reaches the other nodes is a row of its
 * own for each mechanism. Adding either is a file and a table's line; which
 * types a mechanism has, the lab file's checker is told by
 * topo_mechanism_has(), and a test holds the two together.
 */

#include "provision/plan/ctx.h"

struct uplink {
	/* The links that carry the network off the node, and what is set on
	 * them when all links of the plan are there. NULL: nothing. */
	void (*links)(struct plan_ctx *c, const struct topo_network *net);
	void (*entries)(struct plan_ctx *c, const struct topo_network *net);
};

struct mechanism {
	/* Before all networks of a node and after all its ports; NULL:
	 * nothing. */
	void (*begin)(struct plan_ctx *c);
	void (*end)(struct plan_ctx *c);
	/* The links that carry a network on this node, with its uplink. */
	void (*network)(struct plan_ctx *c, const struct topo_network *net);
	/* A port's links: what leads to it, and last the one inside netns. */
	void (*port)(struct plan_ctx *c, const struct topo_port *port,
		     const char *netns);
	/* By enum topo_type; NULL: it has no such networks. */
	const struct uplink *const *uplinks;
};

#define MECHANISM_DECLARE(NAME, name, types)                                   \
	extern const struct mechanism mechanism_##name;
TOPO_MECHANISM_LIST(MECHANISM_DECLARE)
#undef MECHANISM_DECLARE

extern const struct mechanism *const mechanisms[]; /* by topo_mechanism */

#endif
