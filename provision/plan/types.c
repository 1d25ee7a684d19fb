/* SPDX-License-Identifier: MIT */
/*
 * Network types under the Linux bridge mechanism
 * ==============================================
 * local: a bridge without uplink. flat: the node's interface on the provider
 * network becomes a port of the bridge. vxlan: a vxlan device over the tunnel
 * interface becomes one; it finds the other nodes by a multicast group and
 * learns, or, with l2_population, by forwarding entries that stand from the
 * beginning: a flood entry for each node that carries the network, and one
 * for each MAC address whose node is known. The addresses that move with a
 * router (qr, qg) have none: their frames are flooded, so that a failover
 * waits for nobody to rewrite tables.
 */
#include <string.h>

#include "provision/plan/build.h"

#define VXLAN_PORT 8472 /* Linux' own default, from before IANA's 4789 */

static void existing(struct plan_ctx *c, const char *name, const char *master)
{
	struct res *r = plan_add(c, RES_LINK, "");

	r->link = (struct res_link){
		.kind = LINK_EXISTING,
		.name = name,
		.up = true,
		.master = master,
	};
	if (master) {
		r->link.addr_gen_none = true;
		r->link.ipv6_off = true;
	}
}

static void flat_uplink(struct plan_ctx *c, const struct topo_network *net)
{
	const struct topo_nic *nic = topo_nic_on(c->node, net->phys);

	if (nic)
		existing(c, nic->ifname, net->bridge);
}

static bool planned(const struct plan_ctx *c, const char *name)
{
	size_t i;

	for (i = 0; i < c->plan->n; i++)
		if (c->plan->res[i].kind == RES_LINK &&
		    c->plan->res[i].link.kind == LINK_EXISTING &&
		    strcmp(c->plan->res[i].link.name, name) == 0 &&
		    !*c->plan->res[i].netns)
			return true;
	return false;
}

static void vxlan_uplink(struct plan_ctx *c, const struct topo_network *net)
{
	const struct topo_nic *nic = topo_nic_on(c->node, net->phys);
	struct res *r;

	if (!nic)
		return;
	if (!planned(c, nic->ifname))
		existing(c, nic->ifname, NULL);
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
		.port = VXLAN_PORT,
		.learning = !c->lab->l2_population,
	};
	if (!c->lab->l2_population)
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

static void vxlan_fdb(struct plan_ctx *c, const struct topo_network *net)
{
	static const struct mac all = {{0}};
	const struct lab *lab = c->lab;
	const struct topo_node *n;
	size_t i;

	if (!lab->l2_population || !topo_nic_on(c->node, net->phys))
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

const struct plan_type plan_types[] = {
	[TOPO_LOCAL] = {NULL, NULL},
	[TOPO_FLAT] = {flat_uplink, NULL},
	[TOPO_VXLAN] = {vxlan_uplink, vxlan_fdb},
};
