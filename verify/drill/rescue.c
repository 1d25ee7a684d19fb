/* SPDX-License-Identifier: MIT */
/*
 * The guard is a fork of labctl, made while that holds the lab's lock and
 * nothing else: so it is in the lab's fabric, and nobody else works on the lab
 * until it has ended. It waits for a word on a socket. "Killed" tells it that
 * there is something to mend; what comes then, a word, the socket's end, or
 * the end of the time, has it do what `up` does: the fabric makes the node,
 * the nodes' agents what is in it.
 */
#include "verify/drill/rescue.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "provision/emul/emul.h"
#include "provision/emul/proc.h"
#include "provision/emul/prompt.h"
#include "provision/host/converge_lab.h"
#include "provision/host/fleet.h"

#define MEND_MS 120000 /* what making a node anew may take */

/* labctl to guard: max_ms of what was killed; 0: mend it now. */
struct word {
	int64_t max_ms;
};

/* Guard to labctl. */
struct answer {
	struct err err;
	int64_t t; /* when it began */
};

static int make_anew(struct lab *lab, struct err *reterr)
{
	auto_(converge_release) struct converge c = {0};
	struct fleet f = {0};
	unsigned changes;
	int r;

	r = emul_up(lab, 0, NULL, NULL, &changes, reterr);
	if (r < 0)
		return r;
	r = fleet_open(&f, lab, 0, reterr);
	if (r == 0)
		r = converge_lab(&f, true, NULL, NULL, &c, reterr);
	emul_prompt(lab->name);
	fleet_close(&f);
	if (r == 0 && c.failed)
		r = err_set(reterr, -EIO, "%zu of %zu changes failed", c.failed,
			    c.changes);
	if (r == 0)
		emul_finished(lab->name);
	return r;
}

/* Its output is nobody's: a harness would wait for the end of it. */
static void alone(void)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	setsid();
	prctl(PR_SET_NAME, "labctl-fault");
	sigaction(SIGINT, &ignore, NULL);
	sigaction(SIGTERM, &ignore, NULL);
	sigaction(SIGHUP, &ignore, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
	for (int fd = 0; fd < 3 && null >= 0; fd++)
		dup2(null, fd);
}

static void guard(struct lab *lab, int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	struct mono until = MONO_NEVER;
	bool killed = false;
	struct word w;

	alone();
	for (;;) {
		struct answer a = {0};
		int64_t left = -1;

		if (killed)
			left = mono_sub(until, clock_mono()) / NS_PER_MS;
		if (poll(&p, 1, killed && left < 0 ? 0 : (int)left) < 0)
			continue;
		w = (struct word){0};
		if (p.revents && recv(fd, &w, sizeof(w), 0) == sizeof(w) &&
		    w.max_ms) {
			killed = true;
			until = mono_add(clock_mono(), w.max_ms * NS_PER_MS);
			continue;
		}
		if (!killed)
			return; /* nothing was broken */
		a.t = clock_real_ns();
		(void)make_anew(lab, &a.err);
		killed = false;
		if (send(fd, &a, sizeof(a), MSG_NOSIGNAL) < 0)
			return;
	}
}

int rescue_begin(struct rescue *ret, struct lab *lab, struct err *reterr)
{
	int pair[2];
	pid_t pid;

	*ret = (struct rescue){.fd = -1};
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(reterr, -errno, "a socket for the guard");
	pid = fork();
	if (pid == 0) {
		close(pair[0]);
		guard(lab, pair[1]);
		_exit(0);
	}
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return err_sys(reterr, -errno, "start the guard");
	}
	*ret = (struct rescue){.fd = pair[0], .guard = pid};
	return 0;
}

static int find(struct arena *a, const struct lab *lab, const char *node,
		struct err *reterr)
{
	struct emul_proc *p;
	size_t n, i;
	int r = emul_scan(a, lab->name, &p, &n, reterr);

	for (i = 0; r == 0 && i < n; i++) {
		if (!p[i].argv.node || strcmp(p[i].argv.name, node) != 0)
			continue;
		r = emul_pidfd(&p[i]);
		return r < 0 ? err_sys(reterr, r, "%s", node) : r;
	}
	return r < 0 ? r : err_set(reterr, -ENOENT, "%s does not run", node);
}

int rescue_kill(struct rescue *r, const struct lab *lab, const char *node,
		int64_t max_ms, int64_t *ret_ns, struct err *reterr)
{
	const struct word w = {.max_ms = max_ms > 0 ? max_ms : 1};
	auto_arena struct arena a = {0};
	auto_close int pidfd = -1;
	int e;

	pidfd = find(&a, lab, node, reterr);
	if (pidfd < 0)
		return pidfd;
	/* First: whoever kills this process now leaves nothing broken. */
	if (send(r->fd, &w, sizeof(w), MSG_NOSIGNAL) != sizeof(w))
		return err_sys(reterr, -errno, "the guard of %s", node);
	*ret_ns = clock_real_ns();
	e = emul_kill(pidfd);
	return e < 0 ? err_sys(reterr, e, "kill %s", node) : 0;
}

int rescue_mend(struct rescue *r, int64_t *ret_ns, struct err *reterr)
{
	struct pollfd p = {.fd = r->fd, .events = POLLIN};
	const struct word w = {.max_ms = 0};
	struct answer a;
	int n;

	if (send(r->fd, &w, sizeof(w), MSG_NOSIGNAL) != sizeof(w))
		return err_sys(reterr, -errno, "the guard");
	do
		n = poll(&p, 1, MEND_MS);
	while (n < 0 && errno == EINTR);
	if (n <= 0 || recv(r->fd, &a, sizeof(a), 0) != sizeof(a))
		return err_set(reterr, -ETIMEDOUT,
			       "the guard did not say that the node is back; "
			       "'labctl up' mends the lab");
	*ret_ns = a.t;
	if (a.err.code < 0 && reterr)
		*reterr = a.err;
	return a.err.code;
}

void rescue_end(struct rescue *r)
{
	if (!r || r->fd < 0)
		return;
	close(take_fd(&r->fd));
	while (waitpid(r->guard, NULL, 0) < 0 && errno == EINTR)
		;
}
