/* SPDX-License-Identifier: MIT */
/*
 * A pair of programs that tell how fast a path is:
 *
 *   path sink PORT
 *     takes TCP connections and answers each with a byte at its end; returns
 *     each UDP datagram
 *   path flow ADDRESS PORT MB
 *     sends so much by TCP; prints microseconds until all of it was taken
 *   path turns ADDRESS PORT N
 *     sends a datagram and waits for it, N times; prints microseconds for all
 *     of them
 */
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "lib/ip.h"
#include "lib/parse.h"

#define CHUNK (128u << 10)
#define WAIT_MS 1000 /* for a datagram; then it is sent again */
#define MB (UINT64_C(1) << 20)

static int fail(const char *what)
{
	perror(what);
	return 3;
}

static int open_at(int type, const struct ip *ip, uint32_t port, bool server)
{
	struct sockaddr_in sin = {.sin_family = AF_INET,
				  .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0), on = 1, r;

	if (fd < 0)
		return -1;
	if (ip)
		memcpy(&sin.sin_addr, ip->b, 4);
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	r = server ? bind(fd, (const struct sockaddr *)&sin, sizeof(sin))
		   : connect(fd, (const struct sockaddr *)&sin, sizeof(sin));
	if (r == 0 && server && type == SOCK_STREAM)
		r = listen(fd, 8);
	if (r == 0)
		return fd;
	close(fd);
	return -1;
}

static char chunk[CHUNK];

/* One at a time: nobody measures two at once. */
static void take(int listener)
{
	auto_close int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	while (fd >= 0 && read(fd, chunk, sizeof(chunk)) > 0)
		;
	(void)!write(fd, "", 1);
}

static void give_back(int fd)
{
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	ssize_t n = recvfrom(fd, chunk, sizeof(chunk), 0,
			     (struct sockaddr *)&from, &len);

	if (n >= 0)
		(void)!sendto(fd, chunk, (size_t)n, 0,
			      (const struct sockaddr *)&from, len);
}

static int sink(uint32_t port)
{
	auto_close int tcp = open_at(SOCK_STREAM, NULL, port, true);
	auto_close int udp = open_at(SOCK_DGRAM, NULL, port, true);
	struct pollfd fds[2] = {{tcp, POLLIN, 0}, {udp, POLLIN, 0}};

	if (tcp < 0 || udp < 0)
		return fail("sink");
	while (poll(fds, 2, -1) >= 0 || errno == EINTR) {
		if (fds[0].revents)
			take(tcp);
		if (fds[1].revents)
			give_back(udp);
	}
	return fail("poll");
}

static int flow(const struct ip *to, uint32_t port, uint32_t mb)
{
	struct mono begun = clock_mono();
	auto_close int fd = open_at(SOCK_STREAM, to, port, false);
	uint64_t left = mb * MB;
	ssize_t n;

	if (fd < 0)
		return fail("connect");
	for (; left; left -= (uint64_t)n) {
		n = write(fd, chunk, left < CHUNK ? left : CHUNK);
		if (n < 0)
			return fail("write");
	}
	shutdown(fd, SHUT_WR);
	if (read(fd, chunk, 1) != 1)
		return fail("read");
	printf("%" PRId64 "\n", mono_sub(clock_mono(), begun) / NS_PER_US);
	return 0;
}

static int turns(const struct ip *to, uint32_t port, uint32_t count)
{
	auto_close int fd = open_at(SOCK_DGRAM, to, port, false);
	struct pollfd p = {fd, POLLIN, 0};
	struct mono begun = clock_mono();

	if (fd < 0)
		return fail("connect");
	for (uint32_t i = 0; i < count; i++) {
		if (send(fd, &i, sizeof(i), 0) < 0)
			return fail("send");
		if (poll(&p, 1, WAIT_MS) > 0)
			(void)!recv(fd, chunk, sizeof(chunk), 0);
		else
			fprintf(stderr, "path: datagram %" PRIu32 " lost\n", i);
	}
	printf("%" PRId64 "\n", mono_sub(clock_mono(), begun) / NS_PER_US);
	return 0;
}

int main(int argc, char **argv)
{
	uint32_t port, n;
	struct ip to;

	if (argc == 3 && strcmp(argv[1], "sink") == 0 &&
	    parse_u32(argv[2], 1, 65535, &port) == 0)
		return sink(port);
	if (argc == 5 && ip_parse(argv[2], &to) == 0 && to.family == 4 &&
	    parse_u32(argv[3], 1, 65535, &port) == 0 &&
	    parse_u32(argv[4], 1, 1000000, &n) == 0) {
		if (strcmp(argv[1], "flow") == 0)
			return flow(&to, port, n);
		if (strcmp(argv[1], "turns") == 0)
			return turns(&to, port, n);
	}
	fputs("usage: path sink PORT | path flow ADDRESS PORT MB | path turns "
	      "ADDRESS PORT N\n",
	      stderr);
	return 2;
}
