/* SPDX-License-Identifier: MIT */
/*
 * Paths
 * =====
 * Each look is one request to an agent, sent before the nodes' threads begin
 * and answered after they have ended, so none takes time of its own: captures
 * in routers go on until all passages have gone their way; the ping and the
 * trace of the Internet have ended long before.
 *
 * Projects' isolation cannot be seen from who sends: with the same range in
 * both, something of its own may answer. So it is seen where nothing may
 * arrive, or, of IPv6, which is not translated, nothing but by the way that
 * all the world has: the project's own router. What nobody saw is no proof: the
 * instance there sends a datagram to itself as well.
 */
#include "verify/paths.h"

#include <string.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "verify/check.h"
#include "verify/going.h"

#define SNAPLEN 128
#define CAPTURE_MS 120000 /* if nobody stops it */
#define PING_INTERVAL_US 150000
#define LOOK_MS 2000
#define HOPS 3
#define ROUNDS 3
#define ROUND_US 150000
#define LINGER_MS 100

struct look {
	struct going g;
	bool goes_on; /* until it is stopped */
	/* Where the answer goes. */
	struct seen_frames *frames;
	struct seen_pings *pings;
	struct seen_trace *trace;
	/* Or, of probes: those of isles that this node sends to. */
	struct probe_to *sent;
	size_t nsent;
};

struct probe_to {
	struct seen_isle *isle;
	bool own;
};

struct paths {
	struct fleet *f;
	struct evidence *e;
	struct look *looks;
	size_t n;
};

static const char **error_of(struct look *l)
{
	return l->frames  ? &l->frames->error
	       : l->pings ? &l->pings->error
	       : l->trace ? &l->trace->error
			  : NULL;
}

static void failed(struct paths *p, struct look *l, const char *why)
{
	const char *copy = arena_strdup(&p->e->arena, why);

	if (error_of(l))
		*error_of(l) = copy;
	for (size_t i = 0; i < l->nsent; i++) {
		if (l->sent[i].own)
			l->sent[i].isle->own.error = copy;
		else
			l->sent[i].isle->error = copy;
	}
}

/* Sends the request of a look, which *l says where to put. */
static void begin(struct paths *p, const struct look *l, const char *node,
		  const char *op, const struct buf *members)
{
	struct look *own =
		arena_push(&p->e->arena, &p->looks, &p->n, sizeof(*own));
	struct err err;

	*own = *l;
	if (going_begin(&own->g, p->f, node, op, members->data, &err) < 0)
		failed(p, own, err.msg);
}

static void capture(struct paths *p, const char *node, const char *netns,
		    const char *filter, struct seen_frames *ret)
{
	struct look l = {.goes_on = true, .frames = ret};
	struct capture_ask ask = {.netns = netns,
				  .dev = "any",
				  .filter = filter,
				  .snaplen = SNAPLEN,
				  .duration_ms = CAPTURE_MS};
	auto_buf struct buf b = {0};

	capture_ask(&ask, &b);
	begin(p, &l, node, "capture", &b);
}

/* --- the Internet --------------------------------------------------------- */

static void internet(struct paths *p, struct seen_internet *t)
{
	const char *node = t->instance->node->name;
	struct ping_ask ping = {.netns = t->instance->netns,
				.dst = t->dst,
				.count = EVIDENCE_PROBES,
				.interval_us = PING_INTERVAL_US,
				.timeout_ms = LOOK_MS};
	struct trace_ask trace = {.netns = t->instance->netns,
				  .dst = t->dst,
				  .hops = HOPS,
				  .timeout_ms = LOOK_MS};
	auto_buf struct buf b = {0};

	ping_ask(&ping, &b);
	begin(p, &(struct look){.pings = &t->pings}, node, "ping", &b);
	buf_reset(&b);
	trace_ask(&trace, &b);
	begin(p, &(struct look){.trace = &t->trace}, node, "trace", &b);
}

/* --- isolation ------------------------------------------------------------ */

static bool holds(const struct topo_instance *in, const struct ip *ip)
{
	for (size_t i = 0; i < in->port->naddrs; i++)
		if (ip_equal(&in->port->addrs[i].addr.ip, ip))
			return true;
	return false;
}

/* Who of a project tries it: somebody of that family to whom that is not his
 * own address. */
