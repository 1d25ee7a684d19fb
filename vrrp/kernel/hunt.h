/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VRRP_KERNEL_HUNT_H
#define LABCTL_VRRP_KERNEL_HUNT_H

/* Finding what is where it should not be, or is not where it should be. */

#include <stdbool.h>

#include "lib/buf.h"
#include "lib/err.h"
#include "vrrp/config/config.h"
#include "vrrp/kernel/place.h"
#include "vrrp/kernel/space.h"

/*
 * Takes away what a former run left, known by VRRP_PROTOCOL, and notes in h
 * what else stands there. everywhere: on interfaces of other names too, which
 * is right where no router of this namespace is Active. A kernel that does
 * not tell (before 5.18) is believed to show a former run's, but for an
 * owner's. *ret_had: there was an address.
 */
int vrrp_hunt(struct vrrp_space *s, const struct vrrp_router_config *r,
	      struct vrrp_held *h, bool everywhere, bool *ret_had,
	      struct err *reterr);

/*
 * Notes in h which addresses of r, other than those of old, stand already:
 * somebody's own, as at start.
 */
int vrrp_hunt_new(struct vrrp_space *s, const struct vrrp_router_config *r,
		  const struct vrrp_router_config *old, struct vrrp_held *h,
		  struct err *reterr);

/* What vrrp_mend() did, and could not do; each a line of text. */
struct vrrp_mended {
	unsigned put_back, removed;
	struct buf what;   /* the first of these, "198.51.100.1/24 on qr" */
	struct buf lacks;  /* of an Active: not there all the same */
	struct buf strays; /* of any other: there all the same */
};

/*
 * Looks at what the kernel has, and makes it what r shall have in this state:
 * all of it, with the right lengths, where it is Active, else nothing. What
 * stood there before is left. ret is the caller's to release.
 */
int vrrp_mend(struct vrrp_space *s, const struct vrrp_router_config *r,
	      struct vrrp_held *h, bool active, struct vrrp_mended *ret,
	      struct err *reterr);

#endif
