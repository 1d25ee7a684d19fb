/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_LOOKS_FAULT_FAULT_H
#define LABCTL_VERIFY_LOOKS_FAULT_FAULT_H

/*
 * What a drill breaks on a node. All answer with the same: guard.h.
 *
 *   fault {"netns", "dev", "max_ms"} -> {"down", "up", "ended", "mended"}
 *     Sets the link down. -EALREADY where it was down before.
 *   cut   {"netns", "devs", "max_ms"}
 *     What goes through these interfaces is lost, both ways; they stay up.
 *   pause {"devs", "max_ms"}
 *     The node stands still: its processes, but for those by which it is
 *     managed, are stopped, and what comes through devs is lost.
 *   kill  {"state_dir"}
 *     Kills the VRRP engine, once; what watches over it puts it back.
 *
 * Each is undone on stop, after max_ms, or when this process or its agent dies
 * in whatever way. ended is "asked" (stop), "time" (max_ms was over) or
 * "other": another hand undid it, first at mended; the guard holds on.
 */

#include <stddef.h>
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

#define FAULT_DEFAULT_MS 120000
#define FAULT_DEVS_MAX 32

/* A request; what is NULL is left out. */
struct fault_ask {
	const char *netns, *dev;
	const char *const *devs;
	size_t ndevs;
	const char *state_dir;
	int64_t max_ms; /* cut to what the operation takes */
};
void fault_ask(const struct fault_ask *ask, struct buf *out);

/* The agent's side. */
int look_fault(const struct doc *req, struct json *j, struct err *reterr);
int look_cut(const struct doc *req, struct json *j, struct err *reterr);
int look_pause(const struct doc *req, struct json *j, struct err *reterr);
int look_kill(const struct doc *req, struct json *j, struct err *reterr);

/* Reads an answer; times that it does not have are 0, words "". */
void fault_answer(const struct doc *d, struct seen_fault *ret);

#endif
