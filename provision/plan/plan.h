/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_PLAN_PLAN_H
#define LABCTL_PROVISION_PLAN_PLAN_H

/*
 * The desired state of one node, as data: what must exist there, in the one
 * order in which it can be made; removal is that order reversed. Pure.
 */

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/doc.h"
#include "lib/err.h"
#include "lib/ip.h"
#include "provision/node/observe.h"
#include "topologies/topo.h"

enum res_kind {
	RES_NETNS,
	RES_LINK, /* bridge, vxlan, veth; or an interface that is there */
	RES_SYSCTL,
	RES_ADDR,
	RES_ROUTE,
	RES_FDB,
	RES_ENGINE /* the VRRP engine's configuration, and that it runs */
};

enum link_kind { LINK_BRIDGE, LINK_VXLAN, LINK_VETH, LINK_EXISTING };

struct res_link {
	enum link_kind kind;
	const char *name;
	struct mac mac;
	bool has_mac;
	unsigned mtu; /* 0: do not care */
	bool up;
	const char *master; /* NULL: none */
	bool addr_gen_none;
	bool ipv6_off;     /* disable_ipv6: it sends no IPv6 of its own */
	bool ipv6_quiet;   /* not in the all-routers groups, so no MLD report;
			      what is forwarded is decided by conf/all */
	bool engine_addrs; /* addresses that are in `engine` are the VRRP
			      engine's business: neither missing nor extra */
	/* veth: the other end, made in the same breath. It is a resource of
	 * its own too, with peer NULL, where its attributes are checked. */
	const char *peer;
	const char *peer_netns;
	/* vxlan */
	uint32_t vni;
	struct ip group, local;
	const char *dev;
	uint16_t port;
	bool learning;
};

struct res {
	enum res_kind kind;
	const char *netns; /* "": the node's own */
	union {
		struct res_link link;
		struct {
			const char *key, *value;
		} sysctl;
		struct {
			const char *dev;
			struct ipnet addr;
		} addr;
		struct {
			struct ipnet to;
			struct ip via;
			const char *dev;
		} route;
		struct {
			const char *dev;
			struct mac mac;
			struct ip dst;
		} fdb;
		struct {
			const char *config;     /* YAML for labctl vrrp run */
			const char *const *ids; /* routers in it */
			size_t nids;
		} engine;
	};
};

/* An address that the engine adds and removes; with via, a route. */
struct plan_virtual {
	const char *netns, *dev;
	struct ipnet addr;
	struct ip via; /* family 0: an address */
};

struct plan {
	const char *lab;       /* its name */
	const char *mark;      /* ifalias of what is the lab's */
	const char *state_dir; /* on the node: PLAN_STATE_DIR/LAB */
	struct res *res;
	size_t n;
	struct plan_virtual *virt;
	size_t nvirt;
};

#define PLAN_STATE_DIR "/run/labctl"

/* The plan of a node (all of it: an empty one removes what is there). The
 * plan points into the lab, which must live as long. */
void plan_build(struct arena *a, const struct lab *lab,
		const struct topo_node *node, struct plan *ret);

/* The plan of which nothing is left of a lab: what carries its mark goes. The
 * name must outlive the plan; -EINVAL where it can name no lab. */
int plan_none(struct arena *a, const char *lab, struct plan *ret,
	      struct err *reterr);

/* Appends the plan as text, one resource on a line, for people and diff(1). */
void plan_print(const struct plan *p, struct buf *out);

/* What a resource is in a few words: "link qr-3a8c5f11-2e in qrouter-...". */
const char *res_what(struct arena *a, const struct res *r);

/* What it is to be like: a link's attributes, a setting's value; NULL for
 * those that their name says all of. */
const char *res_detail(struct arena *a, const struct res *r);

/* A digest of a text, in DIGEST_TEXT_MAX bytes with NUL: tells an engine
 * configuration from another, nothing more. */
#define DIGEST_TEXT_MAX 17
const char *plan_digest(const char *text, size_t len, char *out);

enum change_op { CHANGE_ADD, CHANGE_MODIFY, CHANGE_REMOVE };
extern const char *const change_op_signs[]; /* "+", "~", "-" */

/* Which attributes of a link differ (MODIFY); all of them on ADD. */
enum link_fields {
	LINK_HAS_MARK = 1 << 0,
	LINK_HAS_MAC = 1 << 1,
	LINK_HAS_MTU = 1 << 2,
	LINK_HAS_MASTER = 1 << 3,
	LINK_HAS_ADDR_GEN = 1 << 4,
	LINK_HAS_IPV6_OFF = 1 << 5,
	LINK_HAS_IPV6_QUIET = 1 << 6,
	LINK_HAS_BRIDGE = 1 << 7, /* forward delay, STP, snooping */
	LINK_HAS_UP = 1 << 8,
	LINK_HAS_ALL = (1 << 9) - 1
};

/* One difference between what should be and what is. */
struct change {
	enum change_op op;
	const struct res *want; /* ADD, MODIFY */
	struct res have;        /* REMOVE: what is to go */
	const char *what;       /* "link qr-3a8c5f11-2e in qrouter-..." */
	const char *why; /* MODIFY: "mtu 1500, wanted 1450"; ADD: its detail */
	unsigned fields; /* MODIFY of a link: enum link_fields */
	bool blocked; /* ADD: what has the name is not the lab's; why tells */
	/* MODIFY of the engine: routers whose namespace or links are made
	 * anew, which it must let go and take up again. */
	const char *const *ids;
	size_t nids;
};

struct changes {
	struct change
		*items; /* removals first (reversed order), then the rest */
	size_t n;
};

/* Pure: the changes that make `have` what the plan says. */
void plan_diff(struct arena *a, const struct plan *p,
	       const struct observed *have, struct changes *ret);

#endif
