/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_TRIES_FRAME_H
#define LABCTL_VERIFY_TRIES_FRAME_H

/* Packets to be tried, as bytes. Pure. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/ip.h"

#define TRIES_SPORT 40000 /* what comes back there is nobody's */

struct tries_packet {
	bool has_mac;  /* a frame; else an IP packet */
	unsigned tags; /* that say it has a priority, and no VLAN: up to 2 */
	struct mac smac, dmac;
	bool arp; /* a request of src for dst; else IP: */
	struct ip src, dst;
	uint8_t protocol;      /* ICMP, TCP (a SYN), UDP, ICMPv6 */
	uint16_t sport, dport; /* sport 0: TRIES_SPORT and the number's own;
				  ICMP: dport is type << 8 | code */
};

/* The bytes in a, with the mark of looks/capture/hear.h and the number in
 * them. */
const uint8_t *tries_packet(struct arena *a, const struct tries_packet *p,
			    uint32_t id, size_t *ret_len);

#endif
