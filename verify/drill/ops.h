/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_DRILL_OPS_H
#define LABCTL_VERIFY_DRILL_OPS_H

/* Between the parts of a running drill: what is under way at the agents. */

#include "verify/drill/drill.h"

/* One operation that goes on at an agent. */
struct drill_op {
	struct fleet_node *node;
	unsigned id, stop_id;
	bool on, stopping;
};

/* A drill that is being run. */
struct drill_run {
	struct drill *d;
	struct fleet *f;
	const volatile int *interrupted;
	drill_progress *progress;
	void *ctx;
	struct drill_op *captures, *watches; /* routers' hosts, flattened */
	struct drill_op *pings;              /* as d->pings */
	struct drill_op *faults;
	size_t nhosts, nfaults;
};

/* Sends a request to a node; reterr has its name. */
int drill_op_begin(struct drill_run *r, struct drill_op *op, const char *node,
		   const char *name, const char *members, struct err *reterr);

/* Asks it to end; drill_op_end() takes the answer, with or without that. */
void drill_op_stop(struct drill_op *op);
int drill_op_end(struct drill_op *op, struct arena *a, const struct doc **ret,
		 struct err *reterr);

/* Captures, watches and pings of all routers: begun, and at last ended and
 * put into the record. What cannot be begun or ended says why there. */
void drill_begin_all(struct drill_run *r);
void drill_end_all(struct drill_run *r);

#endif
