/* SPDX-License-Identifier: MIT */
/*
 * A terminal of the machine's own
 * ===============================
 * Ours has no name in the machine, so that tty(1), job control by name and
 * what opens /dev/tty's path would not find it. So the words get a terminal of
 * the machine's devpts, and ours, made raw, is tied to it: every key goes
 * there, its size follows ours. Nothing is read that has nowhere to go.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/file.h"
#include "provision/machine/inside.h"

#define CHUNK 4096

struct tie {
	int master, signals;
	pid_t pid;
	int status; /* of waitpid(), once ended */
	bool ended, hung_up;
	char in[CHUNK]; /* from us to it */
	size_t at, len;
};

static void follow_size(const struct tie *t)
{
	struct winsize ws;

	if (ioctl(STDIN_FILENO, TIOCGWINSZ, &ws) == 0)
		(void)ioctl(t->master, TIOCSWINSZ, &ws);
}

/* --- the child ------------------------------------------------------------ */

static _Noreturn void in_child(const struct tie *t, char *const *words)
{
	int slave = ioctl(t->master, TIOCGPTPEER, O_RDWR | O_NOCTTY);
	bool errors = isatty(STDERR_FILENO);
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGHUP);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (slave < 0 || setsid() < 0 || ioctl(slave, TIOCSCTTY, 0) < 0 ||
	    dup2(slave, STDIN_FILENO) < 0 || dup2(slave, STDOUT_FILENO) < 0 ||
	    (errors && dup2(slave, STDERR_FILENO) < 0))
		_exit(126);
	if (slave > STDERR_FILENO)
		close(slave);
	_exit(machine_exec(words));
}

/* --- this side ------------------------------------------------------------ */

static void take_signals(struct tie *t)
{
	struct signalfd_siginfo info;

	while (read(t->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGWINCH)
			follow_size(t);
		else if (info.ssi_signo != SIGCHLD)
			t->hung_up = true;
	}
	if (!t->ended && waitpid(t->pid, &t->status, WNOHANG) == t->pid)
		t->ended = true;
}

/* False at the end of what is said there. */
static bool move_out(struct tie *t)
{
	char out[CHUNK];
	ssize_t n;

	n = read(t->master, out, sizeof(out));
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n <= 0)
		return false; /* EIO: nobody has it open any more */
	return file_write_fd(STDOUT_FILENO, out, (size_t)n) == 0;
}

static void move_in(struct tie *t)
{
	ssize_t n;

	if (t->at == t->len) {
		n = read(STDIN_FILENO, t->in, sizeof(t->in));
		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
			t->hung_up = true;
		t->at = 0;
		t->len = n > 0 ? (size_t)n : 0;
	}
	if (t->at == t->len)
		return;
	n = write(t->master, t->in + t->at, t->len - t->at);
	if (n > 0)
		t->at += (size_t)n;
}

static void relay(struct tie *t)
{
	bool open = true;

	while (open && !t->hung_up) {
		bool waiting = t->at < t->len;
		struct pollfd p[] = {
			{.fd = t->signals, .events = POLLIN},
			{.fd = t->master,
			 .events = waiting ? POLLIN | POLLOUT : POLLIN},
			{.fd = waiting ? -1 : STDIN_FILENO, .events = POLLIN},
		};

		/* What the words said before they ended is still to come;
		 * what they left behind may hold the terminal for ever. */
		if (poll(p, ARRAY_LEN(p), t->ended ? 0 : -1) == 0)
			return;
		if (p[0].revents)
			take_signals(t);
		if (p[1].revents & (POLLIN | POLLHUP | POLLERR))
			open = move_out(t);
		if (p[2].revents || (p[1].revents & POLLOUT))
			move_in(t);
	}
}

static int open_master(struct tie *t, struct err *reterr)
{
	t->master =
		open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (t->master < 0 || unlockpt(t->master) < 0)
		return err_sys(reterr, -errno, "a terminal in the machine");
	follow_size(t);
	return 0;
}

static int open_signals(struct tie *t, struct err *reterr)
{
	static const int caught[] = {SIGCHLD, SIGWINCH, SIGTERM,
				     SIGHUP,  SIGINT,   SIGQUIT};
	sigset_t set;
	size_t i;

	sigemptyset(&set);
	for (i = 0; i < ARRAY_LEN(caught); i++)
		sigaddset(&set, caught[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	t->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return t->signals < 0 ? err_sys(reterr, -errno, "signalfd") : 0;
}

int machine_on_terminal(char *const *words, struct err *reterr)
{
	struct tie t = {.master = -1, .signals = -1};
	struct termios saved, raw;
	int e;

	e = open_master(&t, reterr);
	if (e == 0)
		e = open_signals(&t, reterr);
	if (e == 0 && tcgetattr(STDIN_FILENO, &saved) < 0)
		e = err_sys(reterr, -errno, "terminal");
	if (e < 0)
		return e;
	t.pid = fork();
	if (t.pid < 0)
		return err_sys(reterr, -errno, "fork");
	if (t.pid == 0)
		in_child(&t, words);
	raw = saved;
	cfmakeraw(&raw);
	(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
	relay(&t);
	(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &saved);
	close(t.master); /* hangs up on what still has it */
	while (!t.ended && waitpid(t.pid, &t.status, 0) < 0 && errno == EINTR)
		;
	return WIFSIGNALED(t.status) ? 128 + WTERMSIG(t.status)
				     : WEXITSTATUS(t.status);
}
