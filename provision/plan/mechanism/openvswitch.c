/* SPDX-License-Identifier: MIT */
/*
 * Open vSwitch
 * ============
 * A node has one bridge for all ports, br-int, in which a network is a VLAN
 * that means something on this node alone; a bridge for tunnels, br-tun, and
 * one for each provider network, with a pair of patch ports to br-int. What
 * they do with frames is in their flows, as Neutron's agent writes them; a
 * switch without them is secure and lets nothing through.
 *
 * The datapath is the kernel's where it has one, else Open vSwitch's own
 * (netdev), which needs no module. With its own, three things follow. All ports
 * are veth pairs, as with Neutron's ovs_use_veth, since its internal ports do
 * not live longer than ovs-vswitchd, and the kernel's do; tunnels leave by a
 * bridge only, br-eth1, which so has the node's address in the tunnel network;
 * and checksums must be whole. With the kernel's, ports of routers and DHCP
 * servers are internal ones, unless ovs_use_veth is set.
 *
 * Three services: the database, the switch, and one that puts the flows in
 * place whenever the switch was started, which forgets them.
 */
#include "provision/plan/mechanism/openvswitch.h"

#include <string.h>

#include "lib/auto.h"
#include "provision/kinds/ovs/ovs.h"
#include "provision/plan/port.h"
#include "provision/plan/service.h"

#define OWN "netdev" /* datapaths */
#define KERNEL "system"
#define SECURE "secure"

static const struct uplink local;

static const struct uplink *const uplinks[] = {
	[TOPO_LOCAL] = &local,
	[TOPO_FLAT] = &openvswitch_physical,
	[TOPO_VLAN] = &openvswitch_physical,
	[TOPO_VXLAN] = &openvswitch_tunnel,
	[TOPO_GRE] = &openvswitch_tunnel,
	[TOPO_GENEVE] = &openvswitch_tunnel,
};
_Static_assert(ARRAY_LEN(uplinks) == TOPO_TYPES, "types");

/* --- parts -----------------------------------------------------------------
 */

struct res_ovs *openvswitch_bridge(struct plan_ctx *c, const char *name)
{
	struct res *r = plan_add(c, RES_OVS, "");

	r->ovs = (struct res_ovs){
		.name = name,
		.type = c->node->by_kernel ? KERNEL : OWN,
		.options = "",
		.ids = arena_printf(c->arena, "labctl=%s", c->lab->name),
		.fail_mode = SECURE,
	};
	return &r->ovs;
}

struct res_ovs *openvswitch_port(struct plan_ctx *c, const char *bridge,
				 const char *name, unsigned number)
{
	struct res *r = plan_add(c, RES_OVS, "");

	r->ovs = (struct res_ovs){
		.name = name,
		.bridge = bridge,
		.type = "",
		.options = "",
		.ids = "",
		.fail_mode = "",
		.number = number,
	};
	return &r->ovs;
}

static void patch_end(struct plan_ctx *c, const char *bridge, const char *name,
		      unsigned number, const char *peer)
{
	struct res_ovs *o = openvswitch_port(c, bridge, name, number);

	o->type = "patch";
	o->options = arena_printf(c->arena, "peer=%s", peer);
}

void openvswitch_patch(struct plan_ctx *c, const char *bridge, const char *name,
		       unsigned number, const char *to, const char *to_name,
		       unsigned to_number)
{
	patch_end(c, bridge, name, number, to_name);
	patch_end(c, to, to_name, to_number, name);
}

/* The kernel's own datapath sees to checksums. */
static void whole(struct plan_ctx *c, const char *netns, const char *dev)
{
	if (c->node->by_kernel)
		return;
	plan_add(c, RES_OFFLOAD, netns)->offload.dev = dev;
}

/* --- the node --------------------------------------------------------------
 */

/* The bridge by which tunnels leave: the kernel's leave as all packets do. */
static void underlay(struct plan_ctx *c, const struct topo_nic *nic)
{
	char mac[MAC_TEXT_MAX];
	struct res_ovs *o;
	struct res *r;

	r = plan_add(c, RES_LINK, "");
	r->link = (struct res_link){.kind = LINK_TAP,
				    .name = nic->dev,
				    .mac = nic->mac,
				    .has_mac = true,
				    .mtu = nic->phys->mtu,
				    .up = true,
				    .addr_gen_none = true,
				    .ipv6_off = true};
	r = plan_add(c, RES_ADDR, "");
	r->addr.dev = nic->dev;
	r->addr.addr = nic->addr;
	whole(c, "", nic->ifname);
	o = openvswitch_bridge(c, nic->dev);
	o->fail_mode = ""; /* it switches by itself */
	o->options =
		arena_printf(c->arena, "hwaddr=%s", mac_print(&nic->mac, mac));
	openvswitch_port(c, nic->dev, nic->ifname, OVS_PATCH);
}

static void tunnels(struct plan_ctx *c)
{
	const struct topo_nic *nic = topo_nic(c->node, TOPO_TUNNEL);

	if (!nic)
		return;
	plan_use_nic(c, nic->ifname, NULL);
	if (topo_in_userspace(c->node))
		underlay(c, nic);
	openvswitch_bridge(c, OVS_TUN);
	openvswitch_patch(c, OVS_INT, "patch-tun", OVS_PATCH, OVS_TUN,
			  "patch-int", OVS_PATCH);
}

static void begin(struct plan_ctx *c)
{
	if (c->node->role == TOPO_CONTROLLER)
		return;
	c->ovs = arena_alloc(c->arena, sizeof(*c->ovs));
	openvswitch_bridge(c, OVS_INT);
	tunnels(c);
	buf_adds(&c->ovs->br_int, "table=0,priority=0,actions=NORMAL\n"
				  "table=23,priority=0,actions=drop\n"
				  "table=24,priority=0,actions=drop\n");
}

