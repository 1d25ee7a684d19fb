/* SPDX-License-Identifier: MIT */
/*
 * Who asked for keepalived wants to see it, and not to mend it: what it is
 * known to do wrong is a note with what was measured, and no failure. What is
 * worse than that stays one.
 */
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

static double ms(int64_t ns)
{
	return drill_seconds(ns) * 1000;
}

bool drill_shows_keepalived(const struct topo_router *r)
{
	return r->ha.engine == TOPO_ENGINE_KEEPALIVED;
}

/* For how long two had the addresses, in words, or "". */
static const char *together(const struct drill *d, const struct timeline *t,
			    struct arena *a)
{
	int64_t end = t->gave_up ? t->gave_up : d->up_ns;

	if (!t->addresses || end <= t->addresses)
		return "";
	return arena_printf(a, "; two held its addresses for %s%.1f s",
			    t->gave_up ? "" : "at least ",
			    drill_seconds(end - t->addresses));
}

void drill_weakness(const struct drill *d, const struct topo_router *r,
		    const struct timeline *t, struct verdict *v)
{
	const char *w = d->fault->weakness ? d->fault->weakness(r) : NULL;

	if (!w || v->kind != VERDICT_WRONG)
		return;
	if (drill_shows_keepalived(r)) {
		v->kind = VERDICT_OK;
		v->note = arena_printf(
			v->arena,
			"keepalived's documented weakness: %s; seen here: %s%s",
			w, texts_join(v->arena, &v->observed),
			together(d, t, v->arena));
		return;
	}
	verdict_saw(v, false, "the documented weakness: %s", w);
}

void drill_weakness_outage(const struct drill *d, const struct topo_router *r,
			   const struct timeline *t, int64_t over_ns,
			   struct verdict *v)
{
	int64_t refresh = r->ha.garp_refresh_s * NS_PER_S;

	/* What was learned wrongly is put right by the next refresh. */
	if (!drill_shows_keepalived(r) || !refresh || over_ns <= refresh)
		drill_weakness(d, r, t, v);
}

void drill_weakness_addresses(const struct topo_router *r,
			      const struct timeline *t, int64_t slack,
			      struct verdict *v)
{
	int64_t after = t->addresses - t->first_new;
	int64_t interval = evidence_interval_ns(r);

	if (!drill_shows_keepalived(r) || !t->addresses ||
	    t->routes > t->first_new + interval + slack ||
	    after > interval + slack)
		return;
	v->note = arena_printf(
		v->arena,
		"keepalived's documented weakness: it has its addresses an "
		"interval (%.0f ms) after its first advert, versions of "
		"today sooner; seen here: %+.1f ms",
		ms(interval), ms(after));
	v->kind = VERDICT_OK;
}

void drill_weakness_handover(const struct drill *d, const struct topo_router *r,
			     const struct timeline *t, struct verdict *v)
{
	if (!drill_shows_keepalived(r) || v->kind != VERDICT_OK ||
	    t->last_old < d->down_ns || !t->gave_up ||
	    t->gave_up < d->down_ns || t->addresses <= t->gave_up)
		return;
	v->note = arena_printf(
		v->arena,
		"keepalived's documented weakness: who hands over gives its "
		"addresses up at once, and the next one waits a skew; seen "
		"here: nobody held them for %.0f ms",
		ms(t->addresses - t->gave_up));
}
