/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_HOST_FLEET_H
#define LABCTL_PROVISION_HOST_FLEET_H

/* All nodes of a lab at once: a thread and a remote for each. */

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/err.h"
#include "provision/host/remote.h"
#include "topologies/topo.h"

struct fleet_node {
	const char *name;
	const struct topo_node *node; /* NULL: the host outside */
	struct remote *remote;        /* NULL: could not be opened */
	struct err err;               /* why the last call failed here */
	int status;                   /* of the last call: 0 or -errno */
	bool told;                    /* the agent has the lab's text */
	void *user;                   /* the caller's */
};

struct fleet {
	const struct lab *lab;
	struct fleet_node *nodes; /* in the lab's order, outside last */
	size_t n;
	struct arena arena;
};

enum fleet_flags { FLEET_OUTSIDE = 1 << 0 /* the host outside as well */ };

/*
 * Opens all nodes in parallel; the lab has been entered (emul_up or
 * emul_enter). Returns 0, or the first error with the node's name before it;
 * nodes that opened are usable even then, so that a caller may go on.
 */
int fleet_open(struct fleet *ret, const struct lab *lab, unsigned flags,
	       struct err *reterr);
void fleet_close(struct fleet *f);

/* Opens one node anew, whose session is gone or is ended here: the node was
 * made anew meanwhile. */
int fleet_again(struct fleet *f, struct fleet_node *n, struct err *reterr);

/* Called in a thread of the node's own; only touches that node. */
typedef int fleet_fn(struct fleet_node *n, void *ctx, struct err *reterr);

/*
 * Calls fn for each node that is open, in parallel, and waits for all. Sets
 * each node's status and err. Returns 0 or the first error, prefixed with the
 * node's name. Nodes that are not open count as failed.
 */
int fleet_each(struct fleet *f, fleet_fn *fn, void *ctx, struct err *reterr);

struct fleet_node *fleet_node(struct fleet *f, const char *name);

#endif
