/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_LIB_KERNEL_RTMSG_H
#define LABCTL_LIB_KERNEL_RTMSG_H

/*
 * rtnetlink messages: what is asked for as a struct, one builder for each
 * table. They are queued with lib/kernel/rtnl.h and not sent. Zero in a field
 * means "the usual one", as each field says. And the reading of attributes,
 * which all dumps need.
 */

#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/err.h"
#include "lib/ip.h"
#include "lib/kernel/rtnl.h"

struct nlattr;

enum rtmsg_op {
	RTMSG_SET,    /* made, or what stands is made like it */
	RTMSG_APPEND, /* made beside what stands */
	RTMSG_DEL
};

/* dev, here and below, is for the words of an error: index decides. */
struct rtmsg_addr {
	unsigned index;
	const char *dev;
	struct ipnet addr;
	uint32_t flags; /* IFA_F_* */
	uint8_t scope;  /* RT_SCOPE_* */
	uint8_t proto;  /* IFAPROT_*: who put it there; 0: nobody tells */
	bool broadcast; /* IPv4: with the broadcast address of the prefix */
	/* Lifetimes in seconds, after which the kernel removes it; 0: it stays
	 * for ever. preferred is at most valid. */
	uint32_t valid_s, preferred_s;
};

void rtmsg_addr(struct rtnl *r, enum rtmsg_op op, const struct rtmsg_addr *a);

struct rtmsg_route {
	unsigned index; /* 0: none, as a blackhole needs none */
	const char *dev;
	struct ipnet to; /* len 0: default; ip.family must be set */
	struct ip via;   /* family 0: on link */
	struct ip from;  /* preferred source; family 0: the kernel's choice */
	uint32_t table;  /* RT_TABLE_*; 0: main */
	uint32_t metric; /* 0: the kernel's; DEL: any */
	uint8_t proto;   /* RTPROT_*; 0: static; DEL: any */
	uint8_t type;    /* RTN_*: blackhole, prohibit; 0: unicast; DEL: any */
	uint8_t scope;   /* RT_SCOPE_*; 0: link without via, else universe */
	bool quickack;   /* acknowledge at once what comes along it */
};

void rtmsg_route(struct rtnl *r, enum rtmsg_op op, const struct rtmsg_route *t);

/* A neighbour, or with bridge a forwarding entry of a bridge or vxlan link. */
struct rtmsg_neigh {
	unsigned index;
	const char *dev;
	bool bridge;
	const struct mac *mac; /* NULL: none */
	struct ip dst;         /* family 0: none */
	unsigned via;   /* of a vxlan link: the link to send by; 0: any */
	uint16_t port;  /* of a vxlan link: another than its own; 0: that */
	uint32_t vni;   /* likewise */
	uint16_t state; /* NUD_* */
	uint8_t flags;  /* NTF_* */
};

void rtmsg_neigh(struct rtnl *r, enum rtmsg_op op, const struct rtmsg_neigh *n);

enum rtmsg_up { RTMSG_AS_IS, RTMSG_UP, RTMSG_DOWN };

/*
 * A message about a link, to which the caller adds attributes. With an index
 * the link is found by it, and name is for words only; without, by name.
 * rtmsg_link_new() gives a new link both.
 */
struct nl_msg *rtmsg_link(struct rtnl *r, unsigned index, const char *name,
			  enum rtmsg_up up);
struct nl_msg *rtmsg_link_new(struct rtnl *r, unsigned index, const char *name,
			      enum rtmsg_up up);
void rtmsg_link_del(struct rtnl *r, unsigned index, const char *name);

/* Sets those of a link's IFF_* flags that are in change, nothing else. */
void rtmsg_link_flags(struct rtnl *r, const char *name, unsigned flags,
		      unsigned change);

/* Deletes all links of a group (IFLA_GROUP), in one go. */
void rtmsg_group_del(struct rtnl *r, uint32_t group);

/* The kind of a new link and, between these two, its kind's attributes. */
struct rtmsg_kind {
	struct nlattr *info, *data;
};

struct rtmsg_kind rtmsg_kind(struct nl_msg *m, const char *kind);
void rtmsg_kind_end(struct nl_msg *m, const struct rtmsg_kind *k);

/* Between these two, the attributes of a veth's far end. */
struct nlattr *rtmsg_peer(struct nl_msg *m, const char *name);
void rtmsg_peer_end(struct nl_msg *m, struct nlattr *peer);

void rtmsg_put_ip(struct nl_msg *m, int type, const struct ip *ip);
void rtmsg_put_mac(struct nl_msg *m, int type, const struct mac *mac);

/* --- reading --- */

/* Attributes of a message of this type, in tb[0..max]; false: another type,
 * or too short. */
bool rtmsg_parse(const struct nlmsghdr *h, int type, size_t hdrlen,
		 struct nlattr **tb, int max);

/* Attributes inside one, which may be NULL. */
void rtmsg_nested(struct nlattr **tb, int max, const struct nlattr *a);

/* Values; 0, false, none where the attribute is NULL or too short. */
uint32_t rtmsg_u32(const struct nlattr *a);
uint16_t rtmsg_be16(const struct nlattr *a);
uint8_t rtmsg_u8(const struct nlattr *a);
struct ip rtmsg_ip(const struct nlattr *a);
bool rtmsg_mac(const struct nlattr *a, struct mac *ret);
const char *rtmsg_text(struct arena *arena, const struct nlattr *a);

/*
 * Dumps, and again where a change ran into it: forget(ctx) is called before
 * each try but the first (NULL: what is told twice does no harm). At most
 * RTMSG_DUMP_TRIES times.
 */
#define RTMSG_DUMP_TRIES 50
int rtmsg_dump(struct rtnl *r, int type, const void *hdr, size_t hdrlen,
	       rtnl_fn *fn, void (*forget)(void *ctx), void *ctx,
	       struct err *reterr);

/* Dumps links, without the counters, which cost more than all the rest. */
int rtmsg_dump_links(struct rtnl *r, rtnl_fn *fn, void (*forget)(void *ctx),
		     void *ctx, struct err *reterr);

#endif
