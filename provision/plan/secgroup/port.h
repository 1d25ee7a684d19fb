/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_PLAN_SECGROUP_PORT_H
#define LABCTL_PROVISION_PLAN_SECGROUP_PORT_H

#include "provision/plan/ctx.h"

/* The comment that each rule has. */
#define SECGROUP_COMMENT(text) "-m comment --comment \"" text "\" "

/* What goes before the names of an agent's chains, with a dash behind it: the
 * first 16 letters of its program. */
const char *secgroup_agent(const struct topo_node *n);

/* A chain of the node's agent, and words that end in a jump to it. */
const char *secgroup_chain(struct plan_ctx *c, const char *name);
const char *secgroup_jump(struct plan_ctx *c, const char *words,
			  const char *name);

/* The zone in which connections of an instance's port are tracked: with Linux
 * bridges its network's, with Open vSwitch its own. */
unsigned secgroup_zone(const struct topo_port *p);

/* Adds the chains of a port of the node: what its groups allow and no more. */
void secgroup_guard(struct plan_ctx *c, const struct topo_port *p);

/* The rules of one without port security, of a family. */
void secgroup_open_port(struct plan_ctx *c, const struct topo_port *p,
			int family);

#endif
