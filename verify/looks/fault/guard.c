/* SPDX-License-Identifier: MIT */
/*
 * A fault that cannot outlive the drill
 * =====================================
 * What is broken is broken and put back by a guard: a process of its own
 * session, with no terminal and no pipe of the agent's, deaf to polite
 * signals, joined to the operation by a socket alone. Whatever ends the
 * operation (stop, a killed agent, a cut SSH session, a killed labctl) closes
 * that socket, and the guard puts back and goes. It does so by itself when
 * the longest time is over. Should the guard be killed instead, the operation
 * sees its end of the socket close and mends. Only a death of both at one
 * time leaves the fault; then the node's `up` mends it as drift.
 */
#include "verify/looks/fault/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "verify/looks/op.h"

/* What passes over the socket: guard to operation. */
struct word {
	struct err err; /* code 0, or why it failed */
	int32_t ended;  /* enum ended */
	int64_t t;      /* CLOCK_REALTIME just before the change */
	int64_t mended; /* when another hand's was seen; 0: none */
};

/* What ended the fault. */
enum ended { ENDED_ASKED, ENDED_TIME, ENDED_OTHER };
static const char *const ended_names[] = {
	[ENDED_ASKED] = "asked",
	[ENDED_TIME] = "time",
	[ENDED_OTHER] = "other",
};
_Static_assert(sizeof(ended_names) / sizeof(char *) == ENDED_OTHER + 1,
	       "a name for each");

/* Neither the agent's pipes nor its terminal may be held by the guard. */
static void detach(int keep)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	int null;

	setsid();
	prctl(PR_SET_NAME, "labctl-fault");
	sigaction(SIGINT, &ignore, NULL);
	sigaction(SIGTERM, &ignore, NULL);
	sigaction(SIGHUP, &ignore, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = 0; fd < 3 && null >= 0; fd++)
		dup2(null, fd);
	if (keep > 3)
		close_range(3, (unsigned)keep - 1, 0);
	close_range((unsigned)keep + 1, ~0u, 0);
}

/* w->t is from before the change: what follows from it may be stamped before
 * the kernel's call has returned here. */
static void tell(int fd, const struct word *w)
{
	/* Nobody may be there to hear it; the work is done anyhow. */
	(void)send(fd, w, sizeof(*w), MSG_NOSIGNAL);
}

/* Holds the fault until it is to end; sees whether another hand ends it. */
static void hold(const struct guarded *g, void *ctx, int fd, int64_t max_ms,
		 struct word *w)
{
	struct mono until = mono_add(clock_mono(), max_ms * NS_PER_MS);
	auto_close int events = g->events ? g->events() : -1;
	struct pollfd p[] = {{.fd = fd, .events = POLLIN},
			     {.fd = events, .events = POLLIN}};
	char drain[8192];
	bool end = false;
	int64_t left;

	do {
		left = mono_sub(until, clock_mono()) / NS_PER_MS;
		if (poll(p, 2, left > 0 ? (int)left : 0) > 0) {
			/* A byte, or the end of the other side: now. */
			end = p[0].revents;
			/* Left unread, it would cost the other side our word
			 * when we close: the kernel resets. */
			if (end)
				(void)!recv(fd, drain, sizeof(drain), 0);
			while (events >= 0 &&
			       recv(events, drain, sizeof(drain), 0) > 0)
				;
		} else if (left <= 0) {
			end = true;
			w->ended = ENDED_TIME;
		}
		/* At the end too: its event may not have been read yet. */
		if (!w->mended && g->undone && g->undone(ctx))
			w->mended = clock_real_ns();
	} while (!end);
	if (w->mended)
		w->ended = ENDED_OTHER;
}

static void guard(const struct guarded *g, void *ctx, int fd, int64_t max_ms)
{
	struct word w = {.ended = ENDED_ASKED};
	int r;

	detach(fd);
	w.t = clock_real_ns();
	r = g->strike(ctx, &w.err);
	tell(fd, &w);
	if (r < 0)
		return;
	hold(g, ctx, fd, max_ms, &w);
	w.t = clock_real_ns();
	w.err = (struct err){0};
	(void)g->mend(ctx, &w.err);
	tell(fd, &w);
}

/* Waits for a word of the guard's; -EPIPE where it died. */
static int hear(int fd, struct word *ret, struct err *reterr)
{
	ssize_t r;

	do
		r = recv(fd, ret, sizeof(*ret), 0);
	while (r < 0 && errno == EINTR);
	if (r != sizeof(*ret))
		return err_sys(reterr, r < 0 ? -errno : -EPIPE,
			       "the guard of the fault");
	if (ret->err.code < 0 && reterr)
		*reterr = ret->err;
	return ret->err.code;
}

static int supervise(const struct guarded *g, void *ctx, int fd, struct json *j,
		     struct err *reterr)
{
	struct word down, up = {0};
	unsigned wake;
	int r;

	r = hear(fd, &down, reterr);
	if (r < 0)
		return err_prefix(reterr, "%s", g->what);
	do
		wake = look_wait(fd, MONO_NEVER);
	while (!(wake & (LOOK_READY | LOOK_STOP)));
	(void)send(fd, "", 1, MSG_NOSIGNAL);
	r = hear(fd, &up, NULL);
	if (r < 0) {
		r = g->mend(ctx, reterr);
		up.t = clock_real_ns();
	}
	if (r < 0)
		return r;
	json_kint(j, "down", down.t);
	json_kint(j, "up", up.t);
	json_kstr(j, "ended", ended_names[up.ended]);
	if (up.mended)
		json_kint(j, "mended", up.mended);
	return 0;
}

int guard_hold(const struct guarded *g, void *ctx, int64_t max_ms,
	       struct json *j, struct err *reterr)
{
	auto_close int ours = -1, theirs = -1;
	int pair[2], r;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(reterr, -errno, "a socket for the guard");
	ours = pair[0];
	theirs = pair[1];
	pid = fork();
	if (pid < 0)
		return err_sys(reterr, -errno, "start the guard");
	if (pid == 0) {
		close(take_fd(&ours));
		guard(g, ctx, theirs, max_ms);
		_exit(0);
	}
	close(take_fd(&theirs));
	r = supervise(g, ctx, ours, j, reterr);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return r;
}
