/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_EVIDENCE_H
#define LABCTL_VERIFY_EVIDENCE_H

/*
 * What was seen of a lab, once, by all of its nodes at the same time. Checks
 * judge it; who filled it in (verify/gather/gather.c, or a test by hand) is
 * nothing to them. Whatever could not be looked at says why in its error.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "provision/host/converge_lab.h"
#include "provision/seen.h"
#include "topologies/topo.h"
#include "verify/hops.h"
#include "verify/looks/arp.h"
#include "verify/looks/capture/capture.h"
#include "verify/looks/dhcp.h"
#include "verify/looks/dhcp6.h"
#include "verify/looks/dns.h"
#include "verify/looks/guest.h"
#include "verify/looks/http.h"
#include "verify/looks/ping.h"
#include "verify/looks/probe.h"
#include "verify/looks/programs.h"
#include "verify/looks/ra.h"
#include "verify/looks/sweep.h"
#include "verify/looks/trace.h"
#include "verify/tracked.h"
#include "verify/tries.h"

#define EVIDENCE_PROBES 4 /* "4 of 4", as the documents count */

/* What a node has otherwise than the file says, by its own agent. */
struct seen_drift {
	const char *error; /* why the agent could not tell, or NULL */
	struct node_change *changes;
	size_t n;
};

/* One node, looked at several times, first to last. */
struct seen_node {
	const char *error; /* why there is not even one sample, or NULL */
	const char *cut;   /* why there are not as many as wanted, or NULL */
	const struct observed **samples;
	size_t nsamples;
	struct seen_drift drift;
	struct seen_programs radvd; /* wherever one runs */
};

/* A router's ha interface on one of its hosts. */
struct seen_ha {
	const struct topo_router *router;
	size_t host; /* index in router->hosts */
	struct seen_frames frames;
};

/* A node's interface by which its HA networks reach the others. */
struct seen_tunnel {
	const struct topo_node *node;
	const struct topo_nic *nic;
	size_t routers; /* whose adverts must come by */
	struct seen_frames frames;
};

/*
 * A ping of a router's address: from an instance or, NULL, from outside. Where
 * replies were missing soon after a change of role it was repeated, for hosts
 * learn the active host by its next announcement; again is the last try.
 */
struct seen_ping {
	const struct topo_router *router;
	const struct topo_instance *instance;
	const struct topo_floating *floating; /* whose address, or NULL */
	struct ip dst;
	struct seen_pings pings;
	bool repeated;
	struct seen_pings again;
};

/*
 * Datagrams that an instance sends to an address of the Internet which is
 * this passage's alone. Its default gateway is the router; that they leave it
 * on the external network is seen by the host outside, reply or not.
 */
struct seen_passage {
	const struct topo_router *router;
	const struct topo_instance *instance;
	struct ip dst;
	const char *error; /* why none could be sent, or NULL */
	struct seen_sent sent;
	bool repeated; /* none was seen at first */
};

/*
 * What an instance's boot stands on, seen from where the instance is. What its
 * port has no need of stays "not looked at", and no point speaks of it.
 */
struct seen_boot {
	const struct topo_instance *instance;
	struct seen_offers offers;   /* of DHCP servers */
	struct seen_offers6 offers6; /* of DHCPv6 servers */
	struct seen_guest guest;     /* what it was told */
	struct seen_names names;     /* its own, of its network's servers */
	struct seen_names
		outside; /* a name of the Internet, of its own servers */
	struct seen_http metadata;   /* paths: enum evidence_metadata */
	struct seen_adverts adverts; /* of routers on its link */
	struct seen_holders holders; /* of addresses on its link */
};

/* What each instance asks its DNS servers for; the host outside plays it. */
#define EVIDENCE_NAME "openstack.org"

/* What each instance asks the metadata service for. */
enum evidence_metadata {
	METADATA_ID,       /* the instance's UUID, among others */
	METADATA_HOSTNAME, /* EC2's files from here on */
	METADATA_LOCAL,
	METADATA_PUBLIC,
	METADATA_ASKED
};
extern const char *const evidence_metadata_paths[];

/* An instance's IPv6 address, pinged from outside. */
struct seen_reach {
	const struct topo_router *router; /* by which it is reached */
	const struct topo_instance *instance;
	struct ip dst;
	struct seen_replies replies; /* of the last try */
	unsigned tries;
};

/*
 * What passes through a router on one of its hosts, by each of its interfaces,
 * of what passages send: so it is seen before and after translation.
 */
struct seen_through {
	const struct topo_router *router;
	size_t host; /* index in router->hosts */
	struct seen_frames frames;
};

/*
 * The Internet as an instance finds it: a ping of EVIDENCE_NAME's address, and
 * the way there. One instance behind each router.
 */
struct seen_internet {
	const struct topo_router *router;
	const struct topo_instance *instance;
	struct ip dst;
	struct seen_pings pings;
	struct seen_trace trace;
};

/*
 * Datagrams from an instance of every other project to one instance's own
 * address, none of which may arrive there; and one from itself, to know that
 * it would be seen.
 */
struct seen_isle {
	const struct topo_instance *instance;
	struct ip dst;
	struct seen_frames frames;
	struct seen_sent own;
	const char *error; /* why another project could not send, or NULL */
};

#define EVIDENCE_THROUGH_MAX 32  /* routers that are looked through */
#define EVIDENCE_HAIRPINS_MAX 32 /* whose floating address is tried inside */
#define EVIDENCE_INTERNET_MAX 32 /* likewise, that lead to the Internet */
#define EVIDENCE_ISLES_MAX 16    /* projects, of each family */

