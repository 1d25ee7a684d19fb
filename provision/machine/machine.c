/* SPDX-License-Identifier: MIT */
/*
 * An instance as a machine
 * ========================
 * A service of its node, in the network namespace that the plan made: two
 * processes. The one below is PID 1 of the machine's own mount, UTS and PID
 * namespaces (boot.c); this one stays outside, says to the node which process
 * that is, and takes away what DHCP gave when the machine has ended, however
 * it did. Were it killed itself, PID 1 dies with it and what was leased ends
 * with its lease, or with the next machine's start.
 *
 * The user namespace is the node's: a machine's root is its lab's.
 */
#include "provision/machine/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/file.h"
#include "lib/kernel/netns.h"
#include "provision/machine/inside.h"

/* Who waits for it; those that end this process but can be heard. */
static const int heard[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};

static int tell_pid(const char *path, pid_t pid, struct err *reterr)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%d\n", (int)pid);

	return file_replace(path, 0644, text, (size_t)n, reterr);
}

/* So that who enters a machine finds this program, whatever its name. */
static int tell_program(struct err *reterr)
{
	char path[PATH_MAX];
	ssize_t n;

	if (mkdir(MACHINE_DIR, 0755) < 0 && errno != EEXIST)
		return err_sys(reterr, -errno, "make " MACHINE_DIR);
	n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	if (n < 0)
		return err_sys(reterr, -errno, "/proc/self/exe");
	path[n] = '\0';
	/* The first machine's serves all. */
	if (symlink(path, MACHINE_PROGRAM) < 0 && errno != EEXIST)
		return err_sys(reterr, -errno, "make " MACHINE_PROGRAM);
	return 0;
}

/* In the new PID namespace's first process. */
static int in_child(const struct machine *m, int parent)
{
	struct pollfd p = {.fd = parent};

	/* The kernel kills it with its parent from now on; one that died
	 * before has closed the pipe. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (poll(&p, 1, 0) != 0)
		return 1;
	close(parent);
	if (unshare(CLONE_NEWNS | CLONE_NEWUTS) < 0) {
		dprintf(STDERR_FILENO, "namespaces of a machine's own: %s\n",
			strerrordesc_np(errno));
		return 1;
	}
	return machine_boot(m);
}

static int start(const struct machine *m, pid_t *ret, struct err *reterr)
{
	pid_t pid = -1;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(reterr, -errno, "pipe");
	/* This process stays where it is: the child is the first in there. */
	if (unshare(CLONE_NEWPID) == 0)
		pid = fork();
	if (pid < 0)
		return err_sys(reterr, -errno, "a machine's first process");
	if (pid == 0) {
		close(ends[1]);
		_exit(in_child(m, ends[0]));
	}
	close(ends[0]); /* the other end is for as long as this lives */
	*ret = pid;
	return 0;
}

/* Returns 0 where it was told to end, else how the machine ended. */
static int wait_for_end(pid_t pid, const sigset_t *set, struct err *reterr)
{
	bool told = false;
	int status, sig;

	for (;;) {
		sig = sigwaitinfo(set, NULL);
		if (sig > 0 && sig != SIGCHLD) {
			told = true;
			kill(pid, SIGKILL);
		}
		if (waitpid(pid, &status, WNOHANG) == pid)
			break;
	}
	if (told)
		return 0;
	if (WIFSIGNALED(status))
		return err_set(reterr, -ECHILD,
			       "the machine's first process was killed by "
			       "SIG%s",
			       sigabbrev_np(WTERMSIG(status)));
	return err_set(reterr, -ECHILD,
		       "the machine's first process ended with status %d",
		       WEXITSTATUS(status));
}

int machine_run(const struct machine *m, struct err *reterr)
{
	char path[PATH_MAX];
	pid_t pid = -1;
	sigset_t set;
	size_t i;
	int e;

	if (!netns_name_ok(m->netns))
		return err_set(reterr, -EINVAL,
			       "'%s' cannot name a network namespace",
			       m->netns);
	snprintf(path, sizeof(path), MACHINE_DIR "/%s", m->netns);
	sigemptyset(&set);
	for (i = 0; i < ARRAY_LEN(heard); i++)
		sigaddset(&set, heard[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	e = tell_program(reterr);
	if (e == 0 && m->dhcp)
		e = machine_unlease(m->device, reterr);
	if (e == 0 && m->dhcp6)
		e = machine_unlease6(m->device, reterr);
	if (e == 0)
		e = start(m, &pid, reterr);
	if (e < 0)
		return e;
	e = tell_pid(path, pid, reterr);
	if (e < 0)
		kill(pid, SIGKILL);
	e = wait_for_end(pid, &set, e < 0 ? NULL : reterr);
	(void)unlink(path);
	if (m->dhcp)
		(void)machine_unlease(m->device, NULL);
	if (m->dhcp6)
		(void)machine_unlease6(m->device, NULL);
	return e;
}
