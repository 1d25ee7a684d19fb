/* SPDX-License-Identifier: MIT */
/* What a row answers to a word, and how a mistake is told. */
#include "vrrp/import/reader.h"

#include <stdarg.h>
#include <string.h>

#include "lib/parse.h"

static void told(struct buf *b, const struct import *im,
		 const struct ka_word *at, const char *head, const char *text)
{
	buf_printf(b, "%s:%u:%u: %s%s\n", im->path, at->line, at->col, head,
		   text);
}

void import_wrong(struct import *im, const struct ka_word *at, const char *fmt,
		  ...)
{
	const char *text;
	va_list ap;

	va_start(ap, fmt);
	text = arena_vprintf(im->scratch, fmt, ap);
	va_end(ap);
	if (im->how->force)
		told(im->notes, im, at, "left out: ", text);
	else if (im->nerrs++ < IMPORT_ERRORS_MAX)
		told(im->errs, im, at, "", text);
}

void import_lacks(struct import *im, const struct ka_word *at, const char *text)
{
	if (im->nerrs++ < IMPORT_ERRORS_MAX)
		told(im->errs, im, at, "", text);
}

void import_note(struct import *im, const struct ka_word *at, const char *text)
{
	told(im->notes, im, at, "left out: ", text);
}
#define NEAR_MAX 128

static void unknown(struct import *im, const struct ka_stmt *s,
		    const struct import_row *rows, size_t n)
{
	const char *names[NEAR_MAX], *near;
	size_t i;

	for (i = 0; i < n && i < NEAR_MAX; i++)
		names[i] = rows[i].word;
	near = parse_nearest(s->w->s, names, i);
	import_wrong(im, s->w, "'%s' is no word of keepalived's here%s%s%s",
		     s->w->s, near ? "; did you mean '" : "", near ? near : "",
		     near ? "'?" : "");
}

void import_rows(struct import *im, const struct ka_stmt *list, size_t n,
		 const struct import_row *rows, size_t nrows, void *obj)
{
	for (; n; n--, list++) {
		const struct import_row *row = rows;

		if (strchr("@$~", *list->w->s) && *list->w->s) {
			import_wrong(
				im, list->w,
				"'%s': conditions and definitions are not "
				"followed; write the file as it is meant here",
				list->w->s);
			continue;
		}
		while (row < rows + nrows && strcmp(row->word, list->w->s) != 0)
			row++;
		if (row == rows + nrows)
			unknown(im, list, rows, nrows);
		else if (row->answer == IMPORT_TAKE)
			row->fn(im, list, obj);
		else if (row->answer == IMPORT_NEVER)
			import_wrong(im, list->w, "'%s': %s", row->word,
				     row->why);
		else if (row->answer == IMPORT_NOTE)
			import_note(im, list->w,
				    arena_printf(im->scratch, "'%s': %s",
						 row->word, row->why));
	}
}

const struct ka_word *import_value(struct import *im, const struct ka_stmt *s)
{
	if (s->n == 2 && !s->block)
		return &s->w[1];
	import_wrong(im, s->n > 2 ? &s->w[2] : s->w, "'%s' takes one value",
		     s->w->s);
	return NULL;
}

bool import_number(struct import *im, const struct ka_stmt *s, unsigned min,
		   unsigned max, unsigned *ret)
{
	const struct ka_word *w = import_value(im, s);
	uint32_t n;

	if (!w)
		return false;
	if (parse_u32(w->s, min, max, &n) < 0) {
		import_wrong(im, w,
			     "'%s' must be a number from %u to %u, not '%s'",
			     s->w->s, min, max, w->s);
		return false;
	}
	*ret = n;
	return true;
}
