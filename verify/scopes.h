/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_SCOPES_H
#define LABCTL_VERIFY_SCOPES_H

/*
 * What checks are about. A scope yields, for a lab, its subjects in the
 * lab's order, each of them with the words that name it in a point's title.
 * Which subjects there are depends on the lab alone, never on what was seen.
 */

#include <stddef.h>

#include "lib/arena.h"
#include "topologies/topo.h"
#include "verify/evidence.h"

/* What a point is about; members that the scope has not are NULL. */
struct subject {
	const char *name; /* in titles */
	const struct topo_node *node;
	const struct topo_network *network;
	const struct topo_instance *instance;
	const struct topo_router *router;
	const struct topo_port *ha_port; /* of router on node */
	const struct seen_ha *ha;        /* what it captured there */
	const struct seen_tunnel *tunnel;
	const struct seen_ping *ping;
	const struct seen_passage *passage;
	const struct seen_boot *boot; /* instance's */
	const struct seen_reach *reach;
	const struct seen_internet *internet;
	const struct seen_isle *isle;
	const struct seen_tries *tries;
	const struct seen_tracking *tracking;
	const struct seen_gateways *gateways; /* router's first host's */
};

struct subjects {
	struct arena *arena; /* the names' and the list's */
	struct subject *items;
	size_t n;
};

/* Adds its subjects to what is there. e comes from evidence_init(). */
typedef void scope_fn(struct subjects *ret, const struct evidence *e);

scope_fn scope_lab; /* the one */
scope_fn scope_nodes;
scope_fn scope_engines;     /* nodes that carry routers */
scope_fn scope_ha_networks; /* hidden HA networks */
scope_fn scope_networks;    /* each network on each node that has it */
scope_fn scope_vxlans;      /* those of them that are VXLAN */
scope_fn scope_bridged;     /* those on Linux bridges */
scope_fn scope_switched;    /* those on Open vSwitch */
scope_fn scope_switches;    /* nodes with Open vSwitch */
scope_fn scope_tunnelling;  /* those of them with networks in tunnels */
scope_fn scope_instances;
scope_fn scope_ha_routers;
scope_fn scope_served;     /* instances that DHCP servers know */
scope_fn scope_leased;     /* those of them that lease their address */
scope_fn scope_asking6;    /* instances that ask DHCPv6 servers */
scope_fn scope_dhcp_ports; /* each network with DHCP on each of its servers */
scope_fn scope_placed;     /* each router on each of its hosts */
scope_fn scope_hosts;      /* those of them that are highly available */
scope_fn scope_routed;     /* placed, with routes of their own */
scope_fn scope_tunnels;    /* hosts whose HA network is in a tunnel */
scope_fn scope_tagged;     /* those whose HA network is a VLAN */
scope_fn scope_outside;    /* each external address of each router */
scope_fn scope_passages;   /* from each instance by its router, by family */
scope_fn scope_inside;     /* each router address that an instance can reach */

/* Passages of IPv4 alone. */
scope_fn scope_passages_v4;

/* Passages of IPv4 through routers that are looked through. */
scope_fn scope_through;

/* An instance behind each router, and one of each project. */
scope_fn scope_internet;
scope_fn scope_isles;

/* Pings of floating addresses, from outside and from inside. */
scope_fn scope_floatings;
scope_fn scope_hairpins;

/* A router's networks on which it advertises itself and an instance hears. */
scope_fn scope_advertised;

/* Routers that advertise themselves, on each of their hosts. */
scope_fn scope_advertisers;

/* Instances that make addresses of advertised prefixes. */
scope_fn scope_slaac;

/* Instances that ask for metadata, that ask for names of the Internet, and
 * that are reached from outside by IPv6. */
scope_fn scope_metadata;
scope_fn scope_resolvers;
scope_fn scope_reached;

#endif
