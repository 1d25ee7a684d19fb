/* SPDX-License-Identifier: MIT */
/*
 * The supervisor
 * ==============
 * Addresses live in the kernel and outlast the process that added them, so
 * an engine that is killed would go on answering for its routers while
 * another node takes over. The supervisor is its parent: it does nothing but
 * wait, and when the engine ends otherwise than in good order (which it hears
 * before the kernel has closed all of its sockets: pulse.h) it takes all
 * virtual addresses away, says priority 0 for each router that had any (the
 * others then wait for their skew, not for three intervals) and starts the
 * engine again. The engine is told by the kernel (PR_SET_PDEATHSIG) when the
 * supervisor dies, and stops in good order.
 *
 * Bytes in the pipe from the engine: VRRP_TELL_*, or '-' and why it could
 * not begin. What the engine read at a reload it leaves in a file of memory: by
 * that the supervisor knows what to take away, and begins again, whatever the
 * file says by then. The lock beside the control socket is held by both, so a
 * second engine on it is refused as long as one of them lives; also where the
 * lock was removed, as long as the engine answers.
 */
#include "vrrp/supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "lib/kernel/closer.h"
#include "vrrp/journal.h"
#include "vrrp/kernel/forward.h"
#include "vrrp/kernel/hunt.h"
#include "vrrp/kernel/place.h"
#include "vrrp/kernel/sock.h"
#include "vrrp/kernel/space.h"
#include "vrrp/pulse.h"
#include "vrrp/run.h"

#define STOP_PATIENCE_NS (5 * NS_PER_S)
#define LEAVE_PATIENCE_NS (5 * NS_PER_S)
#define LIVED_NS (10 * NS_PER_S) /* long enough to be started again at once */
#define DELAY_FIRST_NS (100 * NS_PER_MS)
#define DELAY_MOST_NS (5 * NS_PER_S)

struct supervisor {
	struct vrrp_config config;
	pid_t engine;        /* 0: none */
	struct pulse *pulse; /* the engine's, not watched yet */
	int deaths[2];       /* a pipe: pids of engines that died */
	int signals;
	int hear_fd; /* from the engine */
	int text_fd; /* the configuration that the engine read last */
	int tell_fd; /* to whoever waits for the start, or -1 */
	bool ready, stopping;
	struct mono started, kill_at, start_at;
	int64_t delay_ns;
	char why[ERR_MAX];
	struct vrrp_bucket log;
};

/* --- what a dead engine left ------------------------------------------- */

static void say_stop(struct vrrp_space *s, const struct vrrp_router_config *r)
{
	const struct vrrp_link *link = vrrp_space_link(s, r->dev);
	uint8_t list[VRRP_ADDRS_MAX * 4], out[VRRP_ADVERT_MAX];
	struct vrrp_advert a = {.version = r->set.version,
				.vrid = r->set.vrid,
				.priority = VRRP_PRIORITY_STOP,
				.interval_ns = r->set.interval_ns,
				.family = 4,
				.naddrs = (unsigned)r->nadvert,
				.addrs = list};
	auto_close int fd = -1;
	size_t i;

	if (!link || !link->running ||
	    vrrp_space_source(s, link->ifindex, r, &a.src) < 0)
		return;
	for (i = 0; i < r->nadvert; i++)
		memcpy(list + i * 4, r->addrs[i].net.ip.b, 4);
	if (link->has_mac) {
		vrrp_sock_frame(s->packet, link->ifindex, out,
				vrrp_advert_frame(&a, r->csum, link->mac, out));
		return;
	}
	fd = vrrp_sock_advert(s->nsfd, r->dev, link->ifindex, NULL);
	if (fd < 0)
		return;
	vrrp_sock_send(fd, link->ifindex, &a.src, out,
		       vrrp_advert_encode(&a, r->csum, out));
}

static void remove_left_over(struct supervisor *v)
{
	struct vrrp_space s;
	struct vrrp_held held;
	bool have = false, had;
	size_t i;

	for (i = 0; i < v->config.n; i++) {
		const struct vrrp_router_config *r = &v->config.routers[i];

		/* Routers of one namespace mostly follow one another. */
		if (have && strcmp(s.name, r->netns) != 0) {
			vrrp_space_release(&s);
			have = false;
		}
		if (!have) {
			vrrp_space_init(&s, r->netns);
			(void)vrrp_space_open(&s, NULL);
			have = true;
		}
		if (!s.open)
			continue;
		had = false;
		vrrp_held_init(&held, r);
		(void)vrrp_hunt(&s, r, &held, true, &had, NULL);
		(void)vrrp_forward(&s, r, false, NULL);
		vrrp_held_release(&held);
		if (!had)
			continue;
		say_stop(&s, r);
		vrrp_journal(&v->log, LOG_LEVEL_WARN,
			     "%s: addresses of the dead engine removed",
			     r->name);
	}
	if (have)
		vrrp_space_release(&s);
}

