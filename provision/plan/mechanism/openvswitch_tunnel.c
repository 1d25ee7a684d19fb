/* SPDX-License-Identifier: MIT */
/*
 * vxlan, gre and geneve: a port of br-tun for each other node that has tunnels,
 * named for its address as Neutron has it. A network is a key there: table 3
 * (gre), 4 (vxlan) or 6 (geneve) turns it into the node's VLAN and table 10
 * learns which node a MAC address is behind, for table 20, by which frames to
 * one node go. All others go to every node, or with l2_population to those that
 * carry the network, and then table 20 knows what is known beforehand. The
 * addresses that move with a router have no flow of the plan's: each
 * announcement of the Active's is learned at once, so table 20 follows a
 * failover. With arp_responder table 21 answers for what is known. A tunnel's
 * key is loaded, which is what a bundle makes of Neutron's set_tunnel.
 */
#include <inttypes.h>
#include <stdio.h>

#include "lib/auto.h"
#include "provision/plan/mechanism/openvswitch.h"

static const unsigned tables[] = {
	[TOPO_GRE] = 3, [TOPO_VXLAN] = 4, [TOPO_GENEVE] = 6};

/* In which order nodes' ports are numbered. */
static const unsigned nth[] = {
	[TOPO_VXLAN] = 0, [TOPO_GRE] = 1, [TOPO_GENEVE] = 2};

/* The number of a tunnel's port. */
static unsigned tunnel_number(enum topo_type type, const struct topo_node *to)
{
	return OVS_TUNNEL + (unsigned)to->index + nth[type] * TOPO_NODES_MAX;
}

static uint64_t mac_number(const struct mac *m)
{
	uint64_t n = 0;

	for (size_t i = 0; i < sizeof(m->b); i++)
		n = n << 8 | m->b[i];
	return n;
}

static uint32_t ip_number(const struct ip *ip)
{
	return (uint32_t)ip->b[0] << 24 | (uint32_t)ip->b[1] << 16 |
	       (uint32_t)ip->b[2] << 8 | ip->b[3];
}

/* The other nodes at whose end of the tunnel network there may be ports. */
static const struct topo_nic *far_end(const struct plan_ctx *c,
				      const struct topo_node *n)
{
	if (n == c->node || n->role == TOPO_CONTROLLER)
		return NULL;
	return topo_nic(n, TOPO_TUNNEL);
}

static void tunnel(struct plan_ctx *c, enum topo_type type,
		   const struct topo_node *n, const struct topo_nic *far)
{
	const struct topo_nic *near = topo_nic(c->node, TOPO_TUNNEL);
	unsigned number = tunnel_number(type, n);
	char here[IP_TEXT_MAX], there[IP_TEXT_MAX];
	const uint8_t *b = far->addr.ip.b;
	struct res_ovs *o;

	o = openvswitch_port(c, OVS_TUN,
			     arena_printf(c->arena, "%s-%02x%02x%02x%02x",
					  topo_type_names[type], b[0], b[1],
					  b[2], b[3]),
			     number);
	o->type = topo_type_names[type];
	o->options = arena_printf(c->arena,
				  "df_default=true,in_key=flow,local_ip=%s,"
				  "out_key=flow,remote_ip=%s",
				  ip_print(&near->addr.ip, here),
				  ip_print(&far->addr.ip, there));
	buf_printf(&c->ovs->br_tun,
		   "table=0,priority=1,in_port=%u,actions=resubmit(,%u)\n",
		   number, tables[type]);
}

static void first_of_node(struct plan_ctx *c)
{
	buf_printf(&c->ovs->br_tun,
		   "table=0,priority=1,in_port=%u,actions=resubmit(,2)\n"
		   "table=0,priority=0,actions=drop\n"
		   "table=2,priority=0,dl_dst=00:00:00:00:00:00/"
		   "01:00:00:00:00:00,actions=resubmit(,20)\n"
		   "table=2,priority=0,dl_dst=01:00:00:00:00:00/"
		   "01:00:00:00:00:00,actions=resubmit(,22)\n"
		   "table=3,priority=0,actions=drop\n"
		   "table=4,priority=0,actions=drop\n"
		   "table=6,priority=0,actions=drop\n"
		   "table=10,priority=1,actions=learn(table=20,"
		   "hard_timeout=300,priority=1,NXM_OF_VLAN_TCI[0..11],"
		   "NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],"
		   "load:0->NXM_OF_VLAN_TCI[],"
		   "load:NXM_NX_TUN_ID[]->NXM_NX_TUN_ID[],"
		   "output:NXM_OF_IN_PORT[]),output:%u\n"
		   "table=20,priority=0,actions=resubmit(,22)\n"
		   "table=22,priority=0,actions=drop\n",
		   OVS_PATCH, OVS_PATCH);
}

