/* SPDX-License-Identifier: MIT */
/*
 * The VRRP engine of the active router's node is killed by SIGKILL. Its
 * supervisor is the guard: it takes the addresses away and starts another,
 * which says that it holds nothing any more.
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

const struct fault fault_engine_kill = {
	.name = "engine-kill",
	.about = "the node's VRRP engine is killed",
	.struck = "engine killed on",
	.op = "kill",
	.aim = aim,
};
