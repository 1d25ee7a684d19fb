/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VRRP_IMPORT_KEEPALIVED_H
#define LABCTL_VRRP_IMPORT_KEEPALIVED_H

/* The text of a keepalived.conf as statements, with their places. Pure. */

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/err.h"

#define KA_DEPTH_MAX 16
#define KA_WORDS_MAX 65536 /* of a file */

struct ka_word {
	const char *s;
	unsigned line, col; /* from 1 */
};

/* A line: words, and the block in braces behind them, if there is one. */
struct ka_stmt {
	const struct ka_word *w;
	size_t n; /* one at least */
	bool block;
	const struct ka_stmt *sub;
	size_t nsub;
};

/*
 * All in a. Comments (from ! or # on) are left out, quotes taken off, a line
 * that ends in a backslash goes on in the next. -EINVAL or -E2BIG with
 * "LINE:COLUMN: what" in reterr.
 */
int ka_parse(struct arena *a, const char *text, size_t len,
	     const struct ka_stmt **ret, size_t *ret_n, struct err *reterr);

#endif
