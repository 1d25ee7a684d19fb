/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_PLAN_SECGROUP_H
#define LABCTL_PROVISION_PLAN_SECGROUP_H

#include "provision/plan/ctx.h"

/* What is filtered on the way to and from the node's instances. */
void plan_secgroups(struct plan_ctx *c);

#define SECGROUP_SET_MAX 30 /* bytes of a set's name */

/* The set that holds a group's addresses of a family. */
void secgroup_set_name(const struct topo_secgroup *g, int family,
		       char ret[SECGROUP_SET_MAX]);

/* The zone in which a network's connections are tracked on every node. */
unsigned secgroup_zone(const struct topo_network *n);

/* All sets that the node's rules name, with their members, as saved; in a. */
const char *secgroup_sets(struct arena *a, const struct lab *lab,
			  const struct topo_node *n);

#endif
