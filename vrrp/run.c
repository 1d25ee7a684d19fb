/* SPDX-License-Identifier: MIT */
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
#include "lib/kernel/closer.h"
#include "lib/mem.h"
#include "lib/process/process.h"
#include "vrrp/engine.h"
#include "vrrp/load.h"
#include "vrrp/loop.h"
#include "vrrp/reconfigure.h"
#include "vrrp/rooms.h"
#include "vrrp/router.h"
#include "vrrp/scribe.h"
#include "vrrp/serve.h"

#define RT_PRIORITY 10

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

/* Best effort, all of it: an engine that may not still works. */
static void hold_still(void)
{
	const struct sched_param rt = {.sched_priority = RT_PRIORITY};
	const struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
	int flags = MCL_CURRENT | MCL_ONFAULT;

	process_raise_files();
	/* Under a limit MCL_FUTURE would make malloc fail later. */
	if (setrlimit(RLIMIT_MEMLOCK, &all) == 0)
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
	r = load_open(e, reterr);
	if (r < 0)
		return r;
	rooms_watch_names(e);
	return serve_open(e, reterr);
}

static void engine_release(struct engine *e)
{
	size_t i;

	serve_close(e);
	for (i = 0; i < e->n; i++)
		router_free(e->routers[i]);
	e->n = 0;
	rooms_connect(e);
	free(e->routers);
	free(e->ports);
	free(e->rooms);
	scribe_end(e->scribe);
	load_close(e);
	auto_close_fn(&e->names);
	auto_close_fn(&e->signals);
	auto_close_fn(&e->timer);
	auto_close_fn(&e->ep);
	closer_wait();
	vrrp_config_release(&e->config);
}

int vrrp_run(struct vrrp_config *config, const struct vrrp_run *how,
	     struct err *reterr)
{
	struct vrrp_config first = *config;
	struct engine *e = mem_zero(1, sizeof(*e));
	int r;

	*config = (struct vrrp_config){0};
	e->tell_fd = how->tell_fd;
	e->supervisor = how->supervisor;
	e->text_fd = how->text_fd;
	e->ep = e->timer = e->signals = e->names = -1;
	e->loads[0] = e->loads[1] = -1;
	e->armed = e->look_at = e->mend_at = MONO_NEVER;
	e->config.control = first.control;
	hold_still();
	r = open_all(e, reterr);
	if (r == 0) {
		e->config = (struct vrrp_config){0};
		engine_configure(e, &first);
		rooms_review(e);
		scribe_flush(e->scribe, FLUSH_NS);
		engine_tell_supervisor(e, VRRP_TELL_READY);
		loop_run(e);
	} else {
		e->config = first;
	}
	engine_release(e);
	free(e);
	return r;
}
