/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VRRP_CORE_ADVERT_H
#define LABCTL_VRRP_CORE_ADVERT_H

/* Advertisements to and from bytes: versions 2 and 3, IPv4 and IPv6. Pure. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vrrp/core/fsm.h"

#define VRRP_PROTO 112     /* IP protocol number */
#define VRRP_TTL 255       /* of every advertisement, sent or taken */
#define VRRP_ADDRS_MAX 255 /* the count is one byte */

/* Header, 255 IPv6 addresses; version 2 has IPv4 and eight bytes of auth. */
#define VRRP_ADVERT_MAX (8 + VRRP_ADDRS_MAX * 16)

/*
 * What the checksum of a version 3 message over IPv4 covers. RFC 9568 5.2.8
 * says the message alone; keepalived and FRR add a pseudo-header as IPv6 has
 * it. Both are taken; this chooses what is sent.
 */
enum vrrp_checksum { VRRP_CSUM_MESSAGE, VRRP_CSUM_PSEUDO };

/*
 * Why a packet was refused. Where several hold the first of this order is
 * the one reported (but for the first two, that of RFC 9568 section 7.1 and
 * RFC 3768 section 7.1 merged).
 */
enum vrrp_drop {
	VRRP_TAKEN,
	VRRP_DROP_IP_HEADER, /* not an IPv4 header that can be walked */
	VRRP_DROP_TRUNCATED, /* shorter than the fixed header */
	VRRP_DROP_VERSION,   /* neither 2 nor 3, or not of this family */
	VRRP_DROP_TYPE,
	VRRP_DROP_VRID,          /* not configured on this interface */
	VRRP_DROP_OTHER_VERSION, /* 2 where the group has 3, or the inverse */
	VRRP_DROP_CHECKSUM,
	VRRP_DROP_TTL,
	VRRP_DROP_NO_ADDRESS,
	VRRP_DROP_LENGTH,
	VRRP_DROP_AUTH_TYPE,
	VRRP_DROP_LIST, /* version 2: other addresses than ours */
	VRRP_DROP_INTERVAL_ZERO,
	VRRP_DROP_INTERVAL, /* version 2: not the one configured here */
	VRRP_DROP_NOT_LINK_LOCAL,
	VRRP_DROP_UNICAST, /* sent to one, where all are spoken to */
	VRRP_DROP_N
};

extern const char *const vrrp_drop_name[VRRP_DROP_N];

/* A message and what its IP header said. payload is borrowed. */
struct vrrp_packet {
	struct vrrp_addr src, dst;
	uint8_t ttl; /* or hop limit */
	const uint8_t *payload;
	size_t len;
};

/* A virtual router as far as the decoder must know it. */
struct vrrp_group {
	uint8_t vrid, version;
	uint8_t family; /* 4 or 6 */
	int64_t interval_ns;
	/* Its addresses, naddrs of 4 or 16 bytes, all different; borrowed.
	 * NULL: the list of a packet is not looked at. */
	const uint8_t *addrs;
	unsigned naddrs;
};

struct vrrp_advert {
	uint8_t version, vrid, priority;
	int64_t interval_ns;
	uint8_t family; /* of the addresses */
	unsigned naddrs;
	struct vrrp_addr src;
	const uint8_t *addrs; /* naddrs of 4 or 16 bytes each, borrowed */
};

/*
 * Walks the IPv4 header (5 to 15 words) of a packet as a raw socket or a
 * capture gives it; len may be longer than the packet itself (padding).
 * VRRP_TAKEN, VRRP_DROP_IP_HEADER or VRRP_DROP_TRUNCATED.
 */
enum vrrp_drop vrrp_packet_ipv4(const uint8_t *ip, size_t len,
				struct vrrp_packet *ret);

/*
 * Decodes p against the n groups of the interface it came in on. On
 * VRRP_TAKEN ret_advert is filled and *ret_group is the index of its group.
 * On a refusal later than VRRP_DROP_VRID *ret_group is set too, else it is n.
 */
enum vrrp_drop vrrp_advert_decode(const struct vrrp_packet *p,
				  const struct vrrp_group *groups, size_t n,
				  size_t *ret_group,
				  struct vrrp_advert *ret_advert);

/*
 * Encodes a (src included: the pseudo-header has it) into out, which holds
 * VRRP_ADVERT_MAX bytes. Returns the length. a->interval_ns is rounded down
 * to the version's unit and bounded by its field.
 */
size_t vrrp_advert_encode(const struct vrrp_advert *a, enum vrrp_checksum csum,
			  uint8_t *out);

/* Ethernet and IP header, and the longest message over IPv4. */
#define VRRP_FRAME_MAX (14 + 20 + 8 + VRRP_ADDRS_MAX * 4 + 8)

/*
 * Encodes a, which is IPv4, as an Ethernet frame from mac (six bytes) to the
 * group into out, which holds VRRP_FRAME_MAX bytes. Returns the length.
 */
size_t vrrp_advert_frame(const struct vrrp_advert *a, enum vrrp_checksum csum,
			 const uint8_t *mac, uint8_t *out);

/* Whether a lists the addresses of g and no others, in whatever order. */
bool vrrp_advert_same_list(const struct vrrp_advert *a,
			   const struct vrrp_group *g);

/* 224.0.0.18 or ff02::12. */
struct vrrp_addr vrrp_group_addr(uint8_t family);

#endif
