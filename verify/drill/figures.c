/* SPDX-License-Identifier: MIT */
#include "verify/drill/figures.h"

#include <stdlib.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/text.h"

static struct figure *find(struct figures *f, const struct figure *want)
{
	struct figure *x;
	size_t i;

	for (i = 0; i < f->n; i++) {
		x = &f->items[i];
		if (text_same(x->router, want->router) &&
		    text_same(x->key, want->key) &&
		    text_same(x->address, want->address) &&
		    text_same(x->from, want->from))
			return x;
	}
	x = arena_push(&f->arena, &f->items, &f->n, sizeof(*x));
	*x = *want;
	if (x->address)
		x->address = arena_strdup(&f->arena, x->address);
	return x;
}

static void add(struct figures *f, const struct figure *which, int64_t ns)
{
	struct figure *x = find(f, which);
	int64_t *slot = arena_push(&f->arena, &x->ns, &x->n, sizeof(*slot));

	*slot = ns;
}

/* The time between two moments, where both were seen. */
static void add_span(struct figures *f, const struct drill_router *dr,
		     const char *key, const char *what, int64_t from,
		     int64_t to)
{
	const struct figure which = {
		.router = dr->router->name, .key = key, .what = what};

	if (from && to)
		add(f, &which, to - from);
}

static void add_router(struct figures *f, const struct drill *d, size_t i)
{
	const struct drill_router *dr = &d->routers[i];
	struct timeline t;

	if (!dr->hit)
		return;
	drill_timeline(d, i, &t);
	add_span(f, dr, "silence", "last advert to first of the new",
		 t.last_old, t.first_new);
	add_span(f, dr, "detection", "fault to first advert of the new",
		 d->down_ns, t.first_new);
	add_span(f, dr, "addresses", "first advert to last address",
		 t.first_new, t.addresses);
	add_span(f, dr, "routes", "first advert to default routes", t.first_new,
		 t.routes);
	add_span(f, dr, "announced", "first advert to first gratuitous ARP",
		 t.first_new, t.announced);
	add_span(f, dr, "gave_up", "fault to last address given up", d->down_ns,
		 t.gave_up);
	add_span(f, dr, "first_reply", "fault to first reply to a ping",
		 d->down_ns, t.reply);
}

static void add_ping(struct figures *f, const struct drill *d, size_t i)
{
	const struct drill_ping *p = &d->pings[i];
	char text[IP_TEXT_MAX];
	const struct figure which = {.router = p->router->name,
				     .key = "outage",
				     .what = "out",
				     .address = ip_print(&p->dst, text),
				     .from = p->instance ? p->instance->name
							 : "outside"};
	struct outage o;

	if (p->pings.error || !d->routers[p->index].hit)
		return;
	drill_outage(&p->pings, d->down_ns, INT64_MAX, &o);
	if (o.sent)
		add(f, &which, o.ns);
}

void figures_add(struct figures *f, const struct drill *d)
{
	size_t i;

	f->drills++;
	if (!d->down_ns || d->spoiled)
		return;
	for (i = 0; i < d->nrouters; i++)
		add_router(f, d, i);
	for (i = 0; i < d->npings; i++)
		add_ping(f, d, i);
}

void figures_release(struct figures *f)
{
	if (f)
		arena_release(&f->arena);
}

static int ascending(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

struct spread figure_spread(struct figure *f)
{
	qsort(f->ns, f->n, sizeof(*f->ns), ascending);
	return (struct spread){f->ns[0], f->ns[(f->n - 1) / 2],
			       f->ns[f->n - 1]};
}
