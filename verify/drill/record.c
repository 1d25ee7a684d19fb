/* SPDX-License-Identifier: MIT */
/* What a drill's record is made of, before anything has happened. */
#include "lib/auto.h"
#include "verify/drill/drill.h"
#include "verify/drill/ops.h"

static void add_ping(struct drill *d, const struct seen_ping *s)
{
	struct drill_ping *p;
	size_t i;

	for (i = 0; i < d->nrouters; i++)
		if (d->routers[i].router == s->router)
			break;
	if (i == d->nrouters || d->npings == DRILL_PINGS_MAX)
		return;
	p = arena_push(&d->arena, &d->pings, &d->npings, sizeof(*p));
	p->router = s->router;
	p->index = i;
	p->instance = s->instance;
	p->dst = s->dst;
	p->pings.error = "not begun";
}

/* Has a ping of this address begun? One instance for each is enough. */
static bool pinged(const struct drill *d, const struct seen_ping *s)
{
	size_t i;

	for (i = 0; i < d->npings; i++)
		if (d->pings[i].router == s->router &&
		    ip_equal(&d->pings[i].dst, &s->dst))
			return true;
	return false;
}

void drill_init(struct drill *d, const struct lab *lab,
		const struct topo_router *only, const struct fault *fault)
{
	auto_(evidence_release) struct evidence e;
	struct drill_router *r;
	size_t i, h;

	*d = (struct drill){.lab = lab, .fault = fault};
	for (i = 0; i < lab->nrouters; i++) {
		if (!lab->routers[i].is_ha ||
		    (only && only != &lab->routers[i]))
			continue;
		r = arena_push(&d->arena, &d->routers, &d->nrouters,
			       sizeof(*r));
		r->router = &lab->routers[i];
		r->old = r->router->nhosts;
		r->hosts = arena_array(&d->arena, r->router->nhosts,
				       sizeof(*r->hosts));
		for (h = 0; h < r->router->nhosts; h++)
			r->hosts[h].error = "not begun";
	}
	/* The same addresses that verify pings. */
	evidence_init(&e, lab);
	for (i = 0; i < e.ninside; i++)
		if (!e.inside[i].floating && !pinged(d, &e.inside[i]))
			add_ping(d, &e.inside[i]);
	for (i = 0; i < e.noutside; i++)
		add_ping(d, &e.outside[i]);
	/* One instance of each network, by IPv6. */
	for (i = 0; i < e.nreached; i++) {
		const struct seen_ping s = {.router = e.reached[i].router,
					    .dst = e.reached[i].dst};

		if (evidence_hears(lab, e.reached[i].instance->port->network) ==
		    e.reached[i].instance)
			add_ping(d, &s);
	}
	drill_connections_init(d);
	drill_boots_init(d);
}

void drill_release(struct drill *d)
{
	size_t i;

	if (!d)
		return;
	for (i = 0; i < d->narenas; i++)
		arena_release(&d->arenas[i]);
	evidence_release(d->boots);
	arena_release(&d->arena);
}
