/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_DECODE_FRAME_H
#define LABCTL_VERIFY_DECODE_FRAME_H

/* A captured frame, as far as verdicts are made from it. */

#include <stdbool.h>
#include <stdint.h>

#include "lib/ip.h"
#include "topologies/topo.h"

#define DECODE_ADVERT_ADDRS 20 /* addresses of an advert that are kept */

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
	/* The tunnel it came through: the outer header of a VXLAN, GRE or
	 * Geneve packet, and what type of network it says. TOPO_LOCAL: none,
	 * the frame is as it is told of. */
	enum topo_type tunnel;
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

#endif
