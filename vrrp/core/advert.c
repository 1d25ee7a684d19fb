/* SPDX-License-Identifier: MIT */
/*
 * The advertisement on the wire
 * =============================
 *
 *   version 2 (RFC 3768 5.1)              version 3 (RFC 9568 5.2)
 *   0 version, type                       0 version, type
 *   1 VRID                                1 VRID
 *   2 priority                            2 priority
 *   3 count of addresses                  3 count of addresses
 *   4 authentication type                 4 reserved, interval (12 bits,
 *   5 interval, seconds                     centiseconds)
 *   6 checksum                            6 checksum
 *   8 addresses, 4 bytes each             8 addresses, 4 or 16 bytes each
 *   . 8 bytes of authentication data
 *
 * Bytes are read by offset and never through a struct. Of authentication
 * only type 0 is taken (RFC 3768 dropped the others); its data is sent as
 * zeros and ignored. Reserved bits are ignored.
 *
 * A list of addresses that differs from ours: RFC 3768 7.1 lets a receiver
 * verify it, and one that does must drop the packet unless its sender owns
 * the addresses (priority 255). So version 2 is refused here, priority 0 too:
 * whoever has other addresses cannot stand in for us. RFC 9568 7.1 only has
 * it logged: in version 3 it is the caller's to notice.
 */
#include "vrrp/core/advert.h"

#include <string.h>

#define HEADER 8
#define AUTH_DATA 8
#define TYPE_ADVERT 1
#define IPV4_MIN 20
#define INTERVAL_V3_MAX 4095
#define ETH 14
#define TOS_INTERNETWORK_CONTROL 0xc0
#define DONT_FRAGMENT 0x4000

const char *const vrrp_drop_name[VRRP_DROP_N] = {
	[VRRP_TAKEN] = "taken",
	[VRRP_DROP_IP_HEADER] = "ip_header",
	[VRRP_DROP_TRUNCATED] = "truncated",
	[VRRP_DROP_VERSION] = "version",
	[VRRP_DROP_TYPE] = "type",
	[VRRP_DROP_VRID] = "vrid",
	[VRRP_DROP_OTHER_VERSION] = "other_version",
	[VRRP_DROP_CHECKSUM] = "checksum",
	[VRRP_DROP_TTL] = "ttl",
	[VRRP_DROP_NO_ADDRESS] = "no_address",
	[VRRP_DROP_LENGTH] = "length",
	[VRRP_DROP_AUTH_TYPE] = "auth_type",
	[VRRP_DROP_LIST] = "address_list",
	[VRRP_DROP_INTERVAL_ZERO] = "interval_zero",
	[VRRP_DROP_INTERVAL] = "interval",
	[VRRP_DROP_NOT_LINK_LOCAL] = "not_link_local",
	[VRRP_DROP_UNICAST] = "unicast",
};

struct vrrp_addr vrrp_group_addr(uint8_t family)
{
	static const struct vrrp_addr v4 = {4, {224, 0, 0, 18}};
	static const struct vrrp_addr v6 = {
		6, {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12}};

	return family == 4 ? v4 : v6;
}

static unsigned get16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static size_t addr_size(uint8_t family)
{
	return family == 4 ? 4 : 16;
}

/* --- checksum (RFC 1071) ----------------------------------------------- */

static uint32_t sum(uint32_t acc, const uint8_t *p, size_t len)
{
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		acc += get16(p + i);
	if (len & 1)
		acc += (uint32_t)p[len - 1] << 8;
	return acc;
}

static uint32_t sum_pseudo(const struct vrrp_addr *src,
			   const struct vrrp_addr *dst, size_t len)
{
	uint32_t acc = sum(0, src->b, addr_size(src->family));

	acc = sum(acc, dst->b, addr_size(dst->family));
	return acc + (uint32_t)len + VRRP_PROTO;
}

static unsigned fold(uint32_t acc)
{
	while (acc >> 16)
		acc = (acc & 0xffff) + (acc >> 16);
	return acc & 0xffff;
}

