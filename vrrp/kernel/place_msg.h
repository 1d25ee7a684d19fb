/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VRRP_KERNEL_PLACE_MSG_H
#define LABCTL_VRRP_KERNEL_PLACE_MSG_H

/* The netlink messages about virtual addresses and routes. */

#include "lib/ip.h"
#include "vrrp/config/config.h"
#include "vrrp/kernel/space.h"

/*
 * Queues RTM_NEWADDR or RTM_DELADDR of net on ifindex, which is called dev
 * where it is told of. A removal must have the length that is there.
 */
void vrrp_queue_address(struct vrrp_space *s, int type, const struct ipnet *net,
			unsigned ifindex, const char *dev);

/* Queues RTM_NEWROUTE or RTM_DELROUTE: of our protocol, in the main table. */
void vrrp_queue_route(struct vrrp_space *s, int type,
		      const struct vrrp_vroute *v, unsigned ifindex);

#endif