/* --- the engine's process ---------------------------------------------- */

static int be_engine(struct supervisor *v, int tell_fd, pid_t parent,
		     struct err *reterr)
{
	const struct vrrp_run how = {.tell_fd = tell_fd,
				     .supervisor = (int)parent,
				     .text_fd = v->text_fd};
	struct err e;
	int r;

	close(v->signals);
	close(v->hear_fd);
	close(v->deaths[0]);
	close(v->deaths[1]);
	if (v->tell_fd >= 0)
		close(v->tell_fd);
	v->signals = v->hear_fd = v->tell_fd = -1;
	v->deaths[0] = v->deaths[1] = -1;
	pulse_begin(v->pulse);
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0)
		r = err_sys(&e, -errno, "prctl");
	else if (getppid() != parent)
		r = err_set(&e, -ECHILD, "the supervisor is gone");
	else
		r = vrrp_run(&v->config, &how, &e);
	if (r < 0 && dprintf(tell_fd, "-%s", e.msg) < 0)
		return err_set(reterr, r, "%s", e.msg);
	close(tell_fd);
	pulse_end(v->pulse);
	return r < 0 ? err_set(reterr, -ECANCELED, "%s", "") : 0;
}

/* Returns the engine's pid, 0 in the engine with *ret its result, -errno. */
static int start(struct supervisor *v, int *ret, struct err *reterr)
{
	pid_t self = getpid(), pid;
	int ends[2];

	if (v->hear_fd >= 0)
		close(v->hear_fd);
	v->hear_fd = -1;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(reterr, -errno, "pipe");
	/* One that died may keep its end open for long. */
	(void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
	v->pulse = pulse_new();
	pid = fork();
	if (pid < 0) {
		int r = err_sys(reterr, -errno, "fork");

		close(ends[0]);
		close(ends[1]);
		pulse_free(v->pulse);
		v->pulse = NULL;
		return r;
	}
	if (pid == 0) {
		v->hear_fd = ends[0];
		*ret = be_engine(v, ends[1], self, reterr);
		return 0;
	}
	close(ends[1]);
	v->hear_fd = ends[0];
	v->engine = pid;
	v->started = clock_mono();
	v->start_at = MONO_NEVER;
	return pid;
}

/* --- waiting ----------------------------------------------------------- */

/* The supervisor removes what the engine has, so it follows its reloads: not
 * by the file, which may be another one by now. */
static void follow_reload(struct supervisor *v)
{
	auto_buf struct buf errs = {0}, text = {0};
	struct vrrp_config next;
	ssize_t n;

	do {
		n = pread(v->text_fd, buf_room(&text, 65536), 65536,
			  (off_t)text.len);
		text.len += n > 0 ? (size_t)n : 0;
	} while (n > 0);
	if (vrrp_config_parse(v->config.path, text.data, text.len, &next,
			      &errs) < 0)
		return;
	vrrp_config_release(&v->config);
	v->config = next;
}

static void hear(struct supervisor *v)
{
	char in[ERR_MAX];
	ssize_t i, n = read(v->hear_fd, in, sizeof(in) - 1);

	if (n < 0)
		return;
	if (n == 0) {
		close(v->hear_fd);
		v->hear_fd = -1;
		return;
	}
	in[n] = '\0';
	for (i = 0; i < n; i++) {
		if (in[i] == VRRP_TELL_RELOADED) {
			follow_reload(v);
		} else if (in[i] == VRRP_TELL_READY) {
			v->ready = true;
			pulse_watch(v->pulse, v->engine, v->deaths[1]);
			v->pulse = NULL;
			if (v->tell_fd < 0)
				continue;
			(void)!write(v->tell_fd, "+", 1);
			close(v->tell_fd);
			v->tell_fd = -1;
		} else if (in[i] == '-') {
			snprintf(v->why, sizeof(v->why), "%s", in + i + 1);
			return;
		}
	}
}

static void stop(struct supervisor *v)
{
	if (!v->stopping)
		v->kill_at = mono_add(clock_mono(), STOP_PATIENCE_NS);
	v->stopping = true;
	if (v->engine)
		kill(v->engine, SIGTERM);
}

static void say_end(struct supervisor *v, int status)
{
	if (WIFSIGNALED(status))
		vrrp_journal(&v->log, LOG_LEVEL_ERROR,
			     "the engine died of signal %d", WTERMSIG(status));
	else
		vrrp_journal(&v->log, LOG_LEVEL_ERROR, "the engine ended: %s",
			     v->why);
}

/* The engine is no more, in good order or not. True where all is over. */
static bool buried(struct supervisor *v, bool clean)
{
	if (v->hear_fd >= 0)
		hear(v);
	v->engine = 0;
	pulse_free(v->pulse);
	v->pulse = NULL;
	if (!clean)
		remove_left_over(v);
	if (clean || v->stopping || !v->ready)
		return true;
	v->delay_ns = v->delay_ns * 2;
	if (v->delay_ns > DELAY_MOST_NS)
		v->delay_ns = DELAY_MOST_NS;
	if (mono_sub(clock_mono(), v->started) > LIVED_NS)
		v->delay_ns = 0;
	v->start_at = mono_add(clock_mono(), v->delay_ns);
	if (!v->delay_ns)
		v->delay_ns = DELAY_FIRST_NS;
	return false;
}

static bool signalled(struct supervisor *v)
{
	struct signalfd_siginfo s;
	bool over = false, clean;
	int status;
	pid_t pid;

	while (read(v->signals, &s, sizeof(s)) == (ssize_t)sizeof(s)) {
		if (s.ssi_signo == SIGHUP && v->engine)
			kill(v->engine, SIGHUP);
		else if (s.ssi_signo == SIGTERM || s.ssi_signo == SIGINT)
			stop(v);
	}
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		clean = WIFEXITED(status) && WEXITSTATUS(status) == 0;
		if (!clean && (pid != v->engine || v->ready))
			say_end(v, status);
		if (pid == v->engine)
			over |= buried(v, clean);
	}
	return over || (v->stopping && !v->engine);
}

