/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_TOPOLOGIES_RESOLVE_HOSTS_H
#define LABCTL_TOPOLOGIES_RESOLVE_HOSTS_H

/* Which hosts of the physical ranges nodes are. */

#include <stdint.h>

#include "lib/arena.h"
#include "topologies/raw.h"

/*
 * Management hosts by role: controllers from 11, network nodes from 21,
 * computes from 31, ten of each; then whatever is free. ret[i] is raw node
 * i's; a is for the work.
 */
void nodes_management(const struct raw *raw, struct arena *a, uint64_t *ret);

/* Tunnel hosts: the management ones where the range has them. Controllers
 * have none, 0. */
void nodes_tunnel(const struct raw *raw, struct arena *a,
		  const uint64_t *management, uint64_t *ret);

#endif
