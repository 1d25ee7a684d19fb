/* SPDX-License-Identifier: MIT */
/*
 * Addresses that a machine made of a prefix which is not its network's: of a
 * router that advertised what it should not, and may long be gone. They live
 * as long as it said, a day or more, and what the machine sends from them
 * finds no way back.
 */
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <string.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/kernel/netns.h"
#include "lib/kernel/rtmsg.h"
#include "provision/machine/ask.h"

#define STRAYS_MAX 64 /* looked at, and taken away, at a time */

struct strays {
	const struct topo_port *port;
	struct ipnet addrs[STRAYS_MAX];
	unsigned index[STRAYS_MAX];
	size_t n;
};

static void auto_rtnl(struct rtnl **r)
{
	rtnl_free(*r);
}

static bool is_models(const struct topo_port *p, const struct ipnet *addr)
{
	for (size_t i = 0; i < p->naddrs; i++)
		if (ip_equal(&p->addrs[i].addr.ip, &addr->ip))
			return true;
	return false;
}

static int on_addr(const struct nlmsghdr *h, void *ctx)
{
	struct strays *s = ctx;
	const struct ifaddrmsg *ifa = NLMSG_DATA(h);
	struct nlattr *tb[IFA_MAX + 1];
	struct ipnet n;
	uint32_t flags;

	if (!rtmsg_parse(h, RTM_NEWADDR, sizeof(*ifa), tb, IFA_MAX) ||
	    ifa->ifa_family != AF_INET6 ||
	    ifa->ifa_scope != RT_SCOPE_UNIVERSE || s->n == STRAYS_MAX)
		return 0;
	flags = tb[IFA_FLAGS] ? rtmsg_u32(tb[IFA_FLAGS]) : ifa->ifa_flags;
	n = (struct ipnet){.ip = rtmsg_ip(tb[IFA_ADDRESS]),
			   .len = ifa->ifa_prefixlen};
	if ((flags & IFA_F_PERMANENT) || n.ip.family != 6 ||
	    is_models(s->port, &n))
		return 0;
	s->addrs[s->n] = n;
	s->index[s->n++] = ifa->ifa_index;
	return 0;
}

static void forget(void *ctx)
{
	((struct strays *)ctx)->n = 0;
}

int machine_strays(const struct topo_instance *in, bool remove,
		   struct err *reterr)
{
	const struct ifaddrmsg ifa = {.ifa_family = AF_INET6};
	auto_(auto_rtnl) struct rtnl *r = NULL;
	struct strays s = {.port = in->port};
	auto_close int ns = -1;
	int e;

	ns = netns_open(in->netns, reterr);
	if (ns < 0)
		return ns;
	e = rtnl_open(&r, ns, reterr);
	if (e == 0)
		e = rtmsg_dump(r, RTM_GETADDR, &ifa, sizeof(ifa), on_addr,
			       forget, &s, reterr);
	if (e < 0 || !remove || !s.n)
		return e < 0 ? e : (int)s.n;
	for (size_t i = 0; i < s.n; i++) {
		const struct rtmsg_addr a = {.index = s.index[i],
					     .dev = in->port->ifname,
					     .addr = s.addrs[i]};

		rtmsg_addr(r, RTMSG_DEL, &a);
	}
	/* One that has just expired is gone: that was the wish. */
	(void)rtnl_commit(r, NULL);
	return (int)s.n;
}
