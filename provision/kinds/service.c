/* SPDX-License-Identifier: MIT */
/*
 * Services: programs that the node's supervisor keeps. They are the node's,
 * whatever namespace they run in. One that waits for its router's role is as
 * it should be. The VRRP engine has more to say: it must answer, and a router
 * whose namespace or links are made anew is let go and taken up again.
 */
#include <string.h>

#include "lib/auto.h"
#include "lib/keys/keys.h"
#include "provision/kinds/kind.h"
#include "provision/node/diff.h"
#include "provision/node/look.h"
#include "provision/node/tx.h"
#include "provision/services/engine.h"
#include "provision/services/service_run.h"
#include "provision/services/supervise.h"

#define ROUTER_NETNS "qrouter-"
/* What a change of the engine asks for beyond running it. */
enum service_fields {
	SERVICE_AGAIN = 1 << 0, /* what it stands on is made anew */
	SERVICE_HOLD = 1 << 1,  /* routers are without what they should hold */
};

#define MADE_ANEW "its namespaces or links are made anew"

static bool is_engine(const struct res *r)
{
	return strcmp(r->service.name, SERVICE_ENGINE) == 0;
}

static void id(const struct res *r, struct buf *out)
{
	buf_adds(out, r->service.name);
}

static void print(const struct res *r, struct buf *out)
{
	if (r->service.title)
		buf_adds(out, r->service.title);
	else
		buf_printf(out, "service %s", r->service.name);
	kind_print_place(r->service.netns ? r->service.netns : "", out);
}

/* --- looking -------------------------------------------------------------- */

static void look_services(struct look *l, struct observed *o)
{
	struct seen_services seen;
	struct seen_engine engine;
	bool has_engine = false;
	struct res *r;
	size_t i;

	for (i = 0; i < o->nns && *o->ns[i].name; i++)
		;
	if (!l->what->state_dir || i == o->nns)
		return;
	engine_look(l->a, l->what->state_dir, &engine);
	supervise_look(l->a, l->what->state_dir, &seen);
	if (seen.error && !engine.error)
		engine.error = seen.error;
	for (size_t k = 0; k < seen.n; k++) {
		r = seen_push(l->a, &o->ns[i], RES_SERVICE);
		if (!r)
			return;
		r->service = seen.items[k].service;
		if (is_engine(r) ||
		    strcmp(r->service.name, SERVICE_STATE_CHANGE) == 0)
			r->service.engine = engine;
		has_engine = has_engine || is_engine(r);
	}
	if (has_engine || !(engine.running || engine.error || engine.files))
		return;
	/* One that nobody keeps, or what is left of it. */
	r = seen_push(l->a, &o->ns[i], RES_SERVICE);
	if (r)
		r->service = (struct res_service){.name = SERVICE_ENGINE,
						  .title = "vrrp engine",
						  .engine = engine};
}

/* --- comparing ------------------------------------------------------------ */

/* The routers for the engine to take up again. */
struct rejoin {
	struct diff *d;
	const char **ids;
	size_t n;
};

/* The router whose namespace this is takes it up again. */
static void rejoin(struct rejoin *j, const char *netns)
{
	size_t n = strlen(ROUTER_NETNS);
	const char **to;

	if (strncmp(netns, ROUTER_NETNS, n) != 0 ||
	    !seen_router(diff_have(j->d), netns + n) ||
	    (j->n && strcmp(j->ids[j->n - 1], netns + n) == 0))
		return;
	to = arena_push(diff_arena(j->d), &j->ids, &j->n, sizeof(*to));
	*to = netns + n;
}

/* Links by router, as plan_build() has them: duplicates are neighbours. New
 * links of a changed configuration are the reload's business. */
static void rejoin_all(struct rejoin *j, bool same)
{
	const struct plan *p = diff_plan(j->d);
	size_t i;

	for (i = 0; i < p->n; i++) {
		const struct res *l = &p->res[i];

		if (l->kind != RES_LINK || !l->link.engine_addrs ||
		    !diff_is_anew(j->d, l))
			continue;
		if (same || strncmp(l->link.name, "ha-", 3) == 0 ||
		    !diff_ns(j->d, l->netns))
			rejoin(j, l->netns);
	}
}

/* The engine runs as it should; do its routers? */
static void compare_held(struct diff *d, const struct res *want,
			 const struct seen_engine *e)
{
	const char *first = NULL;
	struct change *c;
	size_t i, n = 0;

	for (i = 0; i < e->nrouters; i++) {
		if (!e->routers[i].amiss)
			continue;
		if (!first)
			first = e->routers[i].amiss;
		n++;
	}
	if (!n)
		return;
	if (n == 1)
		c = diff_modify(d, want, "%s", first);
	else
		c = diff_modify(d, want, "%s; %zu more routers lack something",
				first, n - 1);
	c->fields = SERVICE_HOLD;
}

