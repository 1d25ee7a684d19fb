/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_LOOKS_SWEEP_H
#define LABCTL_VERIFY_LOOKS_SWEEP_H

/*
 *   sweep {"netns", "dsts": [...], "count", "interval_us", "timeout_ms"}
 *        -> {"replies": [{"n", "ttl"}], "error"}
 *
 * Pings many IPv6 addresses from one place by one process: count rounds, and
 * timeout_ms for the last replies. ttl is the hop limit of the last one. error
 * is the first that sending met.
 */

#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/doc.h"
#include "lib/err.h"
#include "lib/ip.h"

#define SWEEP_DSTS_MAX 8192
#define SWEEP_ROUNDS_MAX 64

struct sweep_ask {
	const char *netns;
	const struct ip *dsts;
	size_t n;
	unsigned count, interval_us, timeout_ms;
};

struct seen_replies {
	const char *error;      /* why nobody could ping, or NULL */
	const char *send_error; /* the sweep's, of one that did not answer */
	unsigned n;
	uint8_t ttl;
};

/* The request's members. */
void sweep_ask(const struct sweep_ask *q, struct buf *out);

/* The agent's side. */
int look_sweep(const struct doc *req, struct json *j, struct err *reterr);

/* Reads an answer into ret[n], in the order of the request, of which nothing is
 * believed to be of the right form or size; what is kept is in a. */
void sweep_answer(struct arena *a, const struct doc *d,
		  struct seen_replies *ret, size_t n);

#endif
