/* SPDX-License-Identifier: MIT */
/*
 * The TCP connection to a node. A port that refuses, or a network that is not
 * there yet, is tried again each millisecond for a while, because node and
 * sshd may just be starting: so nobody has to wait for them before.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "lib/ip.h"
#include "provision/target.h"
#include "provision/host/ssh.h"

static socklen_t socket_address(const struct remote_target *t,
				struct sockaddr_storage *ret)
{
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret;
	struct sockaddr_in *v4 = (struct sockaddr_in *)ret;
	struct ip ip;

	*ret = (struct sockaddr_storage){0};
	if (ip_parse(t->address, &ip) < 0 || t->port > UINT16_MAX)
		return 0;
	if (ip.family == 6) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)t->port);
		memcpy(&v6->sin6_addr, ip.b, sizeof(v6->sin6_addr));
		return sizeof(*v6);
	}
	v4->sin_family = AF_INET;
	v4->sin_port = htons((uint16_t)t->port);
	memcpy(&v4->sin_addr, ip.b, sizeof(v4->sin_addr));
	return sizeof(*v4);
}

/* One attempt. Returns a connected socket, or a negative errno. */
static int dial_once(const struct sockaddr_storage *to, socklen_t len,
		     struct mono deadline)
{
	auto_close int fd = -1;
	int r, e = 0, one = 1;
	short events = 0;

	fd = socket(to->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
		    IPPROTO_TCP);
	if (fd < 0)
		return -errno;
	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)to, len) == 0)
		return take_fd(&fd);
	if (errno != EINPROGRESS)
		return -errno;
	while (!events) {
		r = remote_poll(fd, POLLOUT, NULL, 0, deadline, &events);
		if (r < 0)
			return r;
	}
	len = sizeof(e);
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &len) < 0)
		return -errno;
	return e ? -e : take_fd(&fd);
}

/* What may pass while a node starts. */
static bool passing(int r)
{
	return r == -ECONNREFUSED || r == -ENETUNREACH || r == -EHOSTUNREACH ||
	       r == -ECONNRESET;
}

int remote_dial(const struct remote_target *t, struct mono deadline, int *ret,
		struct err *reterr)
{
	struct mono patient =
		mono_min(deadline,
			 mono_add(clock_mono(), remote_refused_ms * NS_PER_MS));
	struct sockaddr_storage to;
	socklen_t len = socket_address(t, &to);
	int r;

	if (!len)
		return err_set(reterr, -EINVAL, "'%s' port %u is no address",
			       t->address, t->port);
	for (;;) {
		r = dial_once(&to, len, deadline);
		if (r >= 0) {
			*ret = r;
			return 0;
		}
		if (!passing(r) || !mono_before(clock_mono(), patient))
			break;
		r = remote_poll(-1, 0, NULL, 0,
				mono_add(clock_mono(), NS_PER_MS), NULL);
		if (r < 0 && r != -ETIMEDOUT)
			break;
	}
	if (r == -EINTR)
		return err_set(reterr, r, "interrupted");
	if (r == -ECONNREFUSED)
		return err_set(reterr, r,
			       "%s port %u refuses connections: no sshd "
			       "listens there",
			       t->address, t->port);
	if (r == -ETIMEDOUT)
		return err_set(reterr, r, "%s port %u does not answer",
			       t->address, t->port);
	return err_sys(reterr, r, "connect to %s port %u", t->address, t->port);
}
