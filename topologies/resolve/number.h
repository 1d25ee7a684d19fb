/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_TOPOLOGIES_RESOLVE_NUMBER_H
#define LABCTL_TOPOLOGIES_RESOLVE_NUMBER_H

#include "topologies/raw.h"

/* Hands out VNIs, VRIDs and addresses; what is pinned comes first. */
void raw_number(struct raw *raw);

#endif
