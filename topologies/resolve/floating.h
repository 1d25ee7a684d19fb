/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_TOPOLOGIES_RESOLVE_FLOATING_H
#define LABCTL_TOPOLOGIES_RESOLVE_FLOATING_H

#include "topologies/raw.h"

/* Puts instances' own floating addresses before those of floating_ips, and
 * finds each one's instance, subnet and router. After all else was checked. */
void raw_check_floatings(struct raw *raw);

#endif
