/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_CHECKS_JUDGES_H
#define LABCTL_VERIFY_CHECKS_JUDGES_H

/* The judges of the registry, and what several of them need. */

#include "verify/check.h"

typedef void judge_fn(const struct evidence *e, const struct subject *s,
		      struct verdict *v);
typedef void command_fn(const struct evidence *e, const struct subject *s,
			struct buf *out);

/* check_node.c: nodes, their interfaces, namespaces and engines */
judge_fn judge_agents, judge_nics, judge_namespaces, judge_engine;
command_fn command_agents, command_nics, command_namespaces, command_engine;

/* check_wire.c: what carries networks and instances on nodes */
judge_fn judge_ha_network, judge_bridges, judge_vxlan, judge_mtu, judge_cables;
command_fn command_ha_network, command_bridges, command_vxlan, command_mtu,
	command_cables;

/* check_router.c: routers, their interfaces, addresses, routes and roles */
judge_fn judge_active, judge_state_file, judge_ports, judge_ha_address,
	judge_addresses, judge_default_route;
command_fn command_active, command_state_file, command_ports, command_addresses,
	command_default_route;

/* check_traffic.c: adverts and pings */
judge_fn judge_adverts, judge_advert_fields, judge_advert_interval,
	judge_advert_tunnel, judge_ping;
command_fn command_adverts, command_advert_tunnel, command_ping_outside,
	command_ping_inside;

/* The node's latest sample; without one the verdict is blind, and NULL. */
const struct observed *judge_sample(const struct evidence *e,
				    const struct topo_node *n,
				    struct verdict *v);

/* The same for a namespace in it. */
const struct obs_ns *judge_ns(const struct evidence *e,
			      const struct topo_node *n, const char *netns,
			      struct verdict *v);

/* Is the port to be found on this node? */
bool judge_port_on(const struct topo_port *p, const struct topo_node *n);

/* The namespace a port's inner end is in. */
const char *judge_port_netns(const struct topo_port *p);

/* A router's role on one of its hosts, by its engine's word. */
enum judge_role {
	ROLE_UNKNOWN, /* its engine does not answer or does not know it */
	ROLE_ACTIVE,
	ROLE_STANDBY, /* backup, fault or initialize: holds no address */
};

enum judge_role judge_role_in(const struct observed *o,
			      const struct topo_router *r);

/*
 * The role to judge addresses and routes by: the engine's latest word; where
 * it does not answer, standby if another host is active, for one may be.
 */
enum judge_role judge_role(const struct evidence *e,
			   const struct topo_router *r,
			   const struct topo_node *n);

/* "up", "down", or "up, but without a carrier". */
const char *judge_up_text(const struct obs_link *l);

/* "labctl exec NODE [--netns NS] -- " */
void command_exec(struct buf *out, const struct topo_node *n,
		  const char *netns);

#endif
