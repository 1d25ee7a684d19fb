/* SPDX-License-Identifier: MIT */
/*
 * Interfaces of one namespace: read in two dumps, made in one batch. A wire's
 * far end is created inside the node's namespace at once: moving it there
 * afterwards would cost an RCU grace period for each.
 */
#include "provision/emul/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/auto.h"
#include "provision/emul/spec.h"

#define DUMP_TRIES 20 /* the tables change while others work on them */

struct reading {
	struct arena *arena;
	struct emul_links *links;
};

static int got_link(const struct nlmsghdr *h, void *ctx)
{
	struct reading *rd = ctx;
	struct nlattr *tb[IFLA_MAX + 1];
	const struct ifinfomsg *ifi = nlmsg_data(h);
	struct emul_link *l;

	if (h->nlmsg_type != RTM_NEWLINK ||
	    nlmsg_parse((struct nlmsghdr *)h, sizeof(*ifi), tb, IFLA_MAX,
			NULL) < 0 ||
	    !tb[IFLA_IFNAME])
		return 0;
	if (rd->links->nlinks == EMUL_LINKS_MAX)
		return -E2BIG;
	l = arena_push(rd->arena, &rd->links->links, &rd->links->nlinks,
		       sizeof(*l));
	nla_strlcpy(l->name, tb[IFLA_IFNAME], sizeof(l->name));
	l->index = ifi->ifi_index;
	l->up = ifi->ifi_flags & IFF_UP;
	if (tb[IFLA_MASTER])
		l->master = (int)nla_get_u32(tb[IFLA_MASTER]);
	if (tb[IFLA_MTU])
		l->mtu = nla_get_u32(tb[IFLA_MTU]);
	if (tb[IFLA_ADDRESS] && nla_len(tb[IFLA_ADDRESS]) == 6)
		nla_memcpy(l->mac.b, tb[IFLA_ADDRESS], 6);
	return 0;
}

static int got_addr(const struct nlmsghdr *h, void *ctx)
{
	struct reading *rd = ctx;
	struct nlattr *tb[IFA_MAX + 1], *own;
	const struct ifaddrmsg *ifa = nlmsg_data(h);
	struct emul_addr *to;
	size_t size = ifa->ifa_family == AF_INET ? 4 : 16;

	if (h->nlmsg_type != RTM_NEWADDR ||
	    nlmsg_parse((struct nlmsghdr *)h, sizeof(*ifa), tb, IFA_MAX, NULL) <
		    0)
		return 0;
	own = tb[IFA_LOCAL] ? tb[IFA_LOCAL] : tb[IFA_ADDRESS];
	if (!own || (size_t)nla_len(own) != size)
		return 0;
	if (rd->links->naddrs == EMUL_LINKS_MAX)
		return -E2BIG;
	to = arena_push(rd->arena, &rd->links->addrs, &rd->links->naddrs,
			sizeof(*to));
	to->index = (int)ifa->ifa_index;
	to->addr.len = ifa->ifa_prefixlen;
	to->addr.ip.family = size == 4 ? 4 : 6;
	nla_memcpy(to->addr.ip.b, own, (int)size);
	return 0;
}

int emul_links_read(struct arena *a, struct rtnl *r, struct emul_links *ret,
		    struct err *reterr)
{
	const struct ifinfomsg ifi = {.ifi_family = AF_UNSPEC};
	const struct ifaddrmsg ifa = {.ifa_family = AF_UNSPEC};
	struct reading rd = {.arena = a, .links = ret};
	int tries, e;

