/* SPDX-License-Identifier: MIT */
#include "lib/ip.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/parse.h"

int ip_parse(const char *text, struct ip *ret)
{
	struct ip ip = {0};

	if (inet_pton(AF_INET, text, ip.b) == 1)
		ip.family = 4;
	else if (inet_pton(AF_INET6, text, ip.b) == 1)
		ip.family = 6;
	else
		return -EINVAL;
	*ret = ip;
	return 0;
}

int ipnet_parse(const char *text, struct ipnet *ret)
{
	char addr[IP_TEXT_MAX];
	const char *slash = strchr(text, '/');
	struct ipnet n;
	uint32_t len;

	if (!slash || (size_t)(slash - text) >= sizeof(addr))
		return -EINVAL;
	memcpy(addr, text, (size_t)(slash - text));
	addr[slash - text] = '\0';
	if (ip_parse(addr, &n.ip) < 0 ||
	    parse_u32(slash + 1, 0, ip_bits(&n.ip), &len) < 0)
		return -EINVAL;
	n.len = (uint8_t)len;
	*ret = n;
	return 0;
}

int mac_parse(const char *text, struct mac *ret)
{
	struct mac m;
	char end;

	if (strlen(text) != 17 ||
	    sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%c", &m.b[0],
		   &m.b[1], &m.b[2], &m.b[3], &m.b[4], &m.b[5], &end) != 6)
		return -EINVAL;
	*ret = m;
	return 0;
}

const char *ip_print(const struct ip *ip, char *out)
{
	if (!ip_is_set(ip) || !inet_ntop(ip->family == 4 ? AF_INET : AF_INET6,
					 ip->b, out, INET6_ADDRSTRLEN))
		snprintf(out, IP_TEXT_MAX, "-");
	return out;
}

const char *ipnet_print(const struct ipnet *n, char *out)
{
	char addr[IP_TEXT_MAX];

	snprintf(out, IP_TEXT_MAX, "%.*s/%u", INET6_ADDRSTRLEN,
		 ip_print(&n->ip, addr), n->len);
	return out;
}

const char *mac_print(const struct mac *m, char *out)
{
	snprintf(out, MAC_TEXT_MAX, "%02x:%02x:%02x:%02x:%02x:%02x", m->b[0],
		 m->b[1], m->b[2], m->b[3], m->b[4], m->b[5]);
	return out;
}

struct ip ip_v4(uint32_t v)
{
	return (struct ip){4,
			   {(uint8_t)(v >> 24), (uint8_t)(v >> 16),
			    (uint8_t)(v >> 8), (uint8_t)v}};
}

uint32_t ip_v4_value(const struct ip *ip)
{
	return (uint32_t)ip->b[0] << 24 | (uint32_t)ip->b[1] << 16 |
	       (uint32_t)ip->b[2] << 8 | ip->b[3];
}

unsigned ip_bits(const struct ip *ip)
{
	return ip->family == 4 ? 32 : 128;
}

struct ipnet ipnet_host(const struct ip *ip)
{
	return (struct ipnet){*ip, (uint8_t)ip_bits(ip)};
}

int ipnet_parse_host(const char *text, struct ipnet *ret)
{
	struct ip ip;

	if (strchr(text, '/'))
		return ipnet_parse(text, ret);
	if (ip_parse(text, &ip) < 0)
		return -EINVAL;
	*ret = ipnet_host(&ip);
	return 0;
}

bool ip_is_link_local(const struct ip *ip)
{
	return ip->family == 6 && ip->b[0] == 0xfe && (ip->b[1] & 0xc0) == 0x80;
}

size_t ip_size(const struct ip *ip)
{
	return ip->family == 4 ? 4 : 16;
}

int ip_cmp(const struct ip *a, const struct ip *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->b, b->b, ip_size(a));
}

bool ip_equal(const struct ip *a, const struct ip *b)
{
	return ip_cmp(a, b) == 0;
}

bool ipnet_equal(const struct ipnet *a, const struct ipnet *b)
{
	return a->len == b->len && ip_equal(&a->ip, &b->ip);
}

bool mac_is_labs(const struct mac *m)
{
	static const uint8_t base[] = {MAC_LABS};

	return memcmp(m->b, base, sizeof(base)) == 0;
}

bool mac_equal(const struct mac *a, const struct mac *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

struct ip ip_add(struct ip ip, uint64_t n)
{
	size_t i = ip_size(&ip);
	uint64_t carry = 0, v;

	while (i-- > 0) {
		v = ip.b[i] + (n & 0xff) + carry;
		ip.b[i] = (uint8_t)v;
		carry = v >> 8;
		n >>= 8;
	}
	return ip;
}

uint64_t ip_distance(const struct ip *a, const struct ip *b)
{
	size_t i, size = ip_size(a);
	uint8_t diff[16];
	uint64_t v = 0;
	int borrow = 0, d;

	if (a->family != b->family || ip_cmp(a, b) >= 0)
		return 0;
	for (i = size; i-- > 0;) {
		d = b->b[i] - a->b[i] - borrow;
		borrow = d < 0;
		diff[i] = (uint8_t)(d & 0xff);
	}
	for (i = 0; i < size; i++) {
		if (v >> 56)
			return UINT64_MAX;
		v = v << 8 | diff[i];
	}
	return v;
}

static uint8_t mask_byte(unsigned len, size_t i)
{
	if (len >= 8 * (i + 1))
		return 0xff;
	if (len <= 8 * i)
		return 0;
	return (uint8_t)(0xff << (8 - (len - 8 * i)));
}

int ipnet_cmp(const void *a, const void *b)
{
	const struct ipnet *x = a, *y = b;
	int r = ip_cmp(&x->ip, &y->ip);

	return r ? r : (x->len > y->len) - (x->len < y->len);
}

bool ipnet_contains(const struct ipnet *n, const struct ip *ip)
{
	size_t i;

	if (n->ip.family != ip->family)
		return false;
	for (i = 0; i < ip_size(ip); i++)
		if ((n->ip.b[i] ^ ip->b[i]) & mask_byte(n->len, i))
			return false;
	return true;
}

bool ipnet_overlap(const struct ipnet *a, const struct ipnet *b)
{
	return a->len <= b->len ? ipnet_contains(a, &b->ip)
				: ipnet_contains(b, &a->ip);
}

struct ip ipnet_network(const struct ipnet *n)
{
	struct ip ip = n->ip;
	size_t i;

	for (i = 0; i < ip_size(&ip); i++)
		ip.b[i] &= mask_byte(n->len, i);
	return ip;
}

struct ip ipnet_last(const struct ipnet *n)
{
	struct ip ip = n->ip;
	size_t i;

	for (i = 0; i < ip_size(&ip); i++)
		ip.b[i] |= (uint8_t)~mask_byte(n->len, i);
	return ip;
}

struct ip ip_link_local(const struct mac *m)
{
	return (struct ip){6,
			   {0xfe, 0x80, 0, 0, 0, 0, 0, 0, m->b[0] ^ 2, m->b[1],
			    m->b[2], 0xff, 0xfe, m->b[3], m->b[4], m->b[5]}};
}
