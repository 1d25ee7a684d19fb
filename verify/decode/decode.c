/* SPDX-License-Identifier: MIT */
/*
 * Frames
 * ======
 * Bytes as libpcap hands them over become a struct frame: link header (with
 * up to two VLAN tags), ARP, IPv4 or IPv6, and of VXLAN, Geneve and GRE the
 * frame inside, once: a tunnel in a tunnel is not followed. VRRP messages are
 * read by the engine's own codec, so that both sides of a test agree on what
 * the bytes mean; the fields of a message that the codec refuses are read all
 * the same, for a verdict has to say what was wrong with them.
 *
 * Everything is read through get8/16/32, which look at the length first; a
 * frame that ends early is refused with the layer it ended in. IP payloads
 * are cut to the length that the header tells, for short frames are padded
 * on the way. Fragments are left alone (kind FRAME_OTHER): nothing that is
 * looked for is long enough to be one.
 */
#include "verify/decode/decode.h"

#include <string.h>

#include "verify/decode/advert.h"

const char *const decode_result_names[] = {
	[DECODE_OK] = "ok",
	[DECODE_LINKTYPE] = "unknown link type",
	[DECODE_SHORT_LINK] = "ends inside its link header",
	[DECODE_SHORT_ARP] = "ends inside its ARP message",
	[DECODE_ARP_KIND] = "ARP for other than IPv4 on Ethernet",
	[DECODE_SHORT_IP] = "shorter than its IP header tells",
	[DECODE_IP_VERSION] = "IP version differs from the link header's",
	[DECODE_IP_HEADER] = "IPv4 header length under 20",
	[DECODE_SHORT_UDP] = "ends inside its UDP or tunnel header",
	[DECODE_VXLAN_FLAGS] = "VXLAN header without a valid VNI",
	[DECODE_NESTED] = "a tunnel in a tunnel",
	[DECODE_SHORT_GRE] = "ends inside its GRE header",
	[DECODE_SHORT_ICMP] = "ends inside its ICMP message",
	[DECODE_ADVERT] = "VRRP message refused",
};
_Static_assert(sizeof(decode_result_names) / sizeof(char *) == DECODE_RESULTS,
	       "a name for each result");

#define ETH_HEADER 14
#define SLL2_HEADER 20
#define SLL2_OUTGOING 4
#define VLAN_TAGS_MAX 2
#define EXT_HEADERS_MAX 8

enum {
	TYPE_IPV4 = 0x0800,
	TYPE_ARP = 0x0806,
	TYPE_VLAN = 0x8100,
	TYPE_FRAME = 0x6558, /* a whole one, in GRE or Geneve */
	TYPE_IPV6 = 0x86dd,
	TYPE_QINQ = 0x88a8
};

enum {
	PROTO_HOPOPTS = 0,
	PROTO_ICMP = 1,
	PROTO_UDP = 17,
	PROTO_ROUTING = 43,
	PROTO_GRE = 47,
	PROTO_ICMPV6 = 58,
	PROTO_DSTOPTS = 60,
	PROTO_VRRP = 112
};

#define ICMPV6_NA 136

/* What is left to read. */
struct view {
	const uint8_t *p;
	size_t len;
};

static bool has(struct view v, size_t n)
{
	return v.len >= n;
}

static uint16_t get16(struct view v, size_t at)
{
	return (uint16_t)(v.p[at] << 8 | v.p[at + 1]);
}

static uint32_t get24(struct view v, size_t at)
{
	return (uint32_t)v.p[at] << 16 | (uint32_t)v.p[at + 1] << 8 |
	       v.p[at + 2];
}

static uint32_t get32(struct view v, size_t at)
{
	return (uint32_t)v.p[at] << 24 | get24(v, at + 1);
}

static struct view skip(struct view v, size_t n)
{
	return (struct view){v.p + n, v.len - n};
}

static struct mac get_mac(struct view v, size_t at)
{
	struct mac m;

	memcpy(m.b, v.p + at, sizeof(m.b));
	return m;
}

static struct ip get_ip(struct view v, size_t at, uint8_t family)
{
	struct ip ip = {.family = family};

	memcpy(ip.b, v.p + at, family == 4 ? 4 : 16);
	return ip;
}

static enum decode_result ethernet(struct view v, struct frame *f);

