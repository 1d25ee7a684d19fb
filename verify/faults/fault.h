/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_FAULTS_FAULT_H
#define LABCTL_VERIFY_FAULTS_FAULT_H

/*
 * What a drill can break. A fault strikes one interface by one operation of
 * the node's agent, which guards it: whatever happens to the drill, the guard
 * mends it. Routers whose aims are the same share one fault.
 */

#include <stdbool.h>
#include <stddef.h>

#include "lib/err.h"
#include "provision/seen.h"
#include "topologies/topo.h"

struct fault_aim {
	const char *netns, *dev;
};

struct fault {
	const char *name;
	const char *about; /* what is struck */
	const char *op;    /* the agent's operation; its request is an aim */
	/* Where it strikes a router that is active on hosts[host]; -ENODEV
	 * where there is nothing to strike. */
	int (*aim)(const struct topo_router *r, size_t host,
		   struct fault_aim *ret, struct err *reterr);
	/* Does it hold, by the tables of the node? */
	bool (*holds)(const struct fault_aim *aim, const struct observed *o);
	/* Is it known that this router's old host may keep what it has? */
	bool (*weak)(const struct topo_router *r);
};

/* Fault i, the first is the usual one; NULL past the last. */
const struct fault *fault_nth(size_t i);
const struct fault *fault_find(const char *name);

/* The aimed link, or NULL. */
const struct res_link *fault_link(const struct fault_aim *aim,
				  const struct observed *o);

/* holds() of a fault that sets a link down. */
bool fault_link_down(const struct fault_aim *aim, const struct observed *o);

#endif
