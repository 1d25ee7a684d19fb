/* SPDX-License-Identifier: MIT */
/*
 * Processes in a node of this machine, without SSH: the host outside, which
 * has no sshd because it stands for what labctl does not manage.
 *
 * A child joins the namespaces of the node's PID 1 and forks again, because
 * only a child born afterwards is in the PID namespace; it stays to pass the
 * exit status on. An agent is in a session of its own, so that Ctrl-C at the
 * terminal does not end it while labctl still has to put something back.
 *
 * Threads may be running when it forks: between fork and exec only calls that
 * are safe in a signal handler are made, and every descriptor of labctl's is
 * closed, so that the agent sees the end of its input when labctl ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "lib/mem.h"
#include "provision/host/remote_io.h"

#define CLOSE_MS 1000 /* for an agent to end when its input has */
#define JOIN                                                                   \
	(CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC |            \
	 CLONE_NEWPID)
#define PATH "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define ENV_MAX 16

struct local {
	struct remote_io io; /* first */
	int fd;              /* the agent's stdin and stdout */
	int err_fd;          /* its stderr, or -1 after its end */
	pid_t pid;           /* the child that waits for it; 0: reaped */
};

/* What the child does; all made ready before the fork. */
struct start {
	int pidfd;        /* whose namespaces, or -1 */
	bool user;        /* its user namespace is not ours */
	int exe;          /* the program, or -1: argv[0] is a path */
	int in, out, err; /* to become 0, 1, 2; -1: as they are */
	bool session;
	char *const *argv, *const *envp;
};

/* --- in the child -------------------------------------------------------- */

static _Noreturn void give_up(const char *what, int status)
{
	const char *why = strerrordesc_np(errno);

	if (write(STDERR_FILENO, what, strlen(what)) < 0 ||
	    write(STDERR_FILENO, ": ", 2) < 0 ||
	    write(STDERR_FILENO, why, strlen(why)) < 0 ||
	    write(STDERR_FILENO, "\n", 1) < 0)
		_exit(status);
	_exit(status);
}

static void default_signals(void)
{
	struct sigaction sa = {.sa_handler = SIG_DFL};
	sigset_t none;
	int sig;

	for (sig = 1; sig < NSIG; sig++)
		sigaction(sig, &sa, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Moves fd to number n; it may be n already. */
static void place(int fd, int n)
{
	if (fd < 0)
		return;
	if (fd == n)
		fcntl(fd, F_SETFD, 0);
	else if (dup2(fd, n) < 0)
		_exit(126);
}

static _Noreturn void become(const struct start *s)
{
	/* The one in between was killed: so is the agent. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (s->pidfd >= 0 && chdir("/root") < 0 && chdir("/") < 0)
		give_up("/", 126);
	if (s->exe >= 0)
		execveat(s->exe, "", s->argv, s->envp, AT_EMPTY_PATH);
	else
		execve(s->argv[0], s->argv, s->envp);
	give_up(s->argv[0], 127);
}

static _Noreturn void child(const struct start *s)
{
	pid_t pid;
	int status;

	/* Numbers above stdio's, so that placing one overwrites none. */
	place(s->in, STDIN_FILENO);
	place(s->out, STDOUT_FILENO);
	place(s->err, STDERR_FILENO);
	if (s->session)
		setsid();
	else
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (s->pidfd >= 0 &&
	    setns(s->pidfd, JOIN | (s->user ? CLONE_NEWUSER : 0)) < 0)
		give_up("join the node's namespaces", 126);
	/* A lab's root is not ours: all of it, before anything runs there. */
	if (s->user && (setgroups(0, NULL) < 0 || setresgid(0, 0, 0) < 0 ||
			setresuid(0, 0, 0) < 0))
		give_up("become the node's root", 126);
	pid = _Fork();
	if (pid < 0)
		give_up("fork", 126);
	if (pid == 0) {
		default_signals();
		become(s);
	}
	close_range(s->session ? 0 : STDERR_FILENO + 1, ~0U, 0);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			_exit(126);
	_exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status)
				  : WEXITSTATUS(status));
}

/* --- starting ------------------------------------------------------------ */

/* Whether a process is in another user namespace than this one. */
static bool other_user(int pid)
{
	struct stat mine, its;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
	return stat(path, &its) == 0 &&
	       stat("/proc/self/ns/user", &mine) == 0 &&
	       (its.st_ino != mine.st_ino || its.st_dev != mine.st_dev);
}

