/* SPDX-License-Identifier: MIT */
#include "verify/verdict.h"

#include <stdarg.h>

const char *const verdict_kind_names[] = {
	[VERDICT_OK] = "ok",
	[VERDICT_WRONG] = "wrong",
	[VERDICT_BLIND] = "could not look",
};

static void add(struct verdict *v, struct verdict_lines *l, const char *fmt,
		va_list ap) __attribute__((format(printf, 3, 0)));

static void add(struct verdict *v, struct verdict_lines *l, const char *fmt,
		va_list ap)
{
	const char **slot;

	if (l->n == VERDICT_LINES_MAX) {
		l->more++;
		return;
	}
	slot = arena_push(v->arena, &l->items, &l->n, sizeof(*slot));
	*slot = arena_vprintf(v->arena, fmt, ap);
}

void verdict_want(struct verdict *v, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(v, &v->expected, fmt, ap);
	va_end(ap);
}

void verdict_saw(struct verdict *v, bool good, const char *fmt, ...)
{
	va_list ap;

	if (!good)
		v->kind = VERDICT_WRONG;
	va_start(ap, fmt);
	add(v, &v->observed, fmt, ap);
	va_end(ap);
}

void verdict_blind(struct verdict *v, const char *fmt, ...)
{
	va_list ap;

	if (v->kind == VERDICT_OK)
		v->kind = VERDICT_BLIND;
	if (v->blind)
		return;
	va_start(ap, fmt);
	v->blind = arena_vprintf(v->arena, fmt, ap);
	va_end(ap);
}
