/* SPDX-License-Identifier: MIT */
/*
 * Whose lab it is, and its ids: a lab is in a user namespace. In an ordinary
 * user's, root is the owner, and the ids above it are the owner's subordinate
 * ones (subuid(5)): sshd wants a second user and groups. Mapping more than one
 * id takes the set-uid helpers newuidmap and newgidmap. In root's, all are of
 * a range that is nobody's, and root writes the map itself.
 */
#include "provision/emul/user.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/file.h"
#include "lib/parse.h"

#define SUBID_FILE_MAX (4u << 20)

extern char **environ;

uid_t emul_owner(void)
{
	static uid_t owner;
	static bool known;

	/* Inside the lab's user namespace everybody is root: ask before. */
	if (!known) {
		owner = geteuid();
		known = true;
	}
	return owner;
}

pid_t emul_clone(unsigned long flags)
{
	/* Without CLONE_VM and a stack this is fork(); no thread runs. */
	long pid = syscall(SYS_clone, flags | SIGCHLD, 0L, 0L, 0L, 0L);

	return pid < 0 ? -errno : (pid_t)pid;
}

const char *emul_subid_cure(struct arena *a)
{
	const struct passwd *pw = getpwuid(emul_owner());
	const char *user = pw ? pw->pw_name : "USER";
	auto_buf struct buf b = {0};
	unsigned u = emul_subid_free(""), g = u;

	if (file_read("/etc/subuid", SUBID_FILE_MAX, &b) == 0)
		u = emul_subid_free(b.data);
	if (file_read("/etc/subgid", SUBID_FILE_MAX, &b) == 0)
		g = emul_subid_free(b.data);
	return arena_printf(a,
			    "as root: usermod --add-subuids %u-%u "
			    "--add-subgids %u-%u %s",
			    u, u + EMUL_IDS_MAX - 1, g, g + EMUL_IDS_MAX - 1,
			    user);
}

static int range_of(const char *file, struct emul_range *ret,
		    struct err *reterr)
{
	const struct passwd *pw = getpwuid(emul_owner());
	auto_arena struct arena a = {0};
	auto_buf struct buf b = {0};
	int r;

	*ret = (struct emul_range){0};
	r = file_read(file, SUBID_FILE_MAX, &b);
	if (r < 0 && r != -ENOENT)
		return err_sys(reterr, r, "%s", file);
	if (r == 0)
		*ret = emul_subid_parse(b.data, pw ? pw->pw_name : NULL,
					emul_owner());
	if (ret->count >= EMUL_IDS_MIN)
		return 0;
	return err_set(reterr, -EPERM,
		       "without root a lab needs %u subordinate ids, and %s "
		       "grants you %u; %s",
		       EMUL_IDS_MIN, file, ret->count, emul_subid_cure(&a));
}

int emul_subids(struct emul_range *ret_uids, struct emul_range *ret_gids,
		struct err *reterr)
{
	int r;

	r = range_of("/etc/subuid", ret_uids, reterr);
	return r < 0 ? r : range_of("/etc/subgid", ret_gids, reterr);
}

/* One of the two helpers at work; what it says is the reason it refuses. */
struct helper {
	const char *tool;
	pid_t pid;
	int words; /* its stderr */
};

static int start_map(struct helper *h, pid_t pid, unsigned own,
		     struct emul_range range, struct err *reterr)
{
	auto_close int in = -1, out = -1;
	posix_spawn_file_actions_t fa;
	char text[4][16];
	char *argv[] = {(char *)h->tool, text[0],     (char *)"0",
			text[1],         (char *)"1", (char *)"1",
			text[2],         text[3],     NULL};
	int fd[2], r;

	if (pipe2(fd, O_CLOEXEC) < 0)
		return err_sys(reterr, -errno, "pipe");
	in = fd[0];
	out = fd[1];
	if (range.count > EMUL_IDS_MAX)
		range.count = EMUL_IDS_MAX;
	snprintf(text[0], sizeof(text[0]), "%d", pid);
	snprintf(text[1], sizeof(text[1]), "%u", own);
	snprintf(text[2], sizeof(text[2]), "%u", range.first);
	snprintf(text[3], sizeof(text[3]), "%u", range.count);
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_adddup2(&fa, out, STDERR_FILENO);
	r = posix_spawnp(&h->pid, h->tool, &fa, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&fa);
	if (r)
		return err_set(reterr, -r,
			       "cannot run %s (%s): without root a lab needs "
			       "it; the package uidmap has it",
			       h->tool, strerror(r));
	h->words = take_fd(&in);
	return 0;
}

static int end_map(struct helper *h, struct err *reterr)
{
	char words[256];
	ssize_t n;
	int status;

	if (!h->pid)
		return 0;
	n = read(h->words, words, sizeof(words) - 1);
	words[n > 0 ? n : 0] = '\0';
	words[strcspn(words, "\n")] = '\0';
	close(h->words);
	while (waitpid(h->pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_sys(reterr, -errno, "wait for %s", h->tool);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	return err_set(reterr, -EPERM,
		       "%s refused to map your subordinate ids%s%s", h->tool,
		       *words ? ": " : "", words);
}

int emul_map_ids(pid_t pid, struct emul_range uids, struct emul_range gids,
		 struct err *reterr)
{
	struct helper u = {.tool = "newuidmap"}, g = {.tool = "newgidmap"};
	struct err later;
	int r, end;

	r = start_map(&u, pid, emul_owner(), uids, reterr);
	if (r == 0)
		r = start_map(&g, pid, getegid(), gids, reterr);
	end = end_map(&u, r < 0 ? &later : reterr);
	r = r < 0 ? r : end;
	end = end_map(&g, r < 0 ? &later : reterr);
	return r < 0 ? r : end;
}

static int write_map(pid_t pid, const char *file, const char *text)
{
	auto_close int fd = -1;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		return -errno;
	return 0;
}

int emul_map_root(pid_t pid, struct err *reterr)
{
	char uid[32], gid[32];
	int r;

	snprintf(uid, sizeof(uid), "0 %u 1", emul_owner());
	snprintf(gid, sizeof(gid), "0 %u 1", getegid());
	if ((r = write_map(pid, "setgroups", "deny")) < 0 ||
	    (r = write_map(pid, "uid_map", uid)) < 0 ||
	    (r = write_map(pid, "gid_map", gid)) < 0)
		return err_sys(reterr, r, "map root in a user namespace");
	return 0;
}

int emul_map_range(pid_t pid, struct emul_range uids, struct emul_range gids,
		   struct err *reterr)
{
	char uid[48], gid[48];
	int r;

	snprintf(uid, sizeof(uid), "0 %u %u", uids.first, uids.count);
	snprintf(gid, sizeof(gid), "0 %u %u", gids.first, gids.count);
	if ((r = write_map(pid, "uid_map", uid)) < 0 ||
	    (r = write_map(pid, "gid_map", gid)) < 0)
		return err_sys(reterr, r, "map the lab's ids from %u on",
			       uids.first);
	return 0;
}