static int start(struct start *s, int pid, pid_t *ret, struct err *reterr)
{
	auto_close int pidfd = -1;
	pid_t p;

	if (pid > 0) {
		pidfd = pidfd_open(pid, 0);
		if (pidfd < 0)
			return err_sys(reterr, -errno, "its process %d", pid);
		s->user = other_user(pid);
	}
	s->pidfd = pidfd;
	p = fork();
	if (p < 0)
		return err_sys(reterr, -errno, "start a process");
	if (p == 0)
		child(s);
	*ret = p;
	return 0;
}

/* Waits for p at most ms (-1: for ever): true with its status. */
static bool reap(pid_t p, int ms, int *ret_status)
{
	auto_close int pidfd = pidfd_open(p, 0);
	struct pollfd fd = {.fd = pidfd, .events = POLLIN};

	if (pidfd >= 0 && ms >= 0)
		while (poll(&fd, 1, ms) < 0 && errno == EINTR)
			;
	return waitpid(p, ret_status, ms < 0 ? 0 : WNOHANG) == p;
}

/* --- as an agent's transport --------------------------------------------- */

static int ended(struct local *l, struct err *reterr)
{
	int status = 0;

	if (l->pid && reap(l->pid, CLOSE_MS, &status)) {
		l->pid = 0;
		if (WIFEXITED(status) && WEXITSTATUS(status) > 128)
			return err_set(reterr, -ECONNRESET,
				       "its agent was killed by SIG%s",
				       sigabbrev_np(WEXITSTATUS(status) - 128));
		return err_set(reterr, -ECONNRESET,
			       "its agent ended with exit status %d",
			       WIFEXITED(status) ? WEXITSTATUS(status)
						 : 128 + WTERMSIG(status));
	}
	return err_set(reterr, -ECONNRESET, "its agent ended");
}

static int move_out(struct local *l, struct remote_bytes *b)
{
	ssize_t n;

	if (b->sent == b->out.len)
		return 0;
	n = send(l->fd, b->out.data + b->sent, b->out.len - b->sent,
		 MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n > 0)
		b->sent += (size_t)n;
	/* That it is gone is learnt by reading. */
	return n > 0;
}

/* 1 when something came, 0 when there is nothing now, -1 at the end. */
static int move_in(struct local *l, struct remote_bytes *b)
{
	char words[REMOTE_WORDS_MAX];
	bool came = false;
	ssize_t n = 0;

	if (l->err_fd >= 0)
		n = read(l->err_fd, words, sizeof(words));
	if (n > 0) {
		remote_add_words(&b->words, words, (size_t)n);
		came = true;
	} else if (l->err_fd >= 0 && (n == 0 || errno != EAGAIN)) {
		close(take_fd(&l->err_fd));
	}
	n = recv(l->fd, buf_room(&b->in, REMOTE_CHUNK), REMOTE_CHUNK,
		 MSG_DONTWAIT);
	if (n > 0) {
		b->in.len += (size_t)n;
		came = true;
	}
	b->in.data[b->in.len] = '\0';
	if (came)
		return 1;
	return n == 0 || (errno != EAGAIN && errno != EINTR) ? -1 : 0;
}

static int io_move(struct remote_io *io, struct remote_bytes *b,
		   struct mono deadline, struct err *reterr)
{
	struct local *l = (struct local *)io;
	int in, out, r;

	for (;;) {
		struct pollfd err = {.fd = l->err_fd, .events = POLLIN};
		short events = POLLIN;

		out = move_out(l, b);
		in = move_in(l, b);
		if (in < 0)
			return ended(l, reterr);
		if (in > 0 || out > 0)
			return 0;
		if (b->sent < b->out.len)
			events |= POLLOUT;
		r = remote_poll(l->fd, events, &err, 1, deadline, NULL);
		if (r < 0)
			return r == -EINTR ? err_set(reterr, r, "interrupted")
					   : err_set(reterr, r,
						     "it does not answer");
	}
}

static void io_close(struct remote_io *io)
{
	struct local *l = (struct local *)io;
	int status;

	if (l->fd >= 0)
		close(l->fd);
	if (l->pid && !reap(l->pid, CLOSE_MS, &status)) {
		/* Its session's, all of it: the agent and what it started. */
		kill(-l->pid, SIGKILL);
		reap(l->pid, -1, &status);
	}
	if (l->err_fd >= 0)
		close(l->err_fd);
	free(l);
}

