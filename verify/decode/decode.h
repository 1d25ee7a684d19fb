/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_DECODE_DECODE_H
#define LABCTL_VERIFY_DECODE_DECODE_H

/*
 * A captured frame's bytes to the fields that verdicts are made from. Pure.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/ip.h"
#include "verify/decode/frame.h"

/* Link types as pcap numbers them (LINKTYPE_*). */
#define DECODE_ETHERNET 1
#define DECODE_LINUX_SLL2 276 /* device "any": a cooked header */

#define DECODE_VXLAN_PORT 8472      /* Linux's own default */
#define DECODE_VXLAN_PORT_IANA 4789 /* RFC 7348, 5 */
#define DECODE_GENEVE_PORT 6081     /* RFC 8926, 3.3 */

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
	DECODE_VXLAN_FLAGS, /* on VXLAN's port without a valid VNI */
	DECODE_NESTED,      /* a tunnel in a tunnel is not followed */
	DECODE_SHORT_GRE,
	DECODE_SHORT_ICMP,
	DECODE_ADVERT, /* VRRP that the codec refuses; see fault */
	DECODE_RESULTS /* count */
};
extern const char *const decode_result_names[];

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