static int timeout_ms(const struct supervisor *v)
{
	struct mono at = mono_min(v->start_at, v->kill_at);
	int64_t ns;

	if (mono_is_never(at))
		return -1;
	ns = mono_sub(at, clock_mono());
	return ns <= 0 ? 0 : (int)((ns + NS_PER_MS - 1) / NS_PER_MS);
}

/* The engine died, though it may be long until it can be waited for. */
static bool died(struct supervisor *v)
{
	bool over = false;
	pid_t pid;

	while (read(v->deaths[0], &pid, sizeof(pid)) == (ssize_t)sizeof(pid))
		if (pid == v->engine)
			over |= buried(v, false);
	return over;
}

/* 0 where the engine ended, 1 in a new engine with *ret, -errno. */
static int wait_and_mend(struct supervisor *v, int *ret, struct err *reterr)
{
	struct pollfd fds[3];
	int r;

	for (;;) {
		fds[0] = (struct pollfd){.fd = v->signals, .events = POLLIN};
		fds[1] = (struct pollfd){.fd = v->hear_fd, .events = POLLIN};
		fds[2] = (struct pollfd){.fd = v->deaths[0], .events = POLLIN};
		r = poll(fds, 3, timeout_ms(v));
		if (r < 0 && errno != EINTR)
			return err_sys(reterr, -errno, "poll");
		if (r > 0 && fds[1].revents)
			hear(v);
		if (signalled(v) || died(v))
			return 0;
		if (!mono_before(clock_mono(), v->kill_at) && v->engine) {
			kill(v->engine, SIGKILL);
			v->kill_at = MONO_NEVER;
		}
		if (v->engine || mono_before(clock_mono(), v->start_at))
			continue;
		closer_wait();
		r = start(v, ret, reterr);
		if (r == 0)
			return 1;
		if (r < 0)
			v->start_at = mono_add(clock_mono(), DELAY_MOST_NS);
	}
}

/* --- beginning --------------------------------------------------------- */

static bool engine_answers(const char *control)
{
	auto_close int fd = vrrp_sock_connect(control, NULL);

	return fd >= 0;
}

