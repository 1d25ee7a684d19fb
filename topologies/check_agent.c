/* SPDX-License-Identifier: MIT */
#include "topologies/check_agent.h"

#include <string.h>

#include "topologies/error.h"

/* Nodes that switch frames of networks. */
static bool switches(const struct raw_node *n)
{
	return n->role_known && n->role != TOPO_CONTROLLER;
}

/* Such a node on which a word was wrong; each is said once, where it stands. */
static bool said(const struct raw *raw, const struct raw_node *n,
		 const struct doc *at, const struct doc *lab_at)
{
	if (at != lab_at)
		return false;
	for (size_t i = 0; raw->nodes[i] != n; i++)
		if (switches(raw->nodes[i]) &&
		    raw->nodes[i]->mechanism == n->mechanism)
			return true;
	return false;
}

static void check_responder(struct raw *raw, const struct raw_node *n)
{
	const struct doc *at = n->agent.arp_at;

	if (!n->agent.arp_responder || said(raw, n, at, raw->agent.arp_at))
		return;
	if (n->mechanism != TOPO_OPENVSWITCH)
		raw_wrong(raw, at,
			  "node '%s' has mechanism %s, where a VXLAN link "
			  "that answers ARP ('proxy') loses all of it that it "
			  "does not know, the announcements of a router's new "
			  "host too; 'arp_responder' is for Open vSwitch",
			  n->name, topo_mechanism_names[n->mechanism]);
	else if (!n->agent.l2_population)
		raw_wrong(raw, at,
			  "node '%s' is not told where ports are, so it can "
			  "answer for none: 'arp_responder' needs "
			  "'l2_population: true'",
			  n->name);
}

static void check_veth(struct raw *raw, const struct raw_node *n)
{
	const struct doc *at = n->agent.veth_at;

	if (!at || n->agent.use_veth || n->mechanism != TOPO_OPENVSWITCH ||
	    n->agent.datapath == TOPO_DATAPATH_KERNEL ||
	    said(raw, n, at, raw->agent.veth_at))
		return;
	raw_wrong(raw, at,
		  "node '%s' has its ports by veth: internal ports are lost "
		  "when the ovs-vswitchd of Open vSwitch's own datapath is "
		  "started anew; write 'ovs_use_veth: true', or "
		  "'datapath: kernel' where the kernel has one",
		  n->name);
}

static void check_datapath(struct raw *raw, const struct raw_node *n)
{
	const struct doc *at = n->agent.datapath_at;

	if (!at || at == raw->agent.datapath_at ||
	    n->mechanism == TOPO_OPENVSWITCH)
		return;
	raw_wrong(raw, at,
		  "node '%s' has mechanism %s; 'datapath' is Open vSwitch's",
		  n->name, topo_mechanism_names[n->mechanism]);
}

/* --- the external bridge --------------------------------------------------
 */

static void check_gateways(struct raw *raw, const struct raw_node *n)
{
	const char *want = n->agent.external_bridge;
	char bridge[IFNAME_MAX];

	for (size_t i = 0; i < raw->nrouters; i++) {
		const struct raw_net *net = raw->routers[i]->ext;
		struct topo_phys p;

		if (!net || !net->on)
			continue;
		p = (struct topo_phys){.name = net->on->name,
				       .index = net->on->index};
		topo_phys_bridge(&p, bridge);
		if (strcmp(bridge, want) != 0)
			raw_wrong(raw, n->agent.external_at,
				  "router '%s' has its gateway on '%s', and "
				  "the bridge of that network is '%s'",
				  raw->routers[i]->name, net->on->name, bridge);
		else if (net->type != TOPO_FLAT)
			raw_wrong(raw, n->agent.external_at,
				  "router '%s' has its gateway on a VLAN, "
				  "network '%s': '%s' would have it without "
				  "the tag",
				  raw->routers[i]->name, net->name, bridge);
		else
			continue;
		return;
	}
}

static void check_external(struct raw *raw, const struct raw_node *n)
{
	bool own = n->agent.external_at != raw->agent.external_at;

	if (!n->agent.external_bridge || !*n->agent.external_bridge)
		return;
	if (own && n->mechanism != TOPO_OPENVSWITCH)
		raw_wrong(raw, n->agent.external_at,
			  "node '%s' has mechanism %s, where a gateway is in "
			  "its network's bridge; 'external_network_bridge' is "
			  "Open vSwitch's",
			  n->name, topo_mechanism_names[n->mechanism]);
	else if (own && n->role != TOPO_NETWORK)
		raw_wrong(raw, n->agent.external_at,
			  "node '%s' is a %s node; routers, and so their "
			  "gateways, are on network nodes",
			  n->name, topo_role_names[n->role]);
	else if (n->mechanism == TOPO_OPENVSWITCH && n->role == TOPO_NETWORK &&
		 !said(raw, n, n->agent.external_at, raw->agent.external_at))
		check_gateways(raw, n);
}

/* --- beside one another ---------------------------------------------------
 */

/*
 * A Linux bridge that is not told where others are sends to a multicast group,
 * and hears nothing else. Open vSwitch sends a copy to each node and joins no
 * group, and so does a Linux bridge that is told.
 */
static bool by_group(const struct raw_node *n)
{
	return n->mechanism == TOPO_LINUXBRIDGE && !n->agent.l2_population;
}

static void check_mixed(struct raw *raw)
{
	const struct raw_node *group = NULL, *others = NULL;

	for (size_t i = 0; i < raw->nnodes; i++)
		if (switches(raw->nodes[i]))
			*(by_group(raw->nodes[i]) ? &group : &others) =
				raw->nodes[i];
	if (!group || !others)
		return;
	if (others->mechanism == TOPO_OPENVSWITCH)
		raw_wrong(raw, others->at,
			  "node '%s' has Open vSwitch and node '%s' Linux "
			  "bridges: one of them sends to each node, the other "
			  "to a multicast group; 'l2_population: true' makes "
			  "them understand one another",
			  others->name, group->name);
	else
		raw_wrong(raw, group->at,
			  "node '%s' sends to a multicast group, and node "
			  "'%s', which has l2_population, to each node: with "
			  "Linux bridges all have it or none",
			  group->name, others->name);
}

void raw_check_agents(struct raw *raw, bool tunnels)
{
	for (size_t i = 0; i < raw->nnodes; i++) {
		const struct raw_node *n = raw->nodes[i];

		if (!switches(n))
			continue;
		check_responder(raw, n);
		check_veth(raw, n);
		check_datapath(raw, n);
		check_external(raw, n);
	}
	if (tunnels)
		check_mixed(raw);
}
