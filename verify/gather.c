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
#include "verify/gather.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "provision/emul.h"
#include "provision/plan.h"
#include "verify/answer.h"
#include "verify/check_judges.h"
#include "verify/look.h"

#define POLL_MS 100 /* between looks while waiting for roles */
#define SNAPLEN 256 /* an advert inside VXLAN with 20 addresses */
#define PING_INTERVAL_US 150000
#define PING_TIMEOUT_MS 1000
#define ANSWER_EXTRA_MS 10000 /* for an answer, after it should be there */
#define SAMPLES 3        /* of roles: at the beginning, between, at the end */
#define PARALLEL_MAX 200 /* looks of one node at a time */
_Static_assert(PARALLEL_MAX < AGENT_CHILDREN_MAX, "room in the agent");

enum job_kind { JOB_FRAMES, JOB_PINGS };

/* One request to a node's agent, and where its answer goes. */
struct job {
	enum job_kind kind;
	struct seen_frames *frames;
	struct seen_pings *pings;
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
};

static char *observe_members(struct arena *a, const char *lab)
{
	auto_buf struct buf b = {0};
	char dir[sizeof(PLAN_STATE_DIR) + TOPO_LAB_NAME_MAX + 2];
	struct observe_what what = {.state_dir = dir};
	struct json j;

	snprintf(dir, sizeof(dir), PLAN_STATE_DIR "/%s", lab);
	json_init(&j, &b, 0);
	json_key(&j, "what");
	json_obj(&j);
	observe_what_encode(&what, &j);
	json_obj_end(&j);
	return arena_strndup(a, b.data, b.len);
}

static int observe_node(struct fleet_node *n, struct arena *a, const char *lab,
			const struct observed **ret, struct err *reterr)
{
	struct observed *o = arena_alloc(a, sizeof(*o));
	const struct doc *answer;
	int r;

	r = remote_call(n->remote, "observe", observe_members(a, lab),
			REMOTE_ANSWER_MS, a, &answer, reterr);
	if (r == 0)
		r = observed_decode(a, answer, o, reterr);
	if (r == 0)
		*ret = o;
	return r;
}

struct observing {
	struct fleet *fleet;
	struct arena *arenas;
	const struct observed **obs;
};

static int observe_one(struct fleet_node *n, void *ctx, struct err *reterr)
{
	struct observing *o = ctx;

	if (!n->node)
		return 0;
	return observe_node(n, &o->arenas[n - o->fleet->nodes],
			    o->fleet->lab->name, &o->obs[n->node->index],
			    reterr);
}

void gather_observe(struct fleet *f, struct arena *arenas,
		    const struct observed **obs)
{
	struct observing o = {f, arenas, obs};
	size_t i;

	for (i = 0; i < f->lab->nnodes; i++)
		obs[i] = NULL;
	/* Each node's status tells what became of it. */
	(void)fleet_each(f, observe_one, &o, NULL);
}

size_t gather_active(const struct topo_router *r, const struct observed **obs,
		     const struct topo_node **ret)
{
	size_t h, n = 0;

	for (h = 0; h < r->nhosts; h++)
		if (judge_role_in(obs[r->hosts[h]->index], r) == ROLE_ACTIVE) {
			*ret = r->hosts[h];
			n++;
		}
	return n;
}

static bool settled(const struct lab *lab, const struct observed **obs)
{
	const struct topo_node *n;
	size_t i;

	for (i = 0; i < lab->nrouters; i++)
		if (gather_active(&lab->routers[i], obs, &n) != 1)
			return false;
	return true;
}

/* As long as the slowest router's timers, and one advert to settle a tie. */
static int64_t patience_ns(const struct lab *lab)
{
	int64_t most = 0, ns;
	size_t i;

	for (i = 0; i < lab->nrouters; i++) {
		ns = topo_master_down_ns(&lab->routers[i].ha) +
		     evidence_interval_ns(&lab->routers[i]);
		if (ns > most)
			most = ns;
	}
	return most;
}

