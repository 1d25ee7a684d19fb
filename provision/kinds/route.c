/* SPDX-License-Identifier: MIT */
/*
 * Routes; those of a plan are in the main table. The kernel's own and learned
 * ones are nobody's drift, nor are those of the VRRP engine, which are
 * plan.virt.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/auto.h"
#include "lib/kernel/rtmsg.h"
#include "lib/keys/keys.h"
#include "provision/kinds/addr.h"
#include "provision/kinds/kind.h"
#include "provision/kinds/link/link.h"
#include "provision/kinds/netns.h"
#include "provision/node/diff.h"
#include "provision/node/look.h"
#include "provision/node/tx.h"

static void id(const struct res *r, struct buf *out)
{
	char t[IP_TEXT_MAX], v[IP_TEXT_MAX];

	buf_printf(out, "%s/%s/%s", r->route.dev ? r->route.dev : "",
		   ipnet_print(&r->route.to, t), ip_print(&r->route.via, v));
	if (r->route.table || r->route.type)
		buf_printf(out, "/%" PRIu32 "/%u", r->route.table,
			   r->route.type);
}

static const char *type_word(const struct res_route *r)
{
	switch (r->type) {
	case RTN_LOCAL:
		return "local ";
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
	if (r->route.table)
		buf_printf(out, " table %" PRIu32, r->route.table);
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
	const char *name = route->type ? NULL : seen_link_name(d->l->ns, oif);
	struct res *r;

	if (!name && !route->type)
		return 0;
	r = seen_push(d->l->a, d->l->ns, RES_ROUTE);
	if (!r)
		return -E2BIG;
	r->route = *route;
	r->route.dev = name;
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

/* Those that somebody made, or the kernel for a packet to be sent by. */
static bool told(const struct rtmsg *rtm)
{
	if (rtm->rtm_flags & RTM_F_CLONED)
		return false;
	switch (rtm->rtm_type) {
	case RTN_UNICAST:
		return rtm->rtm_table != RT_TABLE_LOCAL;
	case RTN_LOCAL: /* who takes packets for himself that are others' */
	case RTN_BLACKHOLE:
	case RTN_PROHIBIT:
	case RTN_UNREACHABLE:
	case RTN_THROW:
		return rtm->rtm_protocol != RTPROT_KERNEL;
	default:
		return false;
	}
}

static int on_route(const struct nlmsghdr *h, void *ctx)
{
	struct dump *d = ctx;
	const struct rtmsg *rtm = NLMSG_DATA(h);
	struct nlattr *tb[RTA_MAX + 1];
	struct res_route o = {0};

	if (!rtmsg_parse(h, RTM_NEWROUTE, sizeof(*rtm), tb, RTA_MAX))
		return 0;
	if (!told(rtm))
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

static int look(struct look *l, struct err *reterr)
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

	if (proto == RTPROT_KERNEL || proto == RTPROT_REDIRECT ||
	    proto == RTPROT_RA)
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

/* As wanted, or away. */
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
	.unmake = tell,
};
