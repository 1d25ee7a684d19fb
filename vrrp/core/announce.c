/* SPDX-License-Identifier: MIT */
/*
 * Announcements
 * =============
 * The MAC announced is the interface's own, as in OpenStack's routers, whose
 * interfaces have the same MAC on every node: no virtual router MAC is made,
 * so bridges learn the new place of an old MAC from these very frames.
 */
#include "vrrp/core/announce.h"

#include <string.h>

#define ETH 14
#define ARP_REQUEST 1
#define ICMP6_NA 136
#define NA_LEN 32 /* header, target and the one option */
#define NA_FLAG_ROUTER 0x80
#define NA_FLAG_OVERRIDE 0x20
#define OPT_TARGET_LLADDR 2
#define PROTO_ICMP6 58

static void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static size_t arp_frame(const struct vrrp_addr *addr, const uint8_t *mac,
			uint8_t *out)
{
	uint8_t *a = out + ETH;

	memset(out, 0xff, 6);
	memcpy(out + 6, mac, 6);
	put16(out + 12, 0x0806);
	put16(a, 1); /* Ethernet */
	put16(a + 2, 0x0800);
	a[4] = 6;
	a[5] = 4;
	put16(a + 6, ARP_REQUEST);
	memcpy(a + 8, mac, 6);
	memcpy(a + 14, addr->b, 4);
	memset(a + 18, 0, 6); /* RFC 5227 3: ignored, should be zero */
	memcpy(a + 24, addr->b, 4);
	return VRRP_ARP_FRAME;
}

static unsigned checksum6(const uint8_t *ip, const uint8_t *icmp)
{
	uint32_t acc = NA_LEN + PROTO_ICMP6;
	size_t i;

	for (i = 8; i < 40; i += 2)
		acc += (uint32_t)ip[i] << 8 | ip[i + 1];
	for (i = 0; i < NA_LEN; i += 2)
		acc += (uint32_t)icmp[i] << 8 | icmp[i + 1];
	while (acc >> 16)
		acc = (acc & 0xffff) + (acc >> 16);
	return ~acc & 0xffff;
}

static size_t na_frame(const struct vrrp_addr *addr, const uint8_t *mac,
		       uint8_t *out)
{
	static const uint8_t all_nodes[16] = {0xff, 2, 0, 0, 0, 0, 0, 0,
					      0,    0, 0, 0, 0, 0, 0, 1};
	static const uint8_t all_nodes_mac[6] = {0x33, 0x33, 0, 0, 0, 1};
	uint8_t *ip = out + ETH, *na = ip + 40;

	memset(out, 0, VRRP_NA_FRAME);
	memcpy(out, all_nodes_mac, 6);
	memcpy(out + 6, mac, 6);
	put16(out + 12, 0x86dd);
	ip[0] = 0x60;
	put16(ip + 4, NA_LEN);
	ip[6] = PROTO_ICMP6;
	ip[7] = 255;
	memcpy(ip + 8, addr->b, 16);
	memcpy(ip + 24, all_nodes, 16);
	na[0] = ICMP6_NA;
	na[4] = NA_FLAG_ROUTER | NA_FLAG_OVERRIDE;
	memcpy(na + 8, addr->b, 16);
	na[24] = OPT_TARGET_LLADDR;
	na[25] = 1; /* in units of eight bytes */
	memcpy(na + 26, mac, 6);
	put16(na + 2, checksum6(ip, na));
	return VRRP_NA_FRAME;
}

size_t vrrp_announce(const struct vrrp_addr *addr, const uint8_t *mac,
		     uint8_t *out)
{
	return addr->family == 4 ? arp_frame(addr, mac, out)
				 : na_frame(addr, mac, out);
}
