/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_LOOKS_FAULT_GUARD_H
#define LABCTL_VERIFY_LOOKS_FAULT_GUARD_H

/*
 * A fault that cannot outlive the drill. A guard, a process of its own that
 * outlasts agent and session, breaks something and puts it back; see guard.c.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/doc.h"
#include "lib/err.h"

struct guarded {
	const char *what; /* that is done, in words: "set eth1 down" */
	/* Breaks it; in the guard, whose descriptors are all closed. */
	int (*strike)(void *ctx, struct err *reterr);
	/* Puts it back; in the guard, or, where that was killed, in the
	 * operation itself. */
	int (*mend)(void *ctx, struct err *reterr);
	/* Has another hand put it back? NULL: nobody else can. */
	bool (*undone)(void *ctx);
	/* A non-blocking descriptor that is readable when undone() may have
	 * changed, or -1; NULL: none. In the guard. */
	int (*events)(void);
};

/*
 * Has a guard strike, waits for stop, max_ms or another hand, has it mend, and
 * writes "down", "up", "ended" and perhaps "mended" into j.
 */
int guard_hold(const struct guarded *g, void *ctx, int64_t max_ms,
	       struct json *j, struct err *reterr);

#endif
