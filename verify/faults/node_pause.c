/* SPDX-License-Identifier: MIT */
/*
 * The active router's node stands still, as a virtual machine does on a
 * stalled hypervisor: nothing in it runs, nothing gets through it, and then it
 * goes on as if no time had passed.
 */
#include <errno.h>

#include "verify/faults/fault.h"

/* All its interfaces but the one by which it must be told to go on. */
static int aim(const struct topo_router *r, size_t host, struct fault_aim *ret,
	       struct err *reterr)
{
	const struct topo_node *n = r->hosts[host];
	size_t i;

	*ret = (struct fault_aim){.netns = "", .dev = ""};
	for (i = 0; i < n->nnics && ret->ndevs < FAULT_AIM_DEVS_MAX; i++)
		if (n->nics[i].phys->use != TOPO_MANAGEMENT)
			ret->devs[ret->ndevs++] = n->nics[i].ifname;
	if (!ret->ndevs)
		return err_set(reterr, -ENODEV,
			       "%s has no interface that could stand still",
			       n->name);
	return 0;
}

static const char *weakness(const struct topo_router *r)
{
	return r->ha.engine == TOPO_ENGINE_KEEPALIVED
		       ? "it does not notice that it stood still: it goes on "
			 "as active, and where its address is the greater one "
			 "it takes the role back; labctl's engine yields"
		       : NULL;
}

const struct fault fault_node_pause = {
	.name = "node-pause",
	.about = "the node stands still, and then goes on",
	.struck = "standing still:",
	.mended = "going on:",
	.op = "pause",
	.traits = FAULT_KEEPS,
	.aim = aim,
	.weakness = weakness,
};
