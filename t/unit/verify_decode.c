/* SPDX-License-Identifier: MIT */
#include "verify/decode/decode.h"

#include <stdlib.h>
#include <string.h>

#include "lib/auto.h"
#include "t/lib/tap.h"

/* clang-format off */
#define ETH(type) \
	0x01, 0x00, 0x5e, 0x00, 0x00, 0x12, \
	0xfa, 0x16, 0x3e, 0x78, 0xba, 0x99, (type) >> 8, (type) & 0xff

#define IPV4(len, ttl, proto) \
	0x45, 0xc0, 0x00, (len), 0x00, 0x01, 0x00, 0x00, (ttl), (proto), \
	0x00, 0x00, 0xa9, 0xfe, 0xc0, 0x01, 0xe0, 0x00, 0x00, 0x12

/* vrid 1, prio 50, authtype none, intvl 2 s, length 20, 169.254.0.1: what
 * keepalived sends with the documented settings. */
#define VRRP2 \
	0x21, 0x01, 0x32, 0x01, 0x00, 0x02, 0x02, 0xfc, \
	0xa9, 0xfe, 0x00, 0x01, 0, 0, 0, 0, 0, 0, 0, 0

static const uint8_t advert[] = {ETH(0x0800), IPV4(40, 255, 112), VRRP2,
	/* padding to 60 bytes, and some */
	0, 0, 0, 0, 0, 0, 0, 0};

static const uint8_t vxlan[] = {
	0xfa, 0x16, 0x3e, 0x00, 0x00, 0x02, 0xfa, 0x16, 0x3e, 0x00, 0x00, 0x01,
	0x08, 0x00,
	0x45, 0x00, 0x00, 90, 0x00, 0x01, 0x40, 0x00, 0x40, 0x11, 0x00, 0x00,
	0x0a, 0x00, 0x01, 0x0b, 0xef, 0x01, 0x01, 0x01,
	0xc0, 0x01, 0x21, 0x18, 0x00, 70, 0x00, 0x00,
	0x08, 0x00, 0x00, 0x00, 0x00, 0x03, 0xe9, 0x00,
	ETH(0x0800), IPV4(40, 255, 112), VRRP2};

static const uint8_t garp[] = {
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfa, 0x16, 0x3e, 0x03, 0x1a, 0xf6,
	0x81, 0x00, 0x00, 0x65, 0x08, 0x06,
	0x00, 0x01, 0x08, 0x00, 0x06, 0x04, 0x00, 0x01,
	0xfa, 0x16, 0x3e, 0x03, 0x1a, 0xf6, 203, 0, 113, 21,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 203, 0, 113, 21};

static const uint8_t na[] = {
	0x33, 0x33, 0x00, 0x00, 0x00, 0x01, 0xfa, 0x16, 0x3e, 0x03, 0x1a, 0xf6,
	0x86, 0xdd,
	0x60, 0x00, 0x00, 0x00, 0x00, 0x20, 0x3a, 0xff,
	0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0xf8, 0x16, 0x3e, 0xff, 0xfe, 3, 0x1a, 0xf6,
	0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
	0x88, 0x00, 0x00, 0x00, 0xa0, 0x00, 0x00, 0x00,
	0xfd, 0x00, 2, 3, 0, 0, 1, 0x13, 0, 0, 0, 0, 0, 0, 0, 0x21,
	0x02, 0x01, 0xfa, 0x16, 0x3e, 0x03, 0x1a, 0xf6};

static const uint8_t sll2_echo[] = {
	0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x07, 0x00, 0x01, 0x04, 0x06,
	0xfa, 0x16, 0x3e, 0x03, 0x1a, 0xf6, 0x00, 0x00,
	0x45, 0x00, 0x00, 28, 0x00, 0x01, 0x40, 0x00, 0x40, 0x01, 0x00, 0x00,
	203, 0, 113, 1, 203, 0, 113, 21,
	0x08, 0x00, 0x00, 0x00, 0x12, 0x34, 0x00, 0x07};
/* clang-format on */

