/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_LOOKS_PROBE_H
#define LABCTL_VERIFY_LOOKS_PROBE_H

/*
 *   probe {"from": [{"netns", "dst"}], "count", "interval_us"}
 *        -> {"from": [{"sent", "error"}]}
 *
 * Sends small UDP datagrams, to the discard port, from many namespaces by one
 * process: count rounds of one from each, interval_us between rounds. Whether
 * they arrive anywhere is for others to see. error is the first that sending
 * met. The answer comes PROBE_LINGER_MS after the last round, when what was
 * sent has gone its way.
 */

#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/doc.h"
#include "lib/err.h"
#include "lib/ip.h"

#define PROBE_FROM_MAX 8192
#define PROBE_ROUNDS_MAX 1000
#define PROBE_PORT 9 /* discard (RFC 863) */
#define PROBE_LINGER_MS 100

struct probe_from {
	const char *netns;
	struct ip dst;
};

struct probe_ask {
	const struct probe_from *from;
	size_t n;
	unsigned count, interval_us;
};

struct seen_sent {
	int64_t sent;
	const char *error; /* the first that sending met, or NULL */
};

/* The request's members. */
void probe_ask(const struct probe_ask *q, struct buf *out);

/* The agent's side. */
int look_probe(const struct doc *req, struct json *j, struct err *reterr);

/* Reads an answer into ret[n], in the order of the request. What it does not
 * tell was not sent. */
void probe_answer(struct arena *a, const struct doc *d, struct seen_sent *ret,
		  size_t n);

#endif