struct evidence {
	struct arena arena;
	struct arena *arenas; /* one for each thread that gathers */
	size_t narenas;
	const struct lab *lab;
	struct seen_node *nodes; /* as lab->nodes */
	struct seen_node host;   /* the host outside; it has no drift */
	struct seen_ha *ha;      /* routers in order, hosts of each in order */
	size_t nha;
	size_t *ha_of; /* router index: where its first one is in ha */
	struct seen_tunnel *tunnels;
	size_t ntunnels;
	struct seen_ping *outside, *inside;
	size_t noutside, ninside;
	struct seen_boot *boots;       /* as lab->instances */
	struct seen_passage *passages; /* instances in order */
	size_t npassages;
	struct seen_tries *tries; /* of security groups */
	size_t ntries;
	struct seen_tracking *tracking;
	size_t ntracking;
	struct seen_gateways *gateways; /* routers in order, hosts of each */
	size_t ngateways;
	struct seen_reach *reached; /* instances in order */
	size_t nreached;
	struct seen_through *through; /* routers in order, hosts of each */
	size_t nthrough;
	struct seen_internet *internet; /* routers in order */
	size_t ninternet;
	struct seen_isle *isles; /* IPv4, IPv6; projects as instances are */
	size_t nisles;
	struct seen_frames left; /* frames to passages, by the host outside */
	int64_t waited_ns;       /* for a role to be taken, before looking */
};

/*
 * What there is to look at in a lab, with nothing seen yet: every error says
 * "not looked at". The lab must outlive the evidence.
 */
void evidence_init(struct evidence *e, const struct lab *lab);
void evidence_release(struct evidence *e);

/* A node's latest sample, or NULL. */
const struct observed *evidence_last(const struct evidence *e,
				     const struct topo_node *n);

/* BPF filters: adverts of one router on its ha interface, and of any router
 * on the interface that carries HA networks: inside tunnels, or tagged. */
const char *evidence_ha_filter(struct arena *a, const struct topo_router *r);
const char *evidence_tunnel_filter(struct arena *a, const struct lab *lab);

/* Whether a frame of that interface is the network's, by its tag, VNI or
 * key. */
bool evidence_told_of(const struct frame *f, const struct topo_network *net);

/* Frames to passages, on the interfaces of the host outside. */
const char *evidence_passage_filter(struct arena *a, const struct lab *lab);

/* Was a frame of this passage seen outside? The first one, or NULL. */
const struct frame *evidence_left(const struct evidence *e,
				  const struct seen_passage *p);

/* The address by which a passage leaves its instance. */
struct ip evidence_own(const struct seen_passage *p);

/* The address that it has outside: the router's own, where that translates, or
 * a floating one; else the instance's. */
struct ip evidence_outside(const struct seen_passage *p);

/* Its address on a network of its project's own, where isolation is tried; NULL
 * where it has none of the family. */
const struct ip *evidence_isle_ip(const struct topo_instance *in, int family);

/* The project of an instance: that of its network. */
const char *evidence_project(const struct topo_instance *in);

/* The address that DHCP servers have for an instance: its first one in an IPv4
 * subnet with DHCP; NULL where it has none. */
const struct topo_addr *evidence_served(const struct topo_instance *in);

/* How it asks DHCPv6 servers: stateful, for its address; stateless, for the
 * rest; NONE: it does not. */
enum topo_ipv6_mode evidence_asks6(const struct topo_instance *in);

/* Whether DHCPv6 servers have this address for its port. */
bool evidence_lent6(const struct topo_addr *a);

/* Whether it asks the metadata service, by the router or beside DHCP. */
bool evidence_has_metadata(const struct lab *lab,
			   const struct topo_instance *in);

/*
 * DNS servers that an instance is told of: its lease's, then those of router
 * advertisements; at most n. Returns how many.
 */
size_t evidence_dns(const struct topo_instance *in, struct ip *ret, size_t n);

/* Those of them that DHCPv6 tells: its first such subnet's, or, where that
 * names none, the network's servers there. */
size_t evidence_dns6(const struct topo_instance *in, struct ip *ret, size_t n);

/* Those of them that anybody plays. */
size_t evidence_played_dns(const struct topo_instance *in, struct ip *ret,
			   size_t n);
#define EVIDENCE_DNS_MAX 32

/* Whether the Internet answers what it asks its DNS servers. */
bool evidence_resolves(const struct lab *lab, const struct topo_instance *in);

/* Its addresses that it makes of prefixes that a router advertises. */
bool evidence_advertised(const struct topo_instance *in,
			 const struct topo_addr *a);

/* The first instance on the network, which hears routers there, or NULL. */
const struct topo_instance *evidence_hears(const struct lab *lab,
					   const struct topo_network *net);

/* What an instance asks for by ARP, and whose it is: the IPv4 addresses of its
 * network's other ports in subnets that it has an address of. At most
 * ARP_TARGETS_MAX; returns how many. */
size_t evidence_asked(const struct lab *lab, const struct topo_instance *in,
		      struct arp_target *ret, const struct topo_port **ret_of);

/* Interval of a router's adverts, and the longest in the lab (0: none). */
int64_t evidence_interval_ns(const struct topo_router *r);
int64_t evidence_longest_ns(const struct lab *lab);

/*
 * How far a measured interval may be off: a tenth, and what a busy machine
 * that plays many takes to wake up.
 */
#define EVIDENCE_SLACK(ns) ((ns) / 10 + INT64_C(50000000))

/* The longest a capture lasts: two adverts, and so one interval, are sure to
 * be in it. It ends earlier where there are two. */
#define EVIDENCE_ADVERTS 2
#define EVIDENCE_WINDOW(ns)                                                    \
	(EVIDENCE_ADVERTS * ((ns) + EVIDENCE_SLACK(ns)) + INT64_C(50000000))

#endif
