/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_LOOKS_WATCH_H
#define LABCTL_VERIFY_LOOKS_WATCH_H

/*
 *   watch {"netns", "duration_ms"}
 *        -> {"events": [{"t", "what", "dev", "text"}], "overrun"}
 *
 * what is +addr, -addr, +route, -route or link.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/doc.h"
#include "lib/err.h"

#define WATCH_EVENTS_MAX 50000

/* What the kernel told of a namespace's tables. */
struct seen_event {
	int64_t t;        /* CLOCK_REALTIME, ns */
	const char *what; /* +addr, -addr, +route, -route, link */
	const char *dev, *text;
};

struct seen_events {
	struct seen_event *items;
	size_t n;
	bool overrun; /* there were more than could be kept */
};

/* The request's members: netns, until stop. */
void watch_ask(const char *netns, struct buf *out);

/* The agent's side. */
int look_watch(const struct doc *req, struct json *j, struct err *reterr);

/* Reads an answer, of which nothing is believed to be of the right form or
 * size; what is kept is in a, with the answer's own texts. */
void watch_answer(struct arena *a, const struct doc *d,
		  struct seen_events *ret);

#endif
