/* SPDX-License-Identifier: MIT */
/*
 * The active router's node loses its interface on the external network: the
 * router holds its role and leads nowhere. Where it pings its gateways
 * (health_check_interval) it hands over when two rounds in a row were lost.
 */
#include <errno.h>

#include "lib/mono.h"
#include "verify/faults/fault.h"

/* As the engine has it (vrrp/core/health.h), and keepalived with Neutron's
 * script: a round is lost after a second, or an interval that is shorter. */
#define WAIT_MS 1000

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

static bool asks(const struct topo_router *r)
{
	struct ip gateways[2];

	return topo_pinged(r, gateways) > 0;
}

/* At the soonest the fault comes just before a round, at the latest just after
 * one that was answered. */
static bool notices(const struct topo_router *r, struct fault_notice *ret)
{
	int64_t interval = r->ha.health_ms * NS_PER_MS;
	int64_t wait = WAIT_MS * NS_PER_MS;

	if (!asks(r))
		return false;
	if (interval < wait && r->ha.engine == TOPO_ENGINE_LABCTL)
		wait = interval;
	*ret = (struct fault_notice){interval + wait, 2 * interval + wait};
	return true;
}

static const char *weakness(const struct topo_router *r)
{
	return asks(r) ? NULL
		       : "VRRP watches the path between its routers, not the "
			 "one to the gateway: the role stays where nothing "
			 "gets out; health_check_interval cures it";
}

const struct fault fault_gateway_loss = {
	.name = "gateway-loss",
	.about = "the node's external interface is set down",
	.struck = "link down on",
	.mended = "link up again on",
	.op = "fault",
	.traits = FAULT_UNSEEN,
	.aim = aim,
	.holds = fault_link_down,
	.notices = notices,
	.weakness = weakness,
};
