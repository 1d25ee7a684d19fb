/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_DRILL_OPS_H
#define LABCTL_VERIFY_DRILL_OPS_H

/* Between the parts of a running drill: what is under way at the agents. */

#include "verify/drill/drill.h"
#include "verify/going.h"

/* A drill that is being run. */
struct drill_run {
	struct drill *d;
	struct fleet *f;
	const volatile int *interrupted;
	drill_progress *progress;
	void *ctx;
	struct going *captures, *watches; /* routers' hosts, flattened */
	struct going *pings;              /* as d->pings */
	struct going *faults;
	struct drill_place **places; /* where ends of connections are */
	size_t nhosts, nfaults, nplaces;
	bool killed; /* the victim, and not yet made anew */
};

/* Captures, watches and pings of all routers: begun, so that agents have begun
 * all of them when this returns, and at last ended and put into the record.
 * What cannot be begun or ended says why there. */
void drill_begin_all(struct drill_run *r);
void drill_end_all(struct drill_run *r);

/* Connections: what the lab has for them, opened, and at last tried, which
 * tells of each what became of it. */
void drill_connections_init(struct drill *d);
void drill_connections_begin(struct drill_run *r);
void drill_connections_end(struct drill_run *r);

/* The same for captures and watches on one node alone, before it goes. */
void drill_end_node(struct drill_run *r, const struct topo_node *n);

#endif
