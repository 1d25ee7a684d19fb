/* SPDX-License-Identifier: MIT */
/*
 * The Linux bridge mechanism: one bridge for each network on the node, with
 * the network type's uplink and the tap ends of all ports as its ports. The
 * node itself is no party of these networks: bridge, uplink and tap ends have
 * IPv6 switched off and so never send.
 */
#include "provision/plan/linuxbridge.h"

#include "lib/auto.h"
#include "provision/plan/radvd.h"

/* local: a bridge without uplink. */
static const struct uplink local;

static const struct uplink *const uplinks[] = {
	[TOPO_LOCAL] = &local,
	[TOPO_FLAT] = &linuxbridge_flat,
	[TOPO_VXLAN] = &linuxbridge_vxlan,
};
_Static_assert(ARRAY_LEN(uplinks) == TOPO_VXLAN + 1, "types");

static void network(struct plan_ctx *c, const struct topo_network *net)
{
	struct res *r = plan_add(c, RES_LINK, "");

	r->link = (struct res_link){
		.kind = LINK_BRIDGE,
		.name = net->bridge,
		.mtu = net->mtu,
		.up = true,
		.addr_gen_none = true,
		.ipv6_off = true,
	};
	if (uplinks[net->type]->links)
		uplinks[net->type]->links(c, net);
}

/* fe:16:3e and the port's own half: as libvirt names a tap. */
static struct mac tap_mac(const struct mac *port)
{
	struct mac m = *port;

	m.b[0] = 0xfe;
	m.b[1] = 0x16;
	m.b[2] = 0x3e;
	return m;
}

static void port(struct plan_ctx *c, const struct topo_port *p,
		 const char *netns)
{
	bool shared = p->kind == TOPO_PORT_QR || p->kind == TOPO_PORT_QG;
	struct res *r = plan_add(c, RES_LINK, "");

	r->link = (struct res_link){
		.kind = LINK_VETH,
		.name = p->tap,
		.mac = tap_mac(&p->mac),
		.has_mac = true,
		.mtu = p->network->mtu,
		.up = true,
		.master = p->network->bridge,
		.addr_gen_none = true,
		.ipv6_off = true,
		.peer = p->ifname,
		.peer_netns = netns,
	};
	r = plan_add(c, RES_LINK, netns);
	r->link = (struct res_link){
		.kind = LINK_VETH,
		.name = p->ifname,
		.mac = p->mac,
		.has_mac = true,
		.mtu = p->network->mtu,
		.up = true,
		.addr_gen_none = shared,
		.ipv6_quiet = p->router != NULL,
		.ipv6_by_role =
			(p->kind == TOPO_PORT_QR || p->kind == TOPO_PORT_QG) &&
			plan_router_advertises(p->router),
		.engine_addrs = p->router && p->router->is_ha,
	};
}

const struct mechanism mechanism_linuxbridge = {
	.network = network,
	.port = port,
	.uplinks = uplinks,
};
