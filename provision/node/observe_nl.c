/* SPDX-License-Identifier: MIT */
/*
 * A namespace's tables by netlink
 * ===============================
 * One dump for links, with everything about them in it (kind, alias, IPv6
 * settings), one for addresses, one for the routes of each family, and one
 * for forwarding entries where there is a vxlan link. The kernel marks a dump
 * that a change ran into; it is asked again then, up to DUMP_TRIES times.
 */
#include "provision/node/observe_nl.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/ipv6.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/auto.h"

#define DUMP_TRIES 50

/* IFF_LOWER_UP is in linux/if.h, which cannot stand beside net/if.h. */
#define LOWER_UP (1u << 16)

struct dump {
	struct arena *a;
	struct obs_ns *ns;
};

static uint32_t get_u32(const struct nlattr *a)
{
	uint32_t v = 0;

	if (a && nla_len(a) >= (int)sizeof(v))
		memcpy(&v, nla_data(a), sizeof(v));
	return v;
}

static uint16_t get_be16(const struct nlattr *a)
{
	const uint8_t *b = a && nla_len(a) >= 2 ? nla_data(a) : NULL;

	return b ? (uint16_t)(b[0] << 8 | b[1]) : 0;
}

static uint8_t get_u8(const struct nlattr *a)
{
	return a && nla_len(a) >= 1 ? *(const uint8_t *)nla_data(a) : 0;
}

static struct ip get_ip(const struct nlattr *a)
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

static const char *get_str(struct arena *arena, const struct nlattr *a)
{
	if (!a || nla_len(a) <= 0)
		return NULL;
	return arena_strndup(arena, nla_data(a),
			     strnlen(nla_data(a), (size_t)nla_len(a)));
}

static void parse_nested(struct nlattr **tb, int max, const struct nlattr *a)
{
	memset(tb, 0, sizeof(*tb) * ((size_t)max + 1));
	if (a)
		nla_parse(tb, max, nla_data(a), nla_len(a), NULL);
}

