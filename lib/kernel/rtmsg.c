/* SPDX-License-Identifier: MIT */
#include "lib/kernel/rtmsg.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/veth.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/auto.h"

/* What nla_put*() answers is not looked at: a message that grows past its
 * page is no message of ours. */

static const int add_flags[] = {
	[RTMSG_SET] = NLM_F_CREATE | NLM_F_REPLACE,
	[RTMSG_APPEND] = NLM_F_CREATE | NLM_F_APPEND,
	[RTMSG_DEL] = 0,
};

static const char *const op_words[] = {
	[RTMSG_SET] = "add",
	[RTMSG_APPEND] = "add",
	[RTMSG_DEL] = "remove",
};

static int family(const struct ip *ip)
{
	return ip->family == 6 ? AF_INET6 : AF_INET;
}

void rtmsg_put_ip(struct nl_msg *m, int type, const struct ip *ip)
{
	(void)nla_put(m, type, (int)ip_size(ip), ip->b);
}

void rtmsg_put_mac(struct nl_msg *m, int type, const struct mac *mac)
{
	(void)nla_put(m, type, sizeof(mac->b), mac->b);
}

void rtmsg_addr(struct rtnl *r, enum rtmsg_op op, const struct rtmsg_addr *a)
{
	struct ifaddrmsg ifa = {
		.ifa_family = (uint8_t)family(&a->addr.ip),
		.ifa_prefixlen = a->addr.len,
		.ifa_flags = (uint8_t)a->flags,
		.ifa_scope = a->scope,
		.ifa_index = a->index,
	};
	const struct ifa_cacheinfo life = {
		.ifa_valid = a->valid_s,
		.ifa_prefered = a->preferred_s,
	};
	struct ip last = ipnet_last(&a->addr);
	char text[IP_TEXT_MAX];
	struct nl_msg *m;

	m = rtnl_add(r, op == RTMSG_DEL ? RTM_DELADDR : RTM_NEWADDR,
		     add_flags[op], &ifa, sizeof(ifa), "%s %s on %s",
		     op_words[op], ipnet_print(&a->addr, text), a->dev);
	rtmsg_put_ip(m, IFA_LOCAL, &a->addr.ip);
	if (a->addr.ip.family == 4)
		rtmsg_put_ip(m, IFA_ADDRESS, &a->addr.ip);
	if (op == RTMSG_DEL)
		return;
	if (a->flags > 0xff)
		(void)nla_put_u32(m, IFA_FLAGS, a->flags);
	if (a->proto)
		(void)nla_put_u8(m, IFA_PROTO, a->proto);
	if (a->valid_s)
		(void)nla_put(m, IFA_CACHEINFO, sizeof(life), &life);
	if (a->broadcast && a->addr.ip.family == 4 && a->addr.len < 31)
		rtmsg_put_ip(m, IFA_BROADCAST, &last);
}

void rtmsg_route(struct rtnl *r, enum rtmsg_op op, const struct rtmsg_route *t)
{
	bool del = op == RTMSG_DEL;
	uint8_t type = t->type || del ? t->type : RTN_UNICAST;
	struct rtmsg rtm = {
		.rtm_family = (uint8_t)family(&t->to.ip),
		.rtm_dst_len = t->to.len,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = t->proto || del ? t->proto : RTPROT_STATIC,
		.rtm_scope = t->scope,
		.rtm_type = type,
	};
	char text[IP_TEXT_MAX];
	struct nlattr *metrics;
	struct nl_msg *m;

	if (del)
		rtm.rtm_scope = RT_SCOPE_NOWHERE; /* any */
	else if (!t->scope && type == RTN_UNICAST && !ip_is_set(&t->via))
		rtm.rtm_scope = RT_SCOPE_LINK;
	if (t->table)
		rtm.rtm_table =
			t->table < 256 ? (uint8_t)t->table : RT_TABLE_COMPAT;
	m = rtnl_add(r, del ? RTM_DELROUTE : RTM_NEWROUTE, add_flags[op], &rtm,
		     sizeof(rtm), "%s the route to %s%s%s", op_words[op],
		     ipnet_print(&t->to, text), t->dev ? " on " : "",
		     t->dev ? t->dev : "");
	if (t->table > 255)
		(void)nla_put_u32(m, RTA_TABLE, t->table);
	if (t->to.len)
		rtmsg_put_ip(m, RTA_DST, &t->to.ip);
	if (ip_is_set(&t->via))
		rtmsg_put_ip(m, RTA_GATEWAY, &t->via);
	if (ip_is_set(&t->from))
		rtmsg_put_ip(m, RTA_PREFSRC, &t->from);
	if (t->metric)
		(void)nla_put_u32(m, RTA_PRIORITY, t->metric);
	if (t->index)
		(void)nla_put_u32(m, RTA_OIF, t->index);
	if (!t->quickack)
		return;
	metrics = nla_nest_start(m, RTA_METRICS);
	(void)nla_put_u32(m, RTAX_QUICKACK, 1);
	nla_nest_end(m, metrics);
}

