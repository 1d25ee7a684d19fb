/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_REPORT_TAP_H
#define LABCTL_VERIFY_REPORT_TAP_H

/*
 * TAP, as its consumers really are: a version line that prove asked for, the
 * bare plan first, numbers in order, YAML under what fails and nothing else.
 * Text goes to a buffer; who prints it is the command's business.
 */

#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"
#include "verify/verdict.h"

struct tap {
	struct buf *out;
	size_t n, failed, skipped;
	bool color; /* for a person's terminal; never for a harness */
};

/*
 * Writes the version line and the plan. version is what TAP_VERSION says, or
 * NULL: 14 gives 14, 12 and less give none, all else is 13.
 */
void tap_open(struct tap *t, struct buf *out, const char *version, size_t plan);

/* One test point; with a verdict that fails, its diagnostics, which stand
 * right under it. A note goes before the point. */
void tap_point(struct tap *t, const char *title, const char *check,
	       const struct verdict *v, const char *command);

/* A point that does not apply: ok, with the reason. */
void tap_skip_point(struct tap *t, const char *title, const char *why);

/* A line for people: "# ...". */
void tap_note(struct tap *t, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Ends the run for the harness; nothing may follow. */
void tap_bail(struct buf *out, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
