/* SPDX-License-Identifier: MIT */
/*
 * flat and vlan: the node's interface on the provider network is in a bridge
 * of its own. A flat network has its untagged frames, a VLAN those with its
 * segment for a tag; between that bridge and br-int, where each has the VLAN
 * that means something on this node alone, flows change one for the other.
 * What no network has does not pass.
 *
 * With external_network_bridge the gateways of routers are in that bridge as
 * they are. Where nothing else on the node is on its network, br-int and the
 * bridge have nothing to do with one another, and it switches by itself.
 */
#include <stdio.h>
#include <string.h>

#include "provision/plan/mechanism/openvswitch.h"

static const char *bridge_name(struct plan_ctx *c, const struct topo_phys *p)
{
	char name[IFNAME_MAX];

	topo_phys_bridge(p, name);
	return arena_strdup(c->arena, name);
}

static void join(struct plan_ctx *c, struct ovs_phys *x)
{
	unsigned number = OVS_PHYSICAL + (unsigned)x->phys->index;

	openvswitch_patch(
		c, OVS_INT, arena_printf(c->arena, "int-%s", x->bridge), number,
		x->bridge, arena_printf(c->arena, "phy-%s", x->bridge),
		OVS_PATCH);
	buf_printf(&x->flows,
		   "table=0,priority=0,actions=NORMAL\n"
		   "table=0,priority=2,in_port=%u,actions=drop\n",
		   OVS_PATCH);
	buf_printf(&c->ovs->br_int,
		   "table=0,priority=2,in_port=%u,actions=drop\n", number);
}

static struct ovs_phys *physical(struct plan_ctx *c, const struct topo_nic *nic)
{
	struct ovs_plan *o = c->ovs;
	struct res_ovs *bridge;
	struct ovs_phys *x;

	for (size_t i = 0; i < o->nphys; i++)
		if (o->phys[i].phys == nic->phys)
			return &o->phys[i];
	x = arena_push(c->arena, &o->phys, &o->nphys, sizeof(*x));
	x->phys = nic->phys;
	x->bridge = bridge_name(c, nic->phys);
	plan_use_nic(c, nic->ifname, NULL);
	plan_add(c, RES_OFFLOAD, "")->offload.dev = nic->ifname;
	bridge = openvswitch_bridge(c, x->bridge);
	if (topo_joined(c->lab, nic->phys, c->node)) {
		join(c, x);
	} else {
		bridge->fail_mode = "";
		buf_adds(&x->flows, "table=0,priority=0,actions=NORMAL\n");
	}
	openvswitch_port(c, x->bridge, nic->ifname, OVS_PHYSICAL);
	return x;
}

static void links(struct plan_ctx *c, const struct topo_network *net)
{
	const struct topo_nic *nic = topo_nic_on(c->node, net->phys);
	unsigned vlan = topo_local_vlan(net, c->node);
	struct ovs_phys *x;

	if (!nic)
		return;
	x = physical(c, nic);
	if (!topo_joined(c->lab, nic->phys, c->node))
		return;
	buf_printf(&c->ovs->br_int, "table=0,priority=3,in_port=%u,",
		   OVS_PHYSICAL + (unsigned)nic->phys->index);
	/* What Open vSwitch itself makes of Neutron's dl_vlan=0xffff. */
	if (net->type == TOPO_VLAN)
		buf_printf(&c->ovs->br_int, "dl_vlan=%u,", net->vlan);
	else
		buf_adds(&c->ovs->br_int, "vlan_tci=0x0000/0x1fff,");
	buf_printf(&c->ovs->br_int, "actions=mod_vlan_vid:%u,NORMAL\n", vlan);
	buf_printf(&x->flows, "table=0,priority=4,in_port=%u,dl_vlan=%u,",
		   OVS_PATCH, vlan);
	if (net->type == TOPO_VLAN)
		buf_printf(&x->flows, "actions=mod_vlan_vid:%u,NORMAL\n",
			   net->vlan);
	else
		buf_adds(&x->flows, "actions=strip_vlan,NORMAL\n");
}

const struct uplink openvswitch_physical = {.links = links};
