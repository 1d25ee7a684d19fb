/* SPDX-License-Identifier: MIT */
/*
 * Gathering
 * =========
 * A thread for each node talks to that node's agent, through fleet_each().
 * First all captures and pings of the node are asked for, so that they run at
 * the same time there and everywhere; while they do, the node's tables are
 * observed, several times over one advert interval where roles are judged.
 * Then the answers are collected. A capture ends by itself when it has the
 * adverts it needs, so the whole takes between one and two intervals.
 *
 * Before that, each router is given the time that its timers may take to find
 * its active host: verify right after `up --no-wait` is no failure.
 *
 * Threads write to their own node's places in the evidence only, with memory
 * from an arena of their own.
 */
#include "verify/gather/gather.h"

#include <string.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "provision/node/agent.h"
#include "verify/gather/boots.h"
#include "verify/gather/hops.h"
#include "verify/gather/tracked.h"
#include "verify/gather/tries.h"
#include "verify/passages.h"
#include "verify/paths.h"
#include "verify/ways.h"

#define SNAPLEN 256 /* an advert inside VXLAN with 20 addresses */
#define PING_INTERVAL_US 150000
#define PING_TIMEOUT_MS 1000
#define ANSWER_EXTRA_MS 10000 /* for an answer, after it should be there */
#define SAMPLES 3        /* of roles: at the beginning, between, at the end */
#define PARALLEL_MAX 200 /* looks of one node at a time */
_Static_assert(PARALLEL_MAX < AGENT_CHILDREN_MAX, "room in the agent");

enum job_kind { JOB_FRAMES, JOB_PINGS, JOB_BOOT };

/* One request to a node's agent, and where its answer goes. */
struct job {
	enum job_kind kind;
	struct seen_frames *frames;
	struct seen_pings *pings;
	const struct boot_ask *boot;
	char *members; /* of the request */
	unsigned timeout_ms;
	unsigned id;
	bool sent;
	struct err err;
};

/* What one node's thread works on. */
struct work {
	struct evidence *e;
	struct arena *arena;
	unsigned needs;
	struct job *jobs;
	size_t njobs;
};

struct gather {
	struct evidence *e;
	unsigned needs;
	struct fleet *fleet;
	struct buf told; /* the lab, for agents */
	/* For each router: until when hosts may look for it at a wrong place,
	 * for the role was taken or given up not long ago. */
	struct mono *learned;
};

static struct job *add_job(struct work *w, enum job_kind kind,
			   unsigned timeout_ms, const char *members)
{
	struct job *j = arena_push(w->arena, &w->jobs, &w->njobs, sizeof(*j));

	j->kind = kind;
	j->timeout_ms = timeout_ms + ANSWER_EXTRA_MS;
	j->members = arena_strdup(w->arena, members);
	return j;
}

static void add_frames(struct work *w, struct seen_frames *out,
		       const char *netns, const char *dev, const char *filter,
		       int64_t interval, size_t flows, const struct ip *srcs,
		       size_t nsrcs)
{
	unsigned ms = (unsigned)(EVIDENCE_WINDOW(interval) / NS_PER_MS);
	unsigned least =
		(unsigned)((interval + EVIDENCE_SLACK(interval)) / NS_PER_MS);
	struct capture_ask ask = {.netns = netns,
				  .dev = dev,
				  .filter = filter,
				  .snaplen = SNAPLEN,
				  .duration_ms = ms,
				  .at_least_ms = least,
				  .enough_frames = EVIDENCE_ADVERTS,
				  .enough_flows = flows,
				  .srcs = srcs,
				  .nsrcs = nsrcs};
	auto_buf struct buf b = {0};

	capture_ask(&ask, &b);
	add_job(w, JOB_FRAMES, ms, b.data)->frames = out;
}

static void add_pings(struct work *w, struct seen_ping *p,
		      struct seen_pings *out)
{
	struct topo_way way =
		ways_ping(w->e->lab, p->router, p->instance, &p->dst);
	unsigned wait = ways_wait_ms(PING_TIMEOUT_MS, way);
	unsigned ms = EVIDENCE_PROBES * PING_INTERVAL_US / 1000 + wait;
	struct ping_ask ask = {.netns = p->instance ? p->instance->netns : "",
			       .dst = p->dst,
			       .count = EVIDENCE_PROBES,
			       .interval_us = PING_INTERVAL_US,
			       .timeout_ms = wait};
	auto_buf struct buf b = {0};

