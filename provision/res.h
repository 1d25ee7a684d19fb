/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_RES_H
#define LABCTL_PROVISION_RES_H

/*
 * A resource: something that a node should have, or was seen to have. Both
 * are the same struct, so that comparing, printing and removing need not know
 * which of the two they were given. What can be done with one of a kind is in
 * provision/kinds/; here is only the data.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/ip.h"
#include "provision/kinds/list.h"
#include "provision/services/service.h"

struct conn;
struct nlmsghdr;

/*
 * A link. EXISTING: one that the lab did not make, a node's own interface or
 * the loopback; all seen links of a type that no lab has are of this kind.
 */
struct res_link {
	enum link_kind kind;
	const char *name;
	struct mac mac;
	bool has_mac;
	unsigned mtu;       /* 0: do not care */
	bool up;            /* administratively */
	const char *master; /* name, NULL: none */
	bool addr_gen_none; /* IPv6 addr_gen_mode none */
	bool ipv6_off;      /* disable_ipv6: it sends no IPv6 of its own */

	/* wanted only */
	bool ipv6_quiet;   /* not in the all-routers groups, so no MLD report;
			      what is forwarded is decided by conf/all */
	bool ipv6_by_role; /* conf/DEV/forwarding is 1 while the VRRP engine's
			      addresses are there, else 0 */
	bool engine_addrs; /* addresses that are in plan.virt are the VRRP
			      engine's business: neither missing nor extra */
	bool leased;       /* addresses with a lifetime, and routes of DHCP's,
			      are its client's business: not extra */
	/* veth: the other end, made in the same breath. It is a resource of
	 * its own too, with peer NULL, where its attributes are checked. */
	const char *peer;
	const char *peer_netns;

	/* seen only */
	unsigned index;
	const char *type;    /* "veth", "bridge", "dummy", "loopback", "" ... */
	bool running;        /* IFF_LOWER_UP: carrier */
	const char *alias;   /* ifalias, or NULL */
	unsigned peer_index; /* IFLA_LINK in the peer's namespace; 0: none */
	bool ipv6_router;    /* conf/DEV/forwarding */
	bool no_forward;     /* IPv4's conf/DEV/forwarding is off */
	unsigned rp_filter;  /* IPv4's conf/DEV/rp_filter */
	unsigned arp_ignore; /* IPv4's conf/DEV/arp_ignore */
	bool no_arp;         /* IFF_NOARP */
	bool no_multicast;   /* not IFF_MULTICAST */
	bool proto_down;     /* held down, which only some kinds can be */
	bool dormant;        /* its state is somebody's to say (linkmode) */
	bool xdp;            /* a program takes its frames first */
	unsigned accept_ra;  /* IPv6's conf/DEV/accept_ra */
	unsigned ipv6_mtu;   /* conf/DEV/mtu; 0: there is no IPv6 on it */
	uint32_t own_odd;    /* those of its kind, by the kind's own table */
	/* As a bridge's port, where it is one: what is otherwise than the
	 * kernel has it for a new port; enum port_odd of kinds/link/port.h. */
	uint32_t port_odd;

	/* bridge: wanted is 0, false, false */
	unsigned forward_delay; /* hundredths of a second */
	bool stp, mcast_snooping;

	/* vxlan */
	uint32_t vni;
	struct ip group, local;
	const char *dev; /* name of the underlying link; vlan: likewise */
	uint16_t port;
	bool learning;

	/* vlan */
	unsigned vlan;
};

struct res_sysctl {
	const char *key; /* with '/': net/ipv4/ip_forward */
	const char *value;
	const char *usual; /* seen only: what a fresh namespace has, or NULL */
};

struct res_addr {
	const char *dev;
	struct ipnet addr;
	/* seen only */
	uint8_t scope; /* RT_SCOPE_* */
	uint8_t proto; /* IFAPROT_*; 0 where the kernel tells none */
	bool tentative;
	bool dynamic;  /* with a lifetime: learned, as by SLAAC */
	bool unrouted; /* the kernel's own route by which it is taken went */
	/* of plan.virt only: the id of the router that it is of, where our
	 * own engine has it */
	const char *router;
};

