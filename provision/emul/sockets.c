/* SPDX-License-Identifier: MIT */
#include "provision/emul/sockets.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/kernel/closer.h"
#include "lib/parse.h"
#include "lib/process/process.h"

#define HELD_MAX 16384 /* descriptors taken */
#define FEW 8 /* sockets of one process, which are closed soon enough */

static void auto_closedir(DIR **d)
{
	if (*d)
		closedir(*d);
}

static DIR *open_fds(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	return opendir(path);
}

static bool is_socket(const DIR *dir, const char *name)
{
	char text[16] = "";

	return readlinkat(dirfd((DIR *)(uintptr_t)dir), name, text,
			  sizeof(text) - 1) > 0 &&
	       strncmp(text, "socket:", strlen("socket:")) == 0;
}

static bool is_packet(int fd)
{
	socklen_t len = sizeof(int);
	int domain = 0;

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 &&
	       domain == AF_PACKET;
}

/* A process's descriptors that are sockets, at most max. */
static size_t sockets_of(pid_t pid, int *ret, size_t max)
{
	auto_(auto_closedir) DIR *dir = open_fds(pid);
	const struct dirent *d;
	uint32_t fd;
	size_t n = 0;

	while (dir && n < max && (d = readdir(dir)))
		if (parse_u32(d->d_name, 0, INT32_MAX, &fd) == 0 &&
		    is_socket(dir, d->d_name))
			ret[n++] = (int)fd;
	return n;
}

static void hold_of(pid_t pid, int *room, struct emul_sockets *s)
{
	size_t n = sockets_of(pid, room, HELD_MAX), i;
	auto_close int pidfd = n > FEW ? pidfd_open(pid, 0) : -1;

	for (i = 0; pidfd >= 0 && i < n && s->n < HELD_MAX; i++) {
		int fd = pidfd_getfd(pidfd, room[i], 0);

		if (fd < 0)
			continue;
		if (is_packet(fd))
			s->fds[s->n++] = fd;
		else
			close(fd);
	}
}

void emul_sockets_hold(const pid_t *pids, size_t n, struct emul_sockets *ret)
{
	int *room = calloc(HELD_MAX, sizeof(int));
	size_t i;

	*ret = (struct emul_sockets){.fds = calloc(HELD_MAX, sizeof(int))};
	process_raise_files();
	for (i = 0; room && ret->fds && i < n; i++)
		hold_of(pids[i], room, ret);
	free(room);
}

void emul_sockets_close(struct emul_sockets *s)
{
	for (size_t i = 0; i < s->n; i++)
		closer_take(s->fds[i]);
	closer_wait();
	free(s->fds);
	*s = (struct emul_sockets){0};
}
