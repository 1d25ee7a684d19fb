/* SPDX-License-Identifier: MIT */
/*
 * The list of what is wrong with a file, and how a person sees it: place and
 * message, the line of the source, a caret under the word. Columns count
 * characters, as libyaml does; the caret stands right under tabs, wide and
 * combining characters too. Nothing from the file reaches a terminal as a
 * control character.
 */
#include "topologies/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/buf.h"

#define SHOWN_MAX 160 /* columns of a source line where nobody says */
#define SHOWN_MIN 30  /* columns of a terminal; narrower ones wrap */
#define GUTTER 8      /* columns before the line: its number */
#define DOTS 3        /* where a line goes on */
#define TAB 8
#define MESSAGE_MAX 1024 /* bytes; words of the file can be megabytes */

/* One character at p, before end: its code point, its bytes in *ret_len.
 * What is not UTF-8 is -1 and one byte long. */
static long decode(const unsigned char *p, const unsigned char *end,
		   size_t *ret_len)
{
	static const long least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t len = *p < 0x80   ? 1
		     : *p < 0xc2 ? 0
		     : *p < 0xe0 ? 2
		     : *p < 0xf0 ? 3
		     : *p < 0xf5 ? 4
				 : 0;
	long c;

	*ret_len = 1;
	if (len == 1)
		return *p;
	if (!len || (size_t)(end - p) < len)
		return -1;
	c = *p & (0x7f >> len);
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return -1;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return -1;
	*ret_len = len;
	return c;
}

static bool is_break(long c)
{
	/* What YAML 1.1, and so libyaml, counts as the end of a line. */
	return c == '\n' || c == '\r' || c == 0x85 || c == 0x2028 ||
	       c == 0x2029;
}

/* Controls, and the marks that turn the direction of writing. */
static bool is_control(long c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x200e ||
	       c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069);
}