void rtmsg_neigh(struct rtnl *r, enum rtmsg_op op, const struct rtmsg_neigh *n)
{
	struct ndmsg ndm = {
		.ndm_family =
			(uint8_t)(n->bridge ? AF_BRIDGE : family(&n->dst)),
		.ndm_ifindex = (int)n->index,
		.ndm_state = n->state,
		.ndm_flags = n->flags,
	};
	char text[IP_TEXT_MAX];
	struct nl_msg *m;

	m = rtnl_add(r, op == RTMSG_DEL ? RTM_DELNEIGH : RTM_NEWNEIGH,
		     add_flags[op], &ndm, sizeof(ndm), "%s the entry %s on %s",
		     op_words[op], ip_print(&n->dst, text), n->dev);
	if (n->mac)
		rtmsg_put_mac(m, NDA_LLADDR, n->mac);
	if (ip_is_set(&n->dst))
		rtmsg_put_ip(m, NDA_DST, &n->dst);
	if (n->via)
		(void)nla_put_u32(m, NDA_IFINDEX, n->via);
	if (n->port)
		(void)nla_put_u16(m, NDA_PORT, htons(n->port));
	if (n->vni)
		(void)nla_put_u32(m, NDA_VNI, n->vni);
}

/* --- links ---------------------------------------------------------------- */

static struct nl_msg *link_msg(struct rtnl *r, int type, int flags,
			       unsigned index, const char *name,
			       enum rtmsg_up up)
{
	struct ifinfomsg ifi = {
		.ifi_family = AF_UNSPEC,
		.ifi_index = (int)index,
		.ifi_flags = up == RTMSG_UP ? IFF_UP : 0,
		.ifi_change = up == RTMSG_AS_IS ? 0 : IFF_UP,
	};
	struct nl_msg *m =
		rtnl_add(r, type, flags, &ifi, sizeof(ifi), "link %s", name);

	/* With an index, a name would rename the link. */
	if (!index || (flags & NLM_F_CREATE))
		(void)nla_put_string(m, IFLA_IFNAME, name);
	return m;
}

struct nl_msg *rtmsg_link(struct rtnl *r, unsigned index, const char *name,
			  enum rtmsg_up up)
{
	return link_msg(r, RTM_NEWLINK, 0, index, name, up);
}

struct nl_msg *rtmsg_link_new(struct rtnl *r, unsigned index, const char *name,
			      enum rtmsg_up up)
{
	return link_msg(r, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, index, name,
			up);
}

void rtmsg_link_del(struct rtnl *r, unsigned index, const char *name)
{
	(void)link_msg(r, RTM_DELLINK, 0, index, name, RTMSG_AS_IS);
}

void rtmsg_link_flags(struct rtnl *r, const char *name, unsigned flags,
		      unsigned change)
{
	const struct ifinfomsg ifi = {.ifi_family = AF_UNSPEC,
				      .ifi_flags = flags,
				      .ifi_change = change};
	struct nl_msg *m =
		rtnl_add(r, RTM_NEWLINK, 0, &ifi, sizeof(ifi), "link %s", name);

	(void)nla_put_string(m, IFLA_IFNAME, name);
}

void rtmsg_group_del(struct rtnl *r, uint32_t group)
{
	const struct ifinfomsg ifi = {.ifi_family = AF_UNSPEC};
	struct nl_msg *m = rtnl_add(r, RTM_DELLINK, 0, &ifi, sizeof(ifi),
				    "links of group %u", group);

	(void)nla_put_u32(m, IFLA_GROUP, group);
}

struct rtmsg_kind rtmsg_kind(struct nl_msg *m, const char *kind)
{
	struct rtmsg_kind k;

	k.info = nla_nest_start(m, IFLA_LINKINFO);
	(void)nla_put_string(m, IFLA_INFO_KIND, kind);
	k.data = nla_nest_start(m, IFLA_INFO_DATA);
	return k;
}

