/* SPDX-License-Identifier: MIT */
#include "vrrp/core/advert.h"

#include <stdlib.h>
#include <string.h>

#include "t/lib/edge.h"
#include "t/lib/tap.h"

/* A version 2 advert as tcpdump -x shows it: 169.254.192.1 > 224.0.0.18:
 * VRRPv2, vrid 1, prio 50, authtype none, intvl 2s, length 20. */
static const uint8_t golden_v2[] = {
	0x45, 0xc0, 0x00, 0x28, 0x00, 0x00, 0x40, 0x00, 0xff, 0x70,
	0x00, 0x00, 0xa9, 0xfe, 0xc0, 0x01, 0xe0, 0x00, 0x00, 0x12,
	0x21, 0x01, 0x32, 0x01, 0x00, 0x02, 0x02, 0xfc, 0xa9, 0xfe,
	0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
};

/* The whole frame of the same advert, with a right IP header checksum. */
static const uint8_t golden_frame[] = {
	0x01, 0x00, 0x5e, 0x00, 0x00, 0x12, 0xfa, 0x16, 0x3e, 0x01, 0x02,
	0x03, 0x08, 0x00, 0x45, 0xc0, 0x00, 0x28, 0x00, 0x00, 0x40, 0x00,
	0xff, 0x70, 0x30, 0x93, 0xa9, 0xfe, 0xc0, 0x01, 0xe0, 0x00, 0x00,
	0x12, 0x21, 0x01, 0x32, 0x01, 0x00, 0x02, 0x02, 0xfc, 0xa9, 0xfe,
	0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};

/* Version 3, vrid 3, priority 50, 1 s: with pseudo-header and without. */
static const uint8_t golden_v3_pseudo[] = {0x31, 0x03, 0x32, 0x01, 0x00, 0x64,
					   0xa8, 0x08, 0xa9, 0xfe, 0x00, 0x01};
static const uint8_t golden_v3[] = {0x31, 0x03, 0x32, 0x01, 0x00, 0x64,
				    0xf2, 0x97, 0xa9, 0xfe, 0x00, 0x01};

