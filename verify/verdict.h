/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_VERDICT_H
#define LABCTL_VERIFY_VERDICT_H

/*
 * What a check says of one subject. It passes until something seen is wrong
 * or could not be looked at; what could not be looked at is never a pass, and
 * never a fault of what was looked for either.
 */

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"

enum verdict_kind { VERDICT_OK, VERDICT_WRONG, VERDICT_BLIND };
extern const char *const verdict_kind_names[];

/* Lines kept of each list; more are counted in the last one. */
#define VERDICT_LINES_MAX 32

struct verdict_lines {
	const char **items;
	size_t n;
	size_t more; /* left out */
};

struct verdict {
	struct arena *arena; /* set by the caller, as all else is zero */
	enum verdict_kind kind;
	const char *blind; /* the first reason why it could not look */
	const char *note;  /* worth telling although it passes, or NULL */
	struct verdict_lines expected, observed;
};

/* Adds a line of what should be. */
void verdict_want(struct verdict *v, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Adds a line of what was seen; good false makes the verdict wrong. */
void verdict_saw(struct verdict *v, bool good, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* It could not look, or only in part. What is wrong stays wrong. */
void verdict_blind(struct verdict *v, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
