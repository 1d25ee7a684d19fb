/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_LOOKS_TRACE_H
#define LABCTL_VERIFY_LOOKS_TRACE_H

/*
 *   trace {"netns", "dst", "hops", "timeout_ms"}
 *        -> {"hops": [{"from", "end"}]}
 *
 * The way to an IPv4 address as traceroute(8) finds it: a UDP datagram to a
 * port where nobody listens for each hop count, all at once, and anew each
 * quarter of a second for those that had no answer; who answers with an ICMP
 * error is told. end: the port was unreachable, so that is who was meant. from
 * is empty where nobody answered.
 */

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/doc.h"
#include "lib/err.h"
#include "lib/ip.h"

#define TRACE_HOPS_MAX 30

struct trace_ask {
	const char *netns;
	struct ip dst;
	unsigned hops, timeout_ms;
};

struct seen_hop {
	struct ip from; /* family 0: nobody answered */
	bool end;
};

struct seen_trace {
	const char *error; /* why nothing could be sent, or NULL */
	struct seen_hop *hops;
	size_t n;
};

/* The request's members. */
void trace_ask(const struct trace_ask *q, struct buf *out);

/* The agent's side. */
int look_trace(const struct doc *req, struct json *j, struct err *reterr);

/* Reads an answer, of which nothing is believed to be of the right form or
 * size; what is kept is in a. */
void trace_answer(struct arena *a, const struct doc *d, struct seen_trace *ret);

#endif
