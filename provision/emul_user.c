/* SPDX-License-Identifier: MIT */
/*
 * Whose lab it is. Root needs nothing more; anyone else gets a user namespace
 * in which root is the owner, and the ids above it are the owner's
 * subordinate ones (subuid(5)): sshd wants a second user and groups. Mapping
 * more than one id takes the set-uid helpers newuidmap and newgidmap.
 */
#include "provision/emul_int.h"

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

int emul_read_file(const char *path, size_t max, struct buf *b)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	buf_reset(b);
	if (fd < 0)
		return -errno;
	for (;;) {
		size_t room = max - b->len < 4096 ? max - b->len : 4096;

		if (!room)
			return -E2BIG;
		n = read(fd, buf_room(b, room), room);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		b->len += (size_t)n;
	}
	*buf_room(b, 1) = '\0';
	return 0;
}

pid_t emul_clone(unsigned long flags)
{
	/* Without CLONE_VM and a stack this is fork(); no thread runs. */
	long pid = syscall(SYS_clone, flags | SIGCHLD, 0L, 0L, 0L, 0L);

	return pid < 0 ? -errno : (pid_t)pid;
}

/* "NAME:FIRST:COUNT" */
static bool subid_line(const char *line, size_t len, const char *user,
		       uid_t uid, struct emul_range *ret)
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
	if (!(user && strcmp(text, user) == 0) &&
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
		if (subid_line(text, len, user, uid, &r) && r.count > best.count)
			best = r;
	}
	return best;
}

static int range_of(const char *file, const char *option,
		    struct emul_range *ret, struct err *reterr)
{
	const struct passwd *pw = getpwuid(emul_owner());
	auto_buf struct buf b = {0};
	int r;

	*ret = (struct emul_range){0};
	r = emul_read_file(file, SUBID_FILE_MAX, &b);
	if (r < 0 && r != -ENOENT)
		return err_sys(reterr, r, "%s", file);
	if (r == 0)
		*ret = emul_subid_parse(b.data, pw ? pw->pw_name : NULL,
					emul_owner());
	if (ret->count >= EMUL_IDS_MIN)
		return 0;
	return err_set(reterr, -EPERM,
		       "without root a lab needs %u subordinate ids and %s "
		       "grants you %u; root can add them: usermod %s "
		       "100000-165535 %s",
		       EMUL_IDS_MIN, file, ret->count, option,
		       pw ? pw->pw_name : "USER");
}

int emul_subids(struct emul_range *ret_uids, struct emul_range *ret_gids,
		struct err *reterr)
{
	int r;

	r = range_of("/etc/subuid", "--add-subuids", ret_uids, reterr);
	if (r < 0)
		return r;
	return range_of("/etc/subgid", "--add-subgids", ret_gids, reterr);
}

static int start_map(const char *tool, pid_t pid, unsigned own,
		     struct emul_range range, pid_t *ret, struct err *reterr)
{
	char text[5][16];
	char *argv[] = {(char *)tool, text[0], (char *)"0", text[1],
			(char *)"1",  (char *)"1", text[2], text[3], NULL};
	int r;

	if (range.count > 65536)
		range.count = 65536;
	snprintf(text[0], sizeof(text[0]), "%d", pid);
	snprintf(text[1], sizeof(text[1]), "%u", own);
	snprintf(text[2], sizeof(text[2]), "%u", range.first);
	snprintf(text[3], sizeof(text[3]), "%u", range.count);
	r = posix_spawnp(ret, tool, NULL, NULL, argv, environ);
	if (r)
		return err_set(reterr, -r,
			       "cannot run %s (%s): without root a lab needs "
			       "it; the package uidmap has it",
			       tool, strerror(r));
	return 0;
}

static int end_map(const char *tool, pid_t pid, struct err *reterr)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_sys(reterr, -errno, "wait for %s", tool);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	return err_set(reterr, -EPERM,
		       "%s refused to map your subordinate ids (its own words "
		       "are above)",
		       tool);
}

int emul_map_ids(pid_t pid, struct err *reterr)
{
	struct emul_range uids, gids;
	struct err second;
	pid_t u, g;
	int r, r2;

	r = emul_subids(&uids, &gids, reterr);
	if (r < 0)
		return r;
	r = start_map("newuidmap", pid, emul_owner(), uids, &u, reterr);
	if (r < 0)
		return r;
	r = start_map("newgidmap", pid, getegid(), gids, &g, reterr);
	r2 = r < 0 ? 0 : end_map("newgidmap", g, &second);
	if (end_map("newuidmap", u, r < 0 ? NULL : reterr) < 0)
		return r < 0 ? r : -EPERM;
	if (r == 0 && r2 < 0)
		return err_set(reterr, r2, "%s", second.msg);
	return r;
}