static void network(struct plan_ctx *c, const struct topo_network *net)
{
	if (uplinks[net->type]->links)
		uplinks[net->type]->links(c, net);
}

/* --- ports -----------------------------------------------------------------
 */

/* Between a Linux bridge of the port's own, where iptables sees what passes,
 * and br-int: a pair of veth. What it hands on is whole. */
static const char *hybrid(struct plan_ctx *c, const struct topo_port *p,
			  const char **ret_bridge)
{
	char name[IFNAME_MAX];
	const char *qbr, *qvb, *qvo;

	topo_port_link(p, "qbr", name);
	qbr = arena_strdup(c->arena, name);
	topo_port_link(p, "qvb", name);
	qvb = arena_strdup(c->arena, name);
	topo_port_link(p, "qvo", name);
	qvo = arena_strdup(c->arena, name);
	plan_bridge(c, qbr, p->network->mtu);
	plan_pair(c, p->network->mtu, qvb, qbr, qvo);
	whole(c, "", qvb);
	whole(c, "", qvo);
	*ret_bridge = qbr;
	return qvo;
}

static void port(struct plan_ctx *c, const struct topo_port *p,
		 const char *netns)
{
	bool outside = topo_plugged_outside(p, c->node);
	bool internal = topo_is_internal(p, c->node);
	unsigned number = OVS_PORT + (unsigned)p->index;
	const char *name = p->tap, *bridge = NULL;
	char m[MAC_TEXT_MAX];
	struct res_ovs *o;

	if (internal)
		name = p->ifname;
	else if (p->hybrid)
		name = hybrid(c, p, &bridge);
	else
		whole(c, "", p->tap);
	whole(c, netns, p->ifname);
	o = openvswitch_port(c, outside ? c->node->external_bridge : OVS_INT,
			     name, number);
	if (!outside)
		o->tag = topo_local_vlan(p->network, c->node);
	o->ids = arena_printf(c->arena,
			      "attached-mac=%s,iface-id=%s,iface-status=active",
			      mac_print(&p->mac, m), p->uuid);
	if (internal) {
		o->type = "internal";
		o->netns = netns;
	}
	openvswitch_spoofing(c, p, number);
	if (internal)
		plan_internal_link(c, p, netns);
	else
		plan_port_links(c, p, netns, bridge);
}

/* --- services --------------------------------------------------------------
 */

static void database(struct plan_ctx *c)
{
	static const char *const argv[] = {"labctl", "ovsdb"};

	plan_service(c, "ovsdb-server", "Open vSwitch's database", argv,
		     ARRAY_LEN(argv))
		->early = true;
}

static void vswitchd(struct plan_ctx *c)
{
	static const char remote[] = "unix:" OVS_SOCKET;
	static const char *const argv[] = {"ovs-vswitchd", remote, "--pidfile",
					   "-vconsole:warn", "-vsyslog:off"};
	/* An ovs-vswitchd that made the kernel's datapath can lose all that it
	 * is asked: one that finds it there does not. */
	static const char *const made[] = {
		"sh", "-c",
		"ovs-dpctl show " OVS_DATAPATH " >/dev/null 2>&1 || ovs-dpctl "
		"add-dp " OVS_DATAPATH "; exec ovs-vswitchd unix:" OVS_SOCKET
		" --pidfile -vconsole:warn -vsyslog:off"};

	struct res_service *s;

	if (c->node->by_kernel)
		s = plan_service(c, "ovs-vswitchd", "Open vSwitch", made,
				 ARRAY_LEN(made));
	else
		s = plan_service(c, "ovs-vswitchd", "Open vSwitch", argv,
				 ARRAY_LEN(argv));
	s->early = true;
}

static void add_file(struct plan_ctx *c, struct res_service *s,
		     const char *bridge, const char *text)
{
	struct service_file *f =
		arena_push(c->arena, &s->files, &s->nfiles, sizeof(*f));

	f->path = arena_printf(c->arena, "flows/%s", bridge);
	f->text = text;
}

static void flows(struct plan_ctx *c, struct res_service *keeper,
		  const char *bridge, struct buf *b)
{
	struct res *r;

	if (!b->len)
		return;
	r = plan_add(c, RES_FLOWS, "");
	r->flows.bridge = bridge;
	r->flows.text = arena_strndup(c->arena, b->data, b->len);
	add_file(c, keeper, bridge, r->flows.text);
	buf_release(b);
}

static void end(struct plan_ctx *c)
{
	const char *const words[] = {"labctl", "flows",
				     plan_state_file(c, "flows")};
	struct res_service keeper = {0}, *s;
	struct ovs_plan *o = c->ovs;

	if (!o)
		return;
	database(c);
	vswitchd(c);
	flows(c, &keeper, OVS_INT, &o->br_int);
	flows(c, &keeper, OVS_TUN, &o->br_tun);
	for (size_t i = 0; i < o->nphys; i++)
		flows(c, &keeper, o->phys[i].bridge, &o->phys[i].flows);
	s = plan_service(c, "ovs-flows", "flows of Open vSwitch", words,
			 ARRAY_LEN(words));
	s->files = keeper.files;
	s->nfiles = keeper.nfiles;
	s->reload = "HUP";
}

const struct mechanism mechanism_openvswitch = {
	.begin = begin,
	.end = end,
	.network = network,
	.port = port,
	.uplinks = uplinks,
};
