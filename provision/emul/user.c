/* SPDX-License-Identifier: MIT */
/*
 * Whose lab it is. Root needs nothing more; anyone else gets a user namespace
 * in which root is the owner, and the ids above it are the owner's
 * subordinate ones (subuid(5)): sshd wants a second user and groups. Mapping
 * more than one id takes the set-uid helpers newuidmap and newgidmap.
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
#define SUBID_FIRST 100000u /* as useradd(8) has it */
#define IDS_MAX 65536u      /* of a large range this many are mapped */

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

/* "NAME:FIRST:COUNT" */
static bool subid_fields(const char *line, size_t len, const char *user,
			 uid_t uid, bool anyone, struct emul_range *ret)
{
	char text[256], *first, *count;
	uint32_t id, f, c;

	if (len >= sizeof(text))
		return false;
	memcpy(text, line, len);
	text[len] = '\0';
	first = strchr(text, ':');
	count = first ? strchr(first + 1, ':') : NULL;
	if (!count)
		return false;
	*first++ = '\0';
	*count++ = '\0';
	if (!anyone && !(user && strcmp(text, user) == 0) &&
	    !(parse_u32(text, 0, UINT32_MAX, &id) == 0 && id == uid))
		return false;
	if (parse_u32(first, 1, UINT32_MAX - 1, &f) < 0 ||
	    parse_u32(count, 1, UINT32_MAX - f, &c) < 0)
		return false;
	*ret = (struct emul_range){f, c};
	return true;
}

struct emul_range emul_subid_parse(const char *text, const char *user,
				   uid_t uid)
{
	struct emul_range best = {0}, r;
	size_t len;

	for (; *text; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		if (subid_fields(text, len, user, uid, false, &r) &&
		    r.count > best.count)
			best = r;
	}
	return best;
}

unsigned emul_subid_free(const char *text)
{
	unsigned free = SUBID_FIRST;
	struct emul_range r;
	size_t len;

	for (; *text; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		if (subid_fields(text, len, NULL, 0, true, &r) &&
		    r.first + r.count > free)
			free = r.first + r.count;
	}
	return free;
}

const char *emul_subid_cure(struct arena *a)
{
	const struct passwd *pw = getpwuid(emul_owner());
	const char *user = pw ? pw->pw_name : "USER";
	auto_buf struct buf b = {0};
	unsigned u = SUBID_FIRST, g = SUBID_FIRST;

	if (file_read("/etc/subuid", SUBID_FILE_MAX, &b) == 0)
		u = emul_subid_free(b.data);
	if (file_read("/etc/subgid", SUBID_FILE_MAX, &b) == 0)
		g = emul_subid_free(b.data);
	return arena_printf(a,
			    "as root: usermod --add-subuids %u-%u "
			    "--add-subgids %u-%u %s",
			    u, u + IDS_MAX - 1, g, g + IDS_MAX - 1, user);
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
	if (range.count > IDS_MAX)
		range.count = IDS_MAX;
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

int emul_map_ids(pid_t pid, struct err *reterr)
{
	struct helper u = {.tool = "newuidmap"}, g = {.tool = "newgidmap"};
	struct emul_range uids, gids;
	struct err later;
	int r, end;

	r = emul_subids(&uids, &gids, reterr);
	if (r == 0)
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