static unsigned width(long c)
{
	static const struct {
		long first, last;
		unsigned width;
	} ranges[] = {{0x300, 0x36f, 0},    {0x200b, 0x200d, 0},
		      {0xfe00, 0xfe0f, 0},  {0xfeff, 0xfeff, 0},
		      {0x1100, 0x115f, 2},  {0x2e80, 0xa4cf, 2},
		      {0xac00, 0xd7a3, 2},  {0xf900, 0xfaff, 2},
		      {0xfe30, 0xfe6f, 2},  {0xff00, 0xff60, 2},
		      {0xffe0, 0xffe6, 2},  {0x1f300, 0x1faff, 2},
		      {0x20000, 0x3fffd, 2}};

	for (size_t i = 0; i < ARRAY_LEN(ranges); i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return ranges[i].width;
	return 1;
}

/* Text with what must not reach a terminal replaced. */
static char *printable(struct arena *a, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	const unsigned char *end = p + strlen(text);
	auto_buf struct buf b = {0};
	size_t len;
	long c;

	for (; p < end; p += len) {
		c = decode(p, end, &len);
		if (is_control(c))
			buf_addc(&b, '?');
		else
			buf_add(&b, p, len);
	}
	return arena_strdup(a, b.data ? b.data : "");
}

static void vadd(struct topo_errors *errs, unsigned line, unsigned col,
		 unsigned len, const char *fmt, va_list ap)
	__attribute__((format(printf, 5, 0)));

static void vadd(struct topo_errors *errs, unsigned line, unsigned col,
		 unsigned len, const char *fmt, va_list ap)
{
	char text[MESSAGE_MAX];
	struct topo_error *e;

	if (errs->n >= TOPO_ERRORS_MAX) {
		errs->dropped++;
		return;
	}
	e = arena_push(&errs->arena, &errs->items, &errs->n, sizeof(*e));
	*e = (struct topo_error){line, col, len ? len : 1, NULL};
	vsnprintf(text, sizeof(text), fmt, ap);
	e->msg = printable(&errs->arena, text);
}

void topo_error_at(struct topo_errors *errs, unsigned line, unsigned col,
		   unsigned len, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vadd(errs, line, col, len, fmt, ap);
	va_end(ap);
}

static unsigned characters(const char *text)
{
	unsigned n = 0;

	for (; *text; text++)
		n += (*text & 0xc0) != 0x80;
	return n;
}

void topo_error_add(struct topo_errors *errs, const struct doc *at,
		    const char *fmt, ...)
{
	unsigned len = 1;
	va_list ap;

	if (at && at->kind == DOC_SCALAR)
		len = characters(at->str) + (at->plain ? 0 : 2);
	va_start(ap, fmt);
	vadd(errs, at ? at->line : 0, at ? at->col : 0, len, fmt, ap);
	va_end(ap);
}

static int by_place(const void *pa, const void *pb)
{
	const struct topo_error *a = pa, *b = pb;

	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	if (a->col != b->col)
		return a->col < b->col ? -1 : 1;
	return strcmp(a->msg, b->msg);
}

void topo_errors_sort(struct topo_errors *errs)
{
	size_t out = 0;

	if (!errs->n)
		return;
	qsort(errs->items, errs->n, sizeof(*errs->items), by_place);
	/* An alias brings its anchor's errors once more. */
	for (size_t i = 1; i < errs->n; i++)
		if (by_place(&errs->items[out], &errs->items[i]) != 0)
			errs->items[++out] = errs->items[i];
	errs->n = out + 1;
}

void topo_errors_release(struct topo_errors *errs)
{
	if (!errs)
		return;
	arena_release(&errs->arena);
	*errs = (struct topo_errors){0};
}

struct span {
	const unsigned char *p, *end;
};

/* How far the text was searched; errors come sorted, so never back. */
struct cursor {
	const unsigned char *p;
	unsigned line;
};

/* The source line of a number from 1; empty where there is none. */
static struct span source_line(const struct topo_errors *errs,
			       struct cursor *at, unsigned line)
{
	const unsigned char *end =
		(const unsigned char *)errs->text + errs->text_len;
	const unsigned char *p = at->p;
	size_t len;
	long c;

	for (; p < end; p += len) {
		c = decode(p, end, &len);
		if (!is_break(c))
			continue;
		if (at->line == line)
			break;
		if (c == '\r' && p + 1 < end && p[1] == '\n')
			len = 2;
		at->line++;
		at->p = p + len;
	}
	if (at->line != line)
		return (struct span){end, end};
	return (struct span){at->p, p};
}

/* Columns that a character takes at a place of its line. */
static unsigned columns_of(long c, unsigned pos)
{
	if (c == '\t')
		return TAB - pos % TAB;
	return c < 0 || is_control(c) ? 1 : width(c);
}

/* Which part of a line is shown. */
struct window {
	unsigned first; /* character, from 1 */
	unsigned room;  /* columns, without the dots behind */
	bool before, behind;
};

/* All of the line, or of a long one what stands around the word. */
static struct window frame(const struct topo_error *e, struct span s,
			   unsigned room)
{
	struct window w = {.first = 1, .room = room};
	unsigned pos = 0, at = 0, col = 1, start = 0;
	const unsigned char *p;
	size_t len;

	for (p = s.p; p < s.end; p += len, col++) {
		if (col == e->col)
			at = pos;
		pos += columns_of(decode(p, s.end, &len), pos);
	}
	if (e->col >= col)
		at = pos;
	if (pos <= room)
		return w;
	if (at + e->len + DOTS > room && at > room / 3) {
		/* A third of the room for what stands before the word. */
		w.before = true;
		start = at - room / 3;
	}
	w.behind = pos - start + (w.before ? DOTS : 0) > room;
	if (w.behind)
		w.room -= DOTS;
	for (p = s.p, pos = 0; p < s.end && pos < start; p += len, w.first++)
		pos += columns_of(decode(p, s.end, &len), pos);
	return w;
}

/* The line as shown and, below, the caret; both from one walk. */
static void quote(const struct topo_error *e, struct span s, unsigned columns,
		  bool color, struct buf *out)
{
	struct window see = frame(e, s,
				  !columns              ? SHOWN_MAX
				  : columns > SHOWN_MIN ? columns - GUTTER
							: SHOWN_MIN - GUTTER);
	auto_buf struct buf shown = {0}, caret = {0};
	unsigned col = 1, pos = 0, marked = 0, w;
	const unsigned char *p;
	size_t len;
	long c;

	if (see.before) {
		buf_adds(&shown, "...");
		buf_adds(&caret, "   ");
		pos = DOTS;
	}
	for (p = s.p; p < s.end; p += len, col++) {
		c = decode(p, s.end, &len);
		if (col < see.first)
			continue;
		w = columns_of(c, pos);
		pos += w;
		if (pos > see.room)
			break;
		if (c == '\t' || !is_control(c))
			buf_add(&shown, p, len);
		else
			buf_addc(&shown, '?');
		if (col < e->col && c == '\t')
			buf_addc(&caret, '\t');
		else if (col < e->col)
			buf_add(&caret, "  ", w);
		else
			for (; col < e->col + e->len && w; w--)
				buf_addc(&caret, marked++ ? '~' : '^');
	}
	if (see.behind)
		buf_adds(&shown, "...");
	if (!marked)
		buf_addc(&caret, '^');
	buf_printf(out, "%5u | %s\n      | ", e->line,
		   shown.data ? shown.data : "");
	/* The blanks before the caret stay uncoloured. */
	len = strcspn(caret.data, "^");
	buf_add(out, caret.data, len);
	buf_printf(out, "%s%s%s\n", color ? "\033[1;32m" : "", caret.data + len,
		   color ? "\033[0m" : "");
}

void topo_errors_print(const struct topo_errors *errs, const char *path,
		       unsigned columns, bool color, struct buf *out)
{
	const char *bold = color ? "\033[1m" : "",
		   *red = color ? "\033[31m" : "",
		   *off = color ? "\033[0m" : "";

	struct cursor at = {(const unsigned char *)errs->text, 1};

	for (size_t i = 0; i < errs->n; i++) {
		const struct topo_error *e = &errs->items[i];

		buf_printf(out, "%s%s:", bold, path);
		if (e->line)
			buf_printf(out, "%u:%u:", e->line, e->col);
		buf_printf(out, "%s %s%s%s\n", off, red, e->msg, off);
		if (e->line && errs->text)
			quote(e, source_line(errs, &at, e->line), columns,
			      color, out);
	}
	if (errs->dropped)
		buf_printf(out, "%s: and %zu more\n", path, errs->dropped);
}