static const struct vrrp_addr src4 = {4, {169, 254, 192, 1}};
static const struct vrrp_addr src6 = {
	6, {0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
static const uint8_t vip4[] = {169, 254, 0, 1};
static const uint8_t vip6[] = {0xfe, 0x80, 0, 0, 0, 0, 0, 0,
			       0,    0,    0, 0, 0, 0, 0, 9};

static const struct vrrp_group groups[] = {
	{1, 2, 4, 2 * NS_PER_S, NULL, 0},
	{3, 3, 4, NS_PER_S, NULL, 0},
	{6, 3, 6, NS_PER_S, NULL, 0},
};
#define NGROUPS 3

static struct vrrp_advert advert(uint8_t version, uint8_t family)
{
	return (struct vrrp_advert){
		.version = version,
		.vrid = version == 2  ? 1
			: family == 4 ? 3
				      : 6,
		.priority = 50,
		.interval_ns = version == 2 ? 2 * NS_PER_S : NS_PER_S,
		.family = family,
		.naddrs = 1,
		.src = family == 4 ? src4 : src6,
		.addrs = family == 4 ? vip4 : vip6,
	};
}

struct message {
	uint8_t b[VRRP_ADVERT_MAX + 16];
	size_t len;
	struct vrrp_packet p;
};

static void make(struct message *m, uint8_t version, uint8_t family,
		 enum vrrp_checksum csum)
{
	struct vrrp_advert a = advert(version, family);

	memset(m, 0, sizeof(*m));
	m->len = vrrp_advert_encode(&a, csum, m->b);
	m->p = (struct vrrp_packet){.src = a.src,
				    .dst = vrrp_group_addr(family),
				    .ttl = 255,
				    .payload = m->b,
				    .len = m->len};
}

/* Puts the checksum right again after a byte was changed (no pseudo-header). */
static void mend(struct message *m)
{
	uint32_t acc = 0;
	size_t i;

	m->b[6] = m->b[7] = 0;
	for (i = 0; i < m->len; i++)
		acc += i & 1 ? m->b[i] : (uint32_t)m->b[i] << 8;
	while (acc >> 16)
		acc = (acc & 0xffff) + (acc >> 16);
	m->b[6] = (uint8_t)(~acc >> 8);
	m->b[7] = (uint8_t)~acc;
	m->p.len = m->len;
}

static enum vrrp_drop decode(const struct message *m, struct vrrp_advert *a)
{
	size_t group;

	return vrrp_advert_decode(&m->p, groups, NGROUPS, &group, a);
}

static void dropped(const struct message *m, enum vrrp_drop want,
		    const char *what)
{
	struct vrrp_advert a;

	is(vrrp_drop_name[decode(m, &a)], vrrp_drop_name[want], "%s", what);
}

static void golden(void)
{
	struct vrrp_advert a = advert(2, 4), back;
	uint8_t out[VRRP_ADVERT_MAX];
	struct vrrp_packet p;
	size_t group;

	memset(out, 0xa5, sizeof(out));
	is_int(vrrp_advert_encode(&a, VRRP_CSUM_MESSAGE, out), 20,
	       "the documented advert is 20 bytes long");
	ok(memcmp(out, golden_v2 + 20, 20) == 0,
	   "the documented advert is encoded byte for byte");
	is_int(vrrp_packet_ipv4(golden_v2, sizeof(golden_v2), &p), VRRP_TAKEN,
	       "its IP header is walked");
	is_int(vrrp_advert_decode(&p, groups, NGROUPS, &group, &back),
	       VRRP_TAKEN, "and it is decoded");
	ok(back.vrid == 1 && back.priority == 50 && back.naddrs == 1 &&
		   back.interval_ns == 2 * NS_PER_S && group == 0 &&
		   memcmp(back.addrs, vip4, 4) == 0 &&
		   vrrp_addr_cmp(&back.src, &src4) == 0,
	   "into vrid 1, prio 50, intvl 2s, 169.254.0.1 from 169.254.192.1");
}

static void golden_frames(void)
{
	static const uint8_t the_mac[6] = {0xfa, 0x16, 0x3e, 1, 2, 3};
	const uint8_t *mac = edge(the_mac, sizeof(the_mac));
	struct vrrp_advert a = advert(2, 4);
	uint8_t out[VRRP_FRAME_MAX + 1], list[255 * 4] = {0};
	struct vrrp_packet p;

	memset(out, 0xa5, sizeof(out));

	is_int(vrrp_advert_frame(&a, VRRP_CSUM_MESSAGE, mac, out),
	       sizeof(golden_frame), "the documented advert as a frame");
	ok(memcmp(out, golden_frame, sizeof(golden_frame)) == 0,
	   "is this, byte for byte: 01:00:5e:00:00:12, TTL 255, TOS 0xc0");
	a = advert(3, 4);
	is_int(vrrp_advert_encode(&a, VRRP_CSUM_PSEUDO, out),
	       sizeof(golden_v3_pseudo), "version 3 has 12 bytes");
	ok(memcmp(out, golden_v3_pseudo, sizeof(golden_v3_pseudo)) == 0,
	   "version 3 over IPv4 with pseudo-header, byte for byte");
	vrrp_advert_encode(&a, VRRP_CSUM_MESSAGE, out);
	ok(memcmp(out, golden_v3, sizeof(golden_v3)) == 0, "and without");
	vrrp_advert_frame(&a, VRRP_CSUM_PSEUDO, mac, out);
	ok(memcmp(out + 34, golden_v3_pseudo, sizeof(golden_v3_pseudo)) == 0,
	   "a frame has the checksum that is asked for");
	a = advert(2, 4);
	a.addrs = list;
	a.naddrs = 255;
	out[VRRP_FRAME_MAX] = 0xa5;
	is_int(vrrp_advert_frame(&a, VRRP_CSUM_MESSAGE, mac, out),
	       VRRP_FRAME_MAX, "255 addresses fit into a frame");
	is_int(out[VRRP_FRAME_MAX], 0xa5, "and fill it");
	ok(vrrp_packet_ipv4(out + 14, VRRP_FRAME_MAX - 14, &p) == VRRP_TAKEN &&
		   p.len == 8 + 255 * 4 + 8,
	   "its IP header tells its length");
}

static void ip_header(void)
{
	uint8_t b[60 + 20 + 8] = {0};
	const struct vrrp_addr all = vrrp_group_addr(4);
	struct vrrp_packet p;
	unsigned words;

	for (words = 5; words <= 15; words++) {
		size_t h = words * 4;

		memcpy(b, golden_v2, 20);
		memset(b + 20, 0x01, h - 20);
		memcpy(b + h, golden_v2 + 20, 20);
		b[0] = (uint8_t)(0x40 | words);
		b[3] = (uint8_t)(h + 20);
		if (vrrp_packet_ipv4(b, h + 20, &p) != VRRP_TAKEN ||
		    p.payload != b + h || p.len != 20)
			break;
	}
	is_int(words, 16, "an IPv4 header of 5 to 15 words is honoured");
	memcpy(b, golden_v2, sizeof(golden_v2));
	b[0] = 0x44;
	is_int(vrrp_packet_ipv4(b, 40, &p), VRRP_DROP_IP_HEADER,
	       "an IPv4 header under 5 words is rejected");
	b[0] = 0x65;
	is_int(vrrp_packet_ipv4(b, 40, &p), VRRP_DROP_IP_HEADER,
	       "an IP version other than 4 is rejected here");
	b[0] = 0x45;
	b[9] = 17;
	is_int(vrrp_packet_ipv4(b, 40, &p), VRRP_DROP_IP_HEADER,
	       "another protocol is rejected");
	b[9] = VRRP_PROTO;
	is_int(vrrp_packet_ipv4(b, 39, &p), VRRP_DROP_TRUNCATED,
	       "a packet shorter than its total length is truncated");
	is_int(vrrp_packet_ipv4(b, 19, &p), VRRP_DROP_TRUNCATED,
	       "a packet shorter than an IP header is truncated");
	is_int(vrrp_packet_ipv4(b, 46, &p), VRRP_TAKEN,
	       "padding after the packet is not part of it");
	is_int(p.len, 20, "and the message ends with the packet");
	ok(memcmp(&p.src, &src4, sizeof(src4)) == 0 &&
		   memcmp(&p.dst, &all, sizeof(all)) == 0,
	   "its addresses are those of the header and nothing more");
	b[3] = 20;
	is_int(vrrp_packet_ipv4(edge(b, 20), 20, &p), VRRP_TAKEN,
	       "a header without a message is a packet");
	is_int(p.len, 0, "of no message");
	b[3] = 19;
	is_int(vrrp_packet_ipv4(b, 40, &p), VRRP_DROP_IP_HEADER,
	       "a total length below the header is rejected");
}

static void refusals(void)
{
	struct message m;
	unsigned i;

	make(&m, 2, 4, VRRP_CSUM_MESSAGE);
	m.p.ttl = 254;
	dropped(&m, VRRP_DROP_TTL,
		"5.1.1.3: a TTL other than 255 must be discarded");
	make(&m, 3, 6, VRRP_CSUM_PSEUDO);
	m.p.ttl = 64;
	dropped(&m, VRRP_DROP_TTL,
		"5.1.2.3: a hop limit other than 255 must be discarded");

	make(&m, 2, 4, VRRP_CSUM_MESSAGE);
	m.b[0] = 0x41;
	mend(&m);
	dropped(&m, VRRP_DROP_VERSION, "7.1: an unknown version is discarded");
	make(&m, 2, 4, VRRP_CSUM_MESSAGE);
	m.b[1] = 3;
	mend(&m);
	dropped(&m, VRRP_DROP_OTHER_VERSION,
		"7.1: version 2 at a version 3 group is discarded");
	make(&m, 3, 4, VRRP_CSUM_MESSAGE);
	m.b[1] = 1;
	mend(&m);
	dropped(&m, VRRP_DROP_OTHER_VERSION,
		"7.1: version 3 at a version 2 group is discarded");
	make(&m, 3, 6, VRRP_CSUM_PSEUDO);
	m.b[0] = 0x21;
	dropped(&m, VRRP_DROP_VERSION, "version 2 does not exist over IPv6");

	for (i = 0; i < 16; i++) {
		struct vrrp_advert a;

		make(&m, 2, 4, VRRP_CSUM_MESSAGE);
		m.b[0] = (uint8_t)(0x20 | i);
		mend(&m);
		if ((decode(&m, &a) == VRRP_TAKEN) != (i == 1))
			break;
	}
	is_int(i, 16, "5.2.2: every type but 1 must be discarded");

	for (i = 0; i < 8; i++) {
		struct vrrp_advert a;

		make(&m, 2, 4, VRRP_CSUM_MESSAGE);
		m.p.len = i;
		if (decode(&m, &a) != VRRP_DROP_TRUNCATED)
			break;
	}
	is_int(i, 8, "7.1: less than the fixed header is truncated");
	make(&m, 2, 4, VRRP_CSUM_MESSAGE);
	m.len = 12;
	mend(&m);
	dropped(&m, VRRP_DROP_LENGTH,
		"7.1: version 2 without its authentication data is refused");
	make(&m, 3, 4, VRRP_CSUM_MESSAGE);
	m.len += 8;
	mend(&m);
	dropped(&m, VRRP_DROP_LENGTH,
		"7.1: version 3 with an authentication trailer is refused");
	make(&m, 2, 4, VRRP_CSUM_MESSAGE);
	m.b[3] = 2;
	mend(&m);
	dropped(&m, VRRP_DROP_LENGTH,
		"7.1: fewer addresses than the count says are refused");

	make(&m, 2, 4, VRRP_CSUM_MESSAGE);
	m.b[2] ^= 1;
	dropped(&m, VRRP_DROP_CHECKSUM,
		"7.1: version 2 with a bad checksum is discarded");
	make(&m, 3, 6, VRRP_CSUM_PSEUDO);
	m.b[2] ^= 1;
	dropped(&m, VRRP_DROP_CHECKSUM,
		"7.1: version 3 over IPv6 with a bad checksum is discarded");
	make(&m, 3, 6, VRRP_CSUM_PSEUDO);
	mend(&m);
	dropped(&m, VRRP_DROP_CHECKSUM,
		"5.2.8: over IPv6 the pseudo-header must be in the checksum");
	make(&m, 2, 4, VRRP_CSUM_MESSAGE);
	m.p.src.b[3] ^= 1;
	dropped(&m, VRRP_TAKEN,
		"RFC 3768 5.3.8: version 2 covers the message alone");

	make(&m, 2, 4, VRRP_CSUM_MESSAGE);
	m.b[1] = 99;
	mend(&m);
	dropped(&m, VRRP_DROP_VRID,
		"7.1: a VRID that is not configured here is discarded");
	make(&m, 2, 4, VRRP_CSUM_MESSAGE);
	m.b[3] = 0;
	mend(&m);
	dropped(&m, VRRP_DROP_NO_ADDRESS,
		"5.2.5: a count of 0 addresses must be ignored");
	make(&m, 3, 4, VRRP_CSUM_MESSAGE);
	m.b[4] = m.b[5] = 0;
	mend(&m);
	dropped(&m, VRRP_DROP_INTERVAL_ZERO,
		"7.1, erratum 8301: version 3 with interval 0 is discarded");
	make(&m, 2, 4, VRRP_CSUM_MESSAGE);
	m.b[4] = 1;
	mend(&m);
	dropped(&m, VRRP_DROP_AUTH_TYPE,
		"RFC 3768 7.1: another authentication type is discarded");
	make(&m, 2, 4, VRRP_CSUM_MESSAGE);
	m.b[19] = 7;
	mend(&m);
	dropped(&m, VRRP_TAKEN,
		"RFC 3768 5.3.10: authentication data is ignored");
	make(&m, 2, 4, VRRP_CSUM_MESSAGE);
	m.b[5] = 1;
	mend(&m);
	dropped(&m, VRRP_DROP_INTERVAL,
		"RFC 3768 7.1: version 2 with another interval is discarded");
	make(&m, 3, 4, VRRP_CSUM_MESSAGE);
	m.b[5] = 10;
	mend(&m);
	dropped(&m, VRRP_TAKEN, "6.4.2: version 3 with another is not");
	make(&m, 2, 4, VRRP_CSUM_MESSAGE);
	m.p.dst = src4;
	dropped(&m, VRRP_DROP_UNICAST,
		"unicast where multicast is expected is discarded");
}

static void ipv6(void)
{
	struct vrrp_advert a = advert(3, 6), back;
	uint8_t global[16] = {0xfd};
	struct message m;
	size_t group;

	make(&m, 3, 6, VRRP_CSUM_PSEUDO);
	is_int(vrrp_advert_decode(&m.p, groups, NGROUPS, &group, &back),
	       VRRP_TAKEN, "version 3 over IPv6 is taken");
	ok(back.family == 6 && group == 2 && memcmp(back.addrs, vip6, 16) == 0,
	   "with its address");
	a.addrs = global;
	m.len = vrrp_advert_encode(&a, VRRP_CSUM_PSEUDO, m.b);
	dropped(&m, VRRP_DROP_NOT_LINK_LOCAL,
		"5.2.9: the first IPv6 address must be link-local");
}

static void checksums(void)
{
	struct message m;

	make(&m, 3, 4, VRRP_CSUM_MESSAGE);
	dropped(&m, VRRP_TAKEN,
		"5.2.8: version 3 over IPv4 without pseudo-header is taken");
	make(&m, 3, 4, VRRP_CSUM_PSEUDO);
	dropped(&m, VRRP_TAKEN, "and with it, as others send it");
	m.p.src.b[3] ^= 1;
	dropped(&m, VRRP_DROP_CHECKSUM,
		"a pseudo-header of another source is not");
}

/* What RFC 3768 7.1 says of a list of addresses that is not ours. */
static void lists(void)
{
	static const uint8_t ours[] = {10, 0, 0, 1, 10, 0, 0, 2, 10, 0, 0, 3};
	static const uint8_t turned[] = {10, 0, 0, 3, 10, 0, 0, 1, 10, 0, 0, 2};
	static const uint8_t other[] = {10, 0, 0, 1, 10, 0, 0, 2, 10, 0, 0, 4};
	static const uint8_t twice[] = {10, 0, 0, 1, 10, 0, 0, 1, 10, 0, 0, 2};
	static const uint8_t ours6[32] = {0xfe, 0x80, [16] = 0xfd, [31] = 9};
	static const uint8_t other6[32] = {0xfe, 0x80, [16] = 0xfd, [31] = 8};
	static const struct {
		uint8_t version, priority;
		const uint8_t *list;
		unsigned n;
		enum vrrp_drop want;
		const char *what;
	} rows[] = {
		{2, 200, ours, 3, VRRP_TAKEN, "our list is taken"},
		{2, 200, turned, 3, VRRP_TAKEN, "in another order too"},
		{2, 254, other, 3, VRRP_DROP_LIST,
		 "RFC 3768 7.1: with another address it is dropped"},
		{2, 254, twice, 3, VRRP_DROP_LIST, "one twice is another list"},
		{2, 254, ours, 2, VRRP_DROP_LIST, "so is a shorter one"},
		{2, 0, other, 3, VRRP_DROP_LIST, "with priority 0 too"},
		{2, 255, other, 3, VRRP_TAKEN,
		 "RFC 3768 7.1: but not what the owner sends"},
		{3, 200, other, 3, VRRP_TAKEN,
		 "RFC 9568 7.1: version 3 is taken all the same"},
	};
	struct vrrp_group g = {1, 2, 4, 2 * NS_PER_S, ours, 3};
	struct vrrp_advert a, back;
	struct message m;
	size_t i, at;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		a = advert(rows[i].version, 4);
		make(&m, rows[i].version, 4, VRRP_CSUM_MESSAGE);
		a.vrid = 1;
		a.priority = rows[i].priority;
		a.addrs = rows[i].list;
		a.naddrs = rows[i].n;
		m.p.len = vrrp_advert_encode(&a, VRRP_CSUM_MESSAGE, m.b);
		g.version = rows[i].version;
		is(vrrp_drop_name[vrrp_advert_decode(&m.p, &g, 1, &at, &back)],
		   vrrp_drop_name[rows[i].want], "%s", rows[i].what);
	}
	ok(!vrrp_advert_same_list(&back, &g), "though it is told apart");
	a = advert(2, 4);
	make(&m, 2, 4, VRRP_CSUM_MESSAGE);
	a.addrs = other;
	a.naddrs = 3;
	m.len = vrrp_advert_encode(&a, VRRP_CSUM_MESSAGE, m.b);
	memcpy(m.b + 8 + sizeof(other), ours + 8, 4);
	mend(&m);
	g.version = 2;
	is_int(vrrp_advert_decode(&m.p, &g, 1, &at, &back), VRRP_DROP_LIST,
	       "authentication data is no part of the list");
	g = (struct vrrp_group){6, 3, 6, NS_PER_S, ours6, 2};
	a = advert(3, 6);
	a.naddrs = 2;
	a.addrs = ours6;
	ok(vrrp_advert_same_list(&a, &g), "IPv6 lists are compared");
	a.addrs = other6;
	ok(!vrrp_advert_same_list(&a, &g), "to the last byte");
}

static void oddities(void)
{
	uint8_t list[255 * 16];
	struct vrrp_advert a = advert(3, 6), back;
	struct message m;

	make(&m, 3, 4, VRRP_CSUM_MESSAGE);
	m.b[4] |= 0xf0;
	mend(&m);
	is_int(decode(&m, &back), VRRP_TAKEN,
	       "5.2.6: reserved bits are ignored on reception");
	is_int(back.interval_ns, NS_PER_S, "and not part of the interval");

	memset(list, 0xfe, sizeof(list));
	list[1] = 0x80;
	a.naddrs = 255;
	a.addrs = list;
	a.interval_ns = 4095 * NS_PER_CS;
	make(&m, 3, 6, VRRP_CSUM_PSEUDO);
	m.p.len = vrrp_advert_encode(&a, VRRP_CSUM_PSEUDO, m.b);
	is_int(m.p.len, VRRP_ADVERT_MAX, "255 IPv6 addresses fit");
	is_int(decode(&m, &back), VRRP_TAKEN, "and are taken");
	is_int(back.interval_ns, 40950 * NS_PER_MS, "4095 cs is 40.95 s");

	a = advert(3, 4);
	a.interval_ns = 41 * NS_PER_S;
	vrrp_advert_encode(&a, VRRP_CSUM_MESSAGE, m.b);
	ok(m.b[4] == 0x0f && m.b[5] == 0xff, "41 s are sent as 40.95 s");
	a.interval_ns = 0;
	vrrp_advert_encode(&a, VRRP_CSUM_MESSAGE, m.b);
	ok(m.b[4] == 0 && m.b[5] == 1, "and none as the shortest");
	a = advert(2, 4);
	a.interval_ns = 300 * NS_PER_S;
	vrrp_advert_encode(&a, VRRP_CSUM_MESSAGE, m.b);
	is_int(m.b[5], 255, "an interval beyond its field is bounded");
}

/* One VRID in both versions; no VRID at all; what lies behind the groups. */
static void whose(void)
{
	static const struct vrrp_group both[] = {
		{5, 2, 4, 2 * NS_PER_S, NULL, 0},
		{5, 3, 4, NS_PER_S, NULL, 0},
		{5, 3, 6, NS_PER_S, NULL, 0},
	};
	static const struct vrrp_group turned[] = {
		{5, 3, 4, NS_PER_S, NULL, 0},
		{5, 2, 4, 2 * NS_PER_S, NULL, 0},
	};
	const struct vrrp_group *g = edge(both, sizeof(both));
	struct vrrp_advert a;
	struct message m;
	size_t at = 77;

	make(&m, 2, 4, VRRP_CSUM_MESSAGE);
	m.b[1] = 5;
	mend(&m);
	is_int(vrrp_advert_decode(&m.p, g, 3, &at, &a), VRRP_TAKEN,
	       "one VRID in two versions: version 2 is taken");
	is_int(at, 0, "by its own group");
	is_int(vrrp_advert_decode(&m.p, turned, 2, &at, &a), VRRP_TAKEN,
	       "in whatever order");
	is_int(at, 1, "they are");
	make(&m, 3, 4, VRRP_CSUM_MESSAGE);
	m.b[1] = 5;
	mend(&m);
	is_int(vrrp_advert_decode(&m.p, g, 3, &at, &a), VRRP_TAKEN,
	       "so is version 3");
	is_int(at, 1, "by its own");
	is_int(vrrp_advert_decode(&m.p, turned, 2, &at, &a), VRRP_TAKEN,
	       "in the other order");
	is_int(at, 0, "too");
	m.b[1] = 6;
	mend(&m);
	is_int(vrrp_advert_decode(&m.p, g, 3, &at, &a), VRRP_DROP_VRID,
	       "another VRID is of none");
	is_int(at, 3, "which is told");
	at = 77;
	m.p.len = 7;
	is_int(vrrp_advert_decode(&m.p, g, 3, &at, &a), VRRP_DROP_TRUNCATED,
	       "so is what is too short to have one");
	is_int(at, 3, "in the same way");
}

static void lengths(void)
{
	struct message m;

	make(&m, 3, 4, VRRP_CSUM_MESSAGE);
	m.b[3] = 0;
	m.len = 8;
	mend(&m);
	dropped(&m, VRRP_DROP_NO_ADDRESS,
		"the fixed header alone is not truncated");
	make(&m, 3, 4, VRRP_CSUM_MESSAGE);
	m.len = 13;
	m.b[12] = 0x5a;
	mend(&m);
	m.p.payload = edge(m.b, m.len);
	dropped(&m, VRRP_DROP_LENGTH,
		"RFC 1071: an odd byte counts as the first of two");
	make(&m, 3, 4, VRRP_CSUM_MESSAGE);
	m.b[5] = 1;
	mend(&m);
	m.p.payload = edge(m.b, m.len);
	dropped(&m, VRRP_TAKEN, "nothing behind the message is read");
	make(&m, 2, 4, VRRP_CSUM_MESSAGE);
	m.len = 22;
	m.b[20] = 0x5a;
	m.b[21] = 0xa5;
	mend(&m);
	dropped(&m, VRRP_DROP_LENGTH, "two bytes too many have a checksum");
}

static void link_locals(void)
{
	static const struct {
		uint8_t b[2];
		enum vrrp_drop want;
	} rows[] = {
		{{0xfe, 0x80}, VRRP_TAKEN},
		{{0xfe, 0x81}, VRRP_TAKEN},
		{{0xfe, 0xbf}, VRRP_TAKEN},
		{{0xfe, 0xc0}, VRRP_DROP_NOT_LINK_LOCAL},
		{{0xfe, 0x40}, VRRP_DROP_NOT_LINK_LOCAL},
		{{0xfd, 0x80}, VRRP_DROP_NOT_LINK_LOCAL},
		{{0xff, 0x80}, VRRP_DROP_NOT_LINK_LOCAL},
	};
	struct vrrp_advert a = advert(3, 6);
	struct message m;
	uint8_t list[16];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memcpy(list, vip6, sizeof(list));
		memcpy(list, rows[i].b, 2);
		a.addrs = list;
		make(&m, 3, 6, VRRP_CSUM_PSEUDO);
		m.p.len = vrrp_advert_encode(&a, VRRP_CSUM_PSEUDO, m.b);
		dropped(&m, rows[i].want, "an address in fe80::/10 or not");
	}
}

