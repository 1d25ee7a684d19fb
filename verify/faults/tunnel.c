/* SPDX-License-Identifier: MIT */
/* The overlay interface of the active router's node is set down: the node is
 * cut off from all others, and may not notice. */
#include <errno.h>

#include "verify/faults/fault.h"

static int aim(const struct topo_router *r, size_t host, struct fault_aim *ret,
	       struct err *reterr)
{
	const struct topo_node *n = r->hosts[host];
	const struct topo_nic *nic = topo_nic(n, TOPO_TUNNEL);

	if (!nic)
		return err_set(reterr, -ENODEV,
			       "%s has no tunnel interface to set down",
			       n->name);
	*ret = (struct fault_aim){.netns = "", .dev = nic->ifname};
	return 0;
}

static const char *weakness(const struct topo_router *r)
{
	return r->ha.track & TOPO_TRACK_TUNNEL
		       ? NULL
		       : "with track: [ha] a node whose overlay is cut keeps "
			 "its addresses and may take the role back; track: "
			 "[ha, tunnel] cures it";
}

const struct fault fault_tunnel = {
	.name = "tunnel",
	.about = "the node's overlay interface is set down",
	.struck = "link down on",
	.mended = "link up again on",
	.op = "fault",
	.aim = aim,
	.holds = fault_link_down,
	.weakness = weakness,
};