int remote_local_start(struct remote_io **ret, int pid, const char *const *argv,
		       struct err *reterr)
{
	static const char *const agent[] = {"labctl", "agent", NULL};
	static char path[] = PATH, home[] = "HOME=/root",
		    lang[] = "LANG=C.UTF-8";
	static char *const envp[] = {path, home, lang, NULL};
	auto_close int theirs = -1, err_theirs = -1, exe = -1;
	struct start s = {.envp = envp, .session = true};
	struct local *l;
	int pair[2], r;

	l = mem_zero(1, sizeof(*l));
	l->fd = l->err_fd = -1;
	l->io = (struct remote_io){.move = io_move, .close = io_close};
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		goto no_pipe;
	l->fd = pair[0];
	theirs = pair[1];
	if (pipe2(pair, O_CLOEXEC) < 0)
		goto no_pipe;
	l->err_fd = pair[0];
	err_theirs = pair[1];
	/* Only our end: the agent's stderr blocks as usual. */
	if (fcntl(l->err_fd, F_SETFL, O_NONBLOCK) < 0)
		goto no_pipe;
	if (!argv) {
		exe = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
		if (exe < 0)
			goto no_pipe;
	}
	s.exe = exe;
	s.in = s.out = theirs;
	s.err = err_theirs;
	s.argv = (char *const *)(argv ? argv : agent);
	r = start(&s, pid, &l->pid, reterr);
	if (r < 0) {
		io_close(&l->io);
		return r;
	}
	*ret = &l->io;
	return 0;
no_pipe:
	r = err_sys(reterr, -errno, "pipes to an agent");
	io_close(&l->io);
	return r;
}

int remote_open_local(struct remote **ret, const char *name, int pid,
		      struct err *reterr)
{
	struct mono deadline =
		mono_add(clock_mono(), remote_connect_ms * NS_PER_MS);
	struct remote_io *io;
	int r;

	r = remote_local_start(&io, pid, NULL, reterr);
	if (r < 0)
		return r;
	return remote_start(ret, name, io, deadline, reterr);
}

/* --- a person's command -------------------------------------------------- */

/* What ssh would pass on of our environment, and what a login sets. */
static void make_env(struct arena *a, char **env)
{
	static const char *const fixed[] = {PATH, "HOME=/root", "USER=root",
					    "LOGNAME=root", "SHELL=/bin/bash"};
	static const char *const passed[] = {"TERM", "LANG", "LC_ALL",
					     "COLORTERM", "NO_COLOR"};
	size_t i, n = 0;

	_Static_assert(ARRAY_LEN(fixed) + ARRAY_LEN(passed) < ENV_MAX,
		       "env holds all and NULL");
	for (i = 0; i < ARRAY_LEN(fixed); i++)
		env[n++] = arena_strdup(a, fixed[i]);
	for (i = 0; i < ARRAY_LEN(passed); i++) {
		const char *v = getenv(passed[i]);

		if (v)
			env[n++] = arena_printf(a, "%s=%s", passed[i], v);
	}
	env[n] = NULL;
}

int remote_exec_local(int pid, const char *command, struct err *reterr)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN}, old_int, old_quit;
	const char *const shell[] = {"/bin/bash", "-l", NULL};
	const char *const run[] = {"/bin/bash", "-c", command, NULL};
	struct start s = {.exe = -1, .in = -1, .out = -1, .err = -1};
	auto_arena struct arena a = {0};
	char *env[ENV_MAX];
	int status = 0, r;
	pid_t p;

	make_env(&a, env);
	s.argv = (char *const *)(*command ? run : shell);
	s.envp = env;
	/* The terminal signals the command itself. */
	sigaction(SIGINT, &ignore, &old_int);
	sigaction(SIGQUIT, &ignore, &old_quit);
	r = start(&s, pid, &p, reterr);
	if (r == 0 && !reap(p, -1, &status))
		r = err_sys(reterr, -errno, "wait for the command");
	sigaction(SIGINT, &old_int, NULL);
	sigaction(SIGQUIT, &old_quit, NULL);
	if (r < 0)
		return r;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status)
				   : WEXITSTATUS(status);
}