	for (tries = 0; tries < DUMP_TRIES; tries++) {
		*ret = (struct emul_links){0};
		e = rtnl_dump(r, RTM_GETLINK, &ifi, sizeof(ifi), got_link, &rd,
			      reterr);
		if (e == 0)
			e = rtnl_dump(r, RTM_GETADDR, &ifa, sizeof(ifa),
				      got_addr, &rd, reterr);
		if (e != -EINTR)
			return e;
	}
	return err_set(reterr, -EAGAIN, "interfaces change all the time");
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

/* nla_put_* fail only where memory is out, which rtnl_add() has ended on. */
static void put_u32(struct nl_msg *m, int type, uint32_t v)
{
	(void)nla_put_u32(m, type, v);
}

static void put_name(struct nl_msg *m, const char *name)
{
	(void)nla_put_string(m, IFLA_IFNAME, name);
}

void emul_add_bridge(struct rtnl *r, const struct emul_bridge *b, int index)
{
	const struct ifinfomsg ifi = {
		.ifi_index = index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
	struct nlattr *info, *data;
	struct nl_msg *m;

	m = rtnl_add(r, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &ifi,
		     sizeof(ifi), "add the fabric's bridge %s", b->name);
	put_name(m, b->name);
	put_u32(m, IFLA_MTU, b->mtu);
	(void)nla_put(m, IFLA_ADDRESS, 6, b->mac.b);
	info = nla_nest_start(m, IFLA_LINKINFO);
	(void)nla_put_string(m, IFLA_INFO_KIND, "bridge");
	data = nla_nest_start(m, IFLA_INFO_DATA);
	/* A wire forwards from the first frame on, and floods groups. */
	put_u32(m, IFLA_BR_FORWARD_DELAY, 0);
	put_u32(m, IFLA_BR_STP_STATE, 0);
	(void)nla_put_u8(m, IFLA_BR_MCAST_SNOOPING, 0);
	nla_nest_end(m, data);
	nla_nest_end(m, info);
}

void emul_add_wire(struct rtnl *r, const struct emul_nic *n, int bridge,
		   pid_t node)
{
	const struct ifinfomsg ifi = {.ifi_flags = IFF_UP,
				      .ifi_change = IFF_UP};
	const struct ifinfomsg far = {0};
	struct nlattr *info, *data, *peer;
	struct nl_msg *m;

	m = rtnl_add(r, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &ifi,
		     sizeof(ifi), "wire %s to the fabric's bridge %s", n->port,
		     n->bridge);
	put_name(m, n->port);
	put_u32(m, IFLA_MTU, n->mtu);
	put_u32(m, IFLA_MASTER, (uint32_t)bridge);
	/* Without these a veth gets a queue for each CPU. */
	put_u32(m, IFLA_NUM_TX_QUEUES, 1);
	put_u32(m, IFLA_NUM_RX_QUEUES, 1);
	info = nla_nest_start(m, IFLA_LINKINFO);
	(void)nla_put_string(m, IFLA_INFO_KIND, "veth");
	data = nla_nest_start(m, IFLA_INFO_DATA);
	peer = nla_nest_start(m, VETH_INFO_PEER);
	(void)nlmsg_append(m, (void *)&far, sizeof(far), NLMSG_ALIGNTO);
	put_name(m, n->ifname);
	put_u32(m, IFLA_MTU, n->mtu);
	put_u32(m, IFLA_NUM_TX_QUEUES, 1);
	put_u32(m, IFLA_NUM_RX_QUEUES, 1);
	(void)nla_put(m, IFLA_ADDRESS, 6, n->mac.b);
	put_u32(m, IFLA_NET_NS_PID, (uint32_t)node);
	nla_nest_end(m, peer);
	nla_nest_end(m, data);
	nla_nest_end(m, info);
}

void emul_set_link(struct rtnl *r, int index, const char *name, unsigned mtu,
		   int master)
{
	const struct ifinfomsg ifi = {
		.ifi_index = index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
	struct nl_msg *m;

	m = rtnl_add(r, RTM_NEWLINK, 0, &ifi, sizeof(ifi), "set %s up", name);
	if (mtu)
		put_u32(m, IFLA_MTU, mtu);
	if (master)
		put_u32(m, IFLA_MASTER, (uint32_t)master);
}

void emul_del_link(struct rtnl *r, int index, const char *name)
{
	const struct ifinfomsg ifi = {.ifi_index = index};

	rtnl_add(r, RTM_DELLINK, 0, &ifi, sizeof(ifi), "remove %s", name);
}

void emul_add_addr(struct rtnl *r, int index, const char *name,
		   const struct ipnet *addr)
{
	struct ifaddrmsg ifa = {.ifa_prefixlen = addr->len,
				.ifa_index = (unsigned)index};
	struct ip last = ipnet_last(addr);
	int size = (int)ip_size(&addr->ip);
	char text[IP_TEXT_MAX];
	struct nl_msg *m;

	ifa.ifa_family = addr->ip.family == 4 ? AF_INET : AF_INET6;
	m = rtnl_add(r, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, &ifa,
		     sizeof(ifa), "add %s to %s", ipnet_print(addr, text),
		     name);
	(void)nla_put(m, IFA_LOCAL, size, addr->ip.b);
	(void)nla_put(m, IFA_ADDRESS, size, addr->ip.b);
	if (addr->ip.family == 6)
		put_u32(m, IFA_FLAGS, IFA_F_NODAD);
	else if (addr->len < 31)
		(void)nla_put(m, IFA_BROADCAST, size, last.b);
}

void emul_quick_route(struct rtnl *r, int index, const char *name,
		      const struct ipnet *addr)
{
	struct rtmsg rt = {.rtm_family = AF_INET,
			   .rtm_dst_len = addr->len,
			   .rtm_table = RT_TABLE_MAIN,
			   .rtm_protocol = RTPROT_KERNEL,
			   .rtm_scope = RT_SCOPE_LINK,
			   .rtm_type = RTN_UNICAST};
	struct ip net = ipnet_network(addr);
	char text[IP_TEXT_MAX];
	struct nlattr *metrics;
	struct nl_msg *m;

	if (addr->ip.family != 4 || addr->len > 30)
		return;
	m = rtnl_add(r, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, &rt,
		     sizeof(rt), "acknowledge at once on the way to %s by %s",
		     ipnet_print(addr, text), name);
	(void)nla_put(m, RTA_DST, 4, net.b);
	(void)nla_put(m, RTA_PREFSRC, 4, addr->ip.b);
	put_u32(m, RTA_OIF, (uint32_t)index);
	metrics = nla_nest_start(m, RTA_METRICS);
	put_u32(m, RTAX_QUICKACK, 1);
	nla_nest_end(m, metrics);
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