static void wait_for_roles(struct gather *g)
{
	const struct lab *lab = g->e->lab;
	struct mono began = clock_mono();
	struct mono until = mono_add(began, patience_ns(lab));
	const struct observed **obs;
	struct arena *arenas;
	auto_arena struct arena a = {0};
	size_t i;
	bool done;

	if (!lab->nrouters)
		return;
	obs = arena_array(&a, lab->nnodes, sizeof(*obs));
	arenas = arena_array(&a, g->fleet->n, sizeof(*arenas));
	for (;;) {
		gather_observe(g->fleet, arenas, obs);
		done = settled(lab, obs);
		for (i = 0; i < g->fleet->n; i++)
			arena_release(&arenas[i]);
		if (done || !mono_before(clock_mono(), until))
			break;
		clock_sleep_ms(POLL_MS);
	}
	if (!done)
		g->e->waited_ns = mono_sub(clock_mono(), began);
}

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
		       int64_t interval, size_t flows)
{
	unsigned ms = (unsigned)(EVIDENCE_WINDOW(interval) / NS_PER_MS);
	auto_buf struct buf b = {0};
	struct json j;

	/* Members, not an object: a key at depth 0 has no braces around. */
	json_init(&j, &b, 0);
	json_kstr(&j, "netns", netns);
	json_kstr(&j, "dev", dev);
	json_kstr(&j, "filter", filter);
	json_kint(&j, "snaplen", SNAPLEN);
	json_kint(&j, "duration_ms", ms);
	json_kint(&j, "enough_frames", EVIDENCE_ADVERTS);
	json_kint(&j, "enough_flows", (int64_t)flows);
	add_job(w, JOB_FRAMES, ms, b.data)->frames = out;
}

static void add_pings(struct work *w, struct seen_ping *p,
		      struct seen_pings *out)
{
	unsigned ms =
		EVIDENCE_PROBES * PING_INTERVAL_US / 1000 + PING_TIMEOUT_MS;
	auto_buf struct buf b = {0};
	char text[IP_TEXT_MAX];
	struct json j;

	json_init(&j, &b, 0);
	json_kstr(&j, "netns", p->instance ? p->instance->netns : "");
	json_kstr(&j, "dst", ip_print(&p->dst, text));
	json_kint(&j, "count", EVIDENCE_PROBES);
	json_kint(&j, "interval_us", PING_INTERVAL_US);
	json_kint(&j, "timeout_ms", PING_TIMEOUT_MS);
	add_job(w, JOB_PINGS, ms, b.data)->pings = out;
}

/* What is to be looked at on this node; node NULL: on the host outside. */
static void plan_jobs(struct work *w, const struct topo_node *node)
{
	struct evidence *e = w->e;
	size_t i;

	for (i = 0; i < e->noutside && (w->needs & NEEDS_PINGS); i++)
		if (!node)
			add_pings(w, &e->outside[i], &e->outside[i].pings);
	for (i = 0; i < e->ninside && (w->needs & NEEDS_PINGS); i++)
		if (node && e->inside[i].instance->node == node)
			add_pings(w, &e->inside[i], &e->inside[i].pings);
	if (!node || !(w->needs & NEEDS_FRAMES))
		return;
	for (i = 0; i < e->ntunnels; i++)
		if (e->tunnels[i].node == node)
			add_frames(w, &e->tunnels[i].frames, "",
				   topo_nic(node, TOPO_TUNNEL)->ifname,
				   evidence_tunnel_filter(),
				   evidence_longest_ns(e->lab),
				   e->tunnels[i].routers);
	for (i = 0; i < e->nha; i++) {
		const struct topo_router *r = e->ha[i].router;

		if (r->hosts[e->ha[i].host] == node)
			add_frames(w, &e->ha[i].frames, r->netns,
				   r->ha_ports[e->ha[i].host]->ifname,
				   evidence_ha_filter(w->arena, r),
				   evidence_interval_ns(r), 1);
	}
}

static void send_job(struct fleet_node *n, struct job *j)
{
	static const char *const ops[] = {
		[JOB_FRAMES] = "capture", [JOB_PINGS] = "ping"};

	j->sent = remote_send(n->remote, ops[j->kind], j->members, &j->id,
			      &j->err) == 0;
}

static void job_failed(struct work *w, struct job *j, const char *why)
{
	const char *copy = arena_strdup(w->arena, why);

	if (j->kind == JOB_FRAMES)
		j->frames->error = copy;
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
		answer_frames(w->arena, d, j->frames);
	else
		answer_probes(w->arena, d, j->pings);
}

