/* SPDX-License-Identifier: MIT */
#include "verify/gather/tracked.h"

#include "lib/auto.h"
#include "verify/going.h"

static void failed(struct evidence *e, struct seen_tracking *t, const char *why)
{
	const char *copy = arena_strdup(&e->arena, why);

	for (size_t i = 0; i < t->n; i++)
		t->items[i].error = copy;
}

void tracked_gather(struct fleet *f, struct evidence *e)
{
	struct going *all =
		arena_array(&e->arena, e->ntracking + 1, sizeof(*all));
	const struct doc *d;
	struct err err;
	size_t i;

	for (i = 0; i < e->ntracking; i++) {
		struct seen_tracking *t = &e->tracking[i];
		auto_buf struct buf b = {0};

		tracked_ask(t->items, t->n, &b);
		if (going_begin(&all[i], f, t->node->name, "tracked", b.data,
				&err) < 0)
			failed(e, t, err.msg);
	}
	for (i = 0; i < e->ntracking; i++) {
		if (!all[i].on)
			continue;
		if (going_end(&all[i], &e->arena, &d, &err) < 0)
			failed(e, &e->tracking[i], err.msg);
		else
			tracked_answer(&e->arena, d, e->tracking[i].items,
				       e->tracking[i].n);
	}
}
