/* SPDX-License-Identifier: MIT */
/* The operations of a drill that go on at the agents, and their answers. */

#include "lib/auto.h"
#include "lib/buf.h"
#include "provision/host/roles.h"
#include "provision/way.h"
#include "verify/drill/ops.h"
#include "verify/ways.h"

#define SNAPLEN 256
#define PING_TIMEOUT_MS 250 /* a later reply is none */
#define FILTER "ip proto 112 or arp or (icmp6 and ip6[40] = 136)"

static void begin_host(struct drill_run *r, size_t router, size_t host,
		       size_t at)
{
	struct drill_router *dr = &r->d->routers[router];
	struct drill_host *h = &dr->hosts[host];
	const char *node = dr->router->hosts[host]->name;
	struct capture_ask ask = {.netns = dr->router->netns,
				  .dev = "any",
				  .filter = FILTER,
				  .snaplen = SNAPLEN};
	auto_buf struct buf b = {0};
	struct err err;
	int e;

	watch_ask(dr->router->netns, &b);
	e = going_begin(&r->watches[at], r->f, node, "watch", b.data, &err);
	buf_reset(&b);
	capture_ask(&ask, &b);
	if (e == 0)
		e = going_begin(&r->captures[at], r->f, node, "capture", b.data,
				&err);
	h->error = e < 0 ? arena_strdup(&r->d->arena, err.msg) : NULL;
}

static void begin_ping(struct drill_run *r, size_t i)
{
	struct drill_ping *p = &r->d->pings[i];
	const struct topo_instance *in = p->instance;
	struct ping_ask ask = {
		.netns = in ? in->netns : "",
		.dst = p->dst,
		.interval_us = DRILL_PING_US,
		.timeout_ms = ways_wait_ms(
			PING_TIMEOUT_MS,
			ways_ping(r->d->lab, p->router, in, &p->dst))};
	auto_buf struct buf b = {0};
	struct err err;
	int e;

	ping_ask(&ask, &b);
	e = going_begin(&r->pings[i], r->f, way_name(in ? in->node : NULL),
			"ping", b.data, &err);
	p->pings.error = e < 0 ? arena_strdup(&r->d->arena, err.msg) : NULL;
}

/* An agent does one thing after the other: who answers has begun the rest. */
static int has_begun(struct fleet_node *n, void *ctx, struct err *reterr)
{
	const struct drill *d = ctx;
	auto_arena struct arena a = {0};
	struct seen_engine engine;

	return roles_ask_one(n->remote, d->lab, REMOTE_ANSWER_MS, &a, &engine,
			     reterr);
}

void drill_begin_all(struct drill_run *r)
{
	struct drill *d = r->d;
	size_t i, h, at = 0;

	/* First: hundreds of captures that begin would hold their opening up
	 * for seconds, and then they are silent. */
	drill_connections_begin(r);
	for (i = 0; i < d->nrouters; i++)
		for (h = 0; h < d->routers[i].router->nhosts; h++)
			begin_host(r, i, h, at++);
	for (i = 0; i < d->npings; i++)
		begin_ping(r, i);
	/* Who does not is told of by what it should have recorded. */
	(void)fleet_each(r->f, has_begun, d, NULL);
}

static void end_host(struct drill_run *r, struct drill_host *h, size_t at)
{
	struct arena *a = &r->d->arena;
	const struct doc *answer;
	struct err err;

	if (h->error || h->ended)
		return;
	h->ended = true;
	if (going_end(&r->watches[at], a, &answer, &err) < 0) {
		h->error = arena_strdup(a, err.msg);
		return;
	}
	watch_answer(a, answer, &h->events);
	if (h->events.overrun)
		h->error = "the kernel told more than could be kept";
	if (going_end(&r->captures[at], a, &answer, &err) < 0)
		h->error = arena_strdup(a, err.msg);
	else
		capture_answer(a, answer, &h->frames);
}

void drill_end_node(struct drill_run *r, const struct topo_node *n)
{
	struct drill *d = r->d;
	size_t i, h, at, pass;

	for (pass = 0; pass < 2; pass++)
		for (i = at = 0; i < d->nrouters; i++)
			for (h = 0; h < d->routers[i].router->nhosts;
			     h++, at++) {
				if (d->routers[i].router->hosts[h] != n)
					continue;
				if (pass) {
					end_host(r, &d->routers[i].hosts[h],
						 at);
					continue;
				}
				going_stop(&r->captures[at]);
				going_stop(&r->watches[at]);
			}
}

void drill_end_all(struct drill_run *r)
{
	struct drill *d = r->d;
	const struct doc *answer;
	size_t i, h, at = 0;
	struct err err;

	for (i = 0; i < d->npings; i++)
		going_stop(&r->pings[i]);
	drill_connections_end(r);
	for (i = 0; i < r->nhosts; i++) {
		going_stop(&r->captures[i]);
		going_stop(&r->watches[i]);
	}
	for (i = 0; i < d->nrouters; i++)
		for (h = 0; h < d->routers[i].router->nhosts; h++)
			end_host(r, &d->routers[i].hosts[h], at++);
	for (i = 0; i < d->npings; i++) {
		struct seen_pings *p = &d->pings[i].pings;

		if (p->error)
			continue;
		if (going_end(&r->pings[i], &d->arena, &answer, &err) < 0)
			p->error = arena_strdup(&d->arena, err.msg);
		else
			ping_answer(&d->arena, answer, p);
	}
}
