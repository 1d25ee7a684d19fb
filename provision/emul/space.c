/* SPDX-License-Identifier: MIT */
/*
 * A lab's root is not the machine's root
 * ======================================
 * Every lab is in a user namespace of its own, whoever owns it: what is not
 * the lab's (kernel settings, clocks, disks, other people's files) the kernel
 * itself refuses to it. For root the ids come from a range that is nobody's
 * (ids.h), for others from their subordinate ones, and from there on the code
 * is the same.
 *
 * Two things root can do before that, and a process in a user namespace never:
 * make device nodes that open (a tmpfs mounted inside opens none), and raise
 * limits, which the VRRP engine needs for its schedule and locked memory (where
 * root cannot, prompt.c gives it the schedule). So the fabric of root's lab is
 * cloned by a short-lived process in between, in a mount namespace of its own,
 * which prepares both. What it mounts is locked for the lab: / stays read-only
 * and /dev covered, whatever is tried.
 *
 * labctl itself, being root, joins a lab's network namespace alone: its files
 * are root's. What it runs inside joins the user namespace first.
 */
#include "provision/emul/space.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/file.h"
#include "provision/emul/prompt.h"
#include "provision/emul/user.h"
#include "provision/fabric/mount.h"

#define SPACE_FLAGS                                                            \
	(CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWUTS |            \
	 CLONE_NEWIPC)
#define MAP_FILE_MAX (1u << 20)

static const char *text_of(const char *path, struct buf *b)
{
	return file_read(path, MAP_FILE_MAX, b) == 0 ? b->data : "";
}

/* The lab's root is nobody here: it must be let run this program. */
static int program_open(struct err *reterr)
{
	char path[PATH_MAX];
	struct stat st;
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	char *slash;

	/* One that was replaced meanwhile is told of by the fabric. */
	if (n <= 0 || (path[n] = '\0', stat(path, &st)) < 0)
		return 0;
	if ((st.st_mode & 5) != 5)
		return err_set(reterr, -EACCES,
			       "root in the lab, who is nobody here, may not "
			       "run labctl: chmod o+rx %s",
			       path);
	slash = strrchr(path, '/');
	*(slash == path ? slash + 1 : slash) = '\0';
	if (stat(path, &st) == 0 && (st.st_mode & 5) != 5)
		return err_set(reterr, -EACCES,
			       "root in the lab, who is nobody here, may not "
			       "run labctl: chmod o+rx %s",
			       path);
	return 0;
}

static int root_space(const char *lab, struct emul_space *s, struct err *reterr)
{
	auto_buf struct buf uids = {0}, gids = {0};
	int r = program_open(reterr);

	if (r < 0)
		return r;
	s->uids = emul_root_range(lab, text_of("/etc/subuid", &uids),
				  text_of("/etc/subgid", &gids));
	s->gids = s->uids;
	if (!s->uids.count)
		return err_set(reterr, -ENOSPC,
			       "/etc/subuid and /etc/subgid leave no ids from "
			       "%u on for labs of root",
			       EMUL_ROOT_FIRST);
	if (emul_map_has(text_of("/proc/self/uid_map", &uids), s->uids) &&
	    emul_map_has(text_of("/proc/self/gid_map", &gids), s->gids))
		return 0;
	return err_set(reterr, -EPERM,
		       "root's labs get ids from %u on, which root does not "
		       "have in this container; 'labctl up --privileged' does "
		       "without, but root in the lab is then root here",
		       s->uids.first);
}

int emul_space_of(const char *lab, bool privileged, struct emul_space *ret,
		  struct err *reterr)
{
	struct emul_space s = {.root = emul_is_root()};
	int r = 0;

	s.user = !s.root || !privileged;
	if (!s.root)
		r = emul_subids(&s.uids, &s.gids, reterr);
	else if (s.user)
		r = root_space(lab, &s, reterr);
	if (r == 0)
		*ret = s;
	return r;
}

/* What the engine needs (SCHED_RR, mlockall), and labs of hundreds. */
static void raise_limits(void)
{
	static const __rlimit_resource_t what[] = {
		RLIMIT_RTPRIO, RLIMIT_MEMLOCK, RLIMIT_NPROC, RLIMIT_SIGPENDING};
	struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
	size_t i;

	for (i = 0; i < ARRAY_LEN(what); i++)
		(void)setrlimit(what[i], &all);
}

