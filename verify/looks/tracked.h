/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_LOOKS_TRACKED_H
#define LABCTL_VERIFY_LOOKS_TRACKED_H

/*
 *   tracked {"netns": [NAME]} -> {"max", "tracked": [{"count", "error"}]}
 *
 * How many connections the kernel tracks in each namespace, and how many it
 * would: past that, what begins a connection is dropped without a word.
 */

#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/doc.h"
#include "lib/err.h"

#define TRACKED_MAX 8192 /* namespaces of one request */

struct seen_tracked {
	const char *netns; /* "": the node's own */
	const char *error; /* why it is not known, or NULL */
	int64_t count, max;
};

void tracked_ask(const struct seen_tracked *t, size_t n, struct buf *out);

/* The agent's side. */
int look_tracked(const struct doc *req, struct json *j, struct err *reterr);

void tracked_answer(struct arena *a, const struct doc *d,
		    struct seen_tracked *t, size_t n);

#endif
