/* SPDX-License-Identifier: MIT */
/*
 * What a lease said, and whether it is still so: the file of a lease is what
 * was told once, and an address, a route or an MTU can be gone since.
 */
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/auto.h"
#include "lib/kernel/netns.h"
#include "lib/kernel/rtmsg.h"
#include "provision/machine/ask.h"

struct kept {
	const struct lease *lease;
	bool addr, routes[LEASE_ROUTES_MAX];
	uint32_t mtu; /* 0: the link is gone */
};

static void auto_rtnl(struct rtnl **r)
{
	rtnl_free(*r);
}

static int on_addr(const struct nlmsghdr *h, void *ctx)
{
	const struct ifaddrmsg *ifa = NLMSG_DATA(h);
	struct nlattr *tb[IFA_MAX + 1];
	struct kept *k = ctx;
	struct ipnet n;

	if (!rtmsg_parse(h, RTM_NEWADDR, sizeof(*ifa), tb, IFA_MAX) ||
	    ifa->ifa_family != AF_INET)
		return 0;
	n = (struct ipnet){.ip = rtmsg_ip(tb[IFA_LOCAL]),
			   .len = ifa->ifa_prefixlen};
	k->addr = k->addr || ipnet_equal(&n, &k->lease->addr);
	return 0;
}

static int on_link(const struct nlmsghdr *h, void *ctx)
{
	struct nlattr *tb[IFLA_MAX + 1];
	struct kept *k = ctx;

	if (rtmsg_parse(h, RTM_NEWLINK, sizeof(struct ifinfomsg), tb,
			IFLA_MAX) &&
	    tb[IFLA_IFNAME] && tb[IFLA_MTU] &&
	    strcmp(nla_data(tb[IFLA_IFNAME]), k->lease->device) == 0)
		k->mtu = rtmsg_u32(tb[IFLA_MTU]);
	return 0;
}

static int on_route(const struct nlmsghdr *h, void *ctx)
{
	const struct rtmsg *rtm = NLMSG_DATA(h);
	struct nlattr *tb[RTA_MAX + 1];
	struct kept *k = ctx;
	struct ip to, via;

	if (!rtmsg_parse(h, RTM_NEWROUTE, sizeof(*rtm), tb, RTA_MAX) ||
	    rtm->rtm_family != AF_INET || rtm->rtm_table != RT_TABLE_MAIN ||
	    rtm->rtm_type != RTN_UNICAST)
		return 0;
	to = rtmsg_ip(tb[RTA_DST]);
	via = rtmsg_ip(tb[RTA_GATEWAY]);
	for (size_t i = 0; i < k->lease->nroutes; i++) {
		const struct lease_route *r = &k->lease->routes[i];

		if (r->to.len == rtm->rtm_dst_len &&
		    (!r->to.len || ip_equal(&r->to.ip, &to)) &&
		    ip_equal(&r->via, &via))
			k->routes[i] = true;
	}
	return 0;
}

static void forget(void *ctx)
{
	*(struct kept *)ctx =
		(struct kept){.lease = ((const struct kept *)ctx)->lease};
}

/* The first thing that is not so. */
static const char *lost(struct arena *a, const struct kept *k)
{
	const struct lease *l = k->lease;
	char to[IP_TEXT_MAX], via[IP_TEXT_MAX];

	if (!k->addr)
		return arena_printf(a, "the leased address %s is gone",
				    ipnet_print(&l->addr, to));
	if (l->mtu && k->mtu != l->mtu)
		return arena_printf(a, "MTU %u, told %u", k->mtu, l->mtu);
	for (size_t i = 0; i < l->nroutes; i++) {
		const struct lease_route *r = &l->routes[i];

		if (!k->routes[i])
			return arena_printf(a, "its route to %s by %s is gone",
					    ipnet_print(&r->to, to),
					    ip_is_set(&r->via)
						    ? ip_print(&r->via, via)
						    : "the link");
	}
	return NULL;
}

const char *machine_lost(struct arena *a, const char *netns,
			 const struct lease *l)
{
	const struct ifaddrmsg ifa = {.ifa_family = AF_INET};
	const struct rtmsg rtm = {.rtm_family = AF_INET};
	auto_(auto_rtnl) struct rtnl *r = NULL;
	struct kept k = {.lease = l}, links = {.lease = l}, routes = k;
	auto_close int ns = netns_open(netns, NULL);

	if (ns < 0 || rtnl_open(&r, ns, NULL) < 0 ||
	    rtmsg_dump(r, RTM_GETADDR, &ifa, sizeof(ifa), on_addr, forget, &k,
		       NULL) < 0 ||
	    rtmsg_dump_links(r, on_link, forget, &links, NULL) < 0 ||
	    rtmsg_dump(r, RTM_GETROUTE, &rtm, sizeof(rtm), on_route, forget,
		       &routes, NULL) < 0)
		return NULL;
	routes.addr = k.addr;
	routes.mtu = links.mtu;
	return lost(a, &routes);
}
