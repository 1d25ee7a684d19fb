/* SPDX-License-Identifier: MIT */
#include "vrrp/control.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "lib/auto.h"
#include "vrrp/kernel/sock.h"

static int ask(const char *path, const char *request, struct err *reterr)
{
	auto_close int fd = vrrp_sock_connect(path, reterr);
	auto_buf struct buf line = {0};

	if (fd < 0)
		return fd;
	buf_printf(&line, "%s\n", request);
	if (send(fd, line.data, line.len, MSG_NOSIGNAL) != (ssize_t)line.len)
		return err_sys(reterr, errno ? -errno : -EIO, "%s", path);
	return take_fd(&fd);
}

int vrrp_ask(const char *path, const char *request, struct buf *ret,
	     struct err *reterr)
{
	auto_close int fd = ask(path, request, reterr);
	size_t start = ret->len;
	ssize_t n;

	if (fd < 0)
		return fd;
	for (;;) {
		n = recv(fd, buf_room(ret, 65536), 65536, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return err_set(reterr, -ETIMEDOUT,
				       "the engine at %s does not answer",
				       path);
		if (n < 0)
			return err_sys(reterr, -errno, "%s", path);
		if (n == 0)
			break;
		ret->len += (size_t)n;
		if (ret->len - start > VRRP_ANSWER_MAX)
			return err_set(reterr, -E2BIG,
				       "the engine at %s says too much", path);
	}
	if (ret->len == start)
		return err_set(reterr, -EPIPE,
			       "the engine at %s hung up without an answer",
			       path);
	ret->data[ret->len] = '\0';
	return 0;
}

int vrrp_watch(const char *path, struct err *reterr)
{
	const struct timeval for_ever = {0};
	int fd = ask(path, "watch", reterr);

	if (fd >= 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &for_ever,
				 sizeof(for_ever));
	return fd;
}
