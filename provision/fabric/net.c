/* SPDX-License-Identifier: MIT */
/*
 * Interfaces of one namespace: read in two dumps, made in one batch. A wire's
 * far end is created inside the node's namespace at once: moving it there
 * afterwards would cost an RCU grace period for each.
 */
#include "provision/fabric/net.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/kernel/netns.h"
#include "lib/kernel/rtmsg.h"
#include "provision/fabric/spec.h"

struct reading {
	struct arena *arena;
	struct emul_links *links;
};

static int got_link(const struct nlmsghdr *h, void *ctx)
{
	const struct ifinfomsg *ifi = nlmsg_data(h);
	struct nlattr *tb[IFLA_MAX + 1];
	struct reading *rd = ctx;
	struct emul_link *l;

	if (!rtmsg_parse(h, RTM_NEWLINK, sizeof(*ifi), tb, IFLA_MAX) ||
	    !tb[IFLA_IFNAME])
		return 0;
	if (rd->links->nlinks == EMUL_LINKS_MAX)
		return -E2BIG;
	l = arena_push(rd->arena, &rd->links->links, &rd->links->nlinks,
		       sizeof(*l));
	nla_strlcpy(l->name, tb[IFLA_IFNAME], sizeof(l->name));
	l->index = ifi->ifi_index;
	l->up = ifi->ifi_flags & IFF_UP;
	l->master = (int)rtmsg_u32(tb[IFLA_MASTER]);
	l->mtu = rtmsg_u32(tb[IFLA_MTU]);
	(void)rtmsg_mac(tb[IFLA_ADDRESS], &l->mac);
	return 0;
}

static int got_addr(const struct nlmsghdr *h, void *ctx)
{
	const struct ifaddrmsg *ifa = nlmsg_data(h);
	struct nlattr *tb[IFA_MAX + 1];
	struct reading *rd = ctx;
	struct emul_addr *to;
	struct ip own;

	if (!rtmsg_parse(h, RTM_NEWADDR, sizeof(*ifa), tb, IFA_MAX))
		return 0;
	own = rtmsg_ip(tb[IFA_LOCAL] ? tb[IFA_LOCAL] : tb[IFA_ADDRESS]);
	if (!own.family)
		return 0;
	if (rd->links->naddrs == EMUL_LINKS_MAX)
		return -E2BIG;
	to = arena_push(rd->arena, &rd->links->addrs, &rd->links->naddrs,
			sizeof(*to));
	to->index = (int)ifa->ifa_index;
	to->addr = (struct ipnet){own, ifa->ifa_prefixlen};
	return 0;
}

static void forget_links(void *ctx)
{
	struct reading *rd = ctx;

	rd->links->nlinks = 0;
	rd->links->links = NULL;
}

static void forget_addrs(void *ctx)
{
	struct reading *rd = ctx;

	rd->links->naddrs = 0;
	rd->links->addrs = NULL;
}

int emul_links_read(struct arena *a, struct rtnl *r, struct emul_links *ret,
		    struct err *reterr)
{
	const struct ifaddrmsg ifa = {.ifa_family = AF_UNSPEC};
	struct reading rd = {.arena = a, .links = ret};
	int e;

	*ret = (struct emul_links){0};
	e = rtmsg_dump_links(r, got_link, forget_links, &rd, reterr);
	if (e == -E2BIG)
		return err_set(reterr, e, "more than %d links", EMUL_LINKS_MAX);
	if (e < 0)
		return e;
	e = rtmsg_dump(r, RTM_GETADDR, &ifa, sizeof(ifa), got_addr,
		       forget_addrs, &rd, reterr);
	return e == -E2BIG ? err_set(reterr, e, "more than %d addresses",
				     EMUL_LINKS_MAX)
			   : e;
}

const struct emul_link *emul_link_find(const struct emul_links *l,
				       const char *name)
{
	size_t i;

	for (i = 0; i < l->nlinks; i++)
		if (strcmp(l->links[i].name, name) == 0)
			return &l->links[i];
	return NULL;
}

bool emul_link_has(const struct emul_links *l, int index,
		   const struct ipnet *addr)
{
	size_t i;

	for (i = 0; i < l->naddrs; i++)
		if (l->addrs[i].index == index &&
		    ipnet_equal(&l->addrs[i].addr, addr))
			return true;
	return false;
}

struct routes_seen {
	struct arena *arena;
	struct seen_route {
		struct ipnet to;
		struct ip via;
		int index;
	} * items;
	size_t n;
};

