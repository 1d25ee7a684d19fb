/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_PLAN_BUILD_H
#define LABCTL_PROVISION_PLAN_BUILD_H

/*
 * Between the parts of plan_build(): a mechanism says how a network and a
 * port are made on a node; the network types say, for one mechanism, how a
 * network reaches the other nodes. Adding one is a file and a table's line.
 */

#include "provision/plan/plan.h"

struct plan_ctx {
	struct arena *arena;
	const struct lab *lab;
	const struct topo_node *node;
	struct plan *plan;
};

/* Appends a resource; valid until the next one is appended. */
struct res *plan_add(struct plan_ctx *c, enum res_kind kind, const char *netns);

struct plan_mechanism {
	/* The links that carry a network on this node. */
	void (*network)(struct plan_ctx *c, const struct topo_network *net);
	/* A port's links: the one inside netns and what leads to it. */
	void (*port)(struct plan_ctx *c, const struct topo_port *port,
		     const char *netns);
	/* Forwarding entries of a network. */
	void (*fdb)(struct plan_ctx *c, const struct topo_network *net);
};

extern const struct plan_mechanism plan_linuxbridge;

/* A network type under the Linux bridge mechanism; NULL: nothing to do. */
struct plan_type {
	void (*uplink)(struct plan_ctx *c, const struct topo_network *net);
	void (*fdb)(struct plan_ctx *c, const struct topo_network *net);
};

extern const struct plan_type plan_types[]; /* by enum topo_type */

/* The engine's resource and what it owns, where the node has routers. */
void plan_engine(struct plan_ctx *c);

#endif
