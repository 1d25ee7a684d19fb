/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VRRP_KERNEL_NEIGH_H
#define LABCTL_VRRP_KERNEL_NEIGH_H

/* What the kernel knows of neighbours on the interfaces of a router. */

#include <stddef.h>
#include <stdint.h>

#include "vrrp/config/config.h"
#include "vrrp/kernel/space.h"

#define VRRP_RESERVED_MAX 4096u /* of one router; more are let go */

/*
 * A place in the neighbour table that somebody reserved (NTF_EXT_LEARNED): it
 * does not count in a table that is full.
 */
struct vrrp_reserved {
	uint8_t family; /* AF_* */
	int ifindex;
	size_t len;
	uint8_t dst[16];
};

struct vrrp_reservations {
	struct vrrp_reserved *list;
	size_t n, cap;
};

/*
 * Reads those on the interfaces where r has addresses. Best effort: what
 * cannot be read is not there. The caller releases ret.
 */
void vrrp_reservations_read(struct vrrp_space *s,
			    const struct vrrp_router_config *r,
			    struct vrrp_reservations *ret);

/* Queues that they be there, with nothing learnt. */
void vrrp_reservations_queue(struct vrrp_space *s,
			     const struct vrrp_reservations *l);

void vrrp_reservations_release(struct vrrp_reservations *l);

/*
 * Makes the kernel forget what it learnt of neighbours on every interface
 * where r has addresses; reservations stay. Best effort: one that another
 * process has just removed, or a table that changed under the dump, leaves at
 * worst what there was before.
 */
void vrrp_forget_neighbours(struct vrrp_space *s,
			    const struct vrrp_router_config *r);

#endif