/* One more sample of the node's tables; false where it cannot be had. */
static bool sample(struct fleet_node *n, struct work *w)
{
	struct seen_node *s = &w->e->nodes[n->node->index];
	const struct observed *o, **slot;
	struct err err;

	if (observe_node(n, w->arena, w->e->lab->name, &o, &err) < 0) {
		if (!s->nsamples)
			s->error = arena_strdup(w->arena, err.msg);
		return false;
	}
	s->error = NULL;
	slot = arena_push(w->arena, &s->samples, &s->nsamples, sizeof(*slot));
	*slot = o;
	return true;
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

/* Was it sent, and not one reply came? */
static bool silent(const struct seen_pings *p)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (p->probes[i].rtt >= 0)
			return false;
	return !p->error;
}

static void repeat(struct work *w, struct seen_ping *p)
{
	if (!silent(&p->pings))
		return;
	p->repeated = true;
	add_pings(w, p, &p->again);
}

/* Pings without one reply, once more, not before later. */
static void repeat_pings(struct fleet_node *n, struct gather *g,
			 struct arena *arena, struct mono later)
{
	struct work w = {.e = g->e, .arena = arena, .needs = g->needs};
	struct evidence *e = g->e;
	int64_t left;
	size_t i;

	for (i = 0; i < e->noutside; i++)
		if (!n->node)
			repeat(&w, &e->outside[i]);
	for (i = 0; i < e->ninside; i++)
		if (e->inside[i].instance->node == n->node)
			repeat(&w, &e->inside[i]);
	if (!w.njobs)
		return;
	left = mono_sub(later, clock_mono()) / NS_PER_MS;
	if (left > 0)
		clock_sleep_ms((unsigned)left);
	take_answers(n, &w, send_jobs(n, &w));
}

static int gather_node(struct fleet_node *n, void *ctx, struct err *reterr)
{
	struct gather *g = ctx;
	size_t at = (size_t)(n - g->fleet->nodes);
	struct work w = {g->e, &g->e->arenas[at], g->needs, NULL, 0};
	int64_t interval = evidence_longest_ns(g->e->lab);
	/* One interval and some: then the active has announced itself again
	 * if it was contested before. */
	struct mono later = mono_add(clock_mono(), interval * 5 / 4);
	unsigned pause = (unsigned)(interval / NS_PER_MS / (SAMPLES - 1));
	size_t i, sent;
	bool ok;

	(void)reterr;
	plan_jobs(&w, n->node);
	sent = send_jobs(n, &w);
	ok = n->node && sample(n, &w);
	for (i = 1; ok && i < SAMPLES - 1 && (g->needs & NEEDS_TIME); i++) {
		clock_sleep_ms(pause);
		ok = sample(n, &w);
	}
	if (ok && (g->needs & NEEDS_TIME) && !(g->needs & NEEDS_FRAMES))
		clock_sleep_ms(pause); /* else the captures take that long */
	take_answers(n, &w, sent);
	if (ok && (g->needs & NEEDS_TIME))
		sample(n, &w);
	if (g->needs & NEEDS_PINGS)
		repeat_pings(n, g, w.arena, later);
	return 0;
}

/* Looks that no thread has done, for their node is not open. */
static void blame(struct gather *g, const struct fleet_node *n)
{
	struct work w = {g->e, &g->e->arenas[n - g->fleet->nodes], g->needs,
			 NULL, 0};
	const char *why = *n->err.msg ? n->err.msg : "cannot be reached";
	size_t i;

	if (n->node)
		g->e->nodes[n->node->index].error = arena_strdup(w.arena, why);
	plan_jobs(&w, n->node);
	for (i = 0; i < w.njobs; i++)
		job_failed(&w, &w.jobs[i], why);
}

void gather(struct fleet *f, struct evidence *e, unsigned needs)
{
	struct gather g = {e, needs, f};
	size_t i;

	e->arenas = arena_array(&e->arena, f->n, sizeof(*e->arenas));
	e->narenas = f->n;
	/* fleet_each() writes over what opening has said of these. */
	for (i = 0; i < f->n; i++)
		if (!f->nodes[i].remote)
			blame(&g, &f->nodes[i]);
	wait_for_roles(&g);
	(void)fleet_each(f, gather_node, &g, NULL);
}