static int got_route(const struct nlmsghdr *h, void *ctx)
{
	const struct rtmsg *rtm = nlmsg_data(h);
	struct routes_seen *seen = ctx;
	struct nlattr *tb[RTA_MAX + 1];
	struct seen_route *to;

	if (!rtmsg_parse(h, RTM_NEWROUTE, sizeof(*rtm), tb, RTA_MAX) ||
	    rtm->rtm_table != RT_TABLE_MAIN || !tb[RTA_GATEWAY] || !tb[RTA_DST])
		return 0;
	if (seen->n == EMUL_LINKS_MAX)
		return -E2BIG;
	to = arena_push(seen->arena, &seen->items, &seen->n, sizeof(*to));
	to->to = (struct ipnet){rtmsg_ip(tb[RTA_DST]), rtm->rtm_dst_len};
	to->via = rtmsg_ip(tb[RTA_GATEWAY]);
	to->index = (int)rtmsg_u32(tb[RTA_OIF]);
	return 0;
}

static void forget_routes(void *ctx)
{
	struct routes_seen *seen = ctx;

	seen->n = 0;
	seen->items = NULL;
}

static bool route_seen(const struct routes_seen *seen, int index,
		       const struct emul_route *t)
{
	for (size_t i = 0; i < seen->n; i++)
		if (seen->items[i].index == index &&
		    ipnet_equal(&seen->items[i].to, &t->to) &&
		    ip_equal(&seen->items[i].via, &t->via))
			return true;
	return false;
}

int emul_routes_mend(struct arena *a, struct rtnl *r,
		     const struct emul_links *have,
		     const struct emul_route *routes, size_t n, bool apply,
		     struct err *reterr)
{
	const struct rtmsg all = {.rtm_family = AF_INET6};
	struct routes_seen seen = {.arena = a};
	int e, lack = 0;

	e = n ? rtmsg_dump(r, RTM_GETROUTE, &all, sizeof(all), got_route,
			   forget_routes, &seen, reterr)
	      : 0;
	if (e == -E2BIG)
		return err_set(reterr, e, "more than %d routes",
			       EMUL_LINKS_MAX);
	/* A table that was never written to does not exist. */
	if (e < 0 && e != -ENOENT)
		return e;
	for (size_t i = 0; i < n; i++) {
		const struct emul_link *l = emul_link_find(have, routes[i].dev);
		const struct rtmsg_route t = {.index = l ? (unsigned)l->index
							 : 0,
					      .dev = routes[i].dev,
					      .to = routes[i].to,
					      .via = routes[i].via};

		if (!l || route_seen(&seen, l->index, &routes[i]))
			continue;
		lack++;
		if (apply)
			rtmsg_route(r, RTMSG_SET, &t);
	}
	return lack;
}

void emul_add_bridge(struct rtnl *r, const struct emul_bridge *b, int index)
{
	struct nl_msg *m =
		rtmsg_link_new(r, (unsigned)index, b->name, RTMSG_UP);
	struct rtmsg_kind k;

	(void)nla_put_u32(m, IFLA_MTU, b->mtu);
	rtmsg_put_mac(m, IFLA_ADDRESS, &b->mac);
	k = rtmsg_kind(m, "bridge");
	/* A wire forwards from the first frame on, and floods groups. */
	(void)nla_put_u32(m, IFLA_BR_FORWARD_DELAY, 0);
	(void)nla_put_u32(m, IFLA_BR_STP_STATE, 0);
	(void)nla_put_u8(m, IFLA_BR_MCAST_SNOOPING, 0);
	rtmsg_kind_end(m, &k);
}

/* Without these a veth gets a queue for each CPU. */
static void one_queue(struct nl_msg *m)
{
	(void)nla_put_u32(m, IFLA_NUM_TX_QUEUES, 1);
	(void)nla_put_u32(m, IFLA_NUM_RX_QUEUES, 1);
}

void emul_add_wire(struct rtnl *r, const struct emul_nic *n, int bridge,
		   pid_t node)
{
	struct nl_msg *m = rtmsg_link_new(r, 0, n->port, RTMSG_UP);
	struct nlattr *peer;
	struct rtmsg_kind k;

	(void)nla_put_u32(m, IFLA_MTU, n->mtu);
	(void)nla_put_u32(m, IFLA_MASTER, (uint32_t)bridge);
	one_queue(m);
	k = rtmsg_kind(m, "veth");
	peer = rtmsg_peer(m, n->ifname);
	(void)nla_put_u32(m, IFLA_MTU, n->mtu);
	one_queue(m);
	rtmsg_put_mac(m, IFLA_ADDRESS, &n->mac);
	(void)nla_put_u32(m, IFLA_NET_NS_PID, (uint32_t)node);
	rtmsg_peer_end(m, peer);
	rtmsg_kind_end(m, &k);
}

