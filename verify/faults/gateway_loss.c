/* SPDX-License-Identifier: MIT */
/* The active router's node loses its interface on the external network: the
 * router holds its role and leads nowhere. */
#include <errno.h>

#include "verify/faults/fault.h"

static int aim(const struct topo_router *r, size_t host, struct fault_aim *ret,
	       struct err *reterr)
{
	const struct topo_node *n = r->hosts[host];
	const struct topo_phys *p =
		r->gateway ? r->gateway->network->phys : NULL;
	const struct topo_nic *nic = p ? topo_nic_on(n, p) : NULL;

	if (!nic)
		return err_set(reterr, -ENODEV,
			       "%s has no gateway that %s could lose", r->name,
			       n->name);
	*ret = (struct fault_aim){.netns = "", .dev = nic->ifname};
	return 0;
}

static const char *weakness(const struct topo_router *r)
{
	(void)r;
	return "VRRP watches the path between its routers, not the one to the "
	       "gateway: the role stays where nothing gets out";
}

const struct fault fault_gateway_loss = {
	.name = "gateway-loss",
	.about = "the node's external interface is set down",
	.struck = "link down on",
	.mended = "link up again on",
	.op = "fault",
	.aim = aim,
	.holds = fault_link_down,
	.weakness = weakness,
};