	ping_ask(&ask, &b);
	add_job(w, JOB_PINGS, ms, b.data)->pings = out;
}

static void add_boots(struct work *w, const struct topo_node *node)
{
	struct boot_ask *asks = NULL;
	size_t i, n = 0;

	gather_boots(w->arena, w->e, node, w->needs, &asks, &n);
	if (w->needs & NEEDS_GATEWAYS)
		gather_hops(w->arena, w->e, node, &asks, &n);
	for (i = 0; i < n; i++)
		add_job(w, JOB_BOOT, asks[i].timeout_ms, asks[i].members)
			->boot = &asks[i];
}

/* Whose adverts are waited for: hosts of a router, or, NULL, of all. */
static void hosts_of(struct work *w, const struct topo_router *r,
		     struct ip **ret, size_t *ret_n)
{
	const struct lab *lab = w->e->lab;
	size_t i, h;

	*ret = NULL;
	*ret_n = 0;
	for (i = 0; i < lab->nrouters; i++)
		for (h = 0; (!r || r == &lab->routers[i]) &&
			    lab->routers[i].is_ha && h < lab->routers[i].nhosts;
		     h++)
			*(struct ip *)arena_push(w->arena, ret, ret_n,
						 sizeof(**ret)) =
				lab->routers[i].ha_ports[h]->addrs[0].addr.ip;
}

/* What is to be looked at on this node; node NULL: on the host outside. */
static void plan_jobs(struct work *w, const struct topo_node *node)
{
	struct evidence *e = w->e;
	struct ip *srcs;
	size_t nsrcs;
	size_t i;

	for (i = 0; i < e->noutside && (w->needs & NEEDS_PINGS); i++)
		if (!node)
			add_pings(w, &e->outside[i], &e->outside[i].pings);
	for (i = 0; i < e->ninside && (w->needs & NEEDS_PINGS); i++)
		if (node && e->inside[i].instance->node == node)
			add_pings(w, &e->inside[i], &e->inside[i].pings);
	add_boots(w, node);
	if (!node || !(w->needs & NEEDS_FRAMES))
		return;
	for (i = 0; i < e->ntunnels; i++)
		if (e->tunnels[i].node == node) {
			hosts_of(w, NULL, &srcs, &nsrcs);
			add_frames(w, &e->tunnels[i].frames, "",
				   e->tunnels[i].nic->ifname,
				   evidence_tunnel_filter(w->arena, e->lab),
				   evidence_longest_ns(e->lab),
				   e->tunnels[i].routers, srcs, nsrcs);
		}
	for (i = 0; i < e->nha; i++) {
		const struct topo_router *r = e->ha[i].router;

		if (r->is_ha && r->hosts[e->ha[i].host] == node) {
			hosts_of(w, r, &srcs, &nsrcs);
			add_frames(w, &e->ha[i].frames, r->netns,
				   r->ha_ports[e->ha[i].host]->ifname,
				   evidence_ha_filter(w->arena, r),
				   evidence_interval_ns(r), 1, srcs, nsrcs);
		}
	}
}

static void send_job(struct fleet_node *n, struct job *j)
{
	static const char *const ops[] = {
		[JOB_FRAMES] = "capture", [JOB_PINGS] = "ping"};

	const char *op = j->kind == JOB_BOOT ? j->boot->op : ops[j->kind];

	j->sent = remote_send(n->remote, op, j->members, &j->id, &j->err) == 0;
}

static void job_failed(struct work *w, struct job *j, const char *why)
{
	const char *copy = arena_strdup(w->arena, why);

	if (j->kind == JOB_FRAMES)
		j->frames->error = copy;
	else if (j->kind == JOB_BOOT)
		j->boot->failed(j->boot->to, copy);
	else
		j->pings->error = copy;
}