void emul_put_pair(struct nl_msg *m, unsigned mtu, int bridge, const char *far)
{
	struct nlattr *peer;
	struct rtmsg_kind k;

	(void)nla_put_u32(m, IFLA_MTU, mtu);
	(void)nla_put_u32(m, IFLA_MASTER, (uint32_t)bridge);
	one_queue(m);
	k = rtmsg_kind(m, "veth");
	peer = rtmsg_peer(m, far);
	(void)nla_put_u32(m, IFLA_MTU, mtu);
	one_queue(m);
	rtmsg_peer_end(m, peer);
	rtmsg_kind_end(m, &k);
}

int emul_cut_segments(int nsfd, const char *name, bool cut)
{
	auto_close int fd = netns_socket(nsfd, AF_INET, SOCK_DGRAM, 0);
	struct ethtool_value v = {.cmd = ETHTOOL_STSO, .data = !cut};
	struct ifreq ifr = {.ifr_data = (void *)&v};

	if (fd < 0)
		return fd;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	return ioctl(fd, SIOCETHTOOL, &ifr) < 0 ? -errno : 0;
}

int emul_take_bursts(const char *name, bool inner)
{
	auto_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ethtool_value v = {
		.cmd = inner ? ETHTOOL_SGRO : ETHTOOL_STSO,
		.data = inner,
	};
	struct ifreq ifr = {.ifr_data = (void *)&v};

	if (fd < 0)
		return -errno;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	return ioctl(fd, SIOCETHTOOL, &ifr) < 0 ? -errno : 0;
}

void emul_set_link(struct rtnl *r, int index, const char *name, unsigned mtu,
		   int master)
{
	struct nl_msg *m = rtmsg_link(r, (unsigned)index, name, RTMSG_UP);

	if (mtu)
		(void)nla_put_u32(m, IFLA_MTU, mtu);
	if (master)
		(void)nla_put_u32(m, IFLA_MASTER, (uint32_t)master);
}

void emul_del_link(struct rtnl *r, int index, const char *name)
{
	rtmsg_link_del(r, (unsigned)index, name);
}

void emul_add_addr(struct rtnl *r, int index, const char *name,
		   const struct ipnet *addr)
{
	const struct rtmsg_addr a = {
		.index = (unsigned)index,
		.dev = name,
		.addr = *addr,
		.flags = addr->ip.family == 6 ? IFA_F_NODAD : 0,
		.broadcast = true,
	};

	rtmsg_addr(r, RTMSG_SET, &a);
}

void emul_del_addr(struct rtnl *r, int index, const char *name,
		   const struct ipnet *addr)
{
	const struct rtmsg_addr a = {
		.index = (unsigned)index, .dev = name, .addr = *addr};

	rtmsg_addr(r, RTMSG_DEL, &a);
}

void emul_add_group(struct rtnl *r, int index, const char *name,
		    const struct ip *group)
{
	const uint8_t *b = group->b;
	struct mac mac = {{0x01, 0x00, 0x5e, b[1] & 0x7f, b[2], b[3]}};
	const struct rtmsg_neigh n = {.index = (unsigned)index,
				      .dev = name,
				      .mac = &mac,
				      .dst = *group,
				      .state = NUD_PERMANENT};

	/* RFC 1112 6.4, RFC 2464 7 */
	if (group->family == 6)
		mac = (struct mac){{0x33, 0x33, b[12], b[13], b[14], b[15]}};
	rtmsg_neigh(r, RTMSG_SET, &n);
}

void emul_quick_route(struct rtnl *r, int index, const char *name,
		      const struct ipnet *addr)
{
	const struct rtmsg_route t = {
		.index = (unsigned)index,
		.dev = name,
		.to = {ipnet_network(addr), addr->len},
		.from = addr->ip,
		.proto = RTPROT_KERNEL,
		.scope = RT_SCOPE_LINK,
		.quickack = true,
	};

	if (addr->ip.family == 4 && addr->len <= 30)
		rtmsg_route(r, RTMSG_SET, &t);
}

int emul_sysctl(const char *path, const char *value)
{
	auto_close int fd = -1;
	char full[256];

	snprintf(full, sizeof(full), "/proc/sys/%s", path);
	fd = open(full, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, value, strlen(value)) < 0)
		return -errno;
	return 0;
}