static enum decode_result arp(struct view v, struct frame *f)
{
	if (!has(v, 28))
		return DECODE_SHORT_ARP;
	if (get16(v, 0) != 1 || get16(v, 2) != TYPE_IPV4 || v.p[4] != 6 ||
	    v.p[5] != 4)
		return DECODE_ARP_KIND;
	f->arp.op = get16(v, 6);
	f->arp.sha = get_mac(v, 8);
	f->arp.spa = get_ip(v, 14, 4);
	f->arp.tha = get_mac(v, 18);
	f->arp.tpa = get_ip(v, 24, 4);
	f->kind = FRAME_ARP;
	return DECODE_OK;
}

/* From here on the frame inside is what is told of. */
static enum decode_result inside(enum topo_type tunnel, uint32_t key,
				 struct view v, struct frame *f)
{
	if (f->tunnel)
		return DECODE_NESTED;
	f->tunnel = tunnel;
	f->vni = key;
	f->outer_src = f->ip_src;
	f->outer_dst = f->ip_dst;
	f->ip_src = f->ip_dst = (struct ip){0};
	f->ttl = f->proto = 0;
	f->vlan = 0;
	return ethernet(v, f);
}

/* RFC 8926, 3.4: options in words of four bytes. */
static enum decode_result geneve(struct view v, struct frame *f)
{
	size_t header;

	if (!has(v, 8))
		return DECODE_SHORT_UDP;
	header = 8 + (size_t)(v.p[0] & 0x3f) * 4;
	if (!has(v, header))
		return DECODE_SHORT_UDP;
	if (v.p[0] >> 6 || get16(v, 2) != TYPE_FRAME)
		return DECODE_OK;
	return inside(TOPO_GENEVE, get24(v, 4), skip(v, header), f);
}

/* RFC 2890: a checksum, a key and a number may be there. */
static enum decode_result gre(struct view v, struct frame *f)
{
	size_t key, header;
	uint16_t flags;

	if (!has(v, 4))
		return DECODE_SHORT_GRE;
	flags = get16(v, 0);
	key = flags & 0x8000 ? 8 : 4;
	header = key + (flags & 0x2000 ? 4 : 0) + (flags & 0x1000 ? 4 : 0);
	if (!has(v, header))
		return DECODE_SHORT_GRE;
	if ((flags & 7) || get16(v, 2) != TYPE_FRAME)
		return DECODE_OK;
	return inside(TOPO_GRE, flags & 0x2000 ? get32(v, key) : 0,
		      skip(v, header), f);
}

static enum decode_result udp(struct view v, struct frame *f)
{
	uint16_t port;

	if (!has(v, 8))
		return DECODE_SHORT_UDP;
	port = get16(v, 2);
	if (port == DECODE_GENEVE_PORT)
		return geneve(skip(v, 8), f);
	if (port != DECODE_VXLAN_PORT && port != DECODE_VXLAN_PORT_IANA)
		return DECODE_OK;
	if (!has(v, 16))
		return DECODE_SHORT_UDP;
	if (!(v.p[8] & 0x08))
		return DECODE_VXLAN_FLAGS;
	return inside(TOPO_VXLAN, get24(v, 12), skip(v, 16), f);
}

static enum decode_result icmp(struct view v, struct frame *f)
{
	if (!has(v, 8))
		return DECODE_SHORT_ICMP;
	if (f->proto == PROTO_ICMPV6 && v.p[0] == ICMPV6_NA) {
		if (!has(v, 24))
			return DECODE_SHORT_ICMP;
		f->na.router = v.p[4] & 0x80;
		f->na.solicited = v.p[4] & 0x40;
		f->na.override = v.p[4] & 0x20;
		f->na.target = get_ip(v, 8, 6);
		f->kind = FRAME_NA;
		return DECODE_OK;
	}
	f->icmp.type = v.p[0];
	f->icmp.code = v.p[1];
	f->icmp.id = get16(v, 4);
	f->icmp.seq = get16(v, 6);
	f->kind = FRAME_ICMP;
	return DECODE_OK;
}

static enum decode_result transport(struct view v, struct frame *f)
{
	switch (f->proto) {
	case PROTO_UDP:
		return udp(v, f);
	case PROTO_ICMP:
		return f->ip_src.family == 4 ? icmp(v, f) : DECODE_OK;
	case PROTO_ICMPV6:
		return f->ip_src.family == 6 ? icmp(v, f) : DECODE_OK;
	case PROTO_GRE:
		return gre(v, f);
	case PROTO_VRRP:
		f->kind = FRAME_ADVERT;
		decode_advert(v.p, v.len, f, &f->advert);
		return f->advert.fault ? DECODE_ADVERT : DECODE_OK;
	default:
		return DECODE_OK;
	}
}

static enum decode_result ipv4(struct view v, struct frame *f)
{
	size_t header, total;

