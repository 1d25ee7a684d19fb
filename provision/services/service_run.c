/* SPDX-License-Identifier: MIT */
/*
 * Running services
 * ================
 * The supervisor writes the files, starts, reloads and restarts. What is left
 * to do here is the VRRP engine's: an engine that does not answer is first
 * told to go on (it may only be stopped), then killed; SO_PEERCRED tells which
 * process listens, so nothing else can be meant. Routers whose namespace or
 * links were made anew rejoin: the engine's sockets still hold the old ones,
 * and a reload alone would find nothing changed.
 */
#include "provision/services/service_run.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "lib/process/process.h"
#include "provision/services/engine.h"
#include "provision/services/supervise.h"

#define ENGINE_BACK_MS 1500 /* for a supervisor to start another one */
#define STOP_TRIES 3

/* The folder that a state folder is in, shared by all labs of the node. */
static void parent_of(const char *state_dir, char *out)
{
	const char *slash = strrchr(state_dir, '/');

	snprintf(out, PATH_MAX, "%.*s", slash ? (int)(slash - state_dir) : 0,
		 state_dir);
}

/* Whether a supervisor has brought the engine back in a while. */
static bool comes_back(struct arena *a, const char *state_dir)
{
	struct mono until = mono_add(clock_mono(), ENGINE_BACK_MS * NS_PER_MS);
	const struct doc *state;

	do {
		if (engine_ask(a, state_dir, "state", &state, NULL, NULL) == 0)
			return true;
		clock_sleep_ms(20);
	} while (mono_before(clock_mono(), until));
	return false;
}

/* Tells a silent engine to go on, else ends it; returns whether one answers
 * then. */
static bool rouse(struct arena *a, const char *state_dir, int pid)
{
	auto_close int pidfd = pid > 0 ? pidfd_open(pid, 0) : -1;
	const struct doc *state;

	if (pidfd < 0)
		return false;
	(void)pidfd_send_signal(pidfd, SIGCONT, NULL, 0);
	if (engine_ask(a, state_dir, "state", &state, NULL, NULL) == 0)
		return true;
	(void)pidfd_send_signal(pidfd, SIGKILL, NULL, 0);
	(void)process_ended(pidfd, ENGINE_STOP_MS);
	return comes_back(a, state_dir);
}

static int drop(const char *path, const struct stat *st, int type,
		struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path) < 0 && errno != ENOENT ? -1 : 0;
}

/* Stops the engine that listens now; -ESRCH where there is none. */
static int stop_one(struct arena *a, const char *state_dir, struct err *reterr)
{
	auto_close int pidfd = -1;
	const struct doc *answer;
	int pid = 0, r;

	/* The process is held by a descriptor before it is told to go. */
	r = engine_ask(a, state_dir, "state", &answer, &pid, NULL);
	if (pid > 0)
		pidfd = pidfd_open(pid, 0);
	if (pidfd < 0)
		return -ESRCH;
	if (r < 0)
		(void)pidfd_send_signal(pidfd, SIGCONT, NULL, 0);
	r = engine_ask(a, state_dir, "stop", &answer, NULL, NULL);
	if (r == 0 && process_ended(pidfd, ENGINE_STOP_MS))
		return 0;
	(void)pidfd_send_signal(pidfd, SIGKILL, NULL, 0);
	if (!process_ended(pidfd, ENGINE_STOP_MS))
		return err_set(reterr, -EBUSY,
			       "the VRRP engine, process %d, does not end",
			       pid);
	/* Its supervisor, if it has one, starts another, which can stop. */
	return comes_back(a, state_dir) ? -EAGAIN : 0;
}

static int stop_all(struct arena *a, const char *state_dir, struct err *reterr)
{
	int r, tries = 0;

	do
		r = stop_one(a, state_dir, reterr);
	while (r == -EAGAIN && ++tries < STOP_TRIES);
	if (r == -EAGAIN)
		return err_set(reterr, r,
			       "the VRRP engine comes back each time it is "
			       "ended");
	return r == -ESRCH ? 0 : r;
}

/* One that answers and is nobody's was started by hand: it is in the way. */
static int clear_way(struct arena *a, const char *state_dir, struct err *reterr)
{
	const struct res_service *s;
	struct seen_services seen;
	const struct doc *state;
	int pid, r;

	r = engine_ask(a, state_dir, "state", &state, &pid, NULL);
	if (r == -ENOENT || r == -ECONNREFUSED)
		return 0;
	if (r < 0 && !rouse(a, state_dir, pid))
		return 0;
	/* A supervisor that cannot be heard must not make it look so. */
	(void)supervise_well(a, state_dir);
	supervise_look(a, state_dir, &seen);
	s = seen_service(&seen, SERVICE_ENGINE);
	return s && s->pid ? 0 : stop_all(a, state_dir, reterr);
}

