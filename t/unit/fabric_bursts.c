/* SPDX-License-Identifier: MIT */
/*
 * One broadcast to eight bridges, from each to 200 wires: all of them in one
 * go. Without a queue of its own each, many lose it. The count of what arrived
 * tells, not the clock.
 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "lib/kernel/rtmsg.h"
#include "provision/fabric/net.h"
#include "provision/fabric/spec.h"
#include "t/lib/tap.h"

#define BRIDGES 8
#define EACH 200
#define WIRES (BRIDGES * EACH) /* more than the queue of a CPU holds */
#define BRIDGE_INDEX 90000     /* and those after it */
#define FRAMES 4
#define OPER_UP 6

static struct rtnl *rtnl;

static int on_link(const struct nlmsghdr *h, void *ctx)
{
	const struct ifinfomsg *ifi = NLMSG_DATA(h);
	struct nlattr *tb[IFLA_MAX + 1];
	struct rtnl_link_stats64 stats;
	uint64_t *sum = ctx;
	const char *name;

	if (!rtmsg_parse(h, RTM_NEWLINK, sizeof(*ifi), tb, IFLA_MAX) ||
	    !tb[IFLA_IFNAME] || !tb[IFLA_STATS64])
		return 0;
	name = nla_data(tb[IFLA_IFNAME]);
	if (name[0] != 'i')
		return 0;
	memcpy(&stats, nla_data(tb[IFLA_STATS64]), sizeof(stats));
	*sum += stats.rx_packets;
	return 0;
}

static int on_up(const struct nlmsghdr *h, void *ctx)
{
	struct nlattr *tb[IFLA_MAX + 1];
	size_t *n = ctx;

	if (rtmsg_parse(h, RTM_NEWLINK, sizeof(struct ifinfomsg), tb,
			IFLA_MAX) &&
	    tb[IFLA_MASTER] && rtmsg_u8(tb[IFLA_OPERSTATE]) == OPER_UP)
		++*n;
	return 0;
}

/* The kernel tells bridges of many carriers a second apart. */
static bool all_up(void)
{
	for (int i = 0; i < 300; i++) {
		size_t n = 0;

		(void)rtmsg_dump_links(rtnl, on_up, NULL, &n, NULL);
		if (n == WIRES + 2 * BRIDGES)
			return true;
		clock_sleep_ms(100);
	}
	return false;
}

static uint64_t arrived(void)
{
	const struct ifinfomsg all = {.ifi_family = AF_UNSPEC};
	uint64_t sum = 0;

	(void)rtmsg_dump(rtnl, RTM_GETLINK, &all, sizeof(all), on_link, NULL,
			 &sum, NULL);
	return sum;
}

static bool wires(void)
{
	static char names[WIRES][2][16];
	static char bridges[BRIDGES + 1][3][16];
	struct err err = {.msg = ""};
	size_t i;

	for (i = 0; i <= BRIDGES; i++) {
		const struct emul_bridge b = {
			.name = bridges[i][0],
			.mac = {{2, 0, 0, 0, 0, (uint8_t)(i + 1)}},
			.mtu = 1500};
		const struct emul_nic n = {.ifname = bridges[i][1],
					   .port = bridges[i][2],
					   .mac = {{2, 0, 0, 2, 0, (uint8_t)i}},
					   .mtu = 1500};

		snprintf(bridges[i][0], 16, "br%zu", i);
		snprintf(bridges[i][1], 16, "x%zu", i);
		snprintf(bridges[i][2], 16, "y%zu", i);
		emul_add_bridge(rtnl, &b, BRIDGE_INDEX + (int)i);
		if (!i)
			continue;
		emul_add_wire(rtnl, &n, BRIDGE_INDEX, getpid());
		emul_set_link(rtnl, 0, n.ifname, 0, BRIDGE_INDEX + (int)i);
	}
	for (i = 0; i < WIRES; i++) {
		const struct emul_nic nic = {
			.ifname = names[i][0],
			.port = names[i][1],
			.bridge = "br",
			.mac = {{2, 0, 0, 1, (uint8_t)(i >> 8), (uint8_t)i}},
			.mtu = 1500};

		snprintf(names[i][0], sizeof(names[i][0]), "i%zu", i);
		snprintf(names[i][1], sizeof(names[i][1]), "o%zu", i);
		emul_add_wire(rtnl, &nic, BRIDGE_INDEX + 1 + (int)(i % BRIDGES),
			      getpid());
		if (rtnl_queued(rtnl) > 100 && rtnl_commit(rtnl, &err) < 0)
			break;
	}
	if (i == WIRES && rtnl_commit(rtnl, &err) == 0)
		return true;
	tap_diag("%s", err.msg);
	return false;
}

static void up(void)
{
	char name[16];
	size_t i;

	for (i = 0; i < WIRES; i++) {
		snprintf(name, sizeof(name), "i%zu", i);
		emul_set_link(rtnl, 0, name, 0, 0);
		if (rtnl_queued(rtnl) > 100)
			(void)rtnl_commit(rtnl, NULL);
	}
	(void)rtnl_commit(rtnl, NULL);
}

/* From the bridge itself: one frame at a time, to all of its ports. */
static uint64_t broadcast(void)
{
	auto_close int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	const struct sockaddr_ll to = {.sll_family = AF_PACKET,
				       .sll_ifindex = BRIDGE_INDEX,
				       .sll_halen = 6};
	uint8_t frame[64] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2,
			     0,    0,    0,    0,    1,    0x88, 0xb5};
	uint64_t before, now;

	/* What IPv6 says of itself is over. */
	do {
		before = arrived();
		clock_sleep_ms(300);
		now = arrived();
	} while (now != before);
	for (int i = 0; i < FRAMES; i++) {
		(void)!sendto(fd, frame, sizeof(frame), 0,
			      (const struct sockaddr *)&to, sizeof(to));
		clock_sleep_ms(200);
	}
	return arrived() - before;
}

int main(void)
{
	uint64_t n;
	char name[16];
	int bad = 0;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0 &&
	    unshare(CLONE_NEWNET) < 0) {
		tap_skip("no namespaces here", "each wire takes a burst");
		return tap_done();
	}
	(void)emul_sysctl("net/ipv6/conf/default/disable_ipv6", "1");
	if (rtnl_open(&rtnl, -1, NULL) < 0 || !ok(wires(), "wires are made"))
		return tap_done();
	up();
	ok(all_up(), "and their bridges forward");
	n = broadcast();
	tap_diag("as they are made: %llu of %d frames arrive",
		 (unsigned long long)n, FRAMES * WIRES);
	for (size_t i = 0; i < WIRES; i++) {
		snprintf(name, sizeof(name), "i%zu", i);
		bad |= emul_take_bursts(name, true);
		snprintf(name, sizeof(name), "o%zu", i);
		bad |= emul_take_bursts(name, false);
	}
	if (bad) {
		tap_skip("this kernel has no such setting",
			 "each wire takes a burst");
		return tap_done();
	}
	n = broadcast();
	is_int((long long)n, FRAMES * WIRES,
	       "each wire takes each frame of a burst");
	rtnl_free(rtnl);
	return tap_done();
}
