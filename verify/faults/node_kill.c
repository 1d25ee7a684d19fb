/* SPDX-License-Identifier: MIT */
/*
 * The active router's node is gone at once, with all that ran in it and all
 * its interfaces, as by its power switch. The guard is a process beside
 * labctl (verify/drill/rescue.c), which makes the node anew as `up` does.
 */
#include "verify/faults/fault.h"

static int aim(const struct topo_router *r, size_t host, struct fault_aim *ret,
	       struct err *reterr)
{
	(void)r;
	(void)host;
	(void)reterr;
	*ret = (struct fault_aim){.netns = "", .dev = ""};
	return 0;
}

const struct fault fault_node_kill = {
	.name = "node-kill",
	.about = "the node is gone, as by its power switch",
	.struck = "node killed:",
	.mended = "node made anew:",
	.traits = FAULT_KILLS_NODE | FAULT_KEEPS,
	.aim = aim,
};
