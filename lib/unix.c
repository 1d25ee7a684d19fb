/* SPDX-License-Identifier: MIT */
#include "lib/unix.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/clock.h"

#define CHUNK 65536

int unix_address(const char *path, struct sockaddr_un *ret, struct err *reterr)
{
	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(ret->sun_path))
		return err_set(reterr, -ENAMETOOLONG,
			       "'%s' is too long for a socket's path", path);
	snprintf(ret->sun_path, sizeof(ret->sun_path), "%s", path);
	return 0;
}

int unix_dial(const char *path, const char *who, struct err *reterr)
{
	struct sockaddr_un at;
	auto_close int fd = -1;
	int r;

	r = unix_address(path, &at, reterr);
	if (r < 0)
		return r;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_sys(reterr, -errno, "a socket");
	/* EAGAIN: its queue is full, so it is there and does not answer. */
	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		return err_sys(reterr, -errno, "%s", who);
	return take_fd(&fd);
}

int unix_peer(int fd)
{
	struct ucred peer = {0};
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return 0;
	return peer.pid;
}

static int wait_for(int fd, short events, struct mono end, const char *who,
		    struct err *reterr)
{
	struct pollfd p = {.fd = fd, .events = events};
	int64_t left = mono_sub(end, clock_mono()) / NS_PER_MS;

	if (left <= 0 || poll(&p, 1, (int)left) == 0)
		return err_set(reterr, -ETIMEDOUT, "%s does not answer", who);
	return 0;
}

static int say(int fd, const char *who, const char *line, size_t len,
	       struct mono end, struct err *reterr)
{
	size_t sent = 0;
	ssize_t n;
	int r;

	while (sent < len) {
		n = send(fd, line + sent, len - sent, MSG_NOSIGNAL);
		if (n > 0) {
			sent += (size_t)n;
			continue;
		}
		if (errno != EAGAIN && errno != EINTR)
			return err_sys(reterr, -errno, "%s", who);
		r = wait_for(fd, POLLOUT, end, who, reterr);
		if (r < 0)
			return r;
	}
	return 0;
}

int unix_ask(int fd, const char *who, const void *line, size_t len,
	     struct mono end, size_t max, struct buf *in, struct err *reterr)
{
	ssize_t n;
	int r;

	r = say(fd, who, line, len, end, reterr);
	while (r == 0) {
		n = read(fd, buf_room(in, CHUNK), CHUNK);
		if (n == 0)
			return 0;
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return err_sys(reterr, -errno, "%s", who);
		if (n < 0) {
			r = wait_for(fd, POLLIN, end, who, reterr);
			continue;
		}
		in->len += (size_t)n;
		if (in->data[in->len - 1] == '\n')
			return 0;
		if (in->len > max)
			return err_set(reterr, -EMSGSIZE,
				       "the answer of %s is too long", who);
	}
	return r;
}
