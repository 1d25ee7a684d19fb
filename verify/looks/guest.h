/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_LOOKS_GUEST_H
#define LABCTL_VERIFY_LOOKS_GUEST_H

/*
 *   guest {"netns"}
 *        -> {"lease": {...}, "lease6": {...}, "resolv", "client", "client6"}
 *
 *   renew {"machines": [netns, ...], "timeout_ms"}
 *        -> {}
 *
 * What a machine holds of what it was told: its leases as its DHCP clients
 * wrote them (provision/machine/lease.h, lease6.h), its resolv.conf, and its
 * clients' states, a letter as in proc(5). What is not there is left out; that
 * there is no machine is an error.
 */

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/doc.h"
#include "lib/err.h"
#include "provision/machine/lease.h"
#include "provision/machine/lease6.h"

struct seen_guest {
	const char *error; /* why it could not be looked at, or NULL */
	bool leased, leased6;
	struct lease lease;
	struct lease6 lease6;
	const char *lost;     /* what the lease told and is gone, or NULL */
	const char *resolv;   /* its text; "" where there is none */
	char client, client6; /* 0: it runs none */
};

/* The request's members. */
void guest_ask(const char *netns, struct buf *out);

/* The agent's side. */
int look_guest(const struct doc *req, struct json *j, struct err *reterr);

/* Reads an answer, of which nothing is believed to be of the right form or
 * size; what is kept is in a. */
void guest_answer(struct arena *a, const struct doc *d, struct seen_guest *ret);

/* Has DHCP clients renew their leases, and waits until they have. */
void renew_ask(const char *const *machines, size_t n, unsigned timeout_ms,
	       struct buf *out);
int look_renew(const struct doc *req, struct json *j, struct err *reterr);

#endif