/* Sums that a codec must not take for right, or make wrong. */
static void pseudo_headers(void)
{
	static const struct vrrp_addr group4 = {4, {224, 0, 0, 18}};
	static const struct vrrp_addr group6 = {6, {0xff, 2, [15] = 0x12}};
	struct vrrp_addr g = vrrp_group_addr(4);
	struct message m;
	uint32_t acc = 0;
	size_t i;

	ok(memcmp(&g, &group4, sizeof(g)) == 0, "224.0.0.18");
	g = vrrp_group_addr(6);
	ok(memcmp(&g, &group6, sizeof(g)) == 0, "ff02::12");
	make(&m, 2, 4, VRRP_CSUM_MESSAGE);
	m.b[6] = m.b[7] = 0;
	for (i = 0; i < m.len; i += 2)
		acc += (uint32_t)m.b[i] << 8 | m.b[i + 1];
	for (i = 0; i < 4; i += 2)
		acc += ((uint32_t)src4.b[i] << 8 | src4.b[i + 1]) +
		       ((uint32_t)group4.b[i] << 8 | group4.b[i + 1]);
	acc += VRRP_PROTO + (uint32_t)m.len;
	while (acc >> 16)
		acc = (acc & 0xffff) + (acc >> 16);
	m.b[6] = (uint8_t)(~acc >> 8);
	m.b[7] = (uint8_t)~acc;
	dropped(&m, VRRP_DROP_CHECKSUM,
		"RFC 3768 5.3.8: version 2 with a pseudo-header is not taken");
}

