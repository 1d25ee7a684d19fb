/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VRRP_KERNEL_NEIGH_H
#define LABCTL_VRRP_KERNEL_NEIGH_H

/* What the kernel knows of neighbours on the interfaces of a router. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vrrp/config/config.h"
#include "vrrp/kernel/space.h"

#define VRRP_NEIGHBOURS_MAX 4096u /* of one router; more are let go */

struct vrrp_neighbour {
	uint8_t family; /* AF_* */
	int ifindex;
	size_t len;
	uint8_t dst[16];
	/* Its place in the table was reserved by somebody (NTF_EXT_LEARNED): it
	 * does not count in a table that is full. */
	bool reserved;
	bool learnt; /* the kernel knows something of it */
};

struct vrrp_neighbours {
	struct vrrp_neighbour *list;
	size_t n, cap;
};

/*
 * Reads what goes with the last IPv4 address of an interface where r has
 * addresses: to be called before any is removed. One walk over a table that is
 * the whole machine's. Best effort: what cannot be read is not there. The
 * caller releases ret.
 */
void vrrp_neighbours_read(struct vrrp_space *s,
			  const struct vrrp_router_config *r,
			  struct vrrp_neighbours *ret);

/* Queues that those be there whose places are reserved, with nothing learnt. */
void vrrp_neighbours_queue(struct vrrp_space *s,
			   const struct vrrp_neighbours *l);

/*
 * Makes the kernel forget what it learnt of neighbours on every interface
 * where r has addresses; reservations stay. To be called after the addresses
 * were removed, with what was read before. Best effort: one that another
 * process has just removed, or a table that changed under the dump, leaves at
 * worst what there was before.
 */
void vrrp_neighbours_forget(struct vrrp_space *s,
			    const struct vrrp_router_config *r,
			    const struct vrrp_neighbours *before);

void vrrp_neighbours_release(struct vrrp_neighbours *l);

#endif
