/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation
 * ===================
 * One process, one epoll loop for all virtual routers of a node, in whatever
 * network namespaces they live. Files are for other threads: what is to be
 * written (scribe.h), and a configuration that is read anew (load.h). Each turn
 * of the loop
 *
 *  1. reads every socket that has something, to the last packet;
 *  2. reviews the routers whose namespace, links or addresses changed;
 *  3. delivers the timers that are due. A Backup's port is read once more
 *     right before its down timer is believed: a process that stood still
 *     must hear what was said meanwhile before it claims a role;
 *     The loop wakes EARLY_NS before a down timer and waits out the rest
 *     awake, so that a takeover does not also wait for a sleeping processor;
 *  4. carries out effects other than adverts. When fifty routers take over
 *     at once, fifty adverts leave before the first address is added, and
 *     the turn is cut short after TURN_NS, so that addresses of many routers
 *     never hold up the adverts of others.
 *     Announcements that only repeat one go by a pace of their own (pace.h).
 *
 * Rooms (namespaces) and ports (interfaces) come and go under the engine. A
 * missing one puts its routers in fault, with the reason; it is looked for
 * again every second, and at once when inotify tells of a new name. Nothing
 * of this kind ends the process.
 *
 * What ends it: SIGTERM, SIGINT, `stop` on the control socket. What reads the
 * configuration anew: SIGHUP, `reload`. A configuration with a mistake
 * changes nothing.
 *
 * Limits: virtual MAC addresses are not made (the routers of OpenStack share
 * one MAC on all nodes); adverts are IPv4; unicast peers are not supported.
 */
#include "vrrp/loop.h"

#include <sys/epoll.h>
#include <sys/timerfd.h>

#include "lib/clock.h"
#include "vrrp/engine.h"
#include "vrrp/hear.h"
#include "vrrp/load.h"
#include "vrrp/mend.h"
#include "vrrp/reconfigure.h"
#include "vrrp/rooms.h"
#include "vrrp/router.h"
#include "vrrp/serve.h"

#define EVENTS 64
#define TURN_NS (5 * NS_PER_MS)
/* An idle processor takes this long to come back to us, mostly. */
#define EARLY_NS (150 * NS_PER_US)

/* When to be awake for r; a takeover is worth being early for. */
static struct mono wake_for(const struct router *r)
{
	struct mono at = vrrp_deadline(&r->core);

	if (r->core.state == VRRP_BACKUP && !mono_is_never(at))
		at.ns -= EARLY_NS;
	return at;
}

static struct mono next_deadline(const struct engine *e)
{
	struct mono at =
		mono_min(mono_min(e->look_at, e->mend_at), serve_deadline(e));
	bool later = false;
	size_t i;

	for (i = 0; i < e->n; i++) {
		at = mono_min(
			mono_min(at, wake_for(e->routers[i])),
			vrrp_health_deadline(&e->routers[i]->health.core));
		later |= e->routers[i]->later > 0;
	}
	if (later)
		at = mono_min(at, e->pace.next);
	return at;
}

static void arm(struct engine *e)
{
	struct mono at = next_deadline(e);
	struct itimerspec t = {0};

	if (at.ns == e->armed.ns)
		return;
	e->armed = at;
	if (!mono_is_never(at)) {
		/* Zero would disarm it. */
		if (at.ns < 1)
			at.ns = 1;
		t.it_value.tv_sec = at.ns / NS_PER_S;
		t.it_value.tv_nsec = at.ns % NS_PER_S;
	}
	timerfd_settime(e->timer, TFD_TIMER_ABSTIME, &t, NULL);
}

static void read_all(struct engine *e)
{
	struct epoll_event ev[EVENTS];
	int n, i, timeout = e->pending || e->soon || e->rest ? 0 : -1;

	do {
		n = epoll_wait(e->ep, ev, EVENTS, timeout);
		for (i = 0; i < n; i++) {
			struct io *io = ev[i].data.ptr;

			io->ready(e, io->obj);
		}
		timeout = 0;
	} while (n == EVENTS);
}

static void run_timers(struct engine *e)
{
	const struct vrrp_event ev = {.kind = VRRP_EV_TIMER};
	struct mono now = clock_mono();
	struct router *r;
	size_t i;

	if (!mono_before(now, serve_deadline(e)))
		serve_expire(e, now);
	if (!mono_before(now, e->look_at)) {
		rooms_look(e);
		rooms_review(e);
	}
	for (i = 0; i < e->n; i++) {
		r = e->routers[i];
		router_probe(e, r);
		if (mono_before(now, wake_for(r)))
			continue;
		/* Only an advert is more urgent than what is not done yet. */
		if (r->done < r->todo.n && mono_before(now, r->core.timer))
			continue;
		while (mono_before(now, vrrp_deadline(&r->core)))
			now = clock_mono();
		hear_ready(e, r->port);
		now = clock_mono();
		if (!mono_before(now, vrrp_deadline(&r->core)))
			router_step(e, r, now, &ev);
	}
}

static void finish_some(struct engine *e)
{
	struct mono until = mono_add(clock_mono(), TURN_NS);
	size_t i;

	for (i = 0; e->pending && i < e->n; i++) {
		if (e->routers[i]->done == e->routers[i]->todo.n)
			continue;
		router_finish(e, e->routers[i]);
		if (!mono_before(clock_mono(), until))
			return;
	}
}

/*
 * What an announcement takes the kernel is told by those who hear it. So those
 * that are due go as effects do, and those that repeat one get a share of the
 * time, router by router.
 */
static void announce_some(struct engine *e)
{
	struct mono begun = clock_mono(), now = begun;
	size_t i;

	for (i = 0; (e->soon || (e->rest && !e->pending)) && i < e->n; i++) {
		if (!e->routers[i]->soon && (e->soon || !e->routers[i]->rest))
			continue;
		router_announce(e, e->routers[i]);
		now = clock_mono();
		if (mono_sub(now, begun) > TURN_NS)
			return;
	}
	for (i = 0; pace_may(&e->pace, now) && i < e->n; i++) {
		struct router *r = e->routers[e->turn++ % e->n];

		if (!r->later || r->soon || r->rest)
			continue;
		begun = clock_mono();
		router_announce(e, r);
		now = clock_mono();
		pace_took(&e->pace, begun, now);
	}
}

/* A configuration that was read anew. */
static void take_loaded(struct engine *e)
{
	struct load *l = load_done(e);
	struct err err;
	int r;

	if (!l)
		return;
	r = engine_reload(e, l, &err);
	load_free(l);
	serve_reloaded(e, r, &err);
}

void loop_run(struct engine *e)
{
	while (!e->stop) {
		arm(e);
		read_all(e);
		if (e->reload) {
			e->reload = false;
			serve_again(e);
			load_begin(e);
		}
		take_loaded(e);
		serve_requests(e);
		rooms_review(e);
		run_timers(e);
		finish_some(e);
		announce_some(e);
		mend_due(e);
	}
	engine_stop(e);
}
