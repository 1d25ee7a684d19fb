/* SPDX-License-Identifier: MIT */
/*
 * A process for each place, two pipes from it, one loop that reads them all.
 * A line is passed on when it is whole, so that lines of two places never mix;
 * one that is longer than LINE_MAX_LEN is cut in two. The processes are groups
 * of their own: a terminal's Ctrl-C comes to us, and goes to each once.
 */
#include "cmd/common/many.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/line.h"

#define LINE_MAX_LEN 65536
#define CHUNK 65536
#define POLL_MS 200

struct worker {
	const char *name;
	pid_t pid;         /* 0: none */
	int fd[2];         /* its stdout and stderr, or -1 */
	struct buf got[2]; /* an unfinished line */
	struct line next[2];
};

static _Noreturn void work(int out, int err, many_fn *fn, void *ctx, size_t i)
{
	int none = open("/dev/null", O_RDONLY | O_CLOEXEC), status;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	if (none < 0 || dup2(none, STDIN_FILENO) < 0 ||
	    dup2(out, STDOUT_FILENO) < 0 || dup2(err, STDERR_FILENO) < 0)
		_exit(EXIT_CANNOT);
	status = fn(ctx, i);
	fflush(stdout);
	_exit(status);
}

static int start(struct worker *w, const char *name, many_fn *fn, void *ctx,
		 size_t i, struct err *reterr)
{
	auto_close int out_theirs = -1, err_theirs = -1;
	int out[2], err[2];

	if (pipe2(out, O_CLOEXEC) < 0)
		return err_sys(reterr, -errno, "pipe");
	w->name = name;
	w->fd[0] = out[0];
	out_theirs = out[1];
	if (pipe2(err, O_CLOEXEC) < 0)
		return err_sys(reterr, -errno, "pipe");
	w->fd[1] = err[0];
	err_theirs = err[1];
	fflush(stdout);
	w->pid = fork();
	if (w->pid == 0)
		work(out_theirs, err_theirs, fn, ctx, i);
	return w->pid < 0 ? err_sys(reterr, -errno, "fork") : 0;
}

/* As start(); leaves nothing where it fails. */
static int start_clean(struct worker *w, const char *name, many_fn *fn,
		       void *ctx, size_t i, struct err *reterr)
{
	int r = start(w, name, fn, ctx, i, reterr), which;

	for (which = 0; r < 0 && which < 2; which++)
		if (w->fd[which] >= 0)
			close(take_fd(&w->fd[which]));
	if (r < 0)
		w->pid = 0;
	return r;
}

static void say(FILE *to, const char *name, const char *text, size_t len)
{
	fprintf(to, "%s: ", name);
	fwrite(text, 1, len, to);
	fputc('\n', to);
}

static void pass_on(struct worker *w, int which, bool end)
{
	struct buf *b = &w->got[which];
	FILE *to = which ? stderr : stdout;
	const char *text;
	size_t len;

	while ((text = line_next(&w->next[which], b, &len)))
		say(to, w->name, text, len);
	if (b->len && (end || b->len >= LINE_MAX_LEN)) {
		say(to, w->name, b->data, b->len);
		buf_reset(b);
		w->next[which] = (struct line){0};
	}
	fflush(to);
}

/* False at the end. */
static bool hear(struct worker *w, int which)
{
	struct buf *b = &w->got[which];
	ssize_t n = read(w->fd[which], buf_room(b, CHUNK), CHUNK);

	if (n < 0 && errno == EINTR)
		return true;
	if (n > 0)
		b->len += (size_t)n;
	if (b->len)
		pass_on(w, which, n <= 0);
	if (n > 0)
		return true;
	close(take_fd(&w->fd[which]));
	return false;
}

/* Waits for one that is done with; its exit status. */
static int reap(struct worker *w)
{
	int status;

	while (waitpid(w->pid, &status, 0) < 0)
		if (errno != EINTR)
			return EXIT_CANNOT;
	buf_release(&w->got[0]);
	buf_release(&w->got[1]);
	w->pid = 0;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status)
				   : WEXITSTATUS(status);
}

/* Hears those that have something to say, until one is done or a signal. */
static void wait_some(struct worker *w)
{
	struct pollfd p[2 * MANY_AT_ONCE];
	size_t i;

	for (i = 0; i < ARRAY_LEN(p); i++)
		p[i] = (struct pollfd){.fd = w[i / 2].pid ? w[i / 2].fd[i % 2]
							  : -1,
				       .events = POLLIN};
	/* A signal may come just before it: so not for ever. */
	if (poll(p, ARRAY_LEN(p), POLL_MS) < 0)
		return;
	for (i = 0; i < ARRAY_LEN(p); i++)
		if (p[i].fd >= 0 && p[i].revents)
			hear(&w[i / 2], (int)(i % 2));
}

static void signal_all(const struct worker *w, int sig)
{
	size_t i;

	for (i = 0; i < MANY_AT_ONCE; i++)
		if (w[i].pid)
			kill(w[i].pid, sig);
}

int many_run(const char *const *names, size_t n, many_fn *fn, void *ctx,
	     struct err *reterr)
{
	struct worker w[MANY_AT_ONCE];
	size_t i, next = 0, busy = 0;
	int status, worst = 0, stop = 0, r = 0;

	for (i = 0; i < MANY_AT_ONCE; i++)
		w[i] = (struct worker){.fd = {-1, -1}};
	cmd_catch_signals();
	for (;;) {
		for (i = 0; i < MANY_AT_ONCE && next < n && r == 0 && !stop;
		     i++) {
			if (w[i].pid)
				continue;
			r = start_clean(&w[i], names[next], fn, ctx, next,
					reterr);
			next++;
			busy += r == 0;
		}
		if (!busy)
			break;
		wait_some(w);
		if (cmd_interrupted) {
			stop = cmd_interrupted;
			cmd_interrupted = 0;
			signal_all(w, stop);
		}
		for (i = 0; i < MANY_AT_ONCE; i++) {
			if (!w[i].pid || w[i].fd[0] >= 0 || w[i].fd[1] >= 0)
				continue;
			status = reap(&w[i]);
			worst = status > worst ? status : worst;
			busy--;
		}
	}
	if (stop)
		return 128 + stop;
	return r < 0 ? r : worst;
}
