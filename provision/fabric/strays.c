/* SPDX-License-Identifier: MIT */
#include "provision/fabric/strays.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/kernel/rtmsg.h"
#include "lib/kernel/rtnl.h"
#include "provision/fabric/net.h"

struct reading {
	struct arena *a;
	const struct emul_spec *s;
	const struct emul_node *n;
	struct emul_stray *items;
	size_t count;
};

static void rtnl_release(struct rtnl **r)
{
	rtnl_free(*r);
}

static int open_net(const struct emul_node *n, pid_t pid, struct rtnl **ret,
		    struct err *reterr)
{
	auto_close int ns = -1;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
	ns = open(path, O_RDONLY | O_CLOEXEC);
	if (ns < 0)
		return err_sys(reterr, -errno, "%s: open its network", n->name);
	return rtnl_open(ret, ns, reterr);
}

static bool is_own(const struct emul_node *n, const struct ip *ip)
{
	size_t i, k;

	for (i = 0; i < n->nnics; i++)
		for (k = 0; k < n->nics[i].naddrs; k++)
			if (ip_equal(&n->nics[i].addrs[k].ip, ip))
				return true;
	for (i = 0; i < n->nown; i++)
		if (ip_equal(&n->own[i].ip, ip))
			return true;
	return false;
}

static int got_addr(const struct nlmsghdr *h, void *ctx)
{
	const struct ifaddrmsg *ifa = NLMSG_DATA(h);
	struct nlattr *tb[IFA_MAX + 1];
	struct reading *rd = ctx;
	struct ip ip;
	size_t i;

	if (!rtmsg_parse(h, RTM_NEWADDR, sizeof(*ifa), tb, IFA_MAX))
		return 0;
	ip = rtmsg_ip(tb[IFA_LOCAL] ? tb[IFA_LOCAL] : tb[IFA_ADDRESS]);
	for (i = 0; i < rd->s->ngiven; i++)
		if (ip_equal(&rd->s->given[i].addr, &ip))
			break;
	if (i == rd->s->ngiven || is_own(rd->n, &ip))
		return 0;
	if (rd->count == EMUL_LINKS_MAX)
		return -E2BIG;
	*(struct emul_stray *)arena_push(rd->a, &rd->items, &rd->count,
					 sizeof(*rd->items)) =
		(struct emul_stray){.addr = {ip, ifa->ifa_prefixlen},
				    .index = (int)ifa->ifa_index,
				    .whose = rd->s->given[i].whose,
				    .dev = "?"};
	return 0;
}

static void forget(void *ctx)
{
	struct reading *rd = ctx;

	rd->items = NULL;
	rd->count = 0;
}

/* Mostly there is none, and no name is asked for. */
static int name_all(struct reading *rd, struct rtnl *r, struct err *reterr)
{
	struct emul_links links;
	size_t i, k;
	int e;

	e = rd->count ? emul_links_read(rd->a, r, &links, reterr) : 0;
	for (i = 0; e == 0 && i < rd->count; i++)
		for (k = 0; k < links.nlinks; k++)
			if (links.links[k].index == rd->items[i].index)
				rd->items[i].dev = links.links[k].name;
	return e;
}

int emul_strays(struct arena *a, const struct emul_spec *s,
		const struct emul_node *n, pid_t pid, bool apply,
		struct emul_stray **ret, size_t *ret_n, struct err *reterr)
{
	const struct ifaddrmsg all = {.ifa_family = AF_UNSPEC};
	struct reading rd = {.a = a, .s = s, .n = n};
	auto_(rtnl_release) struct rtnl *rtnl = NULL;
	int r;

	r = open_net(n, pid, &rtnl, reterr);
	if (r == 0)
		r = rtmsg_dump(rtnl, RTM_GETADDR, &all, sizeof(all), got_addr,
			       forget, &rd, reterr);
	if (r == -E2BIG)
		return err_set(reterr, r,
			       "more than %d addresses that the lab gave to "
			       "others",
			       EMUL_LINKS_MAX);
	if (r == 0)
		r = name_all(&rd, rtnl, reterr);
	for (size_t i = 0; r == 0 && apply && i < rd.count; i++)
		emul_del_addr(rtnl, rd.items[i].index, rd.items[i].dev,
			      &rd.items[i].addr);
	if (r == 0 && rtnl_queued(rtnl))
		r = rtnl_commit(rtnl, reterr);
	if (r < 0)
		return r;
	*ret = rd.items;
	*ret_n = rd.count;
	return 0;
}

/* --- places in the table of neighbours ------------------------------------ */

struct places {
	const struct emul_spec *s;
	bool *has;
};

static int got_neigh(const struct nlmsghdr *h, void *ctx)
{
	const struct ndmsg *ndm = NLMSG_DATA(h);
	struct nlattr *tb[NDA_MAX + 1];
	struct places *p = ctx;
	struct ip ip;

	if (!rtmsg_parse(h, RTM_NEWNEIGH, sizeof(*ndm), tb, NDA_MAX) ||
	    !(ndm->ndm_flags & NTF_EXT_LEARNED))
		return 0;
	ip = rtmsg_ip(tb[NDA_DST]);
	for (size_t i = 0; i < p->s->ngiven; i++)
		if (ip_equal(&p->s->given[i].addr, &ip))
			p->has[i] = true;
	return 0;
}

int emul_reserve(const struct emul_spec *s, const struct emul_node *outside,
		 pid_t pid, struct err *reterr)
{
	const struct ndmsg all = {.ndm_family = AF_UNSPEC};
	auto_(rtnl_release) struct rtnl *rtnl = NULL;
	auto_arena struct arena a = {0};
	struct places p = {s, arena_array(&a, s->ngiven + 1, sizeof(*p.has))};
	struct emul_links links;
	size_t i;
	int r;

	r = open_net(outside, pid, &rtnl, reterr);
	if (r == 0)
		r = emul_links_read(&a, rtnl, &links, reterr);
	if (r == 0)
		r = rtmsg_dump(rtnl, RTM_GETNEIGH, &all, sizeof(all), got_neigh,
			       NULL, &p, reterr);
	for (i = 0; r == 0 && i < s->ngiven; i++) {
		const struct emul_nic *nic =
			emul_nic_to(outside, &s->given[i].addr);
		const struct emul_link *l =
			nic ? emul_link_find(&links, nic->ifname) : NULL;
		const struct rtmsg_neigh n = {
			.index = l ? (unsigned)l->index : 0,
			.dev = nic ? nic->ifname : "",
			.dst = s->given[i].addr,
			.state = NUD_NONE,
			.flags = NTF_EXT_LEARNED,
		};

		if (l && l->up && !p.has[i])
			rtmsg_neigh(rtnl, RTMSG_SET, &n);
	}
	return r == 0 && rtnl_queued(rtnl) ? rtnl_commit(rtnl, reterr) : r;
}
