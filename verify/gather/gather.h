/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_GATHER_GATHER_H
#define LABCTL_VERIFY_GATHER_GATHER_H

/* Fills evidence in from a lab's agents, all nodes at the same time. */

#include "lib/err.h"
#include "lib/mono.h"
#include "provision/host/fleet.h"
#include "verify/check.h"
#include "verify/evidence.h"

/*
 * Waits until each router has exactly one active host, as long as its timers
 * may take (e->waited_ns tells), then looks. Whatever could not be looked at
 * has its error in e; there is no other failure. needs is enum check_needs.
 */
void gather(struct fleet *f, struct evidence *e, unsigned needs);

/*
 * One observation of each node of the lab, at the same time: into obs, by the
 * lab's index, NULL where it failed (the fleet's node says why). There is an
 * arena for each node of the fleet.
 */
void gather_tables(struct fleet *f, struct arena *arenas,
		   const struct observed **obs);

/* The same of one node that is open. */
int gather_node_tables(struct fleet_node *n, struct arena *a, const char *lab,
		       const struct observed **ret, struct err *reterr);

/* The same of the namespaces with these names and of the node's own alone. */
int gather_node_places(struct fleet_node *n, struct arena *a, const char *lab,
		       const char *const *names, size_t count,
		       const struct observed **ret, struct err *reterr);

/*
 * Waits until each router has exactly one active host, or its timers are over.
 * Returns how long that took in ns (0: it was so at once). For each router of
 * the lab, learned is set to until when hosts may look for it at a wrong
 * place, for its role changed not long ago.
 */
int64_t gather_wait(struct fleet *f, struct mono *learned);

/* How many of a router's hosts say that they are active, and the last one. */
size_t gather_active(const struct topo_router *r, const struct observed **obs,
		     const struct topo_node **ret);

#endif