struct res_route {
	struct ipnet to; /* len 0: default */
	struct ip via;   /* family 0: on link */
	const char *dev;
	struct ip from; /* of one that the kernel made: the address */
	/* seen only */
	uint8_t proto; /* RTPROT_* */
	uint8_t scope;
	uint32_t metric;
	uint32_t table; /* 0: main */
	uint8_t type;   /* RTN_*: blackhole, prohibit; 0: unicast */
	bool expires;
	bool astray;     /* says that the kernel made it, and it did not */
	const char *odd; /* what else it has, as ip(8) says it; or NULL */
	const struct nlmsghdr *raw; /* as it came, to remove it by */
	const char *router;         /* as of an address */
};

/* A rule of `ip rule`. */
struct res_rule {
	uint8_t family; /* 4 or 6 */
	uint32_t priority;
	const char *words; /* what it matches and does, as ip(8) has it */
	const struct nlmsghdr *raw; /* seen: as it came, to remove it by */
};

/* A neighbour with a reserved place in the kernel's table; or, seen only, one
 * that somebody entered for good. */
struct res_neigh {
	const char *dev;
	struct ip addr;
	bool reserved;
	bool proxy;     /* answered for; seen only */
	struct mac mac; /* of one for good */
};

struct res_fdb {
	const char *dev;
	struct mac mac;
	struct ip dst;
	const char *via; /* wanted only: the link to send by, NULL: by routes */
	/* seen only */
	bool permanent;     /* it stays for ever */
	const char *bridge; /* a bridge's, by that port; NULL: the link's own */
	bool astray;        /* by a way that no lab has, in those three: */
	uint16_t port;
	uint32_t vni;
	unsigned via_index;
};

/* What stands at a link's root or ingress; seen only. */
struct res_qdisc {
	const char *dev;
	const char *type; /* "netem", "clsact" */
	uint32_t parent;  /* TC_H_ROOT, TC_H_INGRESS */
};

/* By a port of an HA network, of all adverts those of one router alone. */
struct res_adverts {
	const char *dev;
	uint8_t vrid;  /* seen: 0 where something else filters */
	struct ip vip; /* of its network only this one is announced there */
};

/* A namespace's IPsec; seen only. */
struct res_xfrm {
	uint32_t policies, states;
	bool blocks; /* whatever no policy speaks of */
};

/* A program of those that the lab runs there, begun by somebody else; seen
 * only. */
struct res_process {
	uint32_t pid;
	const char *name;
};

/* All rules of a namespace, as iptables-save prints them; or, seen only, a
 * table of another program's. */
struct res_rules {
	const char *text4, *text6; /* NULL or "": none */
	/* seen only */
	uint8_t family;    /* NFPROTO_* of table */
	const char *table; /* NULL: the namespace's rules */
	bool legacy;       /* table: of iptables' older make */
};

/* A file of the node, for people to read. */
struct res_file {
	const char *path; /* whole */
	const char *text; /* wanted only */
	const char
		*digest; /* seen only: service_digest(), "" where it is none */
};

/*
 * What the lab filters in the node's own namespace, where others may have rules
 * too: the lab's chains of iptables, and its sets, as programs save them.
 */
struct res_filter {
	const char *text4, *text6;
	const char *bridge; /* ebtables' */
	const char *sets;   /* "create NAME hash:net family inet", "add ..." */
	/* wanted only: whether a connection is one that is not let be */
	bool (*forbids)(const struct conn *c, const void *ctx);
	const void *ctx;
};

/* A link whose checksums are written by who sends, not left to a device that
 * Open vSwitch's own datapath is not. */
struct res_offload {
	const char *dev;
	/* seen only */
	bool tx;  /* left to the device */
	bool gro; /* what it receives is put together first */
};

