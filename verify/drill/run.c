/* SPDX-License-Identifier: MIT */
/*
 * The drill
 * =========
 * Connections are opened; then everything that records is started, and runs to
 * the end: on each host of each router a capture of all interfaces of its
 * namespace and a watch of its tables, from instances and from outside a ping
 * each 10 ms. When all of that has begun, and was heard for a while, one thing
 * is broken by the node's agent, another host is waited for, it is put
 * back, and as long as a whole takeover would take it is watched whether the
 * role stays. At last all records are collected.
 *
 * All of this are parallel operations of the agents: started by a request,
 * ended by "stop". The fault is one of them, and mends itself when its agent
 * or this program is gone (verify/looks/fault/guard.c); here it is mended on
 * every way out, before anything else is done. A node that is killed has no
 * agent: that is done from here, and mended by a guard here (rescue.c).
 *
 * The main thread talks to all agents itself, for requests are small; only
 * observations go out in parallel. How long things are waited for comes from
 * the routers' timers. A takeover that is late is waited for three quarters
 * longer, to tell how late it was.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "provision/host/roles.h"
#include "provision/plan/plan.h"
#include "verify/drill/drill.h"
#include "verify/drill/ops.h"
#include "verify/gather/gather.h"
#include "verify/looks/fault/fault.h"

#define BASELINE_MS 1000 /* of pings before the fault, and one advert */
#define AFTER_MS 1000    /* after a takeover, for all to be told */
#define POLL_MS 100
#define SLICE_MS 20                  /* between looks at *interrupted */
#define FAULT_SEEN_NS (2 * NS_PER_S) /* until the link must be down */
#define FAULT_EXTRA_MS 30000         /* until the agent mends it by itself */