static bool message(const struct nlmsghdr *h, int type, size_t hdrlen,
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

/* --- links ---------------------------------------------------------------- */

/* master and vxlan_dev hold these until all names are known. */
struct pending {
	unsigned master, vxlan_dev;
};

struct link_dump {
	struct dump d;
	struct pending *pending;
	size_t npending;
};

static void bridge_data(struct obs_link *l, const struct nlattr *data)
{
	struct nlattr *tb[IFLA_BR_MAX + 1];

	parse_nested(tb, IFLA_BR_MAX, data);
	l->forward_delay = get_u32(tb[IFLA_BR_FORWARD_DELAY]);
	l->stp = get_u32(tb[IFLA_BR_STP_STATE]) != 0;
	l->mcast_snooping = get_u8(tb[IFLA_BR_MCAST_SNOOPING]) != 0;
}

static void vxlan_data(struct obs_link *l, struct pending *p,
		       const struct nlattr *data)
{
	struct nlattr *tb[IFLA_VXLAN_MAX + 1];

	parse_nested(tb, IFLA_VXLAN_MAX, data);
	l->vni = get_u32(tb[IFLA_VXLAN_ID]);
	l->vxlan_group = get_ip(tb[IFLA_VXLAN_GROUP] ? tb[IFLA_VXLAN_GROUP]
						     : tb[IFLA_VXLAN_GROUP6]);
	l->vxlan_local = get_ip(tb[IFLA_VXLAN_LOCAL] ? tb[IFLA_VXLAN_LOCAL]
						     : tb[IFLA_VXLAN_LOCAL6]);
	l->vxlan_port = get_be16(tb[IFLA_VXLAN_PORT]);
	l->vxlan_learning = get_u8(tb[IFLA_VXLAN_LEARNING]) != 0;
	p->vxlan_dev = get_u32(tb[IFLA_VXLAN_LINK]);
}

static void ipv6_data(struct obs_link *l, const struct nlattr *af_spec)
{
	struct nlattr *af[AF_INET6 + 1], *tb[IFLA_INET6_MAX + 1];
	int32_t conf[DEVCONF_DISABLE_IPV6 + 1] = {0};
	size_t len;

	parse_nested(af, AF_INET6, af_spec);
	parse_nested(tb, IFLA_INET6_MAX, af[AF_INET6]);
	l->addr_gen_none =
		tb[IFLA_INET6_ADDR_GEN_MODE] &&
		get_u8(tb[IFLA_INET6_ADDR_GEN_MODE]) == IN6_ADDR_GEN_MODE_NONE;
	if (!tb[IFLA_INET6_CONF]) {
		/* Below the smallest IPv6 MTU there is no IPv6 on a link. */
		l->ipv6_off = true;
		return;
	}
	len = (size_t)nla_len(tb[IFLA_INET6_CONF]);
	memcpy(conf, nla_data(tb[IFLA_INET6_CONF]),
	       len < sizeof(conf) ? len : sizeof(conf));
	l->ipv6_router = conf[DEVCONF_FORWARDING] != 0;
	l->ipv6_off = conf[DEVCONF_DISABLE_IPV6] != 0;
}

static int on_link(const struct nlmsghdr *h, void *ctx)
{
	struct link_dump *ld = ctx;
	struct dump *d = &ld->d;
	const struct ifinfomsg *ifi = NLMSG_DATA(h);
	struct nlattr *tb[IFLA_MAX + 1], *info[IFLA_INFO_MAX + 1];
	struct obs_link *l;
	struct pending *p;

	if (!message(h, RTM_NEWLINK, sizeof(*ifi), tb, IFLA_MAX) ||
	    !tb[IFLA_IFNAME])
		return 0;
	if (d->ns->nlinks >= OBSERVE_LINKS_MAX)
		return -E2BIG;
	l = arena_push(d->a, &d->ns->links, &d->ns->nlinks, sizeof(*l));
	p = arena_push(d->a, &ld->pending, &ld->npending, sizeof(*p));
	l->index = (unsigned)ifi->ifi_index;
	l->name = get_str(d->a, tb[IFLA_IFNAME]);
	if (tb[IFLA_ADDRESS] && nla_len(tb[IFLA_ADDRESS]) == 6)
		memcpy(l->mac.b, nla_data(tb[IFLA_ADDRESS]), 6);
	l->mtu = get_u32(tb[IFLA_MTU]);
	l->up = (ifi->ifi_flags & IFF_UP) != 0;
	l->running = (ifi->ifi_flags & LOWER_UP) != 0;
	l->alias = get_str(d->a, tb[IFLA_IFALIAS]);
	l->peer_index = get_u32(tb[IFLA_LINK]);
	p->master = get_u32(tb[IFLA_MASTER]);
	ipv6_data(l, tb[IFLA_AF_SPEC]);
	parse_nested(info, IFLA_INFO_MAX, tb[IFLA_LINKINFO]);
	l->kind = get_str(d->a, info[IFLA_INFO_KIND]);
	if (!l->kind)
		l->kind = ifi->ifi_flags & IFF_LOOPBACK ? "loopback" : "";
	if (strcmp(l->kind, "bridge") == 0)
		bridge_data(l, info[IFLA_INFO_DATA]);
	if (strcmp(l->kind, "vxlan") == 0)
		vxlan_data(l, p, info[IFLA_INFO_DATA]);
	return 0;
}

static const char *link_name(const struct obs_ns *ns, unsigned index)
{
	size_t i;

	/* Dumps come in the order of the index, mostly dense from 1. */
	if (index && index <= ns->nlinks && ns->links[index - 1].index == index)
		return ns->links[index - 1].name;
	for (i = 0; i < ns->nlinks; i++)
		if (ns->links[i].index == index)
			return ns->links[i].name;
	return NULL;
}

int observe_links(struct arena *a, struct rtnl *r, struct obs_ns *ns,
		  struct err *reterr)
{
	struct {
		struct ifinfomsg ifi;
		struct nlattr attr;
		uint32_t mask;
	} req = {
		.ifi.ifi_family = AF_UNSPEC,
		.attr = {sizeof(struct nlattr) + 4, IFLA_EXT_MASK},
		.mask = RTEXT_FILTER_SKIP_STATS,
	};
	struct link_dump ld = {.d = {.a = a, .ns = ns}};
	size_t i, tries = 0;
	int e;

	do {
		ns->nlinks = ld.npending = 0;
		ns->links = NULL;
		ld.pending = NULL;
		e = rtnl_dump(r, RTM_GETLINK, &req, sizeof(req), on_link, &ld,
			      reterr);
	} while (e == -EINTR && ++tries < DUMP_TRIES);
	if (e < 0)
		return err_prefix(reterr, "links");
	for (i = 0; i < ns->nlinks; i++) {
		if (ld.pending[i].master)
			ns->links[i].master =
				link_name(ns, ld.pending[i].master);
		if (ld.pending[i].vxlan_dev)
			ns->links[i].vxlan_dev =
				link_name(ns, ld.pending[i].vxlan_dev);
	}
	return 0;
}

/* --- addresses, routes, forwarding entries -------------------------------- */

static int on_addr(const struct nlmsghdr *h, void *ctx)
{
	struct dump *d = ctx;
	const struct ifaddrmsg *ifa = NLMSG_DATA(h);
	struct nlattr *tb[IFA_MAX + 1];
	struct obs_addr *o;
	const char *dev;
	uint32_t flags;

	if (!message(h, RTM_NEWADDR, sizeof(*ifa), tb, IFA_MAX))
		return 0;
	dev = link_name(d->ns, ifa->ifa_index);
	if (!dev)
		return 0;
	o = arena_push(d->a, &d->ns->addrs, &d->ns->naddrs, sizeof(*o));
	o->dev = dev;
	/* IFA_LOCAL is ours; IFA_ADDRESS is the far end's on a tunnel. */
	o->addr.ip = get_ip(tb[IFA_LOCAL] ? tb[IFA_LOCAL] : tb[IFA_ADDRESS]);
	o->addr.len = ifa->ifa_prefixlen;
	o->scope = ifa->ifa_scope;
	o->proto = get_u8(tb[IFA_PROTO]);
	flags = tb[IFA_FLAGS] ? get_u32(tb[IFA_FLAGS]) : ifa->ifa_flags;
	o->tentative = (flags & IFA_F_TENTATIVE) != 0;
	return 0;
}

static void push_route(struct dump *d, const struct obs_route *route,
		       unsigned oif)
{
	struct obs_route *o;
	const char *dev = link_name(d->ns, oif);

	if (!dev)
		return;
	o = arena_push(d->a, &d->ns->routes, &d->ns->nroutes, sizeof(*o));
	*o = *route;
	o->dev = dev;
}

/* Every next hop of a multipath route is a route of its own here. */
static void push_hops(struct dump *d, struct obs_route *route,
		      const struct nlattr *a)
{
	const struct rtnexthop *hop = nla_data(a);
	int left = nla_len(a);
	struct nlattr *tb[RTA_MAX + 1];

	while (left >= (int)sizeof(*hop) && hop->rtnh_len >= sizeof(*hop) &&
	       hop->rtnh_len <= left) {
		memset(tb, 0, sizeof(tb));
		nla_parse(tb, RTA_MAX, (struct nlattr *)RTNH_DATA(hop),
			  hop->rtnh_len - (int)sizeof(*hop), NULL);
		route->via = get_ip(tb[RTA_GATEWAY]);
		push_route(d, route, (unsigned)hop->rtnh_ifindex);
		left -= (int)RTNH_ALIGN(hop->rtnh_len);
		hop = RTNH_NEXT(hop);
	}
}

static int on_route(const struct nlmsghdr *h, void *ctx)
{
	struct dump *d = ctx;
	const struct rtmsg *rtm = NLMSG_DATA(h);
	struct nlattr *tb[RTA_MAX + 1];
	struct obs_route o = {0};

	if (!message(h, RTM_NEWROUTE, sizeof(*rtm), tb, RTA_MAX))
		return 0;
	if (rtm->rtm_type != RTN_UNICAST || (rtm->rtm_flags & RTM_F_CLONED))
		return 0;
	if ((tb[RTA_TABLE] ? get_u32(tb[RTA_TABLE]) : rtm->rtm_table) !=
	    RT_TABLE_MAIN)
		return 0;
	o.to.ip = get_ip(tb[RTA_DST]);
	o.to.ip.family = rtm->rtm_family == AF_INET6 ? 6 : 4;
	o.to.len = rtm->rtm_dst_len;
	o.proto = rtm->rtm_protocol;
	o.scope = rtm->rtm_scope;
	o.metric = get_u32(tb[RTA_PRIORITY]);
	if (tb[RTA_MULTIPATH]) {
		push_hops(d, &o, tb[RTA_MULTIPATH]);
		return 0;
	}
	o.via = get_ip(tb[RTA_GATEWAY]);
	push_route(d, &o, get_u32(tb[RTA_OIF]));
	return 0;
}

static int on_fdb(const struct nlmsghdr *h, void *ctx)
{
	struct dump *d = ctx;
	const struct ndmsg *ndm = NLMSG_DATA(h);
	struct nlattr *tb[NDA_MAX + 1];
	struct obs_fdb *o;
	const char *dev;

	if (!message(h, RTM_NEWNEIGH, sizeof(*ndm), tb, NDA_MAX))
		return 0;
	dev = link_name(d->ns, (unsigned)ndm->ndm_ifindex);
	if (!dev || !tb[NDA_DST] || !tb[NDA_LLADDR] ||
	    nla_len(tb[NDA_LLADDR]) != 6)
		return 0;
	o = arena_push(d->a, &d->ns->fdb, &d->ns->nfdb, sizeof(*o));
	o->dev = dev;
	memcpy(o->mac.b, nla_data(tb[NDA_LLADDR]), 6);
	o->dst = get_ip(tb[NDA_DST]);
	o->permanent = (ndm->ndm_state & NUD_PERMANENT) != 0;
	return 0;
}

static int dump(struct dump *d, struct rtnl *r, int type, const void *hdr,
		size_t hdrlen, rtnl_fn *fn, size_t *count, struct err *reterr)
{
	size_t before = *count, tries = 0;
	int e;

	do {
		*count = before;
		e = rtnl_dump(r, type, hdr, hdrlen, fn, d, reterr);
	} while (e == -EINTR && ++tries < DUMP_TRIES);
	return e;
}

static bool has_vxlan(const struct obs_ns *ns)
{
	size_t i;

	for (i = 0; i < ns->nlinks; i++)
		if (strcmp(ns->links[i].kind, "vxlan") == 0)
			return true;
	return false;
}

int observe_tables(struct arena *a, struct rtnl *r, struct obs_ns *ns,
		   struct err *reterr)
{
	struct ifaddrmsg ifa = {.ifa_family = AF_UNSPEC};
	struct rtmsg rtm = {.rtm_table = RT_TABLE_MAIN};
	struct ndmsg ndm = {.ndm_family = AF_BRIDGE};
	static const uint8_t families[] = {AF_INET, AF_INET6};
	struct dump d = {.a = a, .ns = ns};
	size_t i;
	int e;

	e = dump(&d, r, RTM_GETADDR, &ifa, sizeof(ifa), on_addr, &ns->naddrs,
		 reterr);
	if (e < 0)
		return err_prefix(reterr, "addresses");
	for (i = 0; i < ARRAY_LEN(families); i++) {
		rtm.rtm_family = families[i];
		e = dump(&d, r, RTM_GETROUTE, &rtm, sizeof(rtm), on_route,
			 &ns->nroutes, reterr);
		/* ENOENT: no main table yet, as nothing was ever put in it. */
		if (e < 0 && e != -ENOENT)
			return err_prefix(reterr, "routes");
	}
	if (!has_vxlan(ns))
		return 0;
	e = dump(&d, r, RTM_GETNEIGH, &ndm, sizeof(ndm), on_fdb, &ns->nfdb,
		 reterr);
	if (e < 0)
		return err_prefix(reterr, "forwarding entries");
	return 0;
}
