/* SPDX-License-Identifier: MIT */
/*
 * A person's command on a node, as ssh runs one: what comes on our stdin goes
 * there, what it says comes to our stdout and stderr, its exit status is
 * ours. With a terminal on both sides ours is raw, so that every key reaches
 * the node, and its size follows ours.
 *
 * Nothing is read that has nowhere to go: while our stdout is full the node's
 * output stays in the connection, while the node takes no input ours stays in
 * the pipe. Signals arrive through a descriptor, so that the terminal is put
 * back whatever ends the wait. The first is passed on, and the command has a
 * moment to end by it (OpenSSH carries signals out for other users than root
 * only); the session ends with us, as ssh's does.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "lib/mem.h"
#include "provision/host/ssh.h"
#include "provision/libssh.h"
#include "provision/target.h"

#define INPUT_CHUNK 16384
#define SIGNAL_MS 500     /* for the command to end by a signal passed on */
#define OUTPUT_MAX 262144 /* bytes waiting for stdout before reading stops */

struct run {
	struct ssh_link *link;
	char input[INPUT_CHUNK];
	size_t in_at, in_len;
	bool in_eof, eof_sent;
	size_t out_at[2]; /* of link->data: written so far */
	bool err_gone;    /* nobody reads our stderr any more */
	int signals;      /* signalfd */
	int last_signal;  /* that was passed on, or 0 */
	struct mono quit; /* when we end by it */
	bool tty;
	struct termios saved;
};

static const int caught[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH};

/* --- the terminal -------------------------------------------------------- */

static int raw_terminal(struct run *x, struct mono deadline, struct err *reterr)
{
	const char *term = getenv("TERM");
	struct winsize ws = {.ws_col = 80, .ws_row = 24};
	struct termios raw;
	int r;

	ioctl(STDIN_FILENO, TIOCGWINSZ, &ws);
	r = ssh_link_pty(x->link, term && *term ? term : "dumb", ws.ws_col,
			 ws.ws_row, deadline, reterr);
	if (r < 0)
		return r;
	if (tcgetattr(STDIN_FILENO, &x->saved) < 0)
		return err_sys(reterr, -errno, "terminal");
	raw = x->saved;
	cfmakeraw(&raw);
	if (tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) < 0)
		return err_sys(reterr, -errno, "terminal");
	x->tty = true;
	return 0;
}

static void resized(struct run *x)
{
	struct winsize ws;

	if (x->tty && ioctl(STDIN_FILENO, TIOCGWINSZ, &ws) == 0)
		libssh.channel_change_pty_size(x->link->channel, ws.ws_col,
					       ws.ws_row);
}

/* --- signals ------------------------------------------------------------- */

/* Returns 0, or 128 + n where the wait is over because of signal n. */
static int take_signal(struct run *x)
{
	struct signalfd_siginfo info;
	int sig;

	if (read(x->signals, &info, sizeof(info)) != sizeof(info))
		return 0;
	sig = (int)info.ssi_signo;
	if (sig == SIGWINCH) {
		resized(x);
		return 0;
	}
	if (x->last_signal || sig == SIGHUP)
		return 128 + sig;
	x->last_signal = sig;
	x->quit = mono_add(clock_mono(), SIGNAL_MS * NS_PER_MS);
	libssh.channel_request_send_signal(x->link->channel, sigabbrev_np(sig));
	return 0;
}

static int signal_number(const char *name)
{
	const char *abbrev;
	int sig;

	for (sig = 1; sig < NSIG; sig++) {
		abbrev = sigabbrev_np(sig);
		if (abbrev && strcmp(abbrev, name) == 0)
			return sig;
	}
	return SIGKILL;
}

/* --- bytes --------------------------------------------------------------- */

static size_t unwritten(const struct run *x, int which)
{
	return x->link->data[which].len - x->out_at[which];
}

/*
 * A piece small enough that a pipe which polls writable takes it whole.
 * Returns 0, or where nobody reads (and SIGPIPE is ignored, or had ended us)
 * what a command gets that writes there.
 */
static int write_some(struct run *x, int which)
{
	struct buf *b = &x->link->data[which];
	size_t left = unwritten(x, which);
	ssize_t n = (ssize_t)left;

	if (which == 0 || !x->err_gone)
		n = write(which ? STDERR_FILENO : STDOUT_FILENO,
			  b->data + x->out_at[which],
			  left < PIPE_BUF ? left : PIPE_BUF);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n < 0 && which == 0)
		return 128 + SIGPIPE;
	if (n < 0) {
		x->err_gone = true;
		n = (ssize_t)left;
	}
	x->out_at[which] += (size_t)n;
	if (x->out_at[which] == b->len) {
		buf_reset(b);
		x->out_at[which] = 0;
	}
	return 0;
}

