/* SPDX-License-Identifier: MIT */
/*
 * Routes; those of a plan are in the main table. The kernel's own and learned
 * ones are nobody's drift (which are its own, route_own.c knows: a name of who
 * made it anybody can write), nor are those of the VRRP engine, which are
 * plan.virt.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "lib/kernel/rtmsg.h"
#include "lib/keys/keys.h"
#include "provision/kinds/addr.h"
#include "provision/kinds/kind.h"
#include "provision/kinds/link/link.h"
#include "provision/kinds/netns.h"
#include "provision/kinds/route_own.h"
#include "provision/node/diff.h"
#include "provision/node/look.h"
#include "provision/node/tx.h"

/* Looks once more where an address and its routes do not agree: it may be
 * coming or going. */
#define OWN_TRIES 3
#define OWN_PAUSE_MS 10

static void id(const struct res *r, struct buf *out)
{
	char t[IP_TEXT_MAX], v[IP_TEXT_MAX];

	buf_printf(out, "%s/%s/%s", r->route.dev ? r->route.dev : "",
		   ipnet_print(&r->route.to, t), ip_print(&r->route.via, v));
	if (r->route.table || r->route.type)
		buf_printf(out, "/%" PRIu32 "/%u", r->route.table,
			   r->route.type);
	if (r->route.odd)
		buf_printf(out, "/%s", r->route.odd);
}

static const char *type_word(const struct res_route *r)
{
	switch (r->type) {
	case RTN_LOCAL:
		return "local ";
	case RTN_BROADCAST:
		return "broadcast ";
	case RTN_ANYCAST:
		return "anycast ";
	case RTN_MULTICAST:
		return "multicast ";
	case RTN_BLACKHOLE:
		return "blackhole ";
	case RTN_PROHIBIT:
		return "prohibit ";
	case RTN_UNREACHABLE:
		return "unreachable ";
	case RTN_THROW:
		return "throw ";
	default:
		return "";
	}
}

static void print(const struct res *r, struct buf *out)
{
	char t[IP_TEXT_MAX], v[IP_TEXT_MAX];
	bool six = r->route.to.ip.family == 6 && r->route.to.len == 0;

	buf_printf(out, "route %s%s%s", six ? "-6 " : "", type_word(&r->route),
		   kind_prefix(&r->route.to, t));
	if (ip_is_set(&r->route.via))
		buf_printf(out, " via %s", ip_print(&r->route.via, v));
	if (r->route.dev)
		buf_printf(out, " dev %s", r->route.dev);
	if (r->route.table == RT_TABLE_LOCAL)
		buf_adds(out, " table local");
	else if (r->route.table)
		buf_printf(out, " table %" PRIu32, r->route.table);
	if (r->route.odd)
		buf_printf(out, " %s", r->route.odd);
	kind_print_place(r->netns, out);
}

static void shell(const struct res *r, const struct where *w, struct buf *out)
{
	char t[IP_TEXT_MAX], v[IP_TEXT_MAX];

	where_program(w, r->netns, "ip", out);
	buf_printf(out, "route add %s", kind_prefix(&r->route.to, t));
	if (ip_is_set(&r->route.via))
		buf_printf(out, " via %s", ip_print(&r->route.via, v));
	buf_printf(out, " dev %s\n", r->route.dev);
}

static const char *dev(const struct res *r)
{
	return r->route.dev;
}

struct dump {
	struct look *l;
	size_t before; /* routes of the family that was read first */
};

static int push(struct dump *d, const struct res_route *route, unsigned oif)
{
	const char *name = seen_link_name(d->l->ns, oif);
	struct res *r;

	if (!name && !route->type)
		return 0;
	r = seen_push(d->l->a, d->l->ns, RES_ROUTE);
	if (!r)
		return -E2BIG;
	r->route = *route;
	/* A refusal of IPv6's is on the loopback, and might be on any. */
	r->route.dev = route_refuses(route->type) ? NULL : name;
	return 0;
}

