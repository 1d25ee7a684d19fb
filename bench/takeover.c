/* SPDX-License-Identifier: MIT */
/*
 * Times takeovers of whatever speaks VRRP in another namespace. It plays the
 * active router (version 3, priority 254, 100 ms) on its own interface, falls
 * silent, and prints for each round, in microseconds after the other's down
 * timer must have expired: its first advert on the wire (the kernel's stamp)
 * and its last address and route in place (netlink's notification).
 *
 * Usage: takeover ROUNDS DEV SOURCE PRIORITY NETNS ADDRESSES
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/ip.h"
#include "lib/kernel/netns.h"
#include "lib/parse.h"
#include "vrrp/core/advert.h"
#include "vrrp/kernel/sock.h"

#define INTERVAL_NS (100 * NS_PER_MS)
#define BEFORE 5 /* adverts that make the other a backup */
#define LIMIT_NS (2 * NS_PER_S)

struct bench {
	unsigned ifindex;
	int advert, tap, watch;
	struct vrrp_addr source;
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void say(struct bench *b)
{
	static const uint8_t vip[4] = {169, 254, 0, 1};
	const struct vrrp_advert a = {.version = 3,
				      .vrid = 1,
				      .priority = 254,
				      .interval_ns = INTERVAL_NS,
				      .family = 4,
				      .naddrs = 1,
				      .src = b->source,
				      .addrs = vip};
	uint8_t out[VRRP_ADVERT_MAX];
	size_t len = vrrp_advert_encode(&a, VRRP_CSUM_PSEUDO, out);

	errno = -vrrp_sock_send(b->advert, b->ifindex, &b->source, out, len);
	if (errno)
		die("send");
}

static void open_all(struct bench *b, const char *dev, const char *netns)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET,
				 .sll_protocol = htons(ETH_P_IP)};
	struct sockaddr_nl here = {.nl_family = AF_NETLINK,
				   .nl_groups = RTMGRP_IPV4_IFADDR |
						RTMGRP_IPV4_ROUTE};
	int on = 1, ns;

	b->ifindex = if_nametoindex(dev);
	b->advert = vrrp_sock_advert(-1, dev, b->ifindex, NULL);
	b->tap = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETH_P_IP));
	at.sll_ifindex = (int)b->ifindex;
	if (b->advert < 0 || b->tap < 0 ||
	    bind(b->tap, (struct sockaddr *)&at, sizeof(at)) < 0 ||
	    setsockopt(b->tap, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) < 0)
		die(dev);
	ns = netns_open(netns, NULL);
	b->watch = netns_socket(ns, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	if (ns < 0 || b->watch < 0 ||
	    bind(b->watch, (struct sockaddr *)&here, sizeof(here)) < 0)
		die(netns);
}

/* The stamp of an advert that is not ours, or 0. */
static int64_t heard(struct bench *b)
{
	union {
		struct cmsghdr align;
		char room[256];
	} control;
	uint8_t in[2048];
	struct iovec iov = {in, sizeof(in)};
	struct msghdr m = {.msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = control.room,
			   .msg_controllen = sizeof(control.room)};
	struct timespec ts = {0};
	struct cmsghdr *c;
	ssize_t n = recvmsg(b->tap, &m, MSG_DONTWAIT);

	if (n < 28 || in[9] != VRRP_PROTO ||
	    memcmp(in + 12, b->source.b, 4) == 0)
		return 0;
	for (c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
		if (c->cmsg_level == SOL_SOCKET &&
		    c->cmsg_type == SCM_TIMESTAMPNS)
			memcpy(&ts, CMSG_DATA(c), sizeof(ts));
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

/* New addresses, and default routes, in what netlink tells. */
static unsigned placed(struct bench *b)
{
	char in[16384] __attribute__((aligned(8)));
	const struct nlmsghdr *h;
	unsigned n = 0;
	ssize_t len = recv(b->watch, in, sizeof(in), MSG_DONTWAIT);

	for (h = (const struct nlmsghdr *)in; len > 0 && NLMSG_OK(h, len);
	     h = NLMSG_NEXT(h, len)) {
		const struct rtmsg *r = NLMSG_DATA(h);

		n += h->nlmsg_type == RTM_NEWADDR;
		n += h->nlmsg_type == RTM_NEWROUTE && r->rtm_dst_len == 0 &&
		     r->rtm_table == RT_TABLE_MAIN;
	}
	return n;
}

static void round_of(struct bench *b, unsigned want, int64_t down_ns)
{
	int64_t expiry, first = 0, last = 0;
	unsigned i, have = 0;

	for (i = 0; i < BEFORE; i++) {
		if (i)
			clock_sleep_ms(INTERVAL_NS / NS_PER_MS);
		say(b);
	}
	expiry = clock_real_ns() + down_ns;
	clock_sleep_ms(50);
	while (heard(b) || placed(b))
		;
	while ((!first || have < want) && clock_real_ns() < expiry + LIMIT_NS) {
		struct pollfd fds[2] = {{b->tap, POLLIN, 0},
					{b->watch, POLLIN, 0}};

		poll(fds, 2, 100);
		if (fds[1].revents) {
			unsigned n = placed(b);

			have += n;
			if (n)
				last = clock_real_ns();
		}
		if (fds[0].revents && !first)
			first = heard(b);
	}
	if (!first || have < want) {
		fprintf(stderr, "takeover: no advert, or %u of %u addresses\n",
			have, want);
		exit(1);
	}
	printf("%lld %lld\n", (long long)(first - expiry) / 1000,
	       (long long)(last - expiry) / 1000);
	fflush(stdout);
	clock_sleep_ms(50);
}

int main(int argc, char **argv)
{
	const struct sched_param rt = {.sched_priority = 20};
	uint32_t rounds, priority, want, i;
	struct bench b = {0};
	struct ip ip;

	if (argc != 7 || parse_u32(argv[1], 1, 1000, &rounds) < 0 ||
	    ip_parse(argv[3], &ip) < 0 ||
	    parse_u32(argv[4], 1, 253, &priority) < 0 ||
	    parse_u32(argv[6], 1, 1000, &want) < 0) {
		fprintf(stderr, "usage: takeover ROUNDS DEV SOURCE PRIORITY "
				"NETNS ADDRESSES\n");
		return 2;
	}
	b.source.family = 4;
	memcpy(b.source.b, ip.b, 4);
	open_all(&b, argv[2], argv[5]);
	(void)sched_setscheduler(0, SCHED_FIFO, &rt);
	for (i = 0; i < rounds; i++)
		round_of(&b, want,
			 3 * INTERVAL_NS +
				 (256 - priority) * INTERVAL_NS / 256);
	return 0;
}
