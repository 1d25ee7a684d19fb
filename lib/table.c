/* SPDX-License-Identifier: MIT */
#include "lib/table.h"

#include <assert.h>
#include <string.h>

#define GAP "  "

static const char *const codes[] = {
	[TABLE_PLAIN] = "",        [TABLE_GOOD] = "\033[32m",
	[TABLE_WARN] = "\033[33m", [TABLE_BAD] = "\033[31m",
	[TABLE_DIM] = "\033[2m",
};

static const char end_code[] = "\033[0m";
static const char head_code[] = "\033[1m";

void table_init(struct table *t, const char *const *heads)
{
	*t = (struct table){0};
	for (; heads[t->ncols]; t->ncols++) {
		const char *h = heads[t->ncols];

		assert(t->ncols < TABLE_COLS_MAX);
		t->right[t->ncols] = *h == '>';
		t->heads[t->ncols] = *h == '>' ? h + 1 : h;
	}
	assert(t->ncols > 0);
}

void table_release(struct table *t)
{
	if (!t)
		return;
	arena_release(&t->arena);
	*t = (struct table){0};
}

static void add(struct table *t, enum table_color color, char *text)
{
	struct table_cell *c;
	unsigned char *p;

	/* What comes from nodes may not move the cursor. */
	for (p = (unsigned char *)text; *p; p++)
		if (*p < 0x20 || *p == 0x7f)
			*p = '?';
	c = arena_push(&t->arena, &t->cells, &t->ncells, sizeof(*c));
	c->text = *text ? text : "-";
	c->color = color;
}

void table_add(struct table *t, const char *text)
{
	add(t, TABLE_PLAIN, arena_strdup(&t->arena, text));
}

void table_paint(struct table *t, enum table_color color, const char *text)
{
	add(t, color, arena_strdup(&t->arena, text));
}

size_t table_rows(const struct table *t)
{
	return t->ncols ? t->ncells / t->ncols : 0;
}

size_t table_width(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		if (((unsigned char)*text & 0xc0) != 0x80)
			n++;
	return n;
}

static void blanks(struct buf *out, size_t n)
{
	while (n-- > 0)
		buf_addc(out, ' ');
}

/* One line; cells is NULL for the heads. */
static void line(const struct table *t, const struct table_cell *cells,
		 const size_t *width, bool color, struct buf *out)
{
	size_t col, pad;

	blanks(out, t->indent);
	for (col = 0; col < t->ncols; col++) {
		const char *text = cells ? cells[col].text : t->heads[col];
		const char *code = cells ? codes[cells[col].color] : head_code;

		pad = width[col] - table_width(text);
		if (t->right[col])
			blanks(out, pad);
		if (color && *code)
			buf_adds(out, code);
		buf_adds(out, text);
		if (color && *code)
			buf_adds(out, end_code);
		if (col + 1 == t->ncols)
			break;
		if (!t->right[col])
			blanks(out, pad);
		buf_adds(out, GAP);
	}
	buf_addc(out, '\n');
}

void table_print(const struct table *t, bool color, struct buf *out)
{
	size_t width[TABLE_COLS_MAX], col, row, w;

	for (col = 0; col < t->ncols; col++) {
		width[col] = table_width(t->heads[col]);
		for (row = 0; row < table_rows(t); row++) {
			w = table_width(t->cells[row * t->ncols + col].text);
			if (w > width[col])
				width[col] = w;
		}
	}
	line(t, NULL, width, color, out);
	for (row = 0; row < table_rows(t); row++)
		line(t, t->cells + row * t->ncols, width, color, out);
}
