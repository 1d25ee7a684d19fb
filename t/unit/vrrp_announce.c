/* SPDX-License-Identifier: MIT */
#include "vrrp/announce.h"

#include <string.h>

#include "t/lib/tap.h"

static const uint8_t mac[6] = {0xfa, 0x16, 0x3e, 1, 2, 3};

/* tcpdump: ARP, Request who-has 203.0.113.101 tell 203.0.113.101, length 28 */
static const uint8_t arp[VRRP_ARP_FRAME] = {
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfa, 0x16, 0x3e, 1,   2,
	3,    0x08, 0x06, 0,    1,    0x08, 0,    6,    4,    0,   1,
	0xfa, 0x16, 0x3e, 1,    2,    3,    203,  0,    113,  101, 0,
	0,    0,    0,    0,    0,    203,  0,    113,  101,
};

/* tcpdump: IP6 fd00:203::21 > ff02::1: ICMP6, neighbor advertisement, tgt is
 * fd00:203::21, length 32 */
static const uint8_t advertisement[VRRP_NA_FRAME] = {
	0x33, 0x33, 0x00, 0x00, 0x00, 0x01, 0xfa, 0x16, 0x3e, 0x01, 0x02,
	0x03, 0x86, 0xdd, 0x60, 0x00, 0x00, 0x00, 0x00, 0x20, 0x3a, 0xff,
	0xfd, 0x00, 0x02, 0x03, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x21, 0xff, 0x02, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x88,
	0x00, 0x9e, 0x3a, 0xa0, 0x00, 0x00, 0x00, 0xfd, 0x00, 0x02, 0x03,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x21, 0x02, 0x01, 0xfa, 0x16, 0x3e, 0x01, 0x02, 0x03};

/* The whole ICMPv6 message with its pseudo-header sums to all ones. */
static unsigned sum6(const uint8_t *ip)
{
	uint32_t acc = 58 + 32;
	size_t i;

	for (i = 8; i < 72; i += 2)
		acc += (uint32_t)ip[i] << 8 | ip[i + 1];
	while (acc >> 16)
		acc = (acc & 0xffff) + (acc >> 16);
	return acc;
}

int main(void)
{
	const struct vrrp_addr v4 = {4, {203, 0, 113, 101}};
	const struct vrrp_addr v6 = {6, {0xfd, 0, 2, 3, [15] = 0x21}};
	uint8_t out[VRRP_ANNOUNCE_MAX];
	const uint8_t *ip = out + 14, *na = out + 54;

	is_int(vrrp_announce(&v4, mac, out), VRRP_ARP_FRAME,
	       "a gratuitous ARP is 42 bytes");
	ok(memcmp(out, arp, sizeof(arp)) == 0,
	   "6.4.2: it is a broadcast request, both addresses the same");
	is_int(vrrp_announce(&v6, mac, out), VRRP_NA_FRAME,
	       "an unsolicited advertisement is 86 bytes");
	ok(memcmp(out, "\x33\x33\x00\x00\x00\x01", 6) == 0 &&
		   memcmp(out + 6, mac, 6) == 0 && out[12] == 0x86 &&
		   out[13] == 0xdd,
	   "to all nodes' MAC from ours");
	ok(ip[7] == 255 && memcmp(ip + 8, v6.b, 16) == 0 && ip[24] == 0xff &&
		   ip[25] == 2 && ip[39] == 1,
	   "hop limit 255, from the address to ff02::1");
	is_int(na[0], 136, "neighbour advertisement");
	is_int(na[4], 0xa0, "6.4.2: R=1 S=0 O=1");
	ok(memcmp(na + 8, v6.b, 16) == 0 && na[24] == 2 && na[25] == 1 &&
		   memcmp(na + 26, mac, 6) == 0,
	   "with the target and its link-layer address");
	is_int(sum6(ip), 0xffff, "and a right checksum");
	ok(memcmp(out, advertisement, sizeof(advertisement)) == 0,
	   "it is these bytes and no others");
	return tap_done();
}
