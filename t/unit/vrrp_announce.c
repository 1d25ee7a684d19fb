/* SPDX-License-Identifier: MIT */
#include "vrrp/core/announce.h"

#include <string.h>

#include "t/lib/edge.h"
#include "t/lib/tap.h"

static const uint8_t the_mac[6] = {0xfa, 0x16, 0x3e, 1, 2, 3};

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

/* Also where the sum overflows its sixteen bits twice. */
static void checksums(const uint8_t *mac)
{
	struct vrrp_addr a = {6, {0xff, 0xff, 0xff, 0xff, [15] = 1}};
	uint8_t out[VRRP_ANNOUNCE_MAX];
	unsigned i, wrong = 0;

	for (i = 0; i < 65536; i++) {
		a.b[14] = (uint8_t)(i >> 8);
		a.b[15] = (uint8_t)i;
		vrrp_announce(&a, mac, out);
		wrong += sum6(out + 14) != 0xffff;
	}
	is_int(wrong, 0, "65536 checksums are right");
}

int main(void)
{
	const struct vrrp_addr v4 = {4, {203, 0, 113, 101}};
	const struct vrrp_addr v6 = {6, {0xfd, 0, 2, 3, [15] = 0x21}};
	const uint8_t *mac = edge(the_mac, sizeof(the_mac));
	uint8_t out[VRRP_ANNOUNCE_MAX + 16];
	const uint8_t *ip = out + 14, *na = out + 54;

	/* What is not written stands out, inside the frame and behind it. */
	memset(out, 0xa5, sizeof(out));

	is_int(vrrp_announce(&v4, mac, out), VRRP_ARP_FRAME,
	       "a gratuitous ARP is 42 bytes");
	ok(memcmp(out, arp, sizeof(arp)) == 0,
	   "6.4.2: it is a broadcast request, both addresses the same");
	is_int(out[VRRP_ARP_FRAME], 0xa5, "and not a byte behind it");
	memset(out, 0xa5, sizeof(out));
	is_int(vrrp_announce(edge(&v6, sizeof(v6)), mac, out), VRRP_NA_FRAME,
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
	is_int(out[VRRP_NA_FRAME], 0xa5, "and not a byte behind them");
	checksums(mac);
	return tap_done();
}