/* Questions for addresses that are known go no farther. */
static void responder(struct plan_ctx *c)
{
	if (c->node->arp_responder)
		buf_printf(&c->ovs->br_tun,
			   "table=2,priority=1,arp,dl_dst=ff:ff:ff:ff:ff:ff,"
			   "actions=resubmit(,21)\n"
			   "table=21,priority=0,actions=resubmit(,22)\n");
}

static void tunnels(struct plan_ctx *c, enum topo_type type)
{
	const struct topo_nic *far;

	if (!c->ovs->br_tun.len) {
		first_of_node(c);
		responder(c);
	}
	if (c->ovs->tunnels[type])
		return;
	c->ovs->tunnels[type] = true;
	for (size_t i = 0; i < c->lab->nnodes; i++) {
		far = far_end(c, &c->lab->nodes[i]);
		if (far)
			tunnel(c, type, &c->lab->nodes[i], far);
	}
}

static void flood(struct plan_ctx *c, const struct topo_network *net,
		  unsigned vlan)
{
	struct buf *b = &c->ovs->br_tun;
	bool any = false;

	for (size_t i = 0; i < c->lab->nnodes; i++) {
		const struct topo_node *n = &c->lab->nodes[i];

		if (!far_end(c, n) || (c->node->l2_population &&
				       !topo_network_on(c->lab, net, n)))
			continue;
		if (!any)
			buf_printf(b,
				   "table=22,priority=1,dl_vlan=%u,"
				   "actions=strip_vlan,load:0x%" PRIx32
				   "->NXM_NX_TUN_ID[]",
				   vlan, net->vni);
		any = true;
		buf_printf(b, ",output:%u", tunnel_number(net->type, n));
	}
	if (any)
		buf_addc(b, '\n');
}

static void links(struct plan_ctx *c, const struct topo_network *net)
{
	unsigned vlan = topo_local_vlan(net, c->node);

	if (!topo_nic(c->node, TOPO_TUNNEL))
		return;
	tunnels(c, net->type);
	buf_printf(&c->ovs->br_tun,
		   "table=%u,priority=1,tun_id=%" PRIu32
		   ",actions=mod_vlan_vid:%u,resubmit(,10)\n",
		   tables[net->type], net->vni, vlan);
	flood(c, net, vlan);
}

/* Who asks for the port's addresses has the answer from here. */
static void answers(struct plan_ctx *c, const struct topo_port *p,
		    unsigned vlan)
{
	char t[IP_TEXT_MAX], m[MAC_TEXT_MAX];

	mac_print(&p->mac, m);
	for (size_t i = 0; i < p->naddrs; i++) {
		const struct ip *ip = &p->addrs[i].addr.ip;

		if (ip->family != 4)
			continue;
		buf_printf(&c->ovs->br_tun,
			   "table=21,priority=1,arp,dl_vlan=%u,arp_tpa=%s,"
			   "actions=move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[],"
			   "mod_dl_src:%s,load:0x2->NXM_OF_ARP_OP[],"
			   "move:NXM_NX_ARP_SHA[]->NXM_NX_ARP_THA[],"
			   "move:NXM_OF_ARP_SPA[]->NXM_OF_ARP_TPA[],"
			   "load:0x%012" PRIx64 "->NXM_NX_ARP_SHA[],"
			   "load:0x%08" PRIx32 "->NXM_OF_ARP_SPA[],IN_PORT\n",
			   vlan, ip_print(ip, t), m, mac_number(&p->mac),
			   ip_number(ip));
	}
}

/* What is known beforehand of where MAC addresses are. */
static void entries(struct plan_ctx *c, const struct topo_network *net)
{
	unsigned vlan = topo_local_vlan(net, c->node);
	char m[MAC_TEXT_MAX];

	if (!c->node->l2_population || !topo_nic(c->node, TOPO_TUNNEL))
		return;
	for (size_t i = 0; i < c->lab->nports; i++) {
		const struct topo_port *p = &c->lab->ports[i];

		if (p->network != net || !p->node || !far_end(c, p->node))
			continue;
		buf_printf(&c->ovs->br_tun,
			   "table=20,priority=2,dl_vlan=%u,dl_dst=%s,"
			   "actions=strip_vlan,load:0x%" PRIx32
			   "->NXM_NX_TUN_ID[],output:%u\n",
			   vlan, mac_print(&p->mac, m), net->vni,
			   tunnel_number(net->type, p->node));
		if (c->node->arp_responder)
			answers(c, p, vlan);
	}
}

const struct uplink openvswitch_tunnel = {.links = links, .entries = entries};
