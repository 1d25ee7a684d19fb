/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_HOST_LEASES_H
#define LABCTL_PROVISION_HOST_LEASES_H

/* Which instances have a lease: the word of their nodes' agents. */

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/err.h"
#include "provision/host/fleet.h"
#include "topologies/topo.h"

struct leases {
	size_t wanted; /* instances that lease an address */
	size_t held;
	struct buf without; /* names of the others: "web1, web2 and 3 more" */
	size_t anew; /* were had to ask anew, for what they held was wrong */
};

void leases_release(struct leases *l);

/* Instances of the lab that lease an address. */
size_t leases_wanted(const struct lab *lab);

/* How long the last of them may take from its start, in milliseconds. */
unsigned leases_deadline_ms(const struct lab *lab);

/*

 * Asks again and again until every instance has its lease, the one that the
 * model says; who has another, or a client that does not go on, is told to ask
 * anew. -ETIMEDOUT after timeout_ms (reterr names those without), -EINTR
 * when *interrupted (may be NULL) is set, or the error of a node that cannot
 * be asked. The agents have been told the lab. *ret is filled in any case.
 */
int leases_wait(struct fleet *f, unsigned timeout_ms, volatile int *interrupted,
		struct leases *ret, struct err *reterr);

#endif