/* When several things are wrong, the first in the documented order is told. */
static void order(void)
{
	/* Each step mends the mistake before it, from the last to the first. */
	static const enum vrrp_drop want[] = {
		VRRP_DROP_VERSION,       VRRP_DROP_TYPE,
		VRRP_DROP_VRID,          VRRP_DROP_OTHER_VERSION,
		VRRP_DROP_CHECKSUM,      VRRP_DROP_TTL,
		VRRP_DROP_NO_ADDRESS,    VRRP_DROP_LENGTH,
		VRRP_DROP_AUTH_TYPE,     VRRP_DROP_LIST,
		VRRP_DROP_INTERVAL_ZERO, VRRP_DROP_INTERVAL,
		VRRP_DROP_UNICAST,       VRRP_TAKEN};
	struct vrrp_group mine[NGROUPS];
	struct message m;
	struct vrrp_advert a;
	size_t i, at;

	make(&m, 2, 4, VRRP_CSUM_MESSAGE);
	memcpy(mine, groups, sizeof(mine));
	mine[0].addrs = vip4;
	mine[0].naddrs = 1;
	m.b[11] = 99;
	m.b[0] = 0x42;
	m.b[1] = 99;
	m.b[3] = 0;
	m.b[4] = 1;
	m.b[5] = 0;
	m.b[6] ^= 1;
	m.p.ttl = 1;
	m.p.dst = src4;
	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		if (vrrp_advert_decode(&m.p, mine, NGROUPS, &at, &a) != want[i])
			break;
		if (want[i] == VRRP_DROP_VERSION)
			m.b[0] = 0x32;
		if (want[i] == VRRP_DROP_TYPE)
			m.b[0] = 0x31;
		if (want[i] == VRRP_DROP_VRID)
			m.b[1] = 1;
		if (want[i] == VRRP_DROP_OTHER_VERSION)
			m.b[0] = 0x21;
		if (want[i] == VRRP_DROP_TTL)
			m.p.ttl = 255;
		if (want[i] == VRRP_DROP_NO_ADDRESS)
			m.b[3] = 2;
		if (want[i] == VRRP_DROP_LENGTH)
			m.b[3] = 1;
		if (want[i] == VRRP_DROP_AUTH_TYPE)
			m.b[4] = 0;
		if (want[i] == VRRP_DROP_LIST)
			m.b[11] = 1;
		if (want[i] == VRRP_DROP_INTERVAL_ZERO)
			m.b[5] = 9;
		if (want[i] == VRRP_DROP_INTERVAL)
			m.b[5] = 2;
		if (want[i] == VRRP_DROP_UNICAST)
			m.p.dst = vrrp_group_addr(4);
		if (i >= 4)
			mend(&m);
	}
	is_int(i, sizeof(want) / sizeof(want[0]),
	       "of several mistakes the first in order is the reason");
}

