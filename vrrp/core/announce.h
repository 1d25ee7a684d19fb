/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VRRP_CORE_ANNOUNCE_H
#define LABCTL_VRRP_CORE_ANNOUNCE_H

/* What tells hosts and bridges where an address lives now, as frames. Pure. */

#include <stddef.h>
#include <stdint.h>

#include "vrrp/core/fsm.h"

#define VRRP_ARP_FRAME 42
#define VRRP_NA_FRAME 86
#define VRRP_ANNOUNCE_MAX VRRP_NA_FRAME

/*
 * Writes the Ethernet frame that announces addr at mac (six bytes): for IPv4
 * a gratuitous ARP request (RFC 5227 3, both protocol addresses the same),
 * for IPv6 an unsolicited neighbour advertisement to all nodes with R=1 S=0
 * O=1 (RFC 9568 6.4.2). out holds VRRP_ANNOUNCE_MAX bytes. Returns the
 * length.
 */
size_t vrrp_announce(const struct vrrp_addr *addr, const uint8_t *mac,
		     uint8_t *out);

#endif
