/* SPDX-License-Identifier: MIT */
/* The router's own ha interface on its active node is set down. */
#include "verify/faults/fault.h"

static int aim(const struct topo_router *r, size_t host, struct fault_aim *ret,
	       struct err *reterr)
{
	(void)reterr;
	*ret = (struct fault_aim){.netns = r->netns,
				  .dev = r->ha_ports[host]->ifname};
	return 0;
}

const struct fault fault_ha = {
	.name = "ha",
	.about = "the router's own ha interface is set down",
	.struck = "link down on",
	.mended = "link up again on",
	.op = "fault",
	.aim = aim,
	.holds = fault_link_down,
};
