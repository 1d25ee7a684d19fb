/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation
 * ===================
 * One process, one thread, one epoll loop for all virtual routers of a node,
 * in whatever network namespaces they live. Each turn of the loop
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
#include "vrrp/run.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "vrrp/engine.h"
#include "vrrp/mend.h"
#include "vrrp/scribe.h"

#define EVENTS 64
#define TURN_NS (5 * NS_PER_MS)
/* An idle processor takes this long to come back to us, mostly. */
#define EARLY_NS (150 * NS_PER_US)
#define RT_PRIORITY 10
#define FLUSH_NS (500 * NS_PER_MS) /* for files, at start and stop */

int engine_watch(struct engine *e, int fd, unsigned events, struct io *io,
		 struct err *reterr)
{
	struct epoll_event ev = {.events = events, .data.ptr = io};

	if (epoll_ctl(e->ep, EPOLL_CTL_ADD, fd, &ev) < 0)
		return err_sys(reterr, -errno, "epoll");
	return 0;
}

/* --- configuration ----------------------------------------------------- */

static bool same_router(const struct router *r,
			const struct vrrp_router_config *c)
{
	return strcmp(r->cfg->id, c->id) == 0 &&
	       strcmp(r->cfg->netns, c->netns) == 0 &&
	       strcmp(r->cfg->dev, c->dev) == 0 &&
	       r->cfg->set.vrid == c->set.vrid &&
	       r->cfg->set.version == c->set.version;
}

void engine_finish_all(struct engine *e)
{
	size_t i;

	for (i = 0; e->pending && i < e->n; i++)
		router_finish(e, e->routers[i]);
}

/* Marks in heir[] the new routers that come in place of an Active one. */
static void find_heirs(const struct engine *e, const struct vrrp_config *next,
		       bool *heir)
{
	size_t i, j;

	for (j = 0; j < e->n; j++)
		for (i = 0; e->routers[j] && i < next->n; i++)
			if (e->routers[j]->core.state == VRRP_ACTIVE &&
			    strcmp(e->routers[j]->cfg->id,
				   next->routers[i].id) == 0)
				heir[i] = true;
}

static struct router **take_over(struct engine *e, struct vrrp_config *next,
				 bool *heir)
{
	struct router **now = calloc(next->n + 1, sizeof(struct router *));
	size_t i, j;

	if (!now)
		abort();
	for (i = 0; i < next->n; i++)
		for (j = 0; j < e->n; j++)
			if (e->routers[j] &&
			    same_router(e->routers[j], &next->routers[i])) {
				now[i] = e->routers[j];
				e->routers[j] = NULL;
				break;
			}
	find_heirs(e, next, heir);
	/* Those that are left over go before new ones come. */
	for (j = 0; j < e->n; j++) {
		if (!e->routers[j])
			continue;
		router_stop(e, e->routers[j]);
		router_free(e->routers[j]);
	}
	return now;
}

static void configure(struct engine *e, struct vrrp_config *next)
{
	bool *fresh = calloc(next->n + 1, sizeof(*fresh));
	bool *heir = calloc(next->n + 1, sizeof(*heir));
	struct vrrp_config old = e->config;
	bool first = e->n == 0;
	struct router **now;
	size_t i;

	if (!fresh || !heir)
		abort();
	now = take_over(e, next, heir);
	for (i = 0; i < next->n; i++) {
		if (now[i]) {
			router_configure(e, now[i], &next->routers[i]);
			continue;
		}
		now[i] = router_new(&next->routers[i]);
		now[i]->heir = heir[i];
		fresh[i] = true;
	}
	free(e->routers);
	e->routers = now;
	e->n = next->n;
	e->config = *next;
	rooms_connect(e);
	for (i = 0; i < e->n; i++)
		if (fresh[i])
			router_begin(e, e->routers[i], first);
	free(fresh);
	free(heir);
	engine_finish_all(e);
	vrrp_config_release(&old);
	e->look_at = clock_mono();
}