	if (!has(v, 20))
		return DECODE_SHORT_IP;
	if (v.p[0] >> 4 != 4)
		return DECODE_IP_VERSION;
	header = (size_t)(v.p[0] & 0x0f) * 4;
	if (header < 20)
		return DECODE_IP_HEADER;
	total = get16(v, 2);
	if (total < header || !has(v, header))
		return DECODE_SHORT_IP;
	f->ttl = v.p[8];
	f->proto = v.p[9];
	f->ip_src = get_ip(v, 12, 4);
	f->ip_dst = get_ip(v, 16, 4);
	if (get16(v, 6) & 0x3fff) /* more fragments, or not the first */
		return DECODE_OK;
	/* Longer than what is here: the capture was cut by its snap length,
	 * and each layer below looks for itself whether it has enough. */
	if (v.len > total)
		v.len = total;
	return transport(skip(v, header), f);
}

static enum decode_result ipv6(struct view v, struct frame *f)
{
	size_t total;
	unsigned i;

	if (!has(v, 40))
		return DECODE_SHORT_IP;
	if (v.p[0] >> 4 != 6)
		return DECODE_IP_VERSION;
	total = (size_t)get16(v, 4) + 40;
	f->proto = v.p[6];
	f->ttl = v.p[7];
	f->ip_src = get_ip(v, 8, 6);
	f->ip_dst = get_ip(v, 24, 6);
	if (v.len > total)
		v.len = total;
	v = skip(v, 40);
	for (i = 0; i < EXT_HEADERS_MAX; i++) {
		size_t n;

		if (f->proto != PROTO_HOPOPTS && f->proto != PROTO_ROUTING &&
		    f->proto != PROTO_DSTOPTS)
			return transport(v, f);
		if (!has(v, 8))
			return DECODE_SHORT_IP;
		n = ((size_t)v.p[1] + 1) * 8;
		if (!has(v, n))
			return DECODE_SHORT_IP;
		f->proto = v.p[0];
		v = skip(v, n);
	}
	return DECODE_OK;
}

static enum decode_result payload(struct view v, struct frame *f)
{
	unsigned tags;

	for (tags = 0; tags < VLAN_TAGS_MAX; tags++) {
		if (f->ethertype != TYPE_VLAN && f->ethertype != TYPE_QINQ)
			break;
		if (!has(v, 4))
			return DECODE_SHORT_LINK;
		if (!tags)
			f->vlan = get16(v, 0) & 0x0fff;
		f->ethertype = get16(v, 2);
		v = skip(v, 4);
	}
	switch (f->ethertype) {
	case TYPE_ARP:
		return arp(v, f);
	case TYPE_IPV4:
		return ipv4(v, f);
	case TYPE_IPV6:
		return ipv6(v, f);
	default:
		return DECODE_OK;
	}
}

static enum decode_result ethernet(struct view v, struct frame *f)
{
	if (!has(v, ETH_HEADER))
		return DECODE_SHORT_LINK;
	f->dst = get_mac(v, 0);
	f->src = get_mac(v, 6);
	f->ethertype = get16(v, 12);
	return payload(skip(v, ETH_HEADER), f);
}

/* LINKTYPE_LINUX_SLL2: type, 0, ifindex, ARPHRD, direction, address. */
static enum decode_result cooked(struct view v, struct frame *f)
{
	if (!has(v, SLL2_HEADER))
		return DECODE_SHORT_LINK;
	f->ethertype = get16(v, 0);
	f->ifindex = get32(v, 4);
	f->outgoing = v.p[10] == SLL2_OUTGOING;
	if (v.p[11] == sizeof(f->src.b))
		f->src = get_mac(v, 12);
	return payload(skip(v, SLL2_HEADER), f);
}

enum decode_result decode_frame(int linktype, const uint8_t *p, size_t len,
				struct frame *ret)
{
	struct view v = {p, len};

	*ret = (struct frame){0};
	switch (linktype) {
	case DECODE_ETHERNET:
		return ethernet(v, ret);
	case DECODE_LINUX_SLL2:
		return cooked(v, ret);
	default:
		return DECODE_LINKTYPE;
	}
}

bool frame_is_announcement(const struct frame *f, struct ip *ret_ip)
{
	if (f->kind == FRAME_ARP && ip_equal(&f->arp.spa, &f->arp.tpa)) {
		*ret_ip = f->arp.spa;
		return true;
	}
	if (f->kind == FRAME_NA && !f->na.solicited) {
		*ret_ip = f->na.target;
		return true;
	}
	return false;
}
