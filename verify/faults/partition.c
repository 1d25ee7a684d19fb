/* SPDX-License-Identifier: MIT */
/* The active router's node is cut off from the overlay by a network that loses
 * everything, while no link goes down: nobody can know, and two are active. */
#include <errno.h>

#include "verify/faults/fault.h"

static int aim(const struct topo_router *r, size_t host, struct fault_aim *ret,
	       struct err *reterr)
{
	const struct topo_node *n = r->hosts[host];
	const struct topo_nic *nic = topo_nic(n, TOPO_TUNNEL);

	if (!nic)
		return err_set(reterr, -ENODEV,
			       "%s has no tunnel interface to cut off",
			       n->name);
	*ret = (struct fault_aim){.netns = "",
				  .dev = nic->ifname,
				  .devs = {nic->ifname},
				  .ndevs = 1};
	return 0;
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
};
