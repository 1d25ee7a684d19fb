/* SPDX-License-Identifier: MIT */
#include "provision/emul/file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "lib/auto.h"

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

int emul_write_file(const char *path, mode_t mode, const char *text, size_t len,
		    struct err *reterr)
{
	auto_close int fd = open(
		path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
		mode);
	ssize_t n;

	if (fd < 0)
		return err_sys(reterr, -errno, "write %s", path);
	while (len) {
		n = write(fd, text, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(reterr, -errno, "write %s", path);
		text += n;
		len -= (size_t)n;
	}
	return 0;
}