static void take_answer(struct fleet_node *n, struct work *w, struct job *j)
{
	const struct doc *d;

	if (j->sent && remote_wait(n->remote, j->id, j->timeout_ms, w->arena,
				   &d, &j->err) < 0)
		j->sent = false;
	if (!j->sent)
		job_failed(w, j, j->err.msg);
	else if (j->kind == JOB_FRAMES)
		capture_answer(w->arena, d, j->frames);
	else if (j->kind == JOB_BOOT)
		j->boot->answer(w->arena, d, j->boot->to);
	else
		ping_answer(w->arena, d, j->pings);
}

/* One more sample of the node's tables; false where it cannot be had. */
static bool sample(struct fleet_node *n, struct work *w, struct seen_node *s)
{
	const struct observed *o, **slot;
	struct err err;

	if (gather_node_tables(n, w->arena, w->e->lab->name, &o, &err) < 0) {
		if (!s->nsamples)
			s->error = arena_strdup(w->arena, err.msg);
		else
			s->cut = arena_strdup(w->arena, err.msg);
		return false;
	}
	s->error = NULL;
	slot = arena_push(w->arena, &s->samples, &s->nsamples, sizeof(*slot));
	*slot = o;
	return true;
}

/* What the node's agent would change; it changes nothing. */
static void look_for_drift(struct fleet_node *n, struct gather *g,
			   struct arena *a)
{
	struct seen_drift *d = &g->e->nodes[n->node->index].drift;
	struct err err;

	d->error = NULL;
	if (converge_look(n, &g->told, a, &d->changes, &d->n, &err) < 0)
		d->error = arena_strdup(a, err.msg);
}

/* Asks for all looks at once, but for more than an agent takes. */
static size_t send_jobs(struct fleet_node *n, struct work *w)
{
	size_t sent;

	for (sent = 0; sent < w->njobs && sent < PARALLEL_MAX; sent++)
		send_job(n, &w->jobs[sent]);
	return sent;
}

static void take_answers(struct fleet_node *n, struct work *w, size_t sent)
{
	size_t i;

	for (i = 0; i < w->njobs; i++) {
		take_answer(n, w, &w->jobs[i]);
		if (sent < w->njobs)
			send_job(n, &w->jobs[sent++]);
	}
}

/* Were there fewer replies than probes? */
static bool lossy(const struct seen_pings *p)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (p->probes[i].rtt < 0)
			return true;
	return false;
}

/*
 * began: when it was tried last. A path whose last probe was answered has just
 * come back (a cable was plugged in): once more, and then it must be whole.
 */
static void repeat(struct work *w, const struct gather *g, struct seen_ping *p,
		   struct mono began)
{
	const struct seen_pings *last = p->repeated ? &p->again : &p->pings;
	bool came_back =
		!p->repeated && last->n && last->probes[last->n - 1].rtt >= 0;

	if (last->error || !lossy(last) ||
	    (p->floating && !tries_lets_echo(p->floating)))
		return;
	if (!came_back && !mono_before(began, g->learned[p->router->index]))
		return;
	p->repeated = true;
	add_pings(w, p, &p->again);
}

/*
 * Pings with losses, again and again until they have none or a try counts
 * that was begun when all must have learned of the last change of role.
 */
static void repeat_pings(struct fleet_node *n, struct gather *g,
			 struct arena *arena, struct mono began)
{
	struct evidence *e = g->e;
	struct work w;
	size_t i;

	do {
		w = (struct work){.e = e, .arena = arena, .needs = g->needs};
		for (i = 0; i < e->noutside; i++)
			if (!n->node)
				repeat(&w, g, &e->outside[i], began);
		for (i = 0; i < e->ninside; i++)
			if (e->inside[i].instance->node == n->node)
				repeat(&w, g, &e->inside[i], began);
		began = clock_mono();
		take_answers(n, &w, send_jobs(n, &w));
	} while (w.njobs);
}

/* Likewise instances from outside. */
static void repeat_reach(struct fleet_node *n, struct gather *g,
			 struct arena *arena, struct mono began)
{
	for (;;) {
		struct work w = {.e = g->e, .arena = arena, .needs = g->needs};
		struct boot_ask *q = arena_alloc(arena, sizeof(*q));

		if (!gather_reach_again(arena, g->e, g->learned, began, q))
			return;
		add_job(&w, JOB_BOOT, q->timeout_ms, q->members)->boot = q;
		began = clock_mono();
		take_answers(n, &w, send_jobs(n, &w));
	}
}