static int take_lock(const char *control, struct err *reterr)
{
	struct mono begun = clock_mono();
	char path[PATH_MAX];
	auto_close int fd = -1;

	vrrp_make_folders(control);
	snprintf(path, sizeof(path), "%s.lock", control);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(reterr, -errno, "%s", path);
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK)
			return err_sys(reterr, -errno, "%s", path);
		/* One that was stopped a moment ago may still be leaving. */
		if (engine_answers(control) ||
		    mono_sub(clock_mono(), begun) > LEAVE_PATIENCE_NS)
			return err_set(reterr, -EBUSY,
				       "an engine runs at %s already", control);
		clock_sleep_ms(10);
	}
	/* Its lock was somebody's to remove. */
	if (engine_answers(control))
		return err_set(reterr, -EBUSY,
			       "an engine runs at %s already, without its lock",
			       control);
	return take_fd(&fd);
}

static int open_log(const char *control, struct err *reterr)
{
	char path[PATH_MAX];
	const char *slash = strrchr(control, '/');

	snprintf(path, sizeof(path), "%.*s/vrrp.log", (int)(slash - control),
		 control);
	return vrrp_journal_open(path, reterr);
}

/* The waiting side of a detached start. */
static int await(int fd, struct err *reterr)
{
	char in[ERR_MAX];
	ssize_t n;

	do
		n = read(fd, in, sizeof(in) - 1);
	while (n < 0 && errno == EINTR);
	if (n > 0 && in[0] == '+')
		return 0;
	in[n > 0 ? n : 0] = '\0';
	return err_set(reterr, -ECHILD, "%s",
		       n > 1 ? in + 1 : "the engine ended as it began");
}

/* 1 in the waiting side with *ret, 0 in the one that goes on, or -errno. */
static int detach_here(struct supervisor *v, int *ret, struct err *reterr)
{
	auto_close int null = -1;
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(reterr, -errno, "pipe");
	pid = fork();
	if (pid < 0)
		return err_sys(reterr, -errno, "fork");
	if (pid > 0) {
		close(ends[1]);
		*ret = await(ends[0], reterr);
		close(ends[0]);
		return 1;
	}
	close(ends[0]);
	v->tell_fd = ends[1];
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (setsid() < 0 || null < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(null, STDOUT_FILENO) < 0 || chdir("/") < 0)
		return err_sys(reterr, -errno, "go to the background");
	return open_log(v->config.control, reterr);
}

static int open_signals(struct supervisor *v, struct err *reterr)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	v->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (v->signals < 0)
		return err_sys(reterr, -errno, "signalfd");
	return 0;
}

static int supervise(struct supervisor *v, struct err *reterr)
{
	int r, ret = 0;

	r = open_signals(v, reterr);
	if (r < 0)
		return r;
	if (pipe2(v->deaths, O_CLOEXEC | O_NONBLOCK) < 0)
		return err_sys(reterr, -errno, "pipe");
	v->text_fd = memfd_create("vrrp.yaml", MFD_CLOEXEC);
	if (v->text_fd < 0)
		return err_sys(reterr, -errno, "memfd_create");
	r = start(v, &ret, reterr);
	if (r < 0)
		return r;
	if (r == 0)
		return ret;
	r = wait_and_mend(v, &ret, reterr);
	if (r == 1)
		return ret;
	if (r < 0)
		return r;
	if (!v->ready && !v->stopping)
		return err_set(reterr, -ECHILD, "%s",
			       v->why[0] ? v->why
					 : "the engine ended as it began");
	return 0;
}

int vrrp_supervise(struct vrrp_config *config, bool detach, struct err *reterr)
{
	struct supervisor v = {.config = *config,
			       .signals = -1,
			       .deaths = {-1, -1},
			       .hear_fd = -1,
			       .text_fd = -1,
			       .tell_fd = -1,
			       .kill_at = MONO_NEVER,
			       .start_at = MONO_NEVER};
	auto_close int lock = -1;
	int r, ret;

	*config = (struct vrrp_config){0};
	lock = take_lock(v.config.control, reterr);
	r = lock < 0 ? lock : 0;
	if (r == 0 && detach) {
		r = detach_here(&v, &ret, reterr);
		if (r == 1) {
			vrrp_config_release(&v.config);
			return ret;
		}
	}
	if (r == 0)
		r = supervise(&v, reterr);
	if (r < 0 && v.tell_fd >= 0) {
		/* Whoever waits says it. */
		(void)!dprintf(v.tell_fd, "-%s", reterr->msg);
		reterr->msg[0] = '\0';
		r = -ECANCELED;
	}
	auto_close_fn(&v.tell_fd);
	auto_close_fn(&v.hear_fd);
	auto_close_fn(&v.text_fd);
	auto_close_fn(&v.deaths[0]);
	auto_close_fn(&v.deaths[1]);
	vrrp_config_release(&v.config);
	closer_wait();
	return r;
}
