/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_PLAN_PORT_H
#define LABCTL_PROVISION_PLAN_PORT_H

/* The links of a port, which all mechanisms have alike. */

#include "provision/plan/ctx.h"

/* A port's pair of links: the near end in the bridge `master` (NULL: in none),
 * the far one in netns. */
void plan_port_links(struct plan_ctx *c, const struct topo_port *p,
		     const char *netns, const char *master);

/* A port that has no pair of links: Open vSwitch's ovs-vswitchd makes its one
 * in netns. */
void plan_internal_link(struct plan_ctx *c, const struct topo_port *p,
			const char *netns);

/* A Linux bridge of the node's own namespace, which forwards and no more. */
void plan_bridge(struct plan_ctx *c, const char *name, unsigned mtu);

/* A pair of veth in the node's own namespace: one end in a bridge, the other
 * in none. */
void plan_pair(struct plan_ctx *c, unsigned mtu, const char *near,
	       const char *master, const char *far);

#endif