static const struct topo_instance *sender(const struct lab *lab,
					  const char *project,
					  const struct ip *dst)
{
	for (size_t i = 0; i < lab->ninstances; i++)
		if (strcmp(evidence_project(&lab->instances[i]), project) ==
			    0 &&
		    evidence_isle_ip(&lab->instances[i], dst->family) &&
		    !holds(&lab->instances[i], dst))
			return &lab->instances[i];
	return NULL;
}

static void probes_of(struct paths *p, const struct topo_node *n)
{
	/* Each to all others of its family. */
	struct probe_from from[2 * EVIDENCE_ISLES_MAX * EVIDENCE_ISLES_MAX];
	struct probe_ask ask = {from, 0, ROUNDS, ROUND_US};
	struct evidence *e = p->e;
	auto_buf struct buf b = {0};
	struct look l = {0};
	size_t i, k;

	l.sent = arena_array(&e->arena, e->nisles * e->nisles, sizeof(*l.sent));
	for (i = 0; i < e->nisles; i++) {
		for (k = 0; k < e->nisles; k++) {
			const struct topo_instance *in = e->isles[i].instance;

			if (e->isles[i].dst.family != e->isles[k].dst.family)
				continue;
			if (i != k)
				in = sender(e->lab, evidence_project(in),
					    &e->isles[k].dst);
			if (!in || in->node != n)
				continue;
			from[ask.n++] =
				(struct probe_from){in->netns, e->isles[k].dst};
			l.sent[l.nsent++] =
				(struct probe_to){&e->isles[k], i == k};
		}
	}
	if (!ask.n)
		return;
	probe_ask(&ask, &b);
	begin(p, &l, n->name, "probe", &b);
}

static void isles(struct paths *p)
{
	struct evidence *e = p->e;
	char text[IP_TEXT_MAX];
	size_t i;

	for (i = 0; i < e->nisles; i++) {
		struct seen_isle *t = &e->isles[i];

		capture(p, t->instance->node->name, t->instance->netns,
			arena_printf(&e->arena, "udp dst port %d and dst %s",
				     PROBE_PORT, ip_print(&t->dst, text)),
			&t->frames);
	}
	for (i = 0; i < e->lab->nnodes; i++)
		probes_of(p, &e->lab->nodes[i]);
}

/* --- all of it ------------------------------------------------------------ */

struct paths *paths_begin(struct fleet *f, struct evidence *e, unsigned needs)
{
	struct paths *p = arena_alloc(&e->arena, sizeof(*p));
	size_t i;

	*p = (struct paths){.f = f, .e = e};
	for (i = 0; i < e->nthrough && (needs & NEEDS_PASSAGES); i++) {
		const struct topo_router *r = e->through[i].router;

		capture(p, r->hosts[e->through[i].host]->name, r->netns,
			evidence_passage_filter(&e->arena, e->lab),
			&e->through[i].frames);
	}
	for (i = 0; i < e->ninternet && (needs & NEEDS_INTERNET); i++)
		internet(p, &e->internet[i]);
	if (needs & NEEDS_ISLES)
		isles(p);
	return p;
}

static void take_sent(struct paths *p, struct look *l, const struct doc *d)
{
	struct seen_sent *sent =
		arena_array(&p->e->arena, l->nsent, sizeof(*sent));

	probe_answer(&p->e->arena, d, sent, l->nsent);
	for (size_t i = 0; i < l->nsent; i++)
		if (l->sent[i].own)
			l->sent[i].isle->own = sent[i];
}

static void take(struct paths *p, struct look *l)
{
	struct arena *a = &p->e->arena;
	const struct doc *d;
	struct err err;

	if (!l->g.on)
		return;
	if (l->goes_on)
		going_stop(&l->g);
	if (going_end(&l->g, a, &d, &err) < 0) {
		failed(p, l, err.msg);
		return;
	}
	if (l->frames)
		capture_answer(a, d, l->frames);
	else if (l->pings)
		ping_answer(a, d, l->pings);
	else if (l->trace)
		trace_answer(a, d, l->trace);
	else
		take_sent(p, l, d);
}

void paths_end(struct paths *p)
{
	size_t i;

	/* What was sent has gone its way before captures end. */
	for (i = 0; i < p->n; i++)
		if (!p->looks[i].goes_on)
			take(p, &p->looks[i]);
	if (p->n)
		clock_sleep_ms(LINGER_MS);
	for (i = 0; i < p->n; i++)
		take(p, &p->looks[i]);
}
