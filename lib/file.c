/* SPDX-License-Identifier: MIT */
#include "lib/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/auto.h"

#define CHUNK 65536

int file_read_fd(int fd, size_t max, struct buf *b)
{
	ssize_t n;
	int r = 0;

	buf_reset(b);
	/* Sizes can be wrong (a growing file, /proc): read to the end, and
	 * one byte more than is allowed. */
	for (;;) {
		size_t room = max - b->len < CHUNK ? max - b->len + 1 : CHUNK;

		n = read(fd, buf_room(b, room), room);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			r = -errno;
		if (n <= 0)
			break;
		b->len += (size_t)n;
		if (b->len > max) {
			r = -EFBIG;
			break;
		}
	}
	*buf_room(b, 1) = '\0';
	return r;
}

int file_read(const char *path, size_t max, struct buf *b)
{
	auto_close int fd =
		open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0) {
		int e = -errno;

		buf_reset(b);
		return e;
	}
	return file_read_fd(fd, max, b);
}

int file_write_fd(int fd, const void *data, size_t len)
{
	const char *p = data;
	ssize_t n;

	while (len) {
		n = write(fd, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

static int write_to(const char *path, int flags, mode_t mode, const void *data,
		    size_t len)
{
	int fd = open(path,
		      O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY |
			      flags,
		      mode);
	int r;

	if (fd < 0)
		return -errno;
	r = file_write_fd(fd, data, len);
	/* A full disk can show only here. */
	if (close(fd) < 0 && r == 0)
		r = -errno;
	return r;
}

int file_write(const char *path, mode_t mode, const void *data, size_t len,
	       struct err *reterr)
{
	int r = write_to(path, O_TRUNC, mode, data, len);

	return r < 0 ? err_sys(reterr, r, "write %s", path) : 0;
}

int file_replace(const char *path, mode_t mode, const void *data, size_t len,
		 struct err *reterr)
{
	char aside[PATH_MAX];
	int r;

	if (snprintf(aside, sizeof(aside), "%s.new", path) >=
	    (int)sizeof(aside))
		return err_sys(reterr, -ENAMETOOLONG, "write %s", path);
	r = write_to(aside, O_EXCL, mode, data, len);
	/* One of us was killed there, or somebody put it in the way. */
	if (r == -EEXIST && unlink(aside) == 0)
		r = write_to(aside, O_EXCL, mode, data, len);
	if (r == 0 && rename(aside, path) < 0)
		r = -errno;
	if (r < 0) {
		if (r != -EEXIST)
			unlink(aside);
		return err_sys(reterr, r, "write %s", path);
	}
	return 0;
}