/* Every next hop of a multipath route is a route of its own here. */
static int push_hops(struct dump *d, struct res_route *route,
		     const struct nlattr *a)
{
	const struct rtnexthop *hop = nla_data(a);
	int left = nla_len(a), r = 0;
	struct nlattr *tb[RTA_MAX + 1];

	while (r == 0 && left >= (int)sizeof(*hop) &&
	       hop->rtnh_len >= sizeof(*hop) && hop->rtnh_len <= left) {
		memset(tb, 0, sizeof(tb));
		nla_parse(tb, RTA_MAX, (struct nlattr *)RTNH_DATA(hop),
			  hop->rtnh_len - (int)sizeof(*hop), NULL);
		route->via = rtmsg_ip(tb[RTA_GATEWAY]);
		r = push(d, route, (unsigned)hop->rtnh_ifindex);
		left -= (int)RTNH_ALIGN(hop->rtnh_len);
		hop = RTNH_NEXT(hop);
	}
	return r;
}

/* In the node's own namespace, those of the main table that somebody made, or
 * the kernel for a packet to be sent by; in others all, where what no plan has
 * is looked for. */
static bool told(const struct look *l, const struct rtmsg *rtm)
{
	if (rtm->rtm_flags & RTM_F_CLONED)
		return false;
	if (rtm->rtm_type == RTN_UNICAST && rtm->rtm_table != RT_TABLE_LOCAL)
		return true;
	if (route_refuses(rtm->rtm_type) && rtm->rtm_protocol != RTPROT_KERNEL)
		return true;
	return *l->ns->name && l->what->unusual;
}

/* What no lab's route has and changes what becomes of a packet. */
static const char *odd_words(struct arena *a, const struct rtmsg *rtm,
			     struct nlattr **tb)
{
	static const char *const metrics[] = {
		[RTAX_LOCK] = "lock",         [RTAX_MTU] = "mtu",
		[RTAX_WINDOW] = "window",     [RTAX_RTT] = "rtt",
		[RTAX_CWND] = "cwnd",         [RTAX_ADVMSS] = "advmss",
		[RTAX_HOPLIMIT] = "hoplimit",
	};
	struct nlattr *m[RTAX_MAX + 1];
	auto_buf struct buf b = {0};
	unsigned i;

	/* A router may advertise these. */
	if (rtm->rtm_protocol == RTPROT_RA || rtm->rtm_protocol == RTPROT_DHCP)
		return NULL;
	if (rtm->rtm_tos)
		buf_listf(&b, "tos 0x%02x", rtm->rtm_tos);
	if (rtm->rtm_src_len)
		buf_listf(&b, "for some sources only");
	if (tb[RTA_ENCAP_TYPE])
		buf_listf(&b, "encap");
	if (tb[RTA_FLOW])
		buf_listf(&b, "realms");
	rtmsg_nested(m, RTAX_MAX, tb[RTA_METRICS]);
	for (i = 1; i <= RTAX_MAX; i++) {
		if (!m[i] || i == RTAX_QUICKACK)
			continue;
		if (i < ARRAY_LEN(metrics) && metrics[i])
			buf_listf(&b, "%s %" PRIu32, metrics[i],
				  rtmsg_u32(m[i]));
		else
			buf_listf(&b, "metric %u of it", i);
	}
	return b.len ? arena_strndup(a, b.data, b.len) : NULL;
}

static bool expires(const struct nlattr *attr)
{
	struct rta_cacheinfo c;

	if (!attr || nla_len(attr) < (int)sizeof(c))
		return false;
	memcpy(&c, nla_data(attr), sizeof(c));
	return c.rta_expires != 0;
}

