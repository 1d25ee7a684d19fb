/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_HOST_DRAIN_H
#define LABCTL_PROVISION_HOST_DRAIN_H

/* Handing a node's routers over to others, without a gap. */

#include <stddef.h>

#include "lib/arena.h"
#include "lib/err.h"
#include "provision/host/fleet.h"
#include "topologies/topo.h"

struct drain_router {
	const struct topo_router *router;
	const struct topo_node *to; /* who leads it now; NULL: it stayed */
};

/*
 * Has every router that is active on the node resign there, and waits until
 * each has one active host elsewhere, as long as its timers may take. What
 * became of each is in *ret, from a. Returns 0 also where some stayed; -EINTR
 * when *interrupted (may be NULL) is set.
 */
int drain_resign(struct fleet *f, const struct topo_node *n,
		 volatile int *interrupted, struct arena *a,
		 struct drain_router **ret, size_t *ret_n, struct err *reterr);

#endif
