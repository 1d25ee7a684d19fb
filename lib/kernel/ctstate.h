/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_LIB_KERNEL_CTSTATE_H
#define LABCTL_LIB_KERNEL_CTSTATE_H

/*
 * A tracked connection as a value: heard from the kernel of one namespace by
 * ctnetlink, and made in that of another, with its translation.
 */

#include <linux/netlink.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"
#include "lib/ip.h"

/* One direction. ICMP has its id in both ports, type and code beside. */
struct ct_tuple {
	struct ip src, dst;
	uint16_t sport, dport;
	uint8_t icmp_type, icmp_code;
};

struct ct_state {
	uint8_t proto; /* IPPROTO_TCP, UDP, ICMP, ICMPV6 */
	uint8_t tcp;   /* TCP_CONNTRACK_* */
	uint16_t zone;
	uint32_t status;             /* IPS_* */
	uint32_t timeout;            /* s; 0: not told */
	struct ct_tuple orig, reply; /* as packets are, translated */
};

enum ct_what { CT_NOTHING, CT_IS, CT_GONE };

/*
 * Reads an event or an entry of a dump. CT_NOTHING: of another kind, of
 * another protocol, or without what is needed.
 */
enum ct_what ct_read(const struct nlmsghdr *h, struct ct_state *ret);

/* A socket to say things with, and one that hears of all changes, both in the
 * namespace of nsfd. Descriptors or -errno. */
int ct_open(int nsfd, struct err *reterr);
int ct_listen(int nsfd, struct err *reterr);

/*
 * Makes the entry. Where one is there already it is left as it is, but for
 * update: then state and timeout are those of s, and others that are in its way
 * (by its first packet they would be translated otherwise, or what answers it
 * would be theirs) go. Returns 0 or -errno; -EEXIST where one was there and is
 * left, -ENOMEM where the table is full.
 */
int ct_put(int fd, const struct ct_state *s, bool update);

/* Removes it; 0 too where it is not there. */
int ct_remove(int fd, const struct ct_state *s);

/* Calls fn for each entry. */
typedef void ct_fn(void *ctx, const struct ct_state *s);
int ct_dump(int fd, ct_fn *fn, void *ctx);

#endif
