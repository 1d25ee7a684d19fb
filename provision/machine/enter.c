/* SPDX-License-Identifier: MIT */
/*
 * Entering a machine from its node, as a person does at its console: all its
 * namespaces are joined at once by a pidfd, after it was seen that the process
 * is this network namespace's machine and not one that has got its number.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/file.h"
#include "lib/kernel/netns.h"
#include "lib/parse.h"
#include "provision/machine/inside.h"

#define JOIN (CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWPID)

static bool same(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_ino == y.st_ino &&
	       x.st_dev == y.st_dev;
}

/* Whether pid is in that network namespace, and below our PID namespace. */
static bool is_machine(pid_t pid, const char *netns)
{
	char name[PATH_MAX], net[64], pids[64];

	snprintf(name, sizeof(name), NETNS_DIR "/%s", netns);
	snprintf(net, sizeof(net), "/proc/%d/ns/net", (int)pid);
	snprintf(pids, sizeof(pids), "/proc/%d/ns/pid", (int)pid);
	return same(net, name) && access(pids, F_OK) == 0 &&
	       !same(pids, "/proc/self/ns/pid");
}

int machine_find(const char *netns, pid_t *ret_pid, struct err *reterr)
{
	char path[PATH_MAX];
	auto_buf struct buf text = {0};
	auto_close int fd = -1;
	uint32_t pid;
	int e;

	if (!netns_name_ok(netns))
		return err_set(reterr, -EINVAL,
			       "'%s' cannot name a network namespace", netns);
	snprintf(path, sizeof(path), MACHINE_DIR "/%s", netns);
	e = file_read(path, 16, &text);
	if (e == 0 && text.len)
		text.data[strcspn(text.data, "\n")] = '\0';
	if (e < 0 || parse_u32(text.data, 2, INT_MAX, &pid) < 0)
		return err_set(reterr, -ENOENT, "there is no machine in %s",
			       netns);
	fd = pidfd_open((pid_t)pid, 0);
	if (fd < 0 || !is_machine((pid_t)pid, netns))
		return err_set(reterr, -ENOENT,
			       "the machine of %s does not run", netns);
	*ret_pid = (pid_t)pid;
	return take_fd(&fd);
}

/* Only a child is in the PID namespace. */
static int in_child(char *const *words, struct err *reterr)
{
	int status;
	pid_t pid;

	pid = fork();
	if (pid < 0)
		return err_sys(reterr, -errno, "fork");
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(machine_exec(words));
	}
	/* Ctrl-C is for the words. */
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_sys(reterr, -errno, "wait");
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status)
				   : WEXITSTATUS(status);
}

int machine_enter(const char *netns, char *const *words, struct err *reterr)
{
	pid_t pid;
	auto_close int pidfd = machine_find(netns, &pid, reterr);

	if (pidfd < 0)
		return pidfd;
	if (setns(pidfd, JOIN) < 0)
		return err_sys(reterr, -errno, "join the machine of %s", netns);
	if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
		return machine_on_terminal(words, reterr);
	return in_child(words, reterr);
}