static const char *text(const struct ip *ip)
{
	static char out[4][IP_TEXT_MAX];
	static unsigned i;

	return ip_print(ip, out[i++ % 4]);
}

static void adverts(void)
{
	uint8_t b[sizeof(advert)];
	struct frame f;

	is_int(decode_frame(DECODE_ETHERNET, advert, sizeof(advert), &f),
	       DECODE_OK, "advert: decoded, padding ignored");
	is_int(f.kind, FRAME_ADVERT, "advert: kind");
	is(text(&f.ip_src), "169.254.192.1", "advert: source");
	is(text(&f.ip_dst), "224.0.0.18", "advert: group");
	is_int(f.ttl, 255, "advert: TTL");
	is_int(f.advert.version, 2, "advert: version");
	is_int(f.advert.vrid, 1, "advert: VRID");
	is_int(f.advert.priority, 50, "advert: priority");
	is_int(f.advert.adver_cs, 200, "advert: interval");
	is_int(f.advert.naddrs, 1, "advert: one address");
	is(text(&f.advert.addrs[0]), "169.254.0.1", "advert: the address");
	is(f.advert.fault, NULL, "advert: the codec takes it");
	ok(!f.tunnel, "advert: not in a tunnel");

	memcpy(b, advert, sizeof(b));
	b[22] = 254;
	is_int(decode_frame(DECODE_ETHERNET, b, sizeof(b), &f), DECODE_ADVERT,
	       "TTL 254: refused");
	is(f.advert.fault, "ttl", "TTL 254: the reason");
	is_int(f.advert.priority, 50, "TTL 254: fields are told all the same");
	memcpy(b, advert, sizeof(b));
	b[36] ^= 1;
	decode_frame(DECODE_ETHERNET, b, sizeof(b), &f);
	is(f.advert.fault, "checksum", "a bit flipped: the checksum");
}

static void tunnels(void)
{
	uint8_t b[sizeof(vxlan)];
	struct frame f;

	is_int(decode_frame(DECODE_ETHERNET, vxlan, sizeof(vxlan), &f),
	       DECODE_OK, "VXLAN: decoded");
	ok(f.tunnel == TOPO_VXLAN && f.vni == 1001, "VXLAN: VNI");
	is(text(&f.outer_src), "10.0.1.11", "VXLAN: outer source");
	is(text(&f.outer_dst), "239.1.1.1", "VXLAN: outer destination");
	is_int(f.kind, FRAME_ADVERT, "VXLAN: the advert inside");
	is(text(&f.ip_src), "169.254.192.1", "VXLAN: inner source");
	memcpy(b, vxlan, sizeof(b));
	b[42] = 0;
	is_int(decode_frame(DECODE_ETHERNET, b, sizeof(b), &f),
	       DECODE_VXLAN_FLAGS, "VXLAN: without the I flag");
}

static void announcements(void)
{
	struct frame f;
	struct ip ip;

	is_int(decode_frame(DECODE_ETHERNET, garp, sizeof(garp), &f), DECODE_OK,
	       "gratuitous ARP: decoded");
	is_int(f.vlan, 101, "gratuitous ARP: VLAN tag");
	ok(frame_is_announcement(&f, &ip), "gratuitous ARP: announcement");
	is(text(&ip), "203.0.113.21", "gratuitous ARP: address");
	is_int(decode_frame(DECODE_ETHERNET, na, sizeof(na), &f), DECODE_OK,
	       "unsolicited NA: decoded");
	ok(f.kind == FRAME_NA && f.na.router && !f.na.solicited &&
		   f.na.override,
	   "unsolicited NA: R=1 S=0 O=1");
	ok(frame_is_announcement(&f, &ip), "unsolicited NA: announcement");
	is(text(&ip), "fd00:203:0:113::21", "unsolicited NA: address");
}