static bool checksum_good(const struct vrrp_packet *p, unsigned version)
{
	uint32_t message = sum(0, p->payload, p->len);
	uint32_t pseudo = sum_pseudo(&p->src, &p->dst, p->len);

	if (p->src.family == 4 && fold(message) == 0xffff)
		return true;
	return version == 3 && fold(message + pseudo) == 0xffff;
}

/* --- in ---------------------------------------------------------------- */

enum vrrp_drop vrrp_packet_ipv4(const uint8_t *ip, size_t len,
				struct vrrp_packet *ret)
{
	size_t header, total;

	if (len < IPV4_MIN)
		return VRRP_DROP_TRUNCATED;
	header = (size_t)(ip[0] & 15) * 4;
	total = get16(ip + 2);
	if (ip[0] >> 4 != 4 || header < IPV4_MIN || total < header ||
	    ip[9] != VRRP_PROTO)
		return VRRP_DROP_IP_HEADER;
	if (total > len)
		return VRRP_DROP_TRUNCATED;
	*ret = (struct vrrp_packet){
		.ttl = ip[8], .payload = ip + header, .len = total - header};
	ret->src.family = 4;
	memcpy(ret->src.b, ip + 12, 4);
	ret->dst.family = 4;
	memcpy(ret->dst.b, ip + 16, 4);
	return VRRP_TAKEN;
}

static size_t find_group(const struct vrrp_packet *p,
			 const struct vrrp_group *groups, size_t n)
{
	size_t i, other = n;

	for (i = 0; i < n; i++) {
		if (groups[i].vrid != p->payload[1] ||
		    groups[i].family != p->src.family)
			continue;
		/* One VRID may stand here in both versions. */
		if (groups[i].version == p->payload[0] >> 4)
			return i;
		other = i;
	}
	return other;
}

static bool listed(const uint8_t *addr, size_t size, const uint8_t *list,
		   unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (memcmp(addr, list + i * size, size) == 0)
			return true;
	return false;
}

/* g's are all different: as many, and each of them listed, is the same. */
bool vrrp_advert_same_list(const struct vrrp_advert *a,
			   const struct vrrp_group *g)
{
	size_t size = addr_size(a->family);
	unsigned i;

	if (a->naddrs != g->naddrs)
		return false;
	for (i = 0; i < g->naddrs; i++)
		if (!listed(g->addrs + i * size, size, a->addrs, a->naddrs))
			return false;
	return true;
}

static bool link_local(const uint8_t *b)
{
	return b[0] == 0xfe && (b[1] & 0xc0) == 0x80;
}

enum vrrp_drop vrrp_advert_decode(const struct vrrp_packet *p,
				  const struct vrrp_group *groups, size_t n,
				  size_t *ret_group,
				  struct vrrp_advert *ret_advert)
{
	const uint8_t *b = p->payload;
	const struct vrrp_group *g;
	struct vrrp_addr all = vrrp_group_addr(p->src.family);
	struct vrrp_advert a;
	unsigned version;
	size_t want;

