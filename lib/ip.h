/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_LIB_IP_H
#define LABCTL_LIB_IP_H

/* Addresses as values: IPv4 and IPv6, prefixes, MACs. Pure. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IP_TEXT_MAX 64 /* bytes of any address or prefix as text, with NUL */
#define MAC_TEXT_MAX 18

/* family is 0 (none), 4 or 6; b is network order, IPv4 in the first four. */
struct ip {
	uint8_t family;
	uint8_t b[16];
};

/* An address with a prefix length; host bits are kept. */
struct ipnet {
	struct ip ip;
	uint8_t len;
};

struct mac {
	uint8_t b[6];
};

/* All parsers return 0 or -EINVAL and take the whole text. */
int ip_parse(const char *text, struct ip *ret);
int ipnet_parse(const char *text, struct ipnet *ret); /* needs "/len" */
int mac_parse(const char *text, struct mac *ret);

/* Printers return out, which holds at least *_TEXT_MAX bytes. */
const char *ip_print(const struct ip *ip, char *out);
const char *ipnet_print(const struct ipnet *n, char *out);
const char *mac_print(const struct mac *m, char *out);

struct ip ip_v4(uint32_t host_order);
uint32_t ip_v4_value(const struct ip *ip); /* host order */

static inline bool ip_is_set(const struct ip *ip)
{
	return ip->family != 0;
}

unsigned ip_bits(const struct ip *ip); /* 32 or 128 */
size_t ip_size(const struct ip *ip);   /* 4 or 16 bytes */
int ip_cmp(const struct ip *a,
	   const struct ip *b); /* by family, then unsigned */
bool ip_equal(const struct ip *a, const struct ip *b);
bool ipnet_equal(const struct ipnet *a, const struct ipnet *b);
/* The first half of the MAC addresses that labs give: Neutron's base_mac. */
#define MAC_LABS 0xfa, 0x16, 0x3e
bool mac_is_labs(const struct mac *m);

bool mac_equal(const struct mac *a, const struct mac *b);

/* ip + n, carried through the whole address (wraps at the end). */
struct ip ip_add(struct ip ip, uint64_t n);

/* b - a, at most UINT64_MAX; 0 where b < a or families differ. */
uint64_t ip_distance(const struct ip *a, const struct ip *b);

/* For qsort(): by address, then by length. */
int ipnet_cmp(const void *a, const void *b);

bool ipnet_contains(const struct ipnet *n, const struct ip *ip);
bool ipnet_overlap(const struct ipnet *a, const struct ipnet *b);
struct ip ipnet_network(const struct ipnet *n); /* host bits 0 */
struct ip ipnet_last(const struct ipnet *n);    /* host bits 1 */
struct ipnet ipnet_host(const struct ip *ip);   /* the address alone */

/* As ipnet_parse(), or an address alone. */
int ipnet_parse_host(const char *text, struct ipnet *ret);

/* Whether it is of fe80::/10 (RFC 4291 2.5.6). */
bool ip_is_link_local(const struct ip *ip);

/* fe80::/64 address of EUI-64 made from a MAC (RFC 4291, appendix A). */
struct ip ip_link_local(const struct mac *m);

#endif