static void cooked(void)
{
	struct frame f;
	struct ip ip;

	is_int(decode_frame(DECODE_LINUX_SLL2, sll2_echo, sizeof(sll2_echo),
			    &f),
	       DECODE_OK, "cooked: decoded");
	ok(f.ifindex == 7 && f.outgoing, "cooked: interface and direction");
	ok(f.kind == FRAME_ICMP && f.icmp.type == 8 && f.icmp.id == 0x1234 &&
		   f.icmp.seq == 7,
	   "cooked: echo request");
	ok(!frame_is_announcement(&f, &ip), "cooked: announces nothing");
	is_int(decode_frame(0, garp, sizeof(garp), &f), DECODE_LINKTYPE,
	       "an unknown link type");
}

/* Each cut of each frame, from a copy of exactly that size. */
static void cuts(const char *what, int type, const uint8_t *p, size_t len,
		 size_t whole)
{
	bool good = true;
	size_t i;

	for (i = 0; i < whole; i++) {
		uint8_t *copy = malloc(i ? i : 1);
		struct frame f;

		memcpy(copy, p, i);
		good &= decode_frame(type, copy, i, &f) != DECODE_OK;
		free(copy);
	}
	ok(good && whole <= len, "%s: every cut is refused", what);
}

/* The same frame by other tunnels: headers are rewritten before it. */
static void other_tunnels(void)
{
	enum { IP = 14, UDP = IP + 20, HEADER = UDP + 8, INSIDE = HEADER + 8 };
	uint8_t b[sizeof(vxlan)], g[sizeof(vxlan) - 8];
	struct frame f;

	memcpy(b, vxlan, sizeof(b));
	b[UDP + 2] = DECODE_GENEVE_PORT >> 8;
	b[UDP + 3] = DECODE_GENEVE_PORT & 0xff;
	memcpy(b + HEADER, "\0\0\x65\x58\0\x03\xe9\0", 8);
	is_int(decode_frame(DECODE_ETHERNET, b, sizeof(b), &f), DECODE_OK,
	       "Geneve: decoded");
	ok(f.tunnel == TOPO_GENEVE && f.vni == 1001 && f.kind == FRAME_ADVERT,
	   "Geneve: VNI, and the advert inside");
	b[HEADER] = 0x3f;
	is_int(decode_frame(DECODE_ETHERNET, b, HEADER + 12, &f),
	       DECODE_SHORT_UDP, "Geneve: options that are not there");

	/* Flags with a key, the type of a frame, the key. */
	memcpy(g, vxlan, UDP);
	g[IP + 9] = 47;
	g[IP + 2] = 0;
	g[IP + 3] = (uint8_t)(sizeof(g) - IP);
	memcpy(g + UDP, "\x20\0\x65\x58\0\x01\x03\xe9", 8);
	memcpy(g + UDP + 8, vxlan + INSIDE, sizeof(vxlan) - INSIDE);
	is_int(decode_frame(DECODE_ETHERNET, g, sizeof(g), &f), DECODE_OK,
	       "GRE: decoded");
	ok(f.tunnel == TOPO_GRE && f.vni == 66537 && f.kind == FRAME_ADVERT,
	   "GRE: key, and the advert inside");
	is_int(decode_frame(DECODE_ETHERNET, g, UDP + 6, &f), DECODE_SHORT_GRE,
	       "GRE: ends inside its header");
	g[UDP] = 0xb0;
	is_int(decode_frame(DECODE_ETHERNET, g, UDP + 12, &f), DECODE_SHORT_GRE,
	       "GRE: ends inside what its flags tell of");
}

int main(void)
{
	adverts();
	tunnels();
	other_tunnels();
	announcements();
	cooked();
	cuts("advert", DECODE_ETHERNET, advert, sizeof(advert), 54);
	cuts("VXLAN", DECODE_ETHERNET, vxlan, sizeof(vxlan), sizeof(vxlan));
	cuts("gratuitous ARP", DECODE_ETHERNET, garp, sizeof(garp),
	     sizeof(garp));
	cuts("unsolicited NA", DECODE_ETHERNET, na, sizeof(na), 78);
	cuts("cooked echo", DECODE_LINUX_SLL2, sll2_echo, sizeof(sll2_echo),
	     sizeof(sll2_echo));
	return tap_done();
}
