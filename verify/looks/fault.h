/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_LOOKS_FAULT_H
#define LABCTL_VERIFY_LOOKS_FAULT_H

/*
 *   fault {"netns", "dev", "max_ms"} -> {"down", "up"}
 *
 * Sets the link down and, on stop, after max_ms, or when this process or its
 * agent dies in whatever way, up again. -EALREADY where it was down before.
 */

#include <stdint.h>

#include "lib/buf.h"
#include "lib/doc.h"
#include "lib/err.h"

/* CLOCK_REALTIME in ns, each just before the change. */
struct seen_fault {
	int64_t down, up;
};

/* The request's members; max_ms is cut to what the operation takes. */
void fault_ask(const char *netns, const char *dev, int64_t max_ms,
	       struct buf *out);

/* The agent's side. */
int look_fault(const struct doc *req, struct json *j, struct err *reterr);

/* Reads an answer; times that it does not have are 0. */
void fault_answer(const struct doc *d, struct seen_fault *ret);

#endif
