/* SPDX-License-Identifier: MIT */
/* The overlay interface of the active router's node is set down: the node is
 * cut off from all others, and may not notice. */
#include "verify/faults/fault.h"

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
	.aim = fault_aim_tunnel,
	.holds = fault_link_down,
	.weakness = weakness,
};