void rtmsg_kind_end(struct nl_msg *m, const struct rtmsg_kind *k)
{
	nla_nest_end(m, k->data);
	nla_nest_end(m, k->info);
}

struct nlattr *rtmsg_peer(struct nl_msg *m, const char *name)
{
	struct ifinfomsg ifi = {.ifi_family = AF_UNSPEC};
	struct nlattr *peer = nla_nest_start(m, VETH_INFO_PEER);

	(void)nlmsg_append(m, &ifi, sizeof(ifi), NLMSG_ALIGNTO);
	(void)nla_put_string(m, IFLA_IFNAME, name);
	return peer;
}

void rtmsg_peer_end(struct nl_msg *m, struct nlattr *peer)
{
	nla_nest_end(m, peer);
}

/* --- reading -------------------------------------------------------------- */

bool rtmsg_parse(const struct nlmsghdr *h, int type, size_t hdrlen,
		 struct nlattr **tb, int max)
{
	size_t off = NLMSG_ALIGN(hdrlen);

	if (h->nlmsg_type != type || h->nlmsg_len < NLMSG_LENGTH(hdrlen))
		return false;
	memset(tb, 0, sizeof(*tb) * ((size_t)max + 1));
	if (h->nlmsg_len > NLMSG_LENGTH(off))
		nla_parse(tb, max,
			  (struct nlattr *)((char *)NLMSG_DATA(h) + off),
			  (int)(h->nlmsg_len - NLMSG_LENGTH(off)), NULL);
	return true;
}

void rtmsg_nested(struct nlattr **tb, int max, const struct nlattr *a)
{
	memset(tb, 0, sizeof(*tb) * ((size_t)max + 1));
	if (a)
		nla_parse(tb, max, nla_data(a), nla_len(a), NULL);
}

uint32_t rtmsg_u32(const struct nlattr *a)
{
	uint32_t v = 0;

	if (a && nla_len(a) >= (int)sizeof(v))
		memcpy(&v, nla_data(a), sizeof(v));
	return v;
}

uint16_t rtmsg_be16(const struct nlattr *a)
{
	const uint8_t *b = a && nla_len(a) >= 2 ? nla_data(a) : NULL;

	return b ? (uint16_t)(b[0] << 8 | b[1]) : 0;
}

uint8_t rtmsg_u8(const struct nlattr *a)
{
	return a && nla_len(a) >= 1 ? *(const uint8_t *)nla_data(a) : 0;
}

struct ip rtmsg_ip(const struct nlattr *a)
{
	struct ip ip = {0};

	if (a && nla_len(a) == 4)
		ip.family = 4;
	else if (a && nla_len(a) == 16)
		ip.family = 6;
	else
		return ip;
	memcpy(ip.b, nla_data(a), (size_t)nla_len(a));
	return ip;
}

bool rtmsg_mac(const struct nlattr *a, struct mac *ret)
{
	if (!a || nla_len(a) != sizeof(ret->b))
		return false;
	memcpy(ret->b, nla_data(a), sizeof(ret->b));
	return true;
}

const char *rtmsg_text(struct arena *arena, const struct nlattr *a)
{
	if (!a || nla_len(a) <= 0)
		return NULL;
	return arena_strndup(arena, nla_data(a),
			     strnlen(nla_data(a), (size_t)nla_len(a)));
}

int rtmsg_dump(struct rtnl *r, int type, const void *hdr, size_t hdrlen,
	       rtnl_fn *fn, void (*forget)(void *ctx), void *ctx,
	       struct err *reterr)
{
	int e, tries = 1;

	e = rtnl_dump(r, type, hdr, hdrlen, fn, ctx, reterr);
	while (e == -EINTR && tries++ < RTMSG_DUMP_TRIES) {
		if (forget)
			forget(ctx);
		e = rtnl_dump(r, type, hdr, hdrlen, fn, ctx, reterr);
	}
	return e;
}

int rtmsg_dump_links(struct rtnl *r, rtnl_fn *fn, void (*forget)(void *ctx),
		     void *ctx, struct err *reterr)
{
	const struct {
		struct ifinfomsg ifi;
		struct nlattr attr;
		uint32_t mask;
	} req = {
		.ifi.ifi_family = AF_UNSPEC,
		.attr = {sizeof(struct nlattr) + 4, IFLA_EXT_MASK},
		.mask = RTEXT_FILTER_SKIP_STATS,
	};

	return rtmsg_dump(r, RTM_GETLINK, &req, sizeof(req), fn, forget, ctx,
			  reterr);
}
