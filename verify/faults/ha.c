/* SPDX-License-Identifier: MIT */
/* The router's own ha interface on its active node is set down. */
#include "verify/faults/fault.h"

static int aim(const struct topo_router *r, size_t host, struct fault_aim *ret,
	       struct err *reterr)
{
	(void)reterr;
	*ret = (struct fault_aim){r->netns, r->ha_ports[host]->ifname};
	return 0;
}

static bool weak(const struct topo_router *r)
{
	(void)r;
	return false;
}

const struct fault fault_ha = {
	.name = "ha",
	.about = "the router's own ha interface",
	.op = "fault",
	.aim = aim,
	.holds = fault_link_down,
	.weak = weak,
};
