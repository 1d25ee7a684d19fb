/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_TOPOLOGIES_RESOLVE_NETWORK_H
#define LABCTL_TOPOLOGIES_RESOLVE_NETWORK_H

#include "topologies/resolve/work.h"

/* All networks, nobody on them as yet. */
void resolve_networks(struct resolve *r);

#endif
