/* SPDX-License-Identifier: MIT */
#include "verify/drill/weakness.h"

/* The first of them, and how many more. */
static const char *texts_join(struct arena *a, const struct verdict_lines *list)
{
	if (!list->n)
		return "nothing";
	if (list->n == 1)
		return list->items[0];
	return arena_printf(a, "%s, and %zu more", list->items[0], list->n - 1);
}

void drill_weakness(const struct drill *d, const struct topo_router *r,
		    struct verdict *v)
{
	const char *w = d->fault->weakness ? d->fault->weakness(r) : NULL;

	if (!w || v->kind != VERDICT_WRONG)
		return;
	/* Who asked for keepalived wants to see it, and not to mend it. */
	if (r->ha.engine == TOPO_ENGINE_KEEPALIVED) {
		v->kind = VERDICT_OK;
		v->note = arena_printf(v->arena,
				       "keepalived's documented weakness: %s; "
				       "seen here: %s",
				       w, texts_join(v->arena, &v->observed));
		return;
	}
	verdict_saw(v, false, "the documented weakness: %s", w);
}
