/* SPDX-License-Identifier: MIT */
/*
 * Starting a fabric. It is a clone of this process in new namespaces that
 * executes this program again, as `labctl fabric LAB`: so ps shows what it is,
 * and it holds nothing of ours. Until it is told that its ids are mapped, and
 * if labctl dies before, it ends by itself; later it is found by its words.
 * Between the two it holds the lab's lock, so that no `down` can overlook it.
 */
#include "provision/emul/start.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/auto.h"
#include "provision/emul/space.h"
#include "provision/emul/state.h"
#include "provision/emul/title.h"
#include "provision/emul/user.h"
#include "provision/fabric/mount.h"

static void default_signals(void)
{
	sigset_t none;
	int sig;

	for (sig = 1; sig < NSIG; sig++)
		(void)signal(sig, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static int prepare(int go, int fd, const struct emul_space *sp)
{
	int null, lock, r;
	char byte;

	if (read(go, &byte, 1) != 1)
		return -ECANCELED; /* labctl was killed, or could not map */
	r = emul_space_begin(sp);
	if (r < 0)
		return r;
	null = open("/dev/null", O_RDWR);
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 ||
	    dup2(null, 2) < 0)
		return -errno;
	/* Out of the way first: they may lie where the other one goes. */
	fd = fcntl(fd, F_DUPFD, EMUL_LOCK_FD + 1);
	lock = emul_lock_dup(EMUL_LOCK_FD + 1);
	if (fd < 0 || dup2(fd, EMUL_FABRIC_FD) < 0 || lock < 0 ||
	    dup2(lock, EMUL_LOCK_FD) < 0 ||
	    close_range(EMUL_LOCK_FD + 1, ~0u, 0) < 0)
		return -errno;
	setsid();
	umask(022);
	default_signals();
	return chdir("/") < 0 ? -errno : 0;
}

static _Noreturn void run_fabric(const char *lab, int go, int fd,
				 const struct emul_space *sp)
{
	char owner[16], room[EMUL_TITLE_ROOM];
	char *argv[] = {(char *)"labctl",
			(char *)"fabric",
			(char *)lab,
			(char *)"--owner",
			owner,
			room,
			NULL};
	char *env[] = {(char *)"PATH=" EMUL_PATH, NULL};
	int r;

	snprintf(owner, sizeof(owner), "%u", emul_owner());
	memset(room, '.', sizeof(room) - 1);
	room[sizeof(room) - 1] = '\0';
	r = prepare(go, fd, sp);
	if (r == 0) {
		execve("/proc/self/exe", argv, env);
		r = -errno;
		fd = EMUL_FABRIC_FD;
	}
	dprintf(fd,
		"{\"ok\": false, \"errno\": %d, \"error\": \"cannot start the "
		"lab's fabric: %s\"}\n",
		-r, strerror(-r));
	_exit(1);
}

int emul_start(const char *lab, bool privileged, pid_t *ret_pid, int *ret_pidfd,
	       int *ret_fd, struct err *reterr)
{
	auto_close int mine = -1, its = -1, go = -1, wait = -1, pidfd = -1;
	struct emul_space sp;
	int sv[2], pipefd[2], r;
	pid_t pid;

	r = emul_space_of(lab, privileged, &sp, reterr);
	if (r < 0)
		return r;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) < 0)
		return err_sys(reterr, -errno, "socketpair");
	mine = sv[0];
	its = sv[1];
	if (pipe2(pipefd, O_CLOEXEC) < 0)
		return err_sys(reterr, -errno, "pipe");
	wait = pipefd[0];
	go = pipefd[1];
	pid = emul_space_clone(&sp, reterr);
	if (pid < 0)
		return pid;
	if (pid == 0) {
		close(take_fd(&go));
		close(take_fd(&mine));
		run_fabric(lab, wait, its, &sp);
	}
	pidfd = pidfd_open(pid, 0);
	r = pidfd < 0 ? err_sys(reterr, -errno, "pidfd_open") : 0;
	if (r == 0)
		r = emul_space_map(&sp, pid, reterr);
	if (r == 0 && write(go, "", 1) != 1)
		r = err_sys(reterr, -errno, "start the fabric");
	if (r < 0) {
		close(take_fd(&go));
		(void)waitpid(pid, NULL, 0);
		return r;
	}
	*ret_pid = pid;
	*ret_pidfd = take_fd(&pidfd);
	*ret_fd = take_fd(&mine);
	return 0;
}
