/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VRRP_NOTICE_H
#define LABCTL_VRRP_NOTICE_H

/* What rtnetlink tells of an address or a route, in a dump or by itself. */

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/ip.h"

/*
 * The protocol number that the engine's addresses (IFA_PROTO, since Linux
 * 5.18) and routes carry: 18, as keepalived's routes. It tells after a crash
 * what a former run added from what stood there before.
 */
#define VRRP_PROTOCOL 18

struct vrrp_notice {
	bool route;
	bool gone;        /* removed */
	unsigned ifindex; /* 0: of several, or none */
	struct ipnet net; /* the address and its length; the destination */
	struct ip via;    /* of a route, may be unset */
	uint8_t protocol;
	bool unicast; /* a route that leads on */
};

/*
 * Reads h. False where it is neither an address nor a route of the main
 * table, or malformed.
 */
bool vrrp_notice_read(const struct nlmsghdr *h, struct vrrp_notice *ret);

/* A list of them, in memory of its own. */
struct vrrp_notices {
	struct vrrp_notice *list;
	size_t n, cap;
};

void vrrp_notices_add(struct vrrp_notices *l, const struct vrrp_notice *n);
void vrrp_notices_release(struct vrrp_notices *l);

#endif
