/* SPDX-License-Identifier: MIT */
/* The active router's node is cut off from the overlay by a network that loses
 * everything, while no link goes down: nobody can know, and two are active. */
#include "verify/faults/fault.h"

static int aim(const struct topo_router *r, size_t host, struct fault_aim *ret,
	       struct err *reterr)
{
	int e = fault_aim_tunnel(r, host, ret, reterr);

	if (e == 0)
		ret->devs[ret->ndevs++] = ret->dev;
	return e;
}

static const char *weakness(const struct topo_router *r)
{
	return r->ha.engine == TOPO_ENGINE_KEEPALIVED
		       ? "after a split some may look for it at the one that "
			 "yielded, until its next refresh; labctl's engine "
			 "announces again then"
		       : NULL;
}

const struct fault fault_partition = {
	.name = "partition",
	.about =
		"the overlay loses all from and to the node, its links stay up",
	.struck = "cut off:",
	.mended = "joined again:",
	.op = "cut",
	.traits = FAULT_KEEPS | FAULT_SPLITS,
	.aim = aim,
	.weakness = weakness,
};
