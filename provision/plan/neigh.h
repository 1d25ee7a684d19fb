/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_PLAN_NEIGH_H
#define LABCTL_PROVISION_PLAN_NEIGH_H

#include "provision/plan/ctx.h"

/* The reserved neighbours of a namespace. */
void plan_router_neighbours(struct plan_ctx *c, const struct topo_router *r);
void plan_instance_neighbours(struct plan_ctx *c,
			      const struct topo_instance *in);

/* The instances that a network's DHCP port answers, in its namespace. */
void plan_dhcp_neighbours(struct plan_ctx *c, const struct topo_port *port,
			  const char *netns);

#endif
