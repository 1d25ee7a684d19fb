/* SPDX-License-Identifier: MIT */
/*
 * The VRRP engine of the active router's node is killed by SIGKILL. Its
 * supervisor is the guard: it takes the addresses away and starts another,
 * which says that it holds nothing any more. keepalived's routers have one
 * each, whose guard is the node's supervisor of services; nobody takes the
 * addresses away until it runs again.
 */
#include "verify/faults/fault.h"

static int aim(const struct topo_router *r, size_t host, struct fault_aim *ret,
	       struct err *reterr)
{
	int e = fault_aim_node(r, host, ret, reterr);

	if (e == 0 && r->ha.engine == TOPO_ENGINE_KEEPALIVED)
		ret->netns = r->netns;
	return e;
}

const struct fault fault_engine_kill = {
	.name = "engine-kill",
	.about = "the node's VRRP engine is killed",
	.struck = "engine killed on",
	.op = "kill",
	.aim = aim,
};