static void say(struct drill_run *r, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void say(struct drill_run *r, const char *fmt, ...)
{
	char text[200];
	va_list ap;

	if (!r->progress)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	r->progress(r->ctx, text);
}

/* --- looking --------------------------------------------------------- */

static const struct observed **look(struct drill_run *r)
{
	const struct observed **obs =
		arena_array(&r->d->arena, r->d->lab->nnodes, sizeof(*obs));

	gather_tables(r->f, r->d->arenas, obs);
	return obs;
}

/*
 * Polls until fn holds; -ETIMEDOUT, -EINTR. What is asked meanwhile is little:
 * the machine has a takeover to do, and tables of hundreds of namespaces would
 * be read beside it under the kernel's one lock for all networks.
 */
static int poll_until(struct drill_run *r, int64_t patience,
		      bool (*fn)(struct drill_run *r))
{
	struct mono until = mono_add(clock_mono(), patience);

	for (;;) {
		if (*r->interrupted)
			return -EINTR;
		if (fn(r))
			return 0;
		if (!mono_before(clock_mono(), until))
			return -ETIMEDOUT;
		clock_sleep_ms(POLL_MS);
	}
}

static int wait_ms(struct drill_run *r, int64_t ms)
{
	struct mono until = mono_add(clock_mono(), ms * NS_PER_MS);

	while (mono_before(clock_mono(), until)) {
		if (*r->interrupted)
			return -EINTR;
		clock_sleep_ms(SLICE_MS);
	}
	return 0;
}

static bool all_settled(struct drill_run *r)
{
	auto_(roles_release) struct roles roles = {0};
	size_t i;

	(void)roles_ask(r->f, REMOTE_ANSWER_MS, &roles, NULL);
	for (i = 0; i < r->d->nrouters; i++)
		if (roles_active(&roles, r->d->routers[i].router, NULL) != 1)
			return false;
	return true;
}

/* Is a router that was hit active somewhere else? */
static bool moved(const struct drill_router *dr, const struct roles *roles)
{
	const struct topo_router *r = dr->router;
	size_t h;

	for (h = 0; h < r->nhosts; h++) {
		const struct seen_engine *e = roles_engine(roles, r->hosts[h]);

		if (h != dr->old && e && !e->error &&
		    role_is_active(role_on(e, r)))
			return true;
	}
	return false;
}

/* Has a router before this one the same aim? One fault is for both. */
static bool struck(const struct drill *d, size_t router)
{
	const struct fault_aim *aim = &d->routers[router].aim, *other;
	size_t i;

	for (i = 0; i < router; i++) {
		other = &d->routers[i].aim;
		if (d->routers[i].hit &&
		    strcmp(other->netns, aim->netns) == 0 &&
		    strcmp(other->dev, aim->dev) == 0)
			return true;
	}
	return false;
}

/* Of the node that was struck only the namespaces are looked at in which it
 * was. */
static bool fault_holds(struct drill_run *r)
{
	const struct drill *d = r->d;
	auto_arena struct arena a = {0};
	const struct observed *o = NULL;
	const char **places;
	size_t i, n = 0;

	/* The end of a node was waited for. */
	if (d->fault->traits & FAULT_KILLS_NODE || !d->fault->holds)
		return true;
	places = arena_array(&a, d->nrouters, sizeof(*places));
	for (i = 0; i < d->nrouters; i++)
		if (d->routers[i].hit && !struck(d, i) &&
		    *d->routers[i].aim.netns)
			places[n++] = d->routers[i].aim.netns;
	if (gather_node_places(fleet_node(r->f, d->victim->name), &a,
			       d->lab->name, places, n, &o, NULL) < 0)
		return false;
	for (i = 0; i < d->nrouters; i++)
		if (d->routers[i].hit &&
		    !d->fault->holds(&d->routers[i].aim, o))
			return false;
	return true;
}

static bool all_moved(struct drill_run *r)
{
	auto_(roles_release) struct roles roles = {0};
	size_t i;

	(void)roles_ask(r->f, REMOTE_ANSWER_MS, &roles, NULL);
	for (i = 0; i < r->d->nrouters; i++)
		if (r->d->routers[i].hit && !moved(&r->d->routers[i], &roles))
			return false;
	return true;
}

/* --- the fault ------------------------------------------------------- */

static int64_t longest_ns(const struct drill *d)
{
	int64_t most = 0;
	size_t i;

	for (i = 0; i < d->nrouters; i++) {
		int64_t ns = topo_master_down_ns(&d->routers[i].router->ha) +
			     evidence_interval_ns(d->routers[i].router);

		if (ns > most)
			most = ns;
	}
	return most;
}

/* How long theory gives the last of them to be taken over. */
static int64_t takeover_ns(const struct drill *d)
{
	int64_t most = longest_ns(d);

	for (size_t i = 0; i < d->nrouters; i++) {
		const struct drill_router *dr = &d->routers[i];
		int64_t ns = drill_bound(d->lab, d->fault, dr->router).high;

		if (dr->hit && ns > most)
			most = ns;
	}
	return most;
}

static int64_t patience_ns(const struct drill *d)
{
	return takeover_ns(d) * 7 / 4;
}

static int64_t longest_fault_ms(const struct drill *d)
{
	return patience_ns(d) / NS_PER_MS + FAULT_EXTRA_MS;
}

static int break_one(struct drill_run *r, const struct fault_aim *aim,
		     struct err *reterr)
{
	char dir[sizeof(PLAN_STATE_DIR) + TOPO_LAB_NAME_MAX + 2];
	const struct drill *d = r->d;
	const struct fault_ask ask = {.netns = aim->netns,
				      .dev = aim->dev,
				      .devs = aim->devs,
				      .ndevs = aim->ndevs,
				      .state_dir = dir,
				      .max_ms = longest_fault_ms(d)};
	auto_buf struct buf b = {0};

	snprintf(dir, sizeof(dir), PLAN_STATE_DIR "/%s", d->lab->name);
	fault_ask(&ask, &b);
	say(r, "%s %s %s", d->fault->struck, d->victim->name, aim->dev);
	return going_begin(&r->faults[r->nfaults++], r->f, d->victim->name,
			   d->fault->op, b.data, reterr);
}

/* What was recorded there is fetched first, and nobody talks to it after. */
static int kill_node(struct drill_run *r, struct err *reterr)
{
	struct drill *d = r->d;
	struct fleet_node *n = fleet_node(r->f, d->victim->name);

	if (!d->rescue)
		return err_set(reterr, -EINVAL, "nobody would mend the node");
	drill_end_node(r, d->victim);
	say(r, "%s %s", d->fault->struck, d->victim->name);
	remote_close(n->remote);
	n->remote = NULL;
	r->killed = true;
	return rescue_kill(d->rescue, d->lab, d->victim->name,
			   longest_fault_ms(d), &d->down_ns, reterr);
}

static int break_it(struct drill_run *r, struct err *reterr)
{
	struct drill *d = r->d;
	size_t i;
	int e = 0;

	/* Until the agent's own word, this is when it happened. */
	d->down_ns = clock_real_ns();
	if (d->fault->traits & FAULT_KILLS_NODE)
		return kill_node(r, reterr);
	for (i = 0; i < d->nrouters && e == 0; i++)
		if (d->routers[i].hit && !struck(d, i))
			e = break_one(r, &d->routers[i].aim, reterr);
	return e;
}

/* By the guard's record: what ended the fault before we did, or NULL. */
static const char *how_spoiled(struct drill *d, const struct seen_fault *f)
{
	if (strcmp(f->ended, "other") == 0)
		return arena_printf(
			&d->arena,
			"another hand mended the fault %.1f s after it was "
			"made",
			(double)(f->mended - f->down) / (double)NS_PER_S);
	if (strcmp(f->ended, "time") == 0)
		return "the fault's time was over before the drill was";
	return NULL;
}

static int make_anew(struct drill_run *r, struct err *reterr)
{
	struct drill *d = r->d;
	int e;

	r->killed = false;
	say(r, "%s %s", d->fault->mended, d->victim->name);
	e = rescue_mend(d->rescue, &d->up_ns, reterr);
	if (e == 0)
		e = fleet_again(r->f, fleet_node(r->f, d->victim->name),
				reterr);
	return e < 0 ? err_prefix(reterr, "%s", d->victim->name) : 0;
}

/* Puts back whatever was broken. Its times are the agent's. */
static int mend_it(struct drill_run *r, struct err *reterr)
{
	const struct doc *answer;
	struct seen_fault seen;
	struct err err;
	size_t i;
	int e = 0;

	if (r->killed)
		return make_anew(r, reterr);
	if (r->nfaults && r->d->fault->mended)
		say(r, "%s %s", r->d->fault->mended, r->d->victim->name);
	for (i = 0; i < r->nfaults; i++)
		going_stop(&r->faults[i]);
	for (i = 0; i < r->nfaults; i++) {
		if (going_end(&r->faults[i], &r->d->arena, &answer, &err) < 0) {
			if (e == 0)
				e = err_set(reterr, err.code,
					    "the fault on %s: %s",
					    r->d->victim->name, err.msg);
			continue;
		}
		fault_answer(answer, &seen);
		if (i == 0 || seen.down < r->d->down_ns)
			r->d->down_ns = seen.down;
		if (seen.up > r->d->up_ns)
			r->d->up_ns = seen.up;
		if (!r->d->spoiled)
			r->d->spoiled = how_spoiled(r->d, &seen);
	}
	r->nfaults = 0;
	return e;
}

/* --- the drill's course ---------------------------------------------- */

static int find_victim(struct drill_run *r, struct err *reterr)
{
	struct drill *d = r->d;
	const struct topo_node *n;
	bool hit = false;
	size_t i, h;
	int e = 0;

	for (i = 0; i < d->nrouters; i++) {
		struct drill_router *dr = &d->routers[i];

		if (gather_active(dr->router, d->before, &n) != 1)
			return err_set(reterr, -EBUSY,
				       "%s is not active on exactly one node",
				       dr->router->name);
		for (h = 0; dr->router->hosts[h] != n; h++)
			;
		dr->old = h;
		if (!d->victim)
			d->victim = n;
		dr->hit = n == d->victim;
	}
	if (!d->victim)
		return err_set(reterr, -ENOENT, "the lab has no router");
	for (i = 0; i < d->nrouters; i++) {
		struct drill_router *dr = &d->routers[i];

		if (!dr->hit)
			continue;
		/* One that it does not concern is not hit; somebody must be. */
		e = d->fault->aim(dr->router, dr->old, &dr->aim, reterr);
		dr->hit = e == 0;
		hit |= dr->hit;
		if (e < 0 && e != -ENODEV)
			return e;
	}
	return hit ? 0 : e;
}

static int cut_and_wait(struct drill_run *r, struct err *reterr)
{
	struct mono began = clock_mono();
	int e;

	e = break_it(r, reterr);
	if (e < 0)
		return e;
	e = poll_until(r, FAULT_SEEN_NS, fault_holds);
	if (e == -ETIMEDOUT)
		return err_set(reterr, e, "the fault on %s did not take hold",
			       r->d->victim->name);
	if (e == 0) {
		say(r, "waiting for another node (up to %.1f s)",
		    (double)takeover_ns(r->d) / (double)NS_PER_S);
		e = poll_until(r, patience_ns(r->d), all_moved);
	}
	r->d->taken_ns = mono_sub(clock_mono(), began);
	if (e == 0 || e == -ETIMEDOUT) /* which is a finding */
		e = wait_ms(r, AFTER_MS + drill_together_ns(r->d) / NS_PER_MS);
	if (e == 0)
		r->d->during = look(r);
	/* While what was broken still is: it is the new one they go through. */
	if (e == 0)
		drill_connections_end(r);
	return e;
}

static int course(struct drill_run *r, struct err *reterr)
{
	struct drill *d = r->d;
	struct err err = {0};
	int64_t baseline;
	int e;

	say(r, "waiting for each router's active node");
	e = poll_until(r, longest_ns(d), all_settled);
	if (e == -EINTR)
		return e;
	d->before = look(r);
	e = find_victim(r, reterr);
	if (e < 0)
		return e;
	drill_begin_all(r);
	say(r, "pinging %zu addresses before the fault", d->npings);
	baseline = (evidence_longest_ns(d->lab) * 11 / 10) / NS_PER_MS;
	e = wait_ms(r, baseline > BASELINE_MS ? baseline : BASELINE_MS);
	if (e < 0)
		return e;
	e = cut_and_wait(r, reterr);
	if (mend_it(r, &err) < 0) {
		/* What it says is why the link did not go down, too. */
		*reterr = err;
		if (!d->up_ns)
			d->down_ns = 0;
		return err.code;
	}
	if (e < 0)
		return e;
	say(r, "watching that the role stays (%.1f s)",
	    (double)longest_ns(d) / (double)NS_PER_S);
	e = wait_ms(r, longest_ns(d) / NS_PER_MS);
	if (e == 0)
		d->after = look(r);
	return e;
}

int drill_run(struct drill *d, struct fleet *f, const volatile int *interrupted,
	      drill_progress *progress, void *ctx)
{
	struct drill_run r = {.d = d,
			      .f = f,
			      .interrupted = interrupted,
			      .progress = progress,
			      .ctx = ctx};
	struct err err = {0};
	size_t i;
	int e;

	for (i = 0; i < d->nrouters; i++)
		r.nhosts += d->routers[i].router->nhosts;
	d->arenas = arena_array(&d->arena, f->n, sizeof(*d->arenas));
	d->narenas = f->n;
	r.captures = arena_array(&d->arena, r.nhosts, sizeof(*r.captures));
	r.watches = arena_array(&d->arena, r.nhosts, sizeof(*r.watches));
	r.pings = arena_array(&d->arena, d->npings, sizeof(*r.pings));
	r.faults = arena_array(&d->arena, d->nrouters, sizeof(*r.faults));
	e = course(&r, &err);
	if (e == -EINTR)
		err_set(&err, e, "interrupted; all is put back");
	drill_end_all(&r);
	if (e == 0 && d->booted.n) {
		say(&r, "looking at what instances boot by");
		drill_boots_run(&r);
	}
	if (e < 0)
		d->err = err;
	return e;
}