static void read_some(struct run *x)
{
	ssize_t n = read(STDIN_FILENO, x->input, sizeof(x->input));

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		x->in_eof = true;
	if (n > 0) {
		x->in_at = 0;
		x->in_len = (size_t)n;
	}
}

static int send_some(struct run *x, struct err *reterr)
{
	int n;

	if (x->in_at < x->in_len && !x->link->eof) {
		n = ssh_link_write(x->link, x->input + x->in_at,
				   x->in_len - x->in_at, reterr);
		if (n < 0)
			return n;
		x->in_at += (size_t)n;
	}
	if (x->in_eof && x->in_at == x->in_len && !x->eof_sent) {
		libssh.channel_send_eof(x->link->channel);
		x->eof_sent = true;
	}
	return 0;
}

/* It may close its output long before it ends. */
static bool ended(const struct ssh_link *l)
{
	return l->closed || (l->eof && (l->status >= 0 || *l->signal));
}

/* The command has ended and all that it said is written. */
static bool over(const struct run *x)
{
	return ended(x->link) && !unwritten(x, 0) && !unwritten(x, 1);
}

static int exit_status(struct run *x, struct err *reterr)
{
	struct ssh_link *l = x->link;

	if (*l->signal)
		return 128 + signal_number(l->signal);
	if (l->status < 0)
		return err_set(reterr, -ECONNRESET,
			       "the session ended without an exit status");
	return l->status & 0xff;
}

static int one_round(struct run *x, struct err *reterr)
{
	bool room = x->in_at == x->in_len && !x->in_eof;
	struct pollfd p[] = {
		{.fd = x->signals, .events = POLLIN},
		{.fd = room ? STDIN_FILENO : -1, .events = POLLIN},
		{.fd = unwritten(x, 0) ? STDOUT_FILENO : -1, .events = POLLOUT},
		{.fd = unwritten(x, 1) ? STDERR_FILENO : -1, .events = POLLOUT},
	};
	int r;

	/* Nor where nothing more is wanted, only written. */
	x->link->paused = unwritten(x, 0) + unwritten(x, 1) > OUTPUT_MAX ||
			  ended(x->link);
	r = ssh_link_wait(x->link, p, ARRAY_LEN(p), x->quit, reterr);
	if (r == -ETIMEDOUT)
		return 128 + x->last_signal;
	if (r < 0)
		return r;
	if (p[0].revents) {
		r = take_signal(x);
		if (r)
			return r;
	}
	if (p[1].revents)
		read_some(x);
	r = p[2].revents ? write_some(x, 0) : 0;
	if (r == 0 && p[3].revents)
		r = write_some(x, 1);
	return r;
}

/* Returns the status to exit with, or -errno. */
static int loop(struct run *x, struct err *reterr)
{
	int r;

	for (;;) {
		r = send_some(x, reterr);
		if (r == 0 && !x->link->paused)
			r = ssh_link_process(x->link, reterr);
		if (r < 0)
			return r;
		if (over(x))
			return exit_status(x, reterr);
		r = one_round(x, reterr);
		if (r)
			return r;
	}
}

static int run(struct run *x, const char *command, struct err *reterr)
{
	struct mono deadline =
		mono_add(clock_mono(), remote_connect_ms * NS_PER_MS);
	sigset_t set, old;
	size_t i;
	int r = 0;

	x->quit = MONO_NEVER;
	sigemptyset(&set);
	for (i = 0; i < ARRAY_LEN(caught); i++)
		sigaddset(&set, caught[i]);
	sigprocmask(SIG_BLOCK, &set, &old);
	x->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (x->signals < 0)
		r = err_sys(reterr, -errno, "signalfd");
	if (r == 0 && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
		r = raw_terminal(x, deadline, reterr);
	if (r == 0)
		r = ssh_link_exec(x->link, command, deadline, reterr);
	if (r == 0)
		r = loop(x, reterr);
	if (x->tty)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &x->saved);
	if (x->signals >= 0)
		close(x->signals);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return r;
}

int remote_exec(const struct remote_target *t, const char *command,
		struct err *reterr)
{
	struct mono deadline =
		mono_add(clock_mono(), remote_connect_ms * NS_PER_MS);
	auto_free struct run *x = mem_zero(1, sizeof(*x));
	int r;

	r = ssh_link_open(&x->link, t, deadline, reterr);
	if (r < 0)
		return r;
	r = run(x, command, reterr);
	ssh_link_close(x->link);
	return r;
}
