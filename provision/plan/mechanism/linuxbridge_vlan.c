/* SPDX-License-Identifier: MIT */
/* vlan: an interface of the kernel's for the tag, on the node's own on the
 * provider network ("eth2.101"), becomes a port of the network's bridge. */
#include "provision/plan/mechanism/linuxbridge.h"

static void links(struct plan_ctx *c, const struct topo_network *net)
{
	const struct topo_nic *nic = topo_carrier(c->node, net);
	char *name = arena_alloc(c->arena, IFNAME_MAX);
	struct res *r;

	if (!nic)
		return;
	plan_use_nic(c, nic->ifname, NULL);
	topo_vlan_link(nic, net, name);
	r = plan_add(c, RES_LINK, "");
	r->link = (struct res_link){
		.kind = LINK_VLAN,
		.name = name,
		.mtu = net->mtu,
		.up = true,
		.master = net->bridge,
		.addr_gen_none = true,
		.ipv6_off = true,
		.dev = nic->ifname,
		.vlan = net->vlan,
	};
}

const struct uplink linuxbridge_vlan = {.links = links};