static struct seen_node *seen_of(struct evidence *e, const struct fleet_node *n)
{
	return n->node ? &e->nodes[n->node->index] : &e->host;
}

static int gather_node(struct fleet_node *n, void *ctx, struct err *reterr)
{
	struct gather *g = ctx;
	size_t at = (size_t)(n - g->fleet->nodes);
	struct work w = {g->e, &g->e->arenas[at], g->needs, NULL, 0};
	int64_t interval = evidence_longest_ns(g->e->lab);
	struct mono began = clock_mono();
	unsigned pause = (unsigned)(interval / NS_PER_MS / (SAMPLES - 1));
	size_t i, sent;
	struct seen_node *s = seen_of(g->e, n);
	struct passages_batch *passages = NULL;
	bool ok;

	(void)reterr;
	plan_jobs(&w, n->node);
	sent = send_jobs(n, &w);
	if (g->needs & NEEDS_PASSAGES)
		passages = passages_send(n, g->e, w.arena);
	ok = sample(n, &w, s) && n->node;
	if (n->node && (g->needs & NEEDS_DRIFT))
		look_for_drift(n, g, w.arena);
	for (i = 1; ok && i < SAMPLES - 1 && (g->needs & NEEDS_TIME); i++) {
		clock_sleep_ms(pause);
		ok = sample(n, &w, s);
	}
	if (ok && (g->needs & NEEDS_TIME) && !(g->needs & NEEDS_FRAMES))
		clock_sleep_ms(pause); /* else the captures take that long */
	take_answers(n, &w, sent);
	passages_take(passages, n, w.arena);
	if (ok && (g->needs & NEEDS_TIME))
		sample(n, &w, s);
	if ((g->needs & NEEDS_PINGS) && g->learned)
		repeat_pings(n, g, w.arena, began);
	if (!n->node && (g->needs & NEEDS_REACH))
		repeat_reach(n, g, w.arena, began);
	return 0;
}

/* Looks that no thread has done, for their node is not open. */
static void blame(struct gather *g, const struct fleet_node *n)
{
	struct work w = {g->e, &g->e->arenas[n - g->fleet->nodes], g->needs,
			 NULL, 0};
	const char *why = arena_strdup(
		w.arena, *n->err.msg ? n->err.msg : "cannot be reached");
	size_t i;

	seen_of(g->e, n)->error = seen_of(g->e, n)->drift.error = why;
	passages_blame(g->e, n->node, why);
	plan_jobs(&w, n->node);
	for (i = 0; i < w.njobs; i++)
		job_failed(&w, &w.jobs[i], why);
}

void gather(struct fleet *f, struct evidence *e, unsigned needs)
{
	struct gather g = {.e = e, .needs = needs, .fleet = f};
	struct paths *paths;
	struct going left;
	size_t i;

	e->arenas = arena_array(&e->arena, f->n, sizeof(*e->arenas));
	e->narenas = f->n;
	/* fleet_each() writes over what opening has said of these. */
	for (i = 0; i < f->n; i++)
		if (!f->nodes[i].remote)
			blame(&g, &f->nodes[i]);
	if (e->lab->nrouters)
		g.learned = arena_array(&e->arena, e->lab->nrouters,
					sizeof(*g.learned));
	e->waited_ns = gather_wait(f, g.learned);
	if (needs & NEEDS_DRIFT)
		converge_tell(e->lab, &g.told);
	paths = paths_begin(f, e, needs);
	if (needs & NEEDS_PASSAGES)
		passages_begin(f, e, &left);
	(void)fleet_each(f, gather_node, &g, NULL);
	if (needs & NEEDS_PASSAGES)
		passages_end(f, e, &left, g.learned);
	paths_end(paths);
	if (needs & NEEDS_TRIES)
		tries_gather(f, e);
	if (needs & NEEDS_TRACKED)
		tracked_gather(f, e);
	buf_release(&g.told);
}
