/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_PLAN_CTX_H
#define LABCTL_PROVISION_PLAN_CTX_H

/* A plan that is being made. */

#include <stdbool.h>

#include "lib/arena.h"
#include "lib/map.h"
#include "provision/res.h"
#include "topologies/topo.h"

struct rules_ns;
struct ovs_plan;

struct plan_ctx {
	struct arena *arena;
	const struct lab *lab;
	const struct topo_node *node;
	struct plan *plan;
	/* provision/plan/rules.h */
	struct rules_ns **rules;
	size_t nrules;
	struct map rules_by_ns;
	struct ovs_plan *ovs; /* provision/plan/mechanism/openvswitch.h */
};

/* Appends a resource; valid until the next one is appended. */
struct res *plan_add(struct plan_ctx *c, enum res_kind kind, const char *netns);

/* An interface of the node's is to be up and, where some call says so, a
 * port of master, without IPv6 of its own. */
void plan_use_nic(struct plan_ctx *c, const char *name, const char *master);

/* Settings of a namespace; a list ends with a NULL key. */
struct plan_setting {
	const char *key, *value;
};

void plan_settings(struct plan_ctx *c, const char *netns,
		   const struct plan_setting *s);

/* A namespace's loopback, up. */
void plan_loopback(struct plan_ctx *c, const char *netns);

/* The addresses of a port that nobody leases, on its link in netns. */
void plan_addresses(struct plan_ctx *c, const struct topo_port *p,
		    const char *netns);

/* A route that a router has while it is Active, by the port that leads to its
 * next hop: the default ones first, then its own. */
typedef void plan_route_fn(struct plan_ctx *c, const struct topo_router *r,
			   const struct topo_port *p,
			   const struct topo_route *route);
void plan_each_route(struct plan_ctx *c, const struct topo_router *r,
		     plan_route_fn *fn);

#endif
