/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_PLAN_SECGROUP_PORT_H
#define LABCTL_PROVISION_PLAN_SECGROUP_PORT_H

#include "provision/plan/ctx.h"

/* Names of the agent's own chains, and the comment that each rule has. */
#define SECGROUP_WRAP "neutron-linuxbri-"
#define SECGROUP_CHAIN SECGROUP_WRAP "sg-chain"
#define SECGROUP_FALLBACK SECGROUP_WRAP "sg-fallback"
#define SECGROUP_COMMENT(text) "-m comment --comment \"" text "\" "

/* The zone in which a network's connections are tracked on every node. */
unsigned secgroup_zone(const struct topo_network *n);

/* Adds the chains of a port of the node: what its groups allow and no more. */
void secgroup_guard(struct plan_ctx *c, const struct topo_port *p);

/* The rules of one without port security, of a family. */
void secgroup_open_port(struct plan_ctx *c, const struct topo_port *p,
			int family);

#endif