/* Until it answers; why it does not is what it said as it ended. */
static int await(struct arena *a, const char *state_dir, struct err *reterr)
{
	struct mono until = mono_add(clock_mono(), ENGINE_START_MS * NS_PER_MS);
	const struct res_service *s;
	struct seen_services seen;
	const struct doc *state;

	for (;; clock_sleep_ms(2)) {
		if (engine_ask(a, state_dir, "state", &state, NULL, NULL) == 0)
			return 0;
		supervise_look(a, state_dir, &seen);
		s = seen_service(&seen, SERVICE_ENGINE);
		if (s && !s->running && s->exit)
			return err_set(reterr, -EIO,
				       "the VRRP engine does not start: %s",
				       s->said ? s->said : s->exit);
		if (mono_before(until, clock_mono()))
			return err_set(reterr, -ETIMEDOUT,
				       "the VRRP engine did not start in %d s",
				       ENGINE_START_MS / 1000);
	}
}

static bool is_engine(const struct service_job *j)
{
	return strcmp(j->want->name, SERVICE_ENGINE) == 0;
}

/* Those that are new, but for the engine, which may have to be reloaded. */
static void run_new(struct arena *a, const char *state_dir,
		    struct service_job *jobs, size_t n)
{
	struct supervise_set *sets = arena_array(a, n, sizeof(*sets));
	size_t i, k = 0;

	for (i = 0; i < n; i++)
		if (!jobs[i].there && !is_engine(&jobs[i]))
			sets[k++].want = jobs[i].want;
	supervise_set_all(state_dir, sets, k);
	for (i = k = 0; i < n; i++) {
		if (jobs[i].there || is_engine(&jobs[i]))
			continue;
		jobs[i].r = sets[k].r;
		jobs[i].err = sets[k++].err;
	}
}

/* Its answer, and then its routers. */
static int end_engine(struct arena *a, const char *state_dir,
		      const struct service_job *j, struct err *reterr)
{
	const struct doc *answer;
	size_t i;
	int r = await(a, state_dir, reterr);

	for (i = 0; r == 0 && i < j->nids; i++)
		r = engine_ask(a, state_dir,
			       arena_printf(a, "rejoin %s", j->ids[i]), &answer,
			       NULL, reterr);
	return r;
}

void service_run(const char *state_dir, struct service_job *jobs, size_t n)
{
	auto_arena struct arena a = {0};
	struct service_job *engine = NULL, *j;

	for (j = jobs; j < jobs + n; j++) {
		j->r = 0;
		if (!is_engine(j))
			continue;
		engine = j;
		j->r = clear_way(&a, state_dir, &j->err);
		if (j->r == 0)
			j->r = supervise_set(state_dir, j->want, j->again,
					     &j->err);
	}
	run_new(&a, state_dir, jobs, n);
	for (j = jobs; j < jobs + n; j++)
		if (j->there && !is_engine(j))
			j->r = supervise_set(state_dir, j->want, j->again,
					     &j->err);
	if (engine && engine->r == 0)
		engine->r = end_engine(&a, state_dir, engine, &engine->err);
}

int service_hold(const char *state_dir, struct err *reterr)
{
	struct mono until = mono_add(clock_mono(), ENGINE_HOLD_MS * NS_PER_MS);
	auto_arena struct arena a = {0};
	const char *amiss;
	size_t i;

	for (;; clock_sleep_ms(50)) {
		struct seen_engine o;

		engine_look(&a, state_dir, &o);
		amiss = o.error;
		for (i = 0; !amiss && i < o.nrouters; i++)
			amiss = o.routers[i].amiss;
		if (!amiss)
			return 0;
		if (mono_before(until, clock_mono()))
			return err_set(reterr, -EIO, "%s", amiss);
	}
}

int service_remove(const char *state_dir, const char *name, struct err *reterr)
{
	auto_arena struct arena a = {0};
	struct seen_services seen;
	char parent[PATH_MAX];
	int r = 0;

	supervise_look(&a, state_dir, &seen);
	if (seen_service(&seen, name))
		r = supervise_drop(state_dir, name, reterr);
	if (r < 0)
		return r;
	supervise_look(&a, state_dir, &seen);
	if (seen.n)
		return 0;
	r = supervise_stop(state_dir, reterr);
	if (r == 0)
		r = stop_all(&a, state_dir, reterr);
	if (r < 0)
		return r;
	if (nftw(state_dir, drop, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) < 0 &&
	    errno != ENOENT)
		return err_sys(reterr, -errno, "remove %s", state_dir);
	parent_of(state_dir, parent);
	(void)rmdir(parent); /* another lab's folder may be in it */
	return 0;
}
