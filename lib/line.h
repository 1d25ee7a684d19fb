/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_LIB_LINE_H
#define LABCTL_LIB_LINE_H

/* Lines in a buffer that grows as bytes arrive. Each byte is searched once,
 * however small the pieces are. */

#include <stddef.h>

#include "lib/buf.h"

struct line {
	size_t seen; /* bytes of the buffer that hold no end of line */
	size_t from; /* of line_next(): where the next line begins */
};

/*
 * Looks for the first line in b. Returns 1 and its length, without its end;
 * 0 while its end has not arrived, *ret_len being what has; -EMSGSIZE where
 * it is longer than max.
 */
int line_find(struct line *l, const struct buf *b, size_t max, size_t *ret_len);

/* Drops the line that was found, with its end. */
void line_drop(struct line *l, struct buf *b, size_t len);

/*
 * One line after the other, for who takes all that are there: its text, in b,
 * with a NUL for its end. NULL where no whole one is left; then b holds only
 * what has come of the next.
 */
char *line_next(struct line *l, struct buf *b, size_t *ret_len);

#endif