static void compare(struct diff *d, const struct res *want,
		    const struct res *have)
{
	const struct seen_engine *e = seen_engine(diff_have(d));
	const struct res_service *h =
		have && have->service.shape ? &have->service : NULL;
	const char *why = h ? service_differs(&want->service, h) : NULL;
	const char *netns = want->service.netns, *error = NULL;
	bool runs = h && (h->running || !h->wanted), anew;
	struct rejoin j = {.d = d};
	struct change *c;

	anew = netns && *netns && !diff_ns(d, netns);
	if (is_engine(want)) {
		rejoin_all(&j, h && !why);
		error = e->error;
		runs = runs && e->running;
	}
	/* The engine says for itself that it does not answer. */
	if (h && h->running && h->stopped && !why && !is_engine(want))
		why = "it is stopped";
	if (!runs && !error) {
		diff_add(d, want);
		return;
	}
	if (runs && !why && !j.n && !anew) {
		if (is_engine(want))
			compare_held(d, want, e);
		return;
	}
	c = diff_modify(d, want, "%s", !runs ? error : why ? why : MADE_ANEW);
	c->fields = anew ? SERVICE_AGAIN : 0;
	c->ids = j.ids;
	c->nids = j.n;
}

/* The supervisor is the lab's. What it does not keep is left of another day,
 * where it keeps nothing. */
static bool extra(struct diff *d, const struct res *have)
{
	const struct res_list *seen = &diff_ns(d, "")->of[RES_SERVICE];
	size_t i;

	if (have->service.shape)
		return true;
	for (i = 0; i < seen->n; i++)
		if (seen->items[i].service.shape)
			return false;
	return true;
}

/* --- applying ------------------------------------------------------------- */

static bool runs_here(const struct change *c)
{
	return c->op != CHANGE_REMOVE && c->want->kind == RES_SERVICE &&
	       !(c->op == CHANGE_MODIFY && c->fields == SERVICE_HOLD);
}

/* The supervisor, where a service is to run and there is none; or a place in
 * the table of neighbours is to be reserved, which it puts back when a link
 * takes it (supervise_links.h). */
static void ahead(struct tx *tx)
{
	const struct changes *all = tx->ch;
	bool service = false, place = false;
	size_t i;
	int fd;

	for (i = 0; i < all->n && !service; i++) {
		const struct change *c = &all->items[i];

		service = runs_here(c);
		place |= c->op == CHANGE_ADD && c->want->kind == RES_NEIGH;
	}
	if (!service && !place)
		return;
	fd = supervise_begin(tx_plan(tx)->state_dir);
	if (!service) {
		supervise_begun(fd);
		return;
	}
	*tx_ahead(tx, RES_SERVICE) = arena_alloc(tx->a, sizeof(fd));
	*(int *)*tx_ahead(tx, RES_SERVICE) = fd;
}

/* All of them, early ones or others, when the first comes by. */
static void run_all(struct tx *tx, bool early)
{
	const struct changes *all = tx->ch;
	struct service_job *jobs =
		arena_array(tx->a, all->n + 1, sizeof(*jobs));
	const struct change **of =
		arena_array(tx->a, all->n + 1, sizeof(struct change *));
	void **ahead = tx_ahead(tx, RES_SERVICE);
	const int *begun = *ahead;
	size_t i, n = 0;

	for (i = 0; i < all->n; i++) {
		const struct change *c = &all->items[i];

		if (!runs_here(c) || c->want->service.early != early)
			continue;
		of[n] = c;
		jobs[n++] = (struct service_job){
			.want = &c->want->service,
			.there = c->op == CHANGE_MODIFY,
			.again = c->op == CHANGE_MODIFY && c->fields != 0,
			.ids = c->ids,
			.nids = c->nids,
		};
	}
	if (begun)
		supervise_begun(*begun);
	*ahead = NULL;
	service_run(tx_plan(tx)->state_dir, jobs, n);
	for (i = 0; i < n; i++)
		if (jobs[i].r < 0)
			tx_fail(tx, of[i], jobs[i].err.msg);
}

/* Whether c is the first of those that run_all() runs. */
static bool is_first(const struct tx *tx, const struct change *c, bool early)
{
	const struct changes *all = tx->ch;
	size_t i = 0;

	while (!runs_here(&all->items[i]) ||
	       all->items[i].want->service.early != early)
		i++;
	return c == &all->items[i];
}

static void plug(struct tx *tx, const struct change *c)
{
	if (runs_here(c) && c->want->service.early && tx_enter(tx, "", c) &&
	    is_first(tx, c, true))
		run_all(tx, true);
}

static void start(struct tx *tx, const struct change *c)
{
	struct err err;

	/* They belong to the node, not to where this thread happens to be. */
	if (!tx_enter(tx, "", c))
		return;
	if (!runs_here(c)) {
		if (service_hold(tx_plan(tx)->state_dir, &err) < 0)
			tx_fail(tx, c, err.msg);
		return;
	}
	if (!c->want->service.early && is_first(tx, c, false))
		run_all(tx, false);
}

static void unmake(struct tx *tx, const struct change *c)
{
	struct err err;

	if (service_remove(tx_plan(tx)->state_dir, c->have.service.name, &err) <
	    0)
		tx_fail(tx, c, err.msg);
}

const struct kind kind_service = {
	.name = "service",
	.rank = 8,
	.comes = true,
	.id = id,
	.print = print,
	.keys = &service_seen_table,
	.list = "services",
	.look_node = look_services,
	.compare = compare,
	.extra = extra,
	.ahead = ahead,
	.plug = plug,
	.start = start,
	.unmake = unmake,
};
