/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_PLAN_SECGROUP_FRAMES_H
#define LABCTL_PROVISION_PLAN_SECGROUP_FRAMES_H

#include <stddef.h>

#include "lib/arena.h"
#include "topologies/topo.h"

/* The rules of ebtables for these ports, as saved; "" for none. In a: no
 * foreign MAC address, and no ARP for an address that is not the port's. */
const char *secgroup_frames(struct arena *a,
			    const struct topo_port *const *ports, size_t n);

#endif
