/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_PASSAGES_H
#define LABCTL_VERIFY_PASSAGES_H

/* Gathering of passages: instances send, the host outside sees. */

#include "lib/mono.h"
#include "provision/host/fleet.h"
#include "verify/evidence.h"
#include "verify/going.h"

/* Begins to look, before anything is sent. Where the host outside is not open
 * e->left.error stays what it is. */
void passages_begin(struct fleet *f, struct evidence *e, struct going *ret);

/* No datagram can be sent from this node, or none be seen (the host outside):
 * why stays the caller's. */
void passages_blame(struct evidence *e, const struct topo_node *n,
		    const char *why);

/*
 * Sends from all of a node's instances, by its agent, for the node's own
 * thread; then takes the answer. The batch is in a, NULL on the host outside.
 */
struct passages_batch;
struct passages_batch *passages_send(struct fleet_node *n, struct evidence *e,
				     struct arena *a);
void passages_take(struct passages_batch *b, struct fleet_node *n,
		   struct arena *a);

/*
 * Ends looking. What was not seen is tried once more, and again until a try
 * was begun after learned[router] (NULL: one is enough).
 */
void passages_end(struct fleet *f, struct evidence *e, struct going *g,
		  const struct mono *learned);

#endif
