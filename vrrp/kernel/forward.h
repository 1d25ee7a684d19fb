/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VRRP_KERNEL_FORWARD_H
#define LABCTL_VRRP_KERNEL_FORWARD_H

/* Whether a router's interfaces are those of an IPv6 router. */

#include <stdbool.h>

#include "lib/err.h"
#include "vrrp/config/config.h"
#include "vrrp/kernel/space.h"

/*
 * Writes conf/DEV/forwarding of each interface under `forwarding`. With it the
 * kernel answers neighbour solicitations with the router flag, without which
 * a host forgets a route that it learned by router advertisement (RFC 4861
 * 7.2.5). Interfaces that are not there are passed over. Returns 0 or the
 * first -errno.
 */
int vrrp_forward(const struct vrrp_space *s, const struct vrrp_router_config *r,
		 bool on, struct err *reterr);

#endif