static void identity(void)
{
	uint8_t list[8 * 16];
	unsigned i, j, bad = 0;

	srand(7);
	for (i = 0; i < 2000; i++) {
		static const uint8_t kinds[3][2] = {{2, 4}, {3, 4}, {3, 6}};
		const uint8_t *k = kinds[i % 3];
		struct vrrp_group g = {
			(uint8_t)(1 + rand() % 255), k[0], k[1], 0, NULL, 0};
		struct vrrp_advert a = advert(k[0], k[1]), b;
		struct message m;
		size_t at;

		for (j = 0; j < sizeof(list); j++)
			list[j] = (uint8_t)rand();
		list[0] = 0xfe;
		list[1] = 0x80;
		a.vrid = g.vrid;
		a.priority = (uint8_t)rand();
		a.naddrs = 1 + (unsigned)rand() % 8;
		a.addrs = list;
		a.interval_ns = k[0] == 2 ? (1 + rand() % 255) * NS_PER_S
					  : (1 + rand() % 4095) * NS_PER_CS;
		g.interval_ns = a.interval_ns;
		make(&m, k[0], k[1], VRRP_CSUM_MESSAGE);
		m.p.len = vrrp_advert_encode(&a, rand() & 1, m.b);
		if (vrrp_advert_decode(&m.p, &g, 1, &at, &b) != VRRP_TAKEN ||
		    b.version != a.version || b.vrid != a.vrid ||
		    b.priority != a.priority || b.naddrs != a.naddrs ||
		    b.interval_ns != a.interval_ns ||
		    memcmp(b.addrs, list, a.naddrs * (k[1] == 4 ? 4u : 16u)))
			bad++;
	}
	is_int(bad, 0, "encode then decode is the identity, 2000 times");
}

int main(void)
{
	golden();
	golden_frames();
	ip_header();
	refusals();
	ipv6();
	checksums();
	lists();
	whose();
	lengths();
	link_locals();
	pseudo_headers();
	oddities();
	order();
	identity();
	return tap_done();
}
