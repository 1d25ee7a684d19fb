/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VRRP_PLACE_H
#define LABCTL_VRRP_PLACE_H

/* The virtual addresses and routes of a router, in the kernel and out of it. */

#include <stdbool.h>
#include <stddef.h>

#include "lib/err.h"
#include "vrrp/config.h"
#include "vrrp/space.h"

/*
 * Puts all addresses, then all routes of r in place with one send. What is
 * there already is left as it is. An interface that does not exist is passed
 * over and told in reterr (-ENODEV), as is the first refusal of the kernel.
 */
int vrrp_place_add(struct vrrp_space *s, const struct vrrp_router_config *r,
		   struct err *reterr);

/*
 * Takes them away: routes, then addresses, last first. keep (may be NULL)
 * names a configuration whose addresses and routes stay. *ret_had (may be
 * NULL) is set if an address was there. What is not there is no error.
 */
int vrrp_place_remove(struct vrrp_space *s, const struct vrrp_router_config *r,
		      const struct vrrp_router_config *keep, bool *ret_had,
		      struct err *reterr);

/* Announces every address of r whose interface runs; frames not sent. */
size_t vrrp_place_announce(struct vrrp_space *s,
			   const struct vrrp_router_config *r);

#endif
