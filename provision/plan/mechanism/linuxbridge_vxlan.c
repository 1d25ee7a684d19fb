/* SPDX-License-Identifier: MIT */
/*
 * vxlan: a vxlan link over the tunnel interface becomes a port of the
 * network's bridge. It finds the other nodes by a multicast group, or, with
 * l2_population, by forwarding entries that stand from the beginning: a flood
 * entry for each node that carries the network, and one for each MAC address
 * whose node is known, which no frame from another node can change.
 *
 * The addresses that move with a router (qr, qg) have no such entry. They are
 * learned, as a link does of itself unless told not to: the announcements that
 * a new Active sends are flooded, and each one moves the entry to the node
 * that it came from. So tables follow a failover with the first frame of the
 * new Active that arrives, wherever the tunnel network still carries one; a
 * node that hears none could not reach that Active either. Where two claim the
 * role, the last word counts until the loser is silent.
 */
#include "provision/plan/mechanism/linuxbridge.h"

static void links(struct plan_ctx *c, const struct topo_network *net)
{
	const struct topo_nic *nic = topo_nic_on(c->node, net->phys);
	struct res *r;

	if (!nic)
		return;
	plan_use_nic(c, nic->ifname, NULL);
	r = plan_add(c, RES_LINK, "");
	r->link = (struct res_link){
		.kind = LINK_VXLAN,
		.name = net->vxlan,
		.mtu = net->mtu,
		.up = true,
		.master = net->bridge,
		.addr_gen_none = true,
		.ipv6_off = true,
		.vni = net->vni,
		.local = nic->addr.ip,
		.dev = nic->ifname,
		.port = c->lab->vxlan_port,
		.learning = true,
	};
	if (!c->node->l2_population)
		r->link.group = net->group;
}

static void entry(struct plan_ctx *c, const struct topo_network *net,
		  const struct mac *mac, const struct topo_node *node)
{
	const struct topo_nic *nic = topo_nic_on(node, net->phys);
	struct res *r;

	if (!nic || !ip_is_set(&nic->addr.ip))
		return;
	r = plan_add(c, RES_FDB, "");
	r->fdb.dev = net->vxlan;
	r->fdb.mac = *mac;
	r->fdb.dst = nic->addr.ip;
}

static void entries(struct plan_ctx *c, const struct topo_network *net)
{
	static const struct mac all = {{0}};
	const struct lab *lab = c->lab;
	const struct topo_node *n;
	size_t i;

	if (!c->node->l2_population || !topo_nic_on(c->node, net->phys))
		return;
	for (i = 0; i < lab->nnodes; i++) {
		n = &lab->nodes[i];
		if (n != c->node && topo_network_on(lab, net, n))
			entry(c, net, &all, n);
	}
	for (i = 0; i < lab->nports; i++) {
		n = lab->ports[i].node;
		if (lab->ports[i].network == net && n && n != c->node)
			entry(c, net, &lab->ports[i].mac, n);
	}
}

const struct uplink linuxbridge_vxlan = {.links = links, .entries = entries};
