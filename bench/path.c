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
 *   path pairs ADDRESS PORT N ROUNDS NETNS NETNS
 *     in the one namespace and in the other, by turns: N datagrams there and
 *     back, ROUNDS times. Of each round counts what a tenth took less than:
 *     what else the machine does lengthens many turns, and leaves those alone;
 *     and what lasts longer is about both of a round. Prints the middle round
 *     of each, in nanoseconds, and of the rounds' ratios the median and the
 *     quartiles, in parts of ten thousand
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
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

/* --- pairs ------------------------------------------------------------- */

#define ROUNDS_MAX 1000

static int by_value(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Its own comes back: not one that was given up. */
static bool answered(int fd, uint32_t want)
{
	struct pollfd p = {fd, POLLIN, 0};
	uint32_t got = ~want;

	while (got != want && poll(&p, 1, WAIT_MS) > 0)
		if (recv(fd, &got, sizeof(got), 0) != sizeof(got))
			return false;
	return got == want;
}

/* Of n turns, that which a tenth took less than; -1 where none came back. */
static int64_t quick(int fd, int64_t *took, uint32_t n)
{
	static uint32_t number;
	uint32_t i, k = 0;

	for (i = 0; i < n; i++) {
		struct mono begun = clock_mono();

		number++;
		if (send(fd, &number, sizeof(number), 0) > 0 &&
		    answered(fd, number))
			took[k++] = mono_sub(clock_mono(), begun);
	}
	if (!k)
		return -1;
	qsort(took, k, sizeof(*took), by_value);
	return took[k / 10];
}

static int open_in(const char *netns, const struct ip *to, uint32_t port)
{
	auto_close int ns = open(netns, O_RDONLY | O_CLOEXEC);

	if (ns < 0 || setns(ns, CLONE_NEWNET) < 0)
		return -1;
	return open_at(SOCK_DGRAM, to, port, false);
}

static int pairs(const struct ip *to, uint32_t port, uint32_t count,
		 uint32_t rounds, char *const *netns)
{
	static int64_t took[1000000], ratio[ROUNDS_MAX], least[2][ROUNDS_MAX];
	int fds[2];
	uint32_t i, k;

	for (k = 0; k < 2; k++) {
		fds[k] = open_in(netns[k], to, port);
		if (fds[k] < 0)
			return fail(netns[k]);
	}
	for (i = 0; i < rounds; i++) {
		for (k = 0; k < 2; k++) {
			/* Who is first is so by turns. */
			uint32_t who = (i + k) % 2;

			least[who][i] = quick(fds[who], took, count);
			if (least[who][i] < 0)
				return fail("no datagram came back");
		}
		ratio[i] = least[0][i] * 10000 / least[1][i];
	}
	for (k = 0; k < 2; k++)
		qsort(least[k], rounds, sizeof(least[k][0]), by_value);
	qsort(ratio, rounds, sizeof(ratio[0]), by_value);
	printf("%" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 "\n",
	       least[0][rounds / 2], least[1][rounds / 2], ratio[rounds / 2],
	       ratio[rounds / 4], ratio[rounds * 3 / 4]);
	return 0;
}

int main(int argc, char **argv)
{
	uint32_t port, n, rounds;
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
	if (argc == 8 && strcmp(argv[1], "pairs") == 0 &&
	    ip_parse(argv[2], &to) == 0 && to.family == 4 &&
	    parse_u32(argv[3], 1, 65535, &port) == 0 &&
	    parse_u32(argv[4], 1, 1000000, &n) == 0 &&
	    parse_u32(argv[5], 1, ROUNDS_MAX, &rounds) == 0)
		return pairs(&to, port, n, rounds, argv + 6);
	fputs("usage: path sink PORT | path flow ADDRESS PORT MB | path turns "
	      "ADDRESS PORT N | path pairs ADDRESS PORT N ROUNDS NETNS NETNS\n",
	      stderr);
	return 2;
}
