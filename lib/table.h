/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_LIB_TABLE_H
#define LABCTL_LIB_TABLE_H

/*
 * Columns for people: a head line and rows, each column as wide as its widest
 * cell, two blanks between. Pure: it writes into a buffer.
 */

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/buf.h"

#define TABLE_COLS_MAX 32

enum table_color { TABLE_PLAIN, TABLE_GOOD, TABLE_WARN, TABLE_BAD, TABLE_DIM };

struct table_cell {
	const char *text;
	enum table_color color;
};

/* Zero and table_init() make one, table_release() frees it. */
struct table {
	struct arena arena;
	const char *heads[TABLE_COLS_MAX];
	bool right[TABLE_COLS_MAX];
	size_t ncols;
	struct table_cell *cells; /* row by row */
	size_t ncells;
	unsigned indent; /* blanks before each line; 0 unless set */
};

/*
 * heads is NULL-terminated, at most TABLE_COLS_MAX; a head that begins with
 * '>' (which is not printed) makes its column stand to the right.
 */
void table_init(struct table *t, const char *const *heads);
void table_release(struct table *t);

/*
 * Adds the next cell, row after row; an empty text is shown as "-", so that a
 * line can be cut into fields again. Control characters are shown as '?'.
 */
void table_add(struct table *t, const char *text);
void table_paint(struct table *t, enum table_color color, const char *text);

/* Rows that are complete. */
size_t table_rows(const struct table *t);

/*
 * Appends the table. Without rows only the heads are written. No line ends in
 * blanks. color: with ANSI colours.
 */
void table_print(const struct table *t, bool color, struct buf *out);

/* Columns that a text in UTF-8 takes: its code points. */
size_t table_width(const char *text);

#define auto_table auto_(table_release)

#endif