static void scribe_ready(struct engine *e, void *obj)
{
	uint64_t times;
	size_t i;

	(void)obj;
	if (read(scribe_fd(e->scribe), &times, sizeof(times)) < 0)
		return;
	for (i = 0; i < e->n; i++)
		router_hear_file(e->routers[i]);
}

static void tell_supervisor(struct engine *e, char what)
{
	if (e->how.tell_fd >= 0 && write(e->how.tell_fd, &what, 1) < 0)
		vrrp_journal(&e->log, LOG_LEVEL_WARN, "the supervisor is gone");
}

int engine_reload(struct engine *e, struct err *reterr)
{
	auto_buf struct buf errs = {0};
	struct vrrp_config next;
	int r;

	r = vrrp_config_load(e->config.path, &next, &errs);
	if (r < 0) {
		errs.data[strcspn(errs.data, "\n")] = '\0';
		vrrp_journal(&e->log, LOG_LEVEL_ERROR, "not reloaded: %s",
			     errs.data);
		return err_set(reterr, r, "%s", errs.data);
	}
	if (strcmp(next.control, e->config.control) != 0) {
		vrrp_config_release(&next);
		return err_set(reterr, -EINVAL,
			       "'control' cannot change while the engine runs");
	}
	configure(e, &next);
	tell_supervisor(e, VRRP_TELL_RELOADED);
	vrrp_journal(&e->log, LOG_LEVEL_INFO, "reloaded %s: %zu routers",
		     e->config.path, e->n);
	return 0;
}

int engine_rejoin(struct engine *e, const char *id, struct err *reterr)
{
	struct router *r, *fresh;
	size_t i, n = e->n;

	for (i = 0; i < n && strcmp(e->routers[i]->cfg->id, id) != 0; i++)
		;
	if (i == n)
		return err_set(reterr, -ENOENT, "no router has the id '%s'",
			       id);
	r = e->routers[i];
	fresh = router_new(r->cfg);
	fresh->heir = r->core.state == VRRP_ACTIVE;
	router_stop(e, r);
	router_free(r);
	/* Without it for a moment: what it alone stood on is closed. */
	memmove(&e->routers[i], &e->routers[i + 1],
		(n - i - 1) * sizeof(struct router *));
	e->n--;
	rooms_connect(e);
	memmove(&e->routers[i + 1], &e->routers[i],
		(n - i - 1) * sizeof(struct router *));
	e->routers[i] = fresh;
	e->n++;
	rooms_connect(e);
	router_begin(e, fresh, false);
	e->look_at = clock_mono();
	return 0;
}

void engine_stop(struct engine *e)
{
	size_t i;

	for (i = 0; i < e->n; i++)
		router_stop(e, e->routers[i]);
	e->stop = true;
	scribe_flush(e->scribe, FLUSH_NS);
}

/* --- the loop ---------------------------------------------------------- */

static void timer_ready(struct engine *e, void *obj)
{
	uint64_t times;

	(void)obj;
	/* Timers are looked at on every turn anyway. */
	if (read(e->timer, &times, sizeof(times)) > 0)
		e->armed = MONO_NEVER;
}

