/* SPDX-License-Identifier: MIT */
#include "verify/report/tap.h"

#include <stdarg.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/doc.h"
#include "lib/parse.h"

#define GREEN "\033[32m"
#define RED "\033[31m"
#define YELLOW "\033[33m"
#define DIM "\033[2m"
#define PLAIN "\033[0m"

/* On one line; in a description # and \ are TAP's own. */
static void line(struct buf *out, const char *text, bool escape)
{
	for (; *text; text++) {
		if (escape && (*text == '#' || *text == '\\'))
			buf_addc(out, '\\');
		buf_addc(out, (unsigned char)*text < 0x20 ? ' ' : *text);
	}
	buf_addc(out, '\n');
}

static const char *paint(const struct tap *t, const char *color)
{
	return t->color ? color : "";
}

void tap_open(struct tap *t, struct buf *out, const char *version, size_t plan)
{
	uint32_t v = 13;

	*t = (struct tap){.out = out};
	if (!version || parse_u32(version, 1, 99, &v) < 0)
		v = 13;
	if (v >= 13)
		buf_printf(out, "TAP version %d\n", v == 14 ? 14 : 13);
	buf_printf(out, "1..%zu\n", plan);
}

/* A string that is JSON's and so YAML's too. */
static void value(struct buf *out, const char *text)
{
	struct json j;

	json_init(&j, out, 0);
	json_str(&j, text);
	buf_addc(out, '\n');
}

static void member(struct buf *out, const char *key, const char *text)
{
	buf_printf(out, "  %s: ", key);
	value(out, text);
}

static void list(struct buf *out, const char *key,
		 const struct verdict_lines *l)
{
	size_t i;

	if (!l->n)
		return;
	buf_printf(out, "  %s:\n", key);
	for (i = 0; i < l->n; i++) {
		buf_adds(out, "    - ");
		value(out, l->items[i]);
	}
	if (l->more)
		buf_printf(out, "    - \"and %zu more\"\n", l->more);
}

void tap_point(struct tap *t, const char *title, const char *check,
	       const struct verdict *v, const char *command)
{
	bool good = v->kind == VERDICT_OK;

	if (v->note)
		tap_note(t, "%s", v->note);
	buf_printf(t->out, "%s%sok%s %zu - ",
		   paint(t, good                       ? GREEN
			    : v->kind == VERDICT_BLIND ? YELLOW
						       : RED),
		   good ? "" : "not ", paint(t, PLAIN), ++t->n);
	line(t->out, title, true);
	if (good)
		return;
	t->failed++;
	buf_adds(t->out, "  ---\n");
	member(t->out, "check", check);
	member(t->out, "verdict", verdict_kind_names[v->kind]);
	if (v->blind)
		member(t->out, "could_not_look", v->blind);
	list(t->out, "expected", &v->expected);
	list(t->out, "observed", &v->observed);
	if (command && *command)
		member(t->out, "command", command);
	buf_adds(t->out, "  ...\n");
}

void tap_skip_point(struct tap *t, const char *title, const char *why)
{
	auto_buf struct buf b = {0};

	t->skipped++;
	line(&b, title, true);
	buf_printf(t->out, "%sok%s %zu - %.*s # SKIP ", paint(t, DIM),
		   paint(t, PLAIN), ++t->n, (int)b.len - 1, b.data);
	line(t->out, why, false);
}

void tap_note(struct tap *t, const char *fmt, ...)
{
	auto_buf struct buf b = {0};
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	buf_printf(t->out, "%s# ", paint(t, DIM));
	line(t->out, b.data ? b.data : "", false);
	if (t->color) {
		/* Before the end of the line, so that none stays dim. */
		t->out->len--;
		buf_adds(t->out, PLAIN "\n");
	}
}

void tap_bail(struct buf *out, const char *fmt, ...)
{
	auto_buf struct buf b = {0};
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	buf_adds(out, "Bail out! ");
	line(out, b.data ? b.data : "", false);
}