	*ret_group = n;
	if (p->len < HEADER)
		return VRRP_DROP_TRUNCATED;
	version = b[0] >> 4;
	if (version != 3 && (version != 2 || p->src.family != 4))
		return VRRP_DROP_VERSION;
	if ((b[0] & 15) != TYPE_ADVERT)
		return VRRP_DROP_TYPE;
	*ret_group = find_group(p, groups, n);
	if (*ret_group == n)
		return VRRP_DROP_VRID;
	g = &groups[*ret_group];
	if (g->version != version)
		return VRRP_DROP_OTHER_VERSION;
	if (!checksum_good(p, version))
		return VRRP_DROP_CHECKSUM;
	if (p->ttl != VRRP_TTL)
		return VRRP_DROP_TTL;
	if (b[3] == 0)
		return VRRP_DROP_NO_ADDRESS;
	want = HEADER + b[3] * addr_size(p->src.family) +
	       (version == 2 ? AUTH_DATA : 0);
	if (p->len != want)
		return VRRP_DROP_LENGTH;
	if (version == 2 && b[4] != 0)
		return VRRP_DROP_AUTH_TYPE;
	a = (struct vrrp_advert){
		.version = (uint8_t)version,
		.vrid = b[1],
		.priority = b[2],
		.family = p->src.family,
		.naddrs = b[3],
		.src = p->src,
		.addrs = b + HEADER,
	};
	if (version == 2 && g->addrs && a.priority != VRRP_PRIORITY_OWNER &&
	    !vrrp_advert_same_list(&a, g))
		return VRRP_DROP_LIST;
	a.interval_ns = version == 2 ? b[5] * NS_PER_S
				     : (get16(b + 4) & 0xfff) * NS_PER_CS;
	if (a.interval_ns == 0)
		return VRRP_DROP_INTERVAL_ZERO;
	if (version == 2 && a.interval_ns != g->interval_ns)
		return VRRP_DROP_INTERVAL;
	if (p->src.family == 6 && !link_local(b + HEADER))
		return VRRP_DROP_NOT_LINK_LOCAL;
	if (vrrp_addr_cmp(&p->dst, &all) != 0)
		return VRRP_DROP_UNICAST;
	*ret_advert = a;
	return VRRP_TAKEN;
}

/* --- out --------------------------------------------------------------- */

static unsigned bounded(int64_t v, unsigned max)
{
	return v < 1 ? 1 : v > max ? max : (unsigned)v;
}

size_t vrrp_advert_encode(const struct vrrp_advert *a, enum vrrp_checksum csum,
			  uint8_t *out)
{
	size_t addrs = a->naddrs * addr_size(a->family), len = HEADER + addrs;
	struct vrrp_addr all = vrrp_group_addr(a->family);
	uint32_t acc;

	out[0] = (uint8_t)(a->version << 4 | TYPE_ADVERT);
	out[1] = a->vrid;
	out[2] = a->priority;
	out[3] = (uint8_t)a->naddrs;
	if (a->version == 2) {
		out[4] = 0;
		out[5] = (uint8_t)bounded(a->interval_ns / NS_PER_S, 255);
	} else {
		put16(out + 4,
		      bounded(a->interval_ns / NS_PER_CS, INTERVAL_V3_MAX));
	}
	put16(out + 6, 0);
	memcpy(out + HEADER, a->addrs, addrs);
	if (a->version == 2) {
		memset(out + len, 0, AUTH_DATA);
		len += AUTH_DATA;
	}
	acc = sum(0, out, len);
	if (a->family == 6 || (a->version == 3 && csum == VRRP_CSUM_PSEUDO))
		acc += sum_pseudo(&a->src, &all, len);
	put16(out + 6, ~fold(acc) & 0xffff);
	return len;
}

size_t vrrp_advert_frame(const struct vrrp_advert *a, enum vrrp_checksum csum,
			 const uint8_t *mac, uint8_t *out)
{
	/* RFC 1112 6.4: the group's last 23 bits. */
	static const uint8_t group_mac[6] = {0x01, 0x00, 0x5e, 0, 0, 0x12};
	struct vrrp_addr all = vrrp_group_addr(4);
	uint8_t *ip = out + ETH;
	size_t len = IPV4_MIN + vrrp_advert_encode(a, csum, ip + IPV4_MIN);

	memcpy(out, group_mac, 6);
	memcpy(out + 6, mac, 6);
	put16(out + 12, 0x0800);
	ip[0] = 0x45;
	ip[1] = TOS_INTERNETWORK_CONTROL;
	put16(ip + 2, (unsigned)len);
	put16(ip + 4, 0); /* RFC 6864 4.1: of no use where nothing is cut */
	put16(ip + 6, DONT_FRAGMENT);
	ip[8] = VRRP_TTL;
	ip[9] = VRRP_PROTO;
	put16(ip + 10, 0);
	memcpy(ip + 12, a->src.b, 4);
	memcpy(ip + 16, all.b, 4);
	put16(ip + 10, ~fold(sum(0, ip, IPV4_MIN)) & 0xffff);
	return ETH + len;
}
