/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_PLAN_SECGROUP_SETS_H
#define LABCTL_PROVISION_PLAN_SECGROUP_SETS_H

#include "lib/arena.h"
#include "topologies/topo.h"

#define SECGROUP_SET_MAX 30 /* bytes of a set's name */

/* The set that holds a group's addresses of a family. */
void secgroup_set_name(const struct topo_secgroup *g, int family,
		       char ret[SECGROUP_SET_MAX]);

/* All sets that the node's rules name, with their members, as saved; in a. */
const char *secgroup_sets(struct arena *a, const struct lab *lab,
			  const struct topo_node *n);

#endif
