/* SPDX-License-Identifier: MIT */
/*
 * The active router's node is gone at once, with all that ran in it and all
 * its interfaces, as by its power switch. The guard is a process beside
 * labctl (verify/drill/rescue.c), which makes the node anew as `up` does.
 */
#include "verify/faults/fault.h"

const struct fault fault_node_kill = {
	.name = "node-kill",
	.about = "the node is gone, as by its power switch",
	.struck = "node killed:",
	.mended = "node made anew:",
	.traits = FAULT_KILLS_NODE | FAULT_KEEPS,
	.aim = fault_aim_node,
};
