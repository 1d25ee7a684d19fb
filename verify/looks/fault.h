/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_LOOKS_FAULT_H
#define LABCTL_VERIFY_LOOKS_FAULT_H

/*
 *   fault {"netns", "dev", "max_ms"} -> {"down", "up", "ended", "mended"}
 *
 * Sets the link down and, on stop, after max_ms, or when this process or its
 * agent dies in whatever way, up again. -EALREADY where it was down before.
 * ended is "asked" (stop), "time" (max_ms was over) or "other": another hand
 * set it up, first at mended; the guard holds on all the same.
 */

#include <stdint.h>

#include "lib/buf.h"
#include "lib/doc.h"
#include "lib/err.h"

/* CLOCK_REALTIME in ns: just before the guard's own changes, and when another
 * hand's was seen. */
struct seen_fault {
	int64_t down, up, mended;
	const char *ended; /* in the answer's document */
};

/* The request's members; max_ms is cut to what the operation takes. */
void fault_ask(const char *netns, const char *dev, int64_t max_ms,
	       struct buf *out);

/* The agent's side. */
int look_fault(const struct doc *req, struct json *j, struct err *reterr);

/* Reads an answer; times that it does not have are 0, words "". */
void fault_answer(const struct doc *d, struct seen_fault *ret);

#endif
