/* SPDX-License-Identifier: MIT */
/*
 * The VRRP engine of the active router's node is killed by SIGKILL. Its
 * supervisor is the guard: it takes the addresses away and starts another,
 * which says that it holds nothing any more.
 */
#include "verify/faults/fault.h"

const struct fault fault_engine_kill = {
	.name = "engine-kill",
	.about = "the node's VRRP engine is killed",
	.struck = "engine killed on",
	.op = "kill",
	.aim = fault_aim_node,
};
