/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_DECODE_H
#define LABCTL_VERIFY_DECODE_H

/*
 * A captured frame's bytes to the fields that verdicts are made from. Pure.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/ip.h"

/* Link types as pcap numbers them (LINKTYPE_*). */
#define DECODE_ETHERNET 1
#define DECODE_LINUX_SLL2 276 /* device "any": a cooked header */

#define DECODE_VXLAN_PORT 8472      /* Linux's own default */
#define DECODE_VXLAN_PORT_IANA 4789 /* RFC 7348, 5 */
#define DECODE_ADVERT_ADDRS 20      /* addresses of an advert that are kept */

/* Why a frame was not read to its end, in the order of looking. */
enum decode_result {
	DECODE_OK,
	DECODE_LINKTYPE,   /* a link type that is not one of the above */
	DECODE_SHORT_LINK, /* ends inside its link header */
	DECODE_SHORT_ARP,
	DECODE_ARP_KIND,   /* ARP for something else than IPv4 on Ethernet */
	DECODE_SHORT_IP,   /* ends inside an IP header, or before its length */
	DECODE_IP_VERSION, /* not the version that the link header tells */
	DECODE_IP_HEADER,  /* an IPv4 header length under 20 */
	DECODE_SHORT_UDP,
	DECODE_VXLAN_FLAGS,  /* on VXLAN's port without a valid VNI */
	DECODE_VXLAN_NESTED, /* VXLAN inside VXLAN is not followed */
	DECODE_SHORT_ICMP,
	DECODE_ADVERT, /* VRRP that the codec refuses; see fault */
	DECODE_RESULTS /* count */
};
extern const char *const decode_result_names[];

enum frame_kind {
	FRAME_OTHER,
	FRAME_ARP,
	FRAME_ICMP,  /* ICMP and ICMPv6, neighbour advertisements apart */
	FRAME_NA,    /* IPv6 neighbour advertisement */
	FRAME_ADVERT /* VRRP */
};

/* The fields of a VRRP message, also of one that the codec refuses. */
struct frame_advert {
	uint8_t version, type, vrid, priority, auth_type;
	unsigned adver_cs;
	uint8_t naddrs; /* as the message says; at most ADDRS are in addrs */
	struct ip addrs[DECODE_ADVERT_ADDRS];
	const char *fault; /* why the codec refuses it, or NULL */
};

struct frame {
	int64_t t;         /* the kernel's CLOCK_REALTIME stamp, ns */
	unsigned wire_len; /* bytes on the wire */
	unsigned ifindex;  /* cooked captures only, else 0 */
	bool outgoing;     /* cooked captures only: sent by this machine */
	/* The tunnel it came through: the outer header of a VXLAN frame. */
	bool vxlan;
	uint32_t vni;
	struct ip outer_src, outer_dst;
	/* Of the innermost frame. */
	struct mac src, dst; /* dst is all zero in cooked captures */
	uint16_t vlan;       /* VID of the outer tag; 0: untagged */
	uint16_t ethertype;
	struct ip ip_src, ip_dst; /* family 0: not IP */
	uint8_t ttl, proto;
	enum frame_kind kind;
	union {
		struct {
			uint16_t op; /* 1 request, 2 reply */
			struct mac sha, tha;
			struct ip spa, tpa;
		} arp;
		struct {
			uint8_t type, code;
			uint16_t id, seq;
		} icmp;
		struct {
			struct ip target;
			bool router, solicited, override;
		} na;
		struct frame_advert advert;
	};
};

/*
 * Reads len captured bytes. What could be read is in *ret whatever is
 * returned; t and wire_len are the caller's to set.
 */
enum decode_result decode_frame(int linktype, const uint8_t *p, size_t len,
				struct frame *ret);

/* An announcement that a host makes unasked: gratuitous ARP (sender is target,
 * request or reply) or an unsolicited neighbour advertisement. *ret_ip is the
 * address announced. */
bool frame_is_announcement(const struct frame *f, struct ip *ret_ip);

#endif