/* A bridge of Open vSwitch's, or a port of one. */
struct res_ovs {
	const char *name;
	const char *bridge;    /* a port's; NULL: this is a bridge */
	const char *type;      /* port: "" a link of the node's, else "patch",
				  "vxlan", "gre"; bridge: its datapath */
	const char *options;   /* "key=value", sorted, with ',' between */
	const char *ids;       /* external ids, the same */
	unsigned tag;          /* port: VLAN; 0: none */
	unsigned number;       /* port: of OpenFlow's; bridge: 0 */
	const char *fail_mode; /* bridge: "secure", or "" */
	/* wanted only: the namespace that the link of an internal port is
	 * fetched to; NULL: it is none, or a bridge's own */
	const char *netns;
	const char *set;   /* seen only: what else somebody set, or NULL */
	const char *error; /* seen only: why it does not work, or NULL */
};

/* All flows of a bridge. Open vSwitch itself compares them, as it alone knows
 * which words say the same. */
struct res_flows {
	const char *bridge;
	const char *text;   /* wanted: for ovs-ofctl, a flow a line */
	const char *differ; /* seen only: the lines that differ, "-" too many,
			       "+" missing */
};

struct res {
	enum res_kind kind;
	const char *netns; /* "": the node's own */
	union {
		struct res_link link;
		struct res_sysctl sysctl;
		struct res_addr addr;
		struct res_route route;
		struct res_rule rule;
		struct res_neigh neigh;
		struct res_fdb fdb;
		struct res_qdisc qdisc;
		struct res_adverts adverts;
		struct res_xfrm xfrm;
		struct res_rules rules;
		struct res_filter filter;
		struct res_file file;
		struct res_service service;
		struct res_process process;
		struct res_offload offload;
		struct res_ovs ovs;
		struct res_flows flows;
	};
};

struct res_list {
	struct res *items;
	size_t n;
};

/* The desired state of one node, in the order of making. */
struct plan {
	const char *lab;       /* its name */
	const char *mark;      /* ifalias of what is the lab's */
	const char *state_dir; /* on the node: PLAN_STATE_DIR/LAB */
	bool fresh;            /* of a lab of which nothing stood before */
	struct res *res;
	size_t n;
	/* Addresses and routes that the engine adds and removes. */
	struct res *virt;
	size_t nvirt;
};

#define PLAN_STATE_DIR "/run/labctl"

enum change_op { CHANGE_ADD, CHANGE_MODIFY, CHANGE_REMOVE };
extern const char *const change_op_signs[]; /* "+", "~", "-" */

/* One difference between what should be and what is. */
struct change {
	enum change_op op;
	const struct res *want; /* ADD, MODIFY */
	struct res have;        /* REMOVE: what is to go */
	const char *what;       /* "link qr-3a8c5f11-2e in qrouter-..." */
	const char *why; /* MODIFY: "mtu 1500, wanted 1450"; ADD: its detail */
	unsigned fields; /* the kind's own: what differs, of ADD all */
	const struct res *seen; /* MODIFY: what differs, where it matters */
	bool unusual; /* MODIFY of what no plan has: looked for again */
	bool blocked; /* ADD: what has the name is not the lab's; why tells */
	/* MODIFY of the engine: routers whose namespace or links are made
	 * anew, which it must let go and take up again. */
	const char *const *ids;
	size_t nids;
};

struct changes {
	/* removals first (reversed order), then the rest */
	struct change *items;
	size_t n;
};

/* What a change is about: wanted, or to go. */
static inline const struct res *change_res(const struct change *c)
{
	return c->op == CHANGE_REMOVE ? &c->have : c->want;
}

/* What a resource is in a few words: "link qr-3a8c5f11-2e in qrouter-...". */
const char *res_what(struct arena *a, const struct res *r);

/* What it is to be like: a link's attributes, a setting's value; NULL for
 * those that their name says all of. */
const char *res_detail(struct arena *a, const struct res *r);

#endif