static void signal_ready(struct engine *e, void *obj)
{
	struct signalfd_siginfo s;

	(void)obj;
	while (read(e->signals, &s, sizeof(s)) == (ssize_t)sizeof(s)) {
		if (s.ssi_signo == SIGHUP)
			e->reload = true;
		else
			e->stop = true;
	}
}

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
		mono_min(mono_min(e->look_at, e->mend_at), control_deadline(e));
	size_t i;

	for (i = 0; i < e->n; i++)
		at = mono_min(at, wake_for(e->routers[i]));
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
	int n, i, timeout = e->pending ? 0 : -1;

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

	if (!mono_before(now, control_deadline(e)))
		control_expire(e, now);
	if (!mono_before(now, e->look_at)) {
		rooms_look(e);
		rooms_review(e);
	}
	for (i = 0; i < e->n; i++) {
		r = e->routers[i];
		if (mono_before(now, wake_for(r)))
			continue;
		while (mono_before(now, vrrp_deadline(&r->core)))
			now = clock_mono();
		port_drain(e, r->port);
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

static void loop(struct engine *e)
{
	while (!e->stop) {
		arm(e);
		read_all(e);
		if (e->reload) {
			e->reload = false;
			engine_reload(e, NULL);
		}
		control_serve(e);
		rooms_review(e);
		run_timers(e);
		finish_some(e);
		mend_due(e);
	}
	engine_stop(e);
}

/* --- beginning and end ------------------------------------------------- */

/* Best effort, all of it: an engine that may not still works. */
static void hold_still(void)
{
	const struct sched_param rt = {.sched_priority = RT_PRIORITY};
	struct rlimit lim;
	int flags = MCL_CURRENT | MCL_ONFAULT;

	if (getrlimit(RLIMIT_NOFILE, &lim) == 0) {
		lim.rlim_cur = lim.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &lim);
	}
	/* Under a limit MCL_FUTURE would make malloc fail later. */
	lim.rlim_cur = lim.rlim_max = RLIM_INFINITY;
	if (setrlimit(RLIMIT_MEMLOCK, &lim) == 0)
		flags |= MCL_FUTURE;
	(void)mlockall(flags);
	(void)sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &rt);
}

static int open_signals(struct engine *e, struct err *reterr)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	e->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (e->signals < 0)
		return err_sys(reterr, -errno, "signalfd");
	e->signal_io = (struct io){signal_ready, e};
	return engine_watch(e, e->signals, EPOLLIN, &e->signal_io, reterr);
}

static int open_all(struct engine *e, struct err *reterr)
{
	int r;

	e->ep = epoll_create1(EPOLL_CLOEXEC);
	e->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (e->ep < 0 || e->timer < 0)
		return err_sys(reterr, -errno, "epoll or timerfd");
	e->timer_io = (struct io){timer_ready, e};
	r = engine_watch(e, e->timer, EPOLLIN, &e->timer_io, reterr);
	if (r < 0)
		return r;
	r = open_signals(e, reterr);
	if (r < 0)
		return r;
	r = scribe_start(&e->scribe, reterr);
	if (r < 0)
		return r;
	e->scribe_io = (struct io){scribe_ready, e};
	r = engine_watch(e, scribe_fd(e->scribe), EPOLLIN, &e->scribe_io,
			 reterr);
	if (r < 0)
		return r;
	rooms_watch_names(e);
	return control_open(e, reterr);
}

static void engine_release(struct engine *e)
{
	size_t i;

	control_close(e);
	for (i = 0; i < e->n; i++)
		router_free(e->routers[i]);
	e->n = 0;
	rooms_connect(e);
	free(e->routers);
	free(e->ports);
	free(e->rooms);
	scribe_end(e->scribe);
	auto_close_fn(&e->names);
	auto_close_fn(&e->signals);
	auto_close_fn(&e->timer);
	auto_close_fn(&e->ep);
	vrrp_config_release(&e->config);
}

int vrrp_run(struct vrrp_config *config, const struct vrrp_run *how,
	     struct err *reterr)
{
	struct vrrp_config first = *config;
	struct engine *e = calloc(1, sizeof(*e));
	size_t i;
	int r;

	if (!e)
		abort();
	*config = (struct vrrp_config){0};
	e->how = *how;
	e->ep = e->timer = e->signals = e->names = e->control = -1;
	for (i = 0; i < CONTROL_CLIENTS_MAX; i++)
		e->clients[i].fd = -1;
	e->armed = e->look_at = e->mend_at = MONO_NEVER;
	e->config.control = first.control;
	hold_still();
	r = open_all(e, reterr);
	if (r == 0) {
		e->config = (struct vrrp_config){0};
		configure(e, &first);
		rooms_review(e);
		scribe_flush(e->scribe, FLUSH_NS);
		tell_supervisor(e, VRRP_TELL_READY);
		loop(e);
	} else {
		e->config = first;
	}
	engine_release(e);
	free(e);
	return r;
}
