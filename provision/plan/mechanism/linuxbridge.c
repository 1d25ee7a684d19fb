/* SPDX-License-Identifier: MIT */
/*
 * The Linux bridge mechanism: one bridge for each network on the node, with
 * the network type's uplink and the tap ends of all ports as its ports. The
 * node itself is no party of these networks: bridge, uplink and tap ends have
 * IPv6 switched off and so never send.
 */
#include "provision/plan/mechanism/linuxbridge.h"

#include "lib/auto.h"
#include "provision/plan/port.h"

/* local: a bridge without uplink. */
static const struct uplink local;

static const struct uplink *const uplinks[] = {
	[TOPO_LOCAL] = &local,
	[TOPO_FLAT] = &linuxbridge_flat,
	[TOPO_VXLAN] = &linuxbridge_vxlan,
	[TOPO_VLAN] = &linuxbridge_vlan,
	[TOPO_GRE] = NULL,
	[TOPO_GENEVE] = NULL,
};
_Static_assert(ARRAY_LEN(uplinks) == TOPO_TYPES, "types");

static void network(struct plan_ctx *c, const struct topo_network *net)
{
	plan_bridge(c, net->bridge, net->mtu);
	if (uplinks[net->type]->links)
		uplinks[net->type]->links(c, net);
}

static void port(struct plan_ctx *c, const struct topo_port *p,
		 const char *netns)
{
	plan_port_links(c, p, netns, p->network->bridge);
}

const struct mechanism mechanism_linuxbridge = {
	.network = network,
	.port = port,
	.uplinks = uplinks,
};
