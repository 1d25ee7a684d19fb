/* SPDX-License-Identifier: MIT */
/* Adding a fault is a file with its row and a line here. */
#include "verify/faults/fault.h"

#include <errno.h>
#include <string.h>

#include "lib/auto.h"

#define FAULTS(X)                                                              \
	X(fault_tunnel)                                                        \
	X(fault_ha)                                                            \
	X(fault_engine_kill)                                                   \
	X(fault_node_kill)                                                     \
	X(fault_node_pause)                                                    \
	X(fault_gateway_loss)                                                  \
	X(fault_partition)

#define DECLARE(f) extern const struct fault f;
FAULTS(DECLARE)

#define LIST(f) &(f),
static const struct fault *const faults[] = {FAULTS(LIST)};

const struct fault *fault_nth(size_t i)
{
	return i < ARRAY_LEN(faults) ? faults[i] : NULL;
}

const struct fault *fault_find(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(faults); i++)
		if (strcmp(faults[i]->name, name) == 0)
			return faults[i];
	return NULL;
}

const struct res_link *fault_link(const struct fault_aim *aim,
				  const struct observed *o)
{
	const struct seen_ns *ns = o ? seen_ns(o, aim->netns) : NULL;

	return ns ? seen_link(ns, aim->dev) : NULL;
}

bool fault_link_down(const struct fault_aim *aim, const struct observed *o)
{
	const struct res_link *l = fault_link(aim, o);

	return l && !l->up;
}

int fault_aim_node(const struct topo_router *r, size_t host,
		   struct fault_aim *ret, struct err *reterr)
{
	(void)r;
	(void)host;
	(void)reterr;
	*ret = (struct fault_aim){.netns = "", .dev = ""};
	return 0;
}

int fault_aim_tunnel(const struct topo_router *r, size_t host,
		     struct fault_aim *ret, struct err *reterr)
{
	const struct topo_node *n = r->hosts[host];
	const struct topo_nic *nic = topo_carrier(n, r->ha_network);

	if (!nic)
		nic = topo_nic(n, TOPO_TUNNEL);
	if (!nic)
		return err_set(reterr, -ENODEV,
			       "%s has no tunnel interface that could be lost",
			       n->name);
	*ret = (struct fault_aim){.netns = "", .dev = nic->ifname};
	return 0;
}