static int on_route(const struct nlmsghdr *h, void *ctx)
{
	struct dump *d = ctx;
	const struct rtmsg *rtm = NLMSG_DATA(h);
	struct nlattr *tb[RTA_MAX + 1];
	struct res_route o = {0};
	struct nlmsghdr *raw;

	if (!rtmsg_parse(h, RTM_NEWROUTE, sizeof(*rtm), tb, RTA_MAX))
		return 0;
	if (!told(d->l, rtm))
		return 0;
	o.table = tb[RTA_TABLE] ? rtmsg_u32(tb[RTA_TABLE]) : rtm->rtm_table;
	if (o.table == RT_TABLE_MAIN)
		o.table = 0;
	else if (!*d->l->ns->name)
		return 0; /* the node's own other tables are its own business */
	o.type = rtm->rtm_type == RTN_UNICAST ? 0 : rtm->rtm_type;
	o.to.ip = rtmsg_ip(tb[RTA_DST]);
	o.to.ip.family = rtm->rtm_family == AF_INET6 ? 6 : 4;
	o.to.len = rtm->rtm_dst_len;
	o.proto = rtm->rtm_protocol;
	o.scope = rtm->rtm_scope;
	o.metric = rtmsg_u32(tb[RTA_PRIORITY]);
	o.from = rtmsg_ip(tb[RTA_PREFSRC]);
	o.odd = odd_words(d->l->a, rtm, tb);
	o.expires = expires(tb[RTA_CACHEINFO]);
	raw = arena_alloc(d->l->a, h->nlmsg_len);
	memcpy(raw, h, h->nlmsg_len);
	o.raw = raw;
	if (tb[RTA_MULTIPATH])
		return push_hops(d, &o, tb[RTA_MULTIPATH]);
	o.via = rtmsg_ip(tb[RTA_GATEWAY]);
	return push(d, &o, rtmsg_u32(tb[RTA_OIF]));
}

static void forget(void *ctx)
{
	struct dump *d = ctx;

	d->l->ns->of[RES_ROUTE].n = d->before;
}

static int look_all(struct look *l, struct err *reterr)
{
	static const uint8_t families[] = {AF_INET, AF_INET6};
	/* Elsewhere than in the node's own, all tables. */
	struct rtmsg rtm = {.rtm_table = *l->ns->name ? RT_TABLE_UNSPEC
						      : RT_TABLE_MAIN};
	struct dump d = {.l = l};
	size_t i;
	int r;

	for (i = 0; i < ARRAY_LEN(families); i++) {
		d.before = l->ns->of[RES_ROUTE].n;
		rtm.rtm_family = families[i];
		r = rtmsg_dump(l->rtnl, RTM_GETROUTE, &rtm, sizeof(rtm),
			       on_route, forget, &d, reterr);
		/* ENOENT: no main table yet, as nothing was ever put in it. */
		if (r < 0 && r != -ENOENT)
			return err_prefix(reterr, "routes");
	}
	return 0;
}

static int look(struct look *l, struct err *reterr)
{
	int r = look_all(l, reterr);
	unsigned i;

	if (!*l->ns->name || !l->what->unusual)
		return r;
	for (i = 0; r == 0 && route_own_mark(l->ns) && i < OWN_TRIES; i++) {
		clock_sleep_ms(OWN_PAUSE_MS);
		l->ns->of[RES_ADDR] = (struct res_list){0};
		l->ns->of[RES_ROUTE] = (struct res_list){0};
		r = kind_addr.look(l, reterr);
		if (r == 0)
			r = look_all(l, reterr);
	}
	return r;
}

/* As of addresses. */
static bool stood(struct diff *d, const struct res *virt,
		  const struct res *have)
{
	return virt->route.router && have->route.proto != RTPROT_KEEPALIVED &&
	       !seen_router(diff_have(d), virt->route.router) &&
	       link_staying(d, have->netns, have->route.dev);
}

static bool extra(struct diff *d, const struct res *have)
{
	const struct res *l =
		have->route.dev ? link_staying(d, have->netns, have->route.dev)
				: NULL;
	uint8_t proto = have->route.proto;

	if (have->route.astray)
		return netns_is_labs(d, have->netns);
	if (proto == RTPROT_KERNEL || proto == RTPROT_RA)
		return false;
	if (!have->route.dev)
		return netns_is_labs(d, have->netns);
	return l && !(proto == RTPROT_DHCP && l->link.leased);
}

static void compare(struct diff *d, const struct res *want,
		    const struct res *have)
{
	/* DHCP's goes with its lease, the VRRP engine's with its role. */
	bool goes = have && (have->route.proto == RTPROT_DHCP ||
			     have->route.proto == RTPROT_KEEPALIVED ||
			     (want->route.to.ip.family == 4 &&
			      addr_last_goes(d, want->netns, want->route.dev)));

	diff_on_link(d, want, goes ? NULL : have);
}

