/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_LOOKS_PING_H
#define LABCTL_VERIFY_LOOKS_PING_H

/*
 *   ping {"netns", "dst", "count", "interval_us", "timeout_ms"}
 *        -> {"probes": [{"sent", "rtt", "ttl"}], "duplicates", "error"}
 *
 * count 0: until stop. rtt is -1 where no reply came in timeout_ms, sent is
 * CLOCK_REALTIME, both in ns. error is the first that sending met.
 */

#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/doc.h"
#include "lib/err.h"
#include "lib/ip.h"

#define PING_PROBES_MAX 50000
#define PING_INTERVAL_MIN_US 1000

struct ping_ask {
	const char *netns;
	struct ip dst;
	unsigned count, interval_us, timeout_ms;
};

struct seen_probe {
	int64_t sent; /* CLOCK_REALTIME, ns */
	int64_t rtt;  /* ns; -1: no reply */
	uint8_t ttl;
};

struct seen_pings {
	const char *error;      /* why nothing could be sent, or NULL */
	const char *send_error; /* the first that sending met, or NULL */
	struct seen_probe *probes;
	size_t n;
	int64_t duplicates;
};

/* The request's members. */
void ping_ask(const struct ping_ask *q, struct buf *out);

/* The agent's side. */
int look_ping(const struct doc *req, struct json *j, struct err *reterr);

/* Reads an answer, of which nothing is believed to be of the right form or
 * size; what is kept is in a. */
void ping_answer(struct arena *a, const struct doc *d, struct seen_pings *ret);

#endif
