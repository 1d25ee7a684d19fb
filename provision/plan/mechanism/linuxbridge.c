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

/* From so many routers of an HA network on, each hears its own adverts only. */
#define EARSHOT 32u

static bool is_crowded(const struct lab *lab, const struct topo_network *ha)
{
	size_t i, n = 0;

	for (i = 0; i < lab->nrouters && n <= EARSHOT; i++)
		n += lab->routers[i].ha_network == ha;
	return n > EARSHOT;
}

static void port(struct plan_ctx *c, const struct topo_port *p,
		 const char *netns)
{
	struct res *r;

	plan_port_links(c, p, netns, p->network->bridge);
	if (p->kind != TOPO_PORT_HA || !is_crowded(c->lab, p->network))
		return;
	r = plan_add(c, RES_ADVERTS, "");
	r->adverts.dev = p->tap;
	r->adverts.vrid = p->router->ha.vrid;
	r->adverts.vip = p->router->ha.vip.ip;
}

const struct mechanism mechanism_linuxbridge = {
	.network = network,
	.port = port,
	.uplinks = uplinks,
};
