/* SPDX-License-Identifier: MIT */
#include "vrrp/notice.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/mem.h"
static bool take_ip(const struct nlattr *a, int af, struct ip *ret)
{
	int size = af == AF_INET ? 4 : 16;

	if (nla_len(a) != size)
		return false;
	ret->family = af == AF_INET ? 4 : 6;
	memcpy(ret->b, nla_data(a), (size_t)size);
	return true;
}

static const struct nlattr *attrs(const struct nlmsghdr *h, size_t header,
				  int *left)
{
	*left = (int)(h->nlmsg_len - NLMSG_LENGTH(header));
	return (const struct nlattr *)((const char *)NLMSG_DATA(h) +
				       NLMSG_ALIGN(header));
}

static bool read_address(const struct nlmsghdr *h, struct vrrp_notice *n)
{
	const struct ifaddrmsg *ifa = NLMSG_DATA(h);
	struct ip local = {0}, address = {0};
	const struct nlattr *a;
	int left;

	if (h->nlmsg_len < NLMSG_LENGTH(sizeof(*ifa)) ||
	    (ifa->ifa_family != AF_INET && ifa->ifa_family != AF_INET6))
		return false;
	for (a = attrs(h, sizeof(*ifa), &left); nla_ok(a, left);
	     a = nla_next(a, &left)) {
		if (nla_type(a) == IFA_LOCAL)
			(void)take_ip(a, ifa->ifa_family, &local);
		else if (nla_type(a) == IFA_ADDRESS)
			(void)take_ip(a, ifa->ifa_family, &address);
		else if (nla_type(a) == IFA_PROTO && nla_len(a) == 1)
			n->protocol = *(const uint8_t *)nla_data(a);
	}
	/* Of a pair of peers the local one is ours. */
	n->net.ip = local.family ? local : address;
	n->net.len = ifa->ifa_prefixlen;
	n->ifindex = ifa->ifa_index;
	return n->net.ip.family != 0;
}

static bool read_route(const struct nlmsghdr *h, struct vrrp_notice *n)
{
	const struct rtmsg *rt = NLMSG_DATA(h);
	const struct nlattr *a;
	uint32_t table, number;
	int left;

	if (h->nlmsg_len < NLMSG_LENGTH(sizeof(*rt)) ||
	    (rt->rtm_family != AF_INET && rt->rtm_family != AF_INET6) ||
	    rt->rtm_flags & RTM_F_CLONED)
		return false;
	table = rt->rtm_table;
	n->route = true;
	n->unicast = rt->rtm_type == RTN_UNICAST;
	n->protocol = rt->rtm_protocol;
	n->net.ip.family = rt->rtm_family == AF_INET ? 4 : 6;
	n->net.len = rt->rtm_dst_len;
	for (a = attrs(h, sizeof(*rt), &left); nla_ok(a, left);
	     a = nla_next(a, &left)) {
		if (nla_type(a) == RTA_DST)
			(void)take_ip(a, rt->rtm_family, &n->net.ip);
		else if (nla_type(a) == RTA_GATEWAY)
			(void)take_ip(a, rt->rtm_family, &n->via);
		if (nla_len(a) != sizeof(number))
			continue;
		memcpy(&number, nla_data(a), sizeof(number));
		if (nla_type(a) == RTA_OIF)
			n->ifindex = number;
		else if (nla_type(a) == RTA_TABLE)
			table = number;
	}
	return table == RT_TABLE_MAIN;
}

bool vrrp_notice_read(const struct nlmsghdr *h, struct vrrp_notice *ret)
{
	*ret = (struct vrrp_notice){.gone = h->nlmsg_type == RTM_DELADDR ||
					    h->nlmsg_type == RTM_DELROUTE};
	switch (h->nlmsg_type) {
	case RTM_NEWADDR:
	case RTM_DELADDR:
		return read_address(h, ret);
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		return read_route(h, ret);
	default:
		return false;
	}
}

void vrrp_notices_add(struct vrrp_notices *l, const struct vrrp_notice *n)
{
	if (l->n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 16;
		l->list = mem_grow(l->list, l->cap, sizeof(*l->list));
	}
	l->list[l->n++] = *n;
}

void vrrp_notices_release(struct vrrp_notices *l)
{
	free(l->list);
	*l = (struct vrrp_notices){0};
}