static void tell(struct tx *tx, const struct change *c)
{
	const struct res *r = change_res(c);
	struct rtmsg_route t = {
		.dev = r->route.dev,
		.to = r->route.to,
		.via = r->route.via,
		.table = r->route.table,
		.type = r->route.type,
	};
	bool kernels = c->op == CHANGE_ADD && r->route.proto == RTPROT_KERNEL;
	struct place *p = tx_place(tx, r->netns, c);

	if (!p)
		return;
	if (kernels) {
		t.proto = RTPROT_KERNEL;
		/* As the kernel's own IPv6 routes have it. */
		t.metric = t.to.ip.family == 6 ? 256 : 0;
		if (t.to.ip.family == 4)
			t.from = r->route.from;
	}
	if (t.dev)
		t.index = tx_index(tx, p, c, t.dev);
	if (t.index || !t.dev)
		rtmsg_route(p->rtnl, change_rtmsg(c), &t);
}

/* By the number of a next hop the kernel tells what that is, and takes a
 * removal with the number alone. */
static bool of_next_hop(const struct nlattr *a)
{
	switch (nla_type(a)) {
	case RTA_GATEWAY:
	case RTA_VIA:
	case RTA_OIF:
	case RTA_MULTIPATH:
	case RTA_ENCAP:
	case RTA_ENCAP_TYPE:
		return true;
	default:
		return false;
	}
}

/* The kernel's own message, sent back with another type, removes the route
 * that it told of, whatever is in it. */
static void unmake(struct tx *tx, const struct change *c)
{
	const struct nlmsghdr *h = c->have.route.raw;
	const int hdr = sizeof(struct rtmsg);
	struct place *p = tx_place(tx, c->have.netns, c);
	const struct nlattr *a;
	struct rtmsg rtm;
	struct nl_msg *m;
	bool by_number;
	int left;

	if (!h) {
		tell(tx, c);
		return;
	}
	if (!p)
		return;
	memcpy(&rtm, NLMSG_DATA(h), sizeof(rtm));
	rtm.rtm_flags = 0;
	by_number = nlmsg_find_attr((struct nlmsghdr *)(uintptr_t)h, hdr,
				    RTA_NH_ID);
	if (by_number)
		rtm.rtm_type = RTN_UNSPEC;
	m = rtnl_add(p->rtnl, RTM_DELROUTE, 0, &rtm, sizeof(rtm), "%s",
		     c->what);
	left = nlmsg_attrlen(h, hdr);
	for (a = nlmsg_attrdata(h, hdr); nla_ok(a, left);
	     a = nla_next(a, &left))
		if (nla_type(a) != RTA_CACHEINFO &&
		    !(by_number && of_next_hop(a)))
			(void)nla_put(m, a->nla_type, nla_len(a), nla_data(a));
}

static const struct key rows[] = {
	{"to", KEY_NET, KEY_FIELD(struct res, route.to), .flags = KEY_REQUIRED},
	{"via", KEY_IP, KEY_FIELD(struct res, route.via)},
	{"dev", KEY_TEXT, KEY_FIELD(struct res, route.dev)},
	{"proto", KEY_UINT, KEY_FIELD(struct res, route.proto)},
	{"scope", KEY_UINT, KEY_FIELD(struct res, route.scope)},
	{"metric", KEY_UINT, KEY_FIELD(struct res, route.metric)},
	{"table", KEY_UINT, KEY_FIELD(struct res, route.table)},
	{"type", KEY_UINT, KEY_FIELD(struct res, route.type)},
};

static const struct key_table keys = KEY_TABLE("route", struct res, rows);

const struct kind kind_route = {
	.name = "route",
	.keys = &keys,
	.list = "routes",
	.rank = 4,
	.id = id,
	.print = print,
	.shell = shell,
	.dev = dev,
	.look = look,
	.compare = compare,
	.extra = extra,
	.stood = stood,
	.set = tell,
	.unmake = unmake,
};