static enum emul_prompt_how limits(void)
{
	struct rlimit rt, lock;

	if (getrlimit(RLIMIT_RTPRIO, &rt) < 0 ||
	    rt.rlim_max < EMUL_PROMPT_PRIORITY)
		return EMUL_PROMPT_NOT;
	return getrlimit(RLIMIT_MEMLOCK, &lock) == 0 &&
			       lock.rlim_max == RLIM_INFINITY
		       ? EMUL_PROMPT_ALL
		       : EMUL_PROMPT_SCHEDULE;
}

enum emul_prompt_how emul_space_prompt(void)
{
	const struct sched_param p = {.sched_priority = EMUL_PROMPT_PRIORITY};
	enum emul_prompt_how how;
	int status = 0;
	pid_t pid;

	if (!emul_is_root())
		return limits();
	pid = emul_clone(0);
	if (pid == 0) {
		raise_limits();
		how = limits();
		/* Then it is given from outside: prompt.h. */
		if (how == EMUL_PROMPT_NOT &&
		    sched_setscheduler(0, SCHED_RR, &p) == 0)
			how = EMUL_PROMPT_SCHEDULE;
		_exit((int)how);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return pid > 0 && WIFEXITED(status)
		       ? (enum emul_prompt_how)WEXITSTATUS(status)
		       : EMUL_PROMPT_NOT;
}

struct word {
	pid_t pid; /* of the clone, or -errno */
	struct err err;
};

static pid_t clone_inside(const struct emul_space *s, struct err *reterr)
{
	pid_t pid;

	pid = emul_mount_base(s->uids.first, s->gids.first, true, reterr);
	if (pid < 0)
		return pid;
	raise_limits();
	/* Our parent's child, not ours: we are gone at once. */
	pid = emul_clone(SPACE_FLAGS | CLONE_PARENT |
			 (s->user ? CLONE_NEWUSER : 0));
	if (pid < 0)
		return err_sys(reterr, pid,
			       "make the lab's namespaces (`labctl doctor` "
			       "looks why)");
	return pid;
}

static pid_t root_clone(const struct emul_space *s, struct err *reterr)
{
	auto_close int in = -1, out = -1;
	struct word w = {.pid = -EIO};
	int fd[2];
	pid_t pid;
	ssize_t n;

	if (pipe2(fd, O_CLOEXEC) < 0)
		return err_sys(reterr, -errno, "pipe");
	in = fd[0];
	out = fd[1];
	pid = emul_clone(CLONE_NEWNS);
	if (pid < 0)
		return err_sys(reterr, pid,
			       "make the lab's namespaces (`labctl doctor` "
			       "looks why)");
	if (pid == 0) {
		w.pid = clone_inside(s, &w.err);
		if (w.pid == 0)
			return 0;
		_exit(write(out, &w, sizeof(w)) == sizeof(w) ? 0 : 1);
	}
	close(take_fd(&out));
	do
		n = read(in, &w, sizeof(w));
	while (n < 0 && errno == EINTR);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (n != sizeof(w))
		return err_set(reterr, -EIO,
			       "the process that makes the lab's namespaces "
			       "died");
	if (w.pid < 0)
		return err_set(reterr, w.pid, "%s", w.err.msg);
	return w.pid;
}

pid_t emul_space_clone(const struct emul_space *s, struct err *reterr)
{
	pid_t pid;

	if (s->root)
		return root_clone(s, reterr);
	pid = emul_clone(SPACE_FLAGS | CLONE_NEWUSER);
	if (pid < 0)
		return err_sys(reterr, pid,
			       "make the lab's user namespace (`labctl doctor` "
			       "looks why)");
	return pid;
}

int emul_space_map(const struct emul_space *s, pid_t pid, struct err *reterr)
{
	if (!s->user)
		return 0;
	if (s->root)
		return emul_map_range(pid, s->uids, s->gids, reterr);
	return emul_map_ids(pid, s->uids, s->gids, reterr);
}

int emul_space_begin(const struct emul_space *s)
{
	if (!s->user)
		return 0;
	if (setgroups(0, NULL) < 0 || setresgid(0, 0, 0) < 0 ||
	    setresuid(0, 0, 0) < 0)
		return -errno;
	return 0;
}
