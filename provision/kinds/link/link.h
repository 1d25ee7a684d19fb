/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_KINDS_LINK_LINK_H
#define LABCTL_PROVISION_KINDS_LINK_LINK_H

/*
 * Between the kinds of links. What they have in common (name, MAC address,
 * MTU, bridge, alias, how IPv6 behaves, up or down) is in link.c; a file for
 * each kind has the rest and ends in its row.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "provision/kinds/kind.h"

struct nl_msg;
struct nlattr;

#define IPV6_MIN_MTU 1280u /* RFC 8200, 5; a link with less has no IPv6 */

/* What differs of a link. */
enum link_fields {
	LINK_HAS_MARK = 1 << 0,
	LINK_HAS_MAC = 1 << 1,
	LINK_HAS_MTU = 1 << 2,
	LINK_HAS_MASTER = 1 << 3,
	LINK_HAS_ADDR_GEN = 1 << 4,
	LINK_HAS_IPV6_OFF = 1 << 5,
	LINK_HAS_IPV6_QUIET = 1 << 6,
	LINK_HAS_OWN = 1 << 7, /* what only its kind has */
	LINK_HAS_UP = 1 << 8,
	LINK_HAS_PORT = 1 << 9,     /* as a bridge's port */
	LINK_HAS_FORWARD = 1 << 10, /* IPv4's conf/DEV/forwarding */
	LINK_HAS_RP_FILTER = 1 << 11,
	LINK_HAS_IPV6_ROUTER = 1 << 12, /* IPv6's conf/DEV/forwarding */
	LINK_HAS_ARP_IGNORE = 1 << 13,
	LINK_HAS_ARP = 1 << 14,
	LINK_HAS_MULTICAST = 1 << 15,
	LINK_HAS_ACCEPT_RA = 1 << 17,
	LINK_HAS_IPV6_MTU = 1 << 18,
	LINK_HAS_PROTO_DOWN = 1 << 19,
	LINK_HAS_MODE = 1 << 20,
	LINK_HAS_XDP = 1 << 21,
};

/* Indices in a dump, until all names are known. */
struct link_pending {
	unsigned master, dev;
};

struct link_type {
	const char *name; /* the kernel's word; "existing" */
	bool made;        /* by the lab, which so may remove it */
	/* Its name is drawn from the lab's identifiers: without any mark it
	 * is a crash's leftover, and nobody else's. */
	bool own_name;
	/* Somebody else makes it, in the node's own namespace, and takes it
	 * away: as a kind's plug() tells them to (kinds/kind.h). */
	bool elsewhere;

	/* Its own attributes, for people and as shell's "type" words. */
	void (*print)(const struct res_link *l, struct buf *out);
	void (*shell)(const struct res_link *l, const struct where *w,
		      struct buf *out);
	/* Shell words before the name, where they are not "link add"; whether
	 * the link below stands before the name. */
	const char *shell_add;
	bool shell_lower;

	/* Reads a seen one's IFLA_INFO_DATA. */
	void (*look)(struct res_link *l, struct link_pending *p,
		     const struct nlattr *data);

	/* Can the one seen be changed into the one wanted? NULL: yes. */
	bool (*same)(const struct res_link *want, const struct res_link *have);
	/* Do its own attributes differ? Then words, and set() mends it. */
	bool (*differs)(const struct res_link *want,
			const struct res_link *have, struct buf *why);
	/* What stands in the way of making it, in words, or NULL. */
	const char *(*obstacle)(struct diff *d, const struct res *want);
	/* Is it there as a whole? Where not, all of it goes and is made. */
	void (*judge)(struct diff *d, const struct res *want);

	/* Of one made elsewhere: brings all of them to where they belong, when
	 * the first comes by, before it is set. */
	void (*fetch)(struct tx *tx, const struct change *c);
	/* Queues the making, or has failed c. */
	void (*make)(struct tx *tx, struct place *p, const struct change *c);
	/* Queues the setting of its own attributes. */
	void (*set)(struct place *p, const struct res_link *want,
		    const struct res_link *have);
};

#define LINK_ROW(NAME, name) extern const struct link_type link_##name;
LINK_KIND_LIST(LINK_ROW)
#undef LINK_ROW

extern const struct link_type *const link_types[LINK_KINDS];

/* The kind of what the kernel calls a "veth"; EXISTING for all others. */
enum link_kind link_kind_of(const char *word);

static inline const struct link_type *link_type(const struct res_link *l)
{
	return link_types[l->kind];
}

/* A wanted link that is the lab's, is there and stays; or NULL. */
const struct res *link_staying(struct diff *d, const char *netns,
			       const char *dev);

/* The link of that name as it was seen, or NULL. */
const struct res_link *link_seen(struct diff *d, const char *netns,
				 const char *name);

/* The first link of a wanted one's namespace that is not the lab's and, as
 * clash tells, has what the kernel gives to one alone; or NULL. */
typedef bool link_clash(const struct res_link *want,
			const struct res_link *have);
const struct res_link *link_foreign(struct diff *d, const struct res *want,
				    link_clash *clash);

/* For judge: notes that a link is made anew; makes way for it by removing the
 * one that is there, false where it must not; can the one seen stay. */
void link_anew(struct diff *d, const char *netns, const char *name);
bool link_make_way(struct diff *d, const char *netns,
		   const struct res_link *have);
bool link_shape_right(const struct res_link *want, const struct res_link *have);

/* The hooks of kind_link that compare. */
void link_judge(struct diff *d, const struct res *want);
void link_compare(struct diff *d, const struct res *want,
		  const struct res *seen);
void link_extra_node(struct diff *d);
bool link_extra(struct diff *d, const struct res *have);

/* Those that apply. */
void link_make(struct tx *tx, const struct change *c);
void link_set(struct tx *tx, const struct change *c);
void link_unmake(struct tx *tx, const struct change *c);
void link_settle(struct tx *tx, struct place *p);

/* For make: name and what is only taken with it, MAC address and MTU. */
struct nl_msg *link_new(struct place *p, const struct res_link *l);
void link_put_fixed(struct nl_msg *m, const struct res_link *l);

/* What links of a namespace have for accept_ra, where the plan says it. */
#define LINK_DEFAULT_ACCEPT_RA "net/ipv6/conf/default/accept_ra"

#endif
