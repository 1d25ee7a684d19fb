/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_TOPOLOGIES_RESOLVE_NODE_H
#define LABCTL_TOPOLOGIES_RESOLVE_NODE_H

#include "topologies/resolve/work.h"

/* First of all: what nodes stand on. */
void resolve_phys(struct resolve *r);
/* Then these, and which of them take routers. */
void resolve_nodes(struct resolve *r);

#endif
