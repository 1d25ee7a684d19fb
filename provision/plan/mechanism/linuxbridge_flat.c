/* SPDX-License-Identifier: MIT */
/* flat: the node's interface on the provider network becomes a port of the
 * network's bridge. */
#include "provision/plan/mechanism/linuxbridge.h"

static void links(struct plan_ctx *c, const struct topo_network *net)
{
	const struct topo_nic *nic = topo_nic_on(c->node, net->phys);

	if (nic)
		plan_use_nic(c, nic->ifname, net->bridge);
}

const struct uplink linuxbridge_flat = {.links = links};
