/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_DRILL_RESCUE_H
#define LABCTL_VERIFY_DRILL_RESCUE_H

/*
 * A whole node killed, and made anew by what `up` does: by a process beside
 * this one, which does so too when this one is gone.
 */

#include <stdint.h>
#include <sys/types.h>

#include "lib/err.h"
#include "topologies/topo.h"

struct rescue {
	int fd; /* to the guard, or -1 */
	pid_t guard;
};

/*
 * Starts the guard, for a lab that has been entered and locked by this
 * process; both are the guard's too. Must be called before there are threads
 * or sessions to nodes.
 */
int rescue_begin(struct rescue *ret, struct lab *lab, struct err *reterr);

/* Kills the node; *ret_ns is CLOCK_REALTIME just before. From here on the
 * guard mends, max_ms later at the latest. */
int rescue_kill(struct rescue *r, const struct lab *lab, const char *node,
		int64_t max_ms, int64_t *ret_ns, struct err *reterr);

/* Has the node made anew and waits until it is; *ret_ns is when that began. */
int rescue_mend(struct rescue *r, int64_t *ret_ns, struct err *reterr);

/* Lets the guard go. What was killed is made anew first. */
void rescue_end(struct rescue *r);

#endif
