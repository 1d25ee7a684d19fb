/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_TOPOLOGIES_RESOLVE_WORK_H
#define LABCTL_TOPOLOGIES_RESOLVE_WORK_H

/* Between the parts of resolving: a lab while it is made. */

#include <stddef.h>

#include "lib/arena.h"
#include "topologies/raw.h"
#include "topologies/resolve/ids.h"
#include "topologies/resolve/spread.h"
#include "topologies/topo.h"

struct resolve {
	const struct raw *raw;
	struct lab *lab;
	struct arena *a; /* the lab's */
	struct ids ids;
	struct topo_node *l3_nodes[TOPO_NODES_MAX]; /* where routers go */
	size_t nl3_nodes;
	struct spread spread;
	size_t first_ha; /* index of the first HA network */
	size_t next_port;
};

#endif
