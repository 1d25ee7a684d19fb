/* SPDX-License-Identifier: MIT */
/* Physical networks, and nodes with their interfaces on them. */
#include "topologies/resolve/node.h"

#include <stdio.h>

#include "topologies/resolve/hosts.h"
#include "topologies/segments.h"

void resolve_phys(struct resolve *r)
{
	struct lab *lab = r->lab;

	lab->nphys = r->raw->nphys;
	lab->phys = arena_array(r->a, lab->nphys, sizeof(*lab->phys));
	for (size_t i = 0; i < lab->nphys; i++) {
		const struct raw_phys *p = r->raw->phys[i];

		lab->phys[i] = (struct topo_phys){
			.name = arena_strdup(r->a, p->name),
			.use = p->use,
			.cidr = p->cidr,
			.mtu = p->mtu,
			.first_vlan = p->first_vlan,
			.last_vlan = p->last_vlan,
			.index = i,
		};
	}
}

static void add_nic(struct resolve *r, struct topo_node *n,
		    const struct raw_phys *p, unsigned eth, uint64_t host)
{
	struct topo_nic *nic = &n->nics[n->nnics++];
	char uuid[UUID_TEXT_MAX];
	struct uuid u;

	nic->phys = &r->lab->phys[p->index];
	snprintf(nic->ifname, sizeof(nic->ifname), "eth%u", eth);
	if (host)
		nic->addr =
			(struct ipnet){ip_add(p->cidr.ip, host), p->cidr.len};
	topo_name_dev(n, nic);
	u = ids_uuid(&r->ids, uuid, "nic/%s/%s", n->name, p->name);
	nic->mac = ids_mac(&r->ids, &u);
}

static void resolve_node(struct resolve *r, const struct raw_node *raw,
			 struct topo_node *n, uint64_t management,
			 uint64_t tunnel)
{
	unsigned eth = 2;

	n->name = arena_strdup(r->a, raw->name);
	n->role = raw->role;
	n->mechanism = raw->mechanism;
	if (n->mechanism == TOPO_OPENVSWITCH)
		r->lab->vxlan_port = RAW_OVS_VXLAN_PORT;
	n->agents = raw->agents;
	n->l2_population = raw->agent.l2_population;
	n->arp_responder = raw->agent.arp_responder;
	n->prevent_arp_spoofing = raw->agent.prevent_arp_spoofing;
	if (raw->agent.external_bridge && *raw->agent.external_bridge &&
	    n->mechanism == TOPO_OPENVSWITCH && n->role == TOPO_NETWORK)
		n->external_bridge =
			arena_strdup(r->a, raw->agent.external_bridge);
	n->datapath = raw->agent.datapath;
	n->by_kernel = n->mechanism == TOPO_OPENVSWITCH &&
		       n->datapath == TOPO_DATAPATH_KERNEL;
	n->use_veth = raw->agent.veth_at && raw->agent.use_veth;
	n->plugged = raw->plugs_at;
	n->index = raw->index;
	ids_uuid(&r->ids, n->uuid, "node/%s", n->name);
	n->nics = arena_array(r->a, r->raw->nphys, sizeof(*n->nics));
	add_nic(r, n, r->raw->management, 0, management);
	if (tunnel)
		add_nic(r, n, r->raw->tunnel, 1, tunnel);
	for (size_t i = 0; i < r->raw->nphys; i++) {
		const struct raw_phys *p = r->raw->phys[i];

		if (p->use != TOPO_PROVIDER)
			continue;
		if (raw_plugged(r->raw, raw, p))
			add_nic(r, n, p, eth, 0);
		/* The same number on every node. */
		eth++;
	}
	if (n->agents & TOPO_AGENT_L3)
		r->l3_nodes[r->nl3_nodes++] = n;
}

void resolve_nodes(struct resolve *r)
{
	uint64_t management[TOPO_NODES_MAX] = {0};
	uint64_t tunnel[TOPO_NODES_MAX] = {0};
	struct lab *lab = r->lab;

	lab->nnodes = r->raw->nnodes;
	lab->nodes = arena_array(r->a, lab->nnodes, sizeof(*lab->nodes));
	nodes_management(r->raw, r->ids.a, management);
	if (r->raw->tunnel)
		nodes_tunnel(r->raw, r->ids.a, management, tunnel);
	for (size_t i = 0; i < lab->nnodes; i++)
		resolve_node(r, r->raw->nodes[i], &lab->nodes[i], management[i],
			     tunnel[i]);
}
