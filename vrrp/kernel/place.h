/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VRRP_KERNEL_PLACE_H
#define LABCTL_VRRP_KERNEL_PLACE_H

/* The virtual addresses and routes of a router, in the kernel and out of it. */

#include <stdbool.h>
#include <stddef.h>

#include "lib/err.h"
#include "vrrp/config/config.h"
#include "vrrp/kernel/space.h"

/*
 * Where a router's addresses and routes are. Interfaces are known by number
 * here: what was put on one is taken from it again, whatever it is called by
 * then.
 */
struct vrrp_held {
	unsigned *addrs, *routes; /* ifindex, or 0; as many as in the config */
	bool *stood; /* addresses that others put there before we began: never
			added, never removed */
};

void vrrp_held_init(struct vrrp_held *h, const struct vrrp_router_config *r);
void vrrp_held_release(struct vrrp_held *h);

/* Makes h, which was for a, fit for b: what both have stays known. */
void vrrp_held_follow(struct vrrp_held *h, const struct vrrp_router_config *a,
		      const struct vrrp_router_config *b);

/* Is something on an interface that has another name now? */
bool vrrp_held_astray(const struct vrrp_held *h, const struct vrrp_space *s,
		      const struct vrrp_router_config *r);

/*
 * Puts all addresses, then all routes of r in place with one send. What is
 * there already is left as it is. An interface that does not exist is passed
 * over and told in reterr (-ENODEV), as is the first refusal of the kernel.
 */
int vrrp_place_add(struct vrrp_space *s, const struct vrrp_router_config *r,
		   struct vrrp_held *h, struct err *reterr);

/*
 * Takes them away: routes, then addresses, last first. keep (may be NULL)
 * names a configuration whose addresses and routes stay. What is not there
 * is no error.
 */
int vrrp_place_remove(struct vrrp_space *s, const struct vrrp_router_config *r,
		      struct vrrp_held *h,
		      const struct vrrp_router_config *keep,
		      struct err *reterr);

/* Is this -errno the answer to removing what is not there? */
bool vrrp_was_absent(int e);

/* Of addresses: all; all but those whose announcement tells little; those. */
enum vrrp_which { VRRP_ALL, VRRP_FIRST, VRRP_REST };

/* Announces addresses of r whose interface runs; frames not sent. */
size_t vrrp_place_announce(struct vrrp_space *s,
			   const struct vrrp_router_config *r,
			   enum vrrp_which which);

#endif
