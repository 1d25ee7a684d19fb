/* SPDX-License-Identifier: MIT */
/*
 * Links
 * =====
 * What all kinds of links have in common. Comparing them is compare.c's,
 * making and setting them apply.c's.
 *
 * A link with an alias that is not the lab's has another owner: it is never
 * touched, and the change that it is in the way of is blocked.
 */
#include "provision/kinds/link/link.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/auto.h"
#include "lib/keys/keys.h"
#include "lib/kernel/rtmsg.h"
#include "provision/kinds/link/conf.h"
#include "provision/kinds/link/port.h"
#include "provision/node/look.h"

/* IFF_LOWER_UP is in linux/if.h, which cannot stand beside net/if.h. */
#define LOWER_UP (1u << 16)
/* IF_OPER_UP, of the same. Only with it has the bridge heard of the carrier. */
#define OPER_UP 6

#define LINK_ROW(NAME, name) [LINK_##NAME] = &link_##name,
const struct link_type *const link_types[LINK_KINDS] = {
	LINK_KIND_LIST(LINK_ROW)};
#undef LINK_ROW

static unsigned sub(const struct res *r)
{
	return r->link.kind;
}

/* --- words ---------------------------------------------------------------- */

static void id(const struct res *r, struct buf *out)
{
	buf_adds(out, r->link.name);
}

static void print(const struct res *r, struct buf *out)
{
	buf_printf(out, "link %s", r->link.name);
	kind_print_place(r->netns, out);
}

static void detail(const struct res *r, struct buf *out)
{
	const struct res_link *l = &r->link;
	char m[MAC_TEXT_MAX];

	buf_adds(out, link_type(l)->name);
	if (l->has_mac)
		buf_printf(out, " address %s", mac_print(&l->mac, m));
	if (l->mtu)
		buf_printf(out, " mtu %u", l->mtu);
	if (link_type(l)->print)
		link_type(l)->print(l, out);
	if (l->master)
		buf_printf(out, " master %s", l->master);
	if (l->addr_gen_none)
		buf_adds(out, " addrgenmode none");
	if (l->ipv6_off)
		buf_adds(out, " ipv6 off");
	if (l->ipv6_quiet)
		buf_adds(out, " ipv6 quiet");
	buf_adds(out, l->up ? " up" : " down");
}

static void shell_add(const struct where *w, const struct res *r,
		      struct buf *out)
{
	const struct res_link *l = &r->link;

	/* A pair is made by the end that names the other. */
	if (!link_type(l)->made || (l->kind == LINK_VETH && !l->peer))
		return;
	if (link_type(l)->elsewhere) {
		where_program(w, "", "ip", out);
		buf_printf(out, "link set %s netns ", l->name);
		where_name(w, r->netns, out);
		buf_addc(out, '\n');
		return;
	}
	where_program(w, r->netns, "ip", out);
	if (link_type(l)->shell_add)
		buf_printf(out, "%s %s", link_type(l)->shell_add, l->name);
	else if (link_type(l)->shell_lower)
		buf_printf(out, "link add link %s name %s type %s", l->dev,
			   l->name, link_type(l)->name);
	else
		buf_printf(out, "link add %s type %s", l->name,
			   link_type(l)->name);
	if (link_type(l)->shell)
		link_type(l)->shell(l, w, out);
	buf_addc(out, '\n');
}

static void shell(const struct res *r, const struct where *w, struct buf *out)
{
	const struct res_link *l = &r->link;
	char mac[MAC_TEXT_MAX];

	shell_add(w, r, out);
	if (strcmp(l->name, "lo") != 0 &&
	    (l->has_mac || l->mtu || l->master || l->addr_gen_none)) {
		where_program(w, r->netns, "ip", out);
		buf_printf(out, "link set %s", l->name);
		if (l->has_mac)
			buf_printf(out, " address %s", mac_print(&l->mac, mac));
		if (l->mtu)
			buf_printf(out, " mtu %u", l->mtu);
		if (l->master)
			buf_printf(out, " master %s", l->master);
		if (l->addr_gen_none)
			buf_adds(out, " addrgenmode none");
		buf_addc(out, '\n');
	}
	if (l->ipv6_off) {
		where_exec(w, r->netns, out);
		buf_printf(out, "sysctl -qw net.ipv6.conf.%s.disable_ipv6=1\n",
			   l->name);
	}
	if (l->up) {
		where_program(w, r->netns, "ip", out);
		buf_printf(out, "link set %s up\n", l->name);
	}
}

/* --- looking -------------------------------------------------------------- */

struct dump {
	struct look *l;
	struct link_pending *pending;
	size_t n;
};

static void look_ipv4(struct res_link *l, const struct nlattr *af_spec)
{
	struct nlattr *af[AF_INET6 + 1], *tb[IFLA_INET_MAX + 1];
	uint32_t conf[IPV4_DEVCONF_ARP_IGNORE];
	size_t len = sizeof(conf);

	rtmsg_nested(af, AF_INET6, af_spec);
	rtmsg_nested(tb, IFLA_INET_MAX, af[AF_INET]);
	if (!tb[IFLA_INET_CONF] || (size_t)nla_len(tb[IFLA_INET_CONF]) < len)
		return;
	/* They count from 1. */
	memcpy(conf, nla_data(tb[IFLA_INET_CONF]), len);
	l->no_forward = !conf[IPV4_DEVCONF_FORWARDING - 1];
	l->rp_filter = conf[IPV4_DEVCONF_RP_FILTER - 1];
	l->arp_ignore = conf[IPV4_DEVCONF_ARP_IGNORE - 1];
}

static void look_ipv6(struct res_link *l, const struct nlattr *af_spec)
{
	struct nlattr *af[AF_INET6 + 1], *tb[IFLA_INET6_MAX + 1];
	int32_t conf[DEVCONF_DISABLE_IPV6 + 1] = {0};
	size_t len;

	rtmsg_nested(af, AF_INET6, af_spec);
	rtmsg_nested(tb, IFLA_INET6_MAX, af[AF_INET6]);
	l->addr_gen_none = tb[IFLA_INET6_ADDR_GEN_MODE] &&
			   rtmsg_u8(tb[IFLA_INET6_ADDR_GEN_MODE]) ==
				   IN6_ADDR_GEN_MODE_NONE;
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
	l->accept_ra = (unsigned)conf[DEVCONF_ACCEPT_RA];
	l->ipv6_mtu = (unsigned)conf[DEVCONF_MTU6];
}

enum link_kind link_kind_of(const char *word)
{
	unsigned i;

	for (i = 0; i < LINK_KINDS; i++)
		if (link_types[i]->made &&
		    strcmp(link_types[i]->name, word) == 0)
			return (enum link_kind)i;
	return LINK_EXISTING;
}

static bool has_xdp(const struct nlattr *a)
{
	struct nlattr *tb[IFLA_XDP_MAX + 1];

	rtmsg_nested(tb, IFLA_XDP_MAX, a);
	return rtmsg_u8(tb[IFLA_XDP_ATTACHED]) != XDP_ATTACHED_NONE;
}

static int on_link(const struct nlmsghdr *h, void *ctx)
{
	struct dump *d = ctx;
	const struct ifinfomsg *ifi = NLMSG_DATA(h);
	struct nlattr *tb[IFLA_MAX + 1], *info[IFLA_INFO_MAX + 1];
	struct link_pending *p;
	struct res_link *l;
	struct res *r;

	if (!rtmsg_parse(h, RTM_NEWLINK, sizeof(*ifi), tb, IFLA_MAX) ||
	    !tb[IFLA_IFNAME])
		return 0;
	r = seen_push(d->l->a, d->l->ns, RES_LINK);
	if (!r)
		return -E2BIG;
	p = arena_push(d->l->a, &d->pending, &d->n, sizeof(*p));
	l = &r->link;
	l->index = (unsigned)ifi->ifi_index;
	l->name = rtmsg_text(d->l->a, tb[IFLA_IFNAME]);
	l->has_mac = rtmsg_mac(tb[IFLA_ADDRESS], &l->mac);
	l->mtu = rtmsg_u32(tb[IFLA_MTU]);
	l->up = (ifi->ifi_flags & IFF_UP) != 0;
	l->running = (ifi->ifi_flags & LOWER_UP) != 0;
	l->no_arp = (ifi->ifi_flags & IFF_NOARP) != 0;
	l->no_multicast = !(ifi->ifi_flags & IFF_MULTICAST);
	l->proto_down = rtmsg_u8(tb[IFLA_PROTO_DOWN]) != 0;
	l->dormant = rtmsg_u8(tb[IFLA_LINKMODE]) != 0;
	l->xdp = has_xdp(tb[IFLA_XDP]);
	l->alias = rtmsg_text(d->l->a, tb[IFLA_IFALIAS]);
	l->peer_index = rtmsg_u32(tb[IFLA_LINK]);
	p->master = rtmsg_u32(tb[IFLA_MASTER]);
	look_ipv4(l, tb[IFLA_AF_SPEC]);
	look_ipv6(l, tb[IFLA_AF_SPEC]);
	conf_look(d->l, l->name, tb[IFLA_AF_SPEC]);
	rtmsg_nested(info, IFLA_INFO_MAX, tb[IFLA_LINKINFO]);
	l->type = rtmsg_text(d->l->a, info[IFLA_INFO_KIND]);
	if (!l->type)
		l->type = ifi->ifi_flags & IFF_LOOPBACK ? "loopback" : "";
	l->kind = link_kind_of(l->type);
	if (info[IFLA_INFO_SLAVE_KIND] &&
	    strcmp(nla_data(info[IFLA_INFO_SLAVE_KIND]), "bridge") == 0)
		l->port_odd = port_odd(info[IFLA_INFO_SLAVE_DATA],
				       l->up && rtmsg_u8(tb[IFLA_OPERSTATE]) ==
							OPER_UP);
	if (link_type(l)->look)
		link_type(l)->look(l, p, info[IFLA_INFO_DATA]);
	return 0;
}

static void forget(void *ctx)
{
	struct dump *d = ctx;

	d->l->ns->of[RES_LINK] = (struct res_list){0};
	d->l->ns->of[RES_SYSCTL] = (struct res_list){0};
	d->pending = NULL;
	d->n = 0;
}

static int look(struct look *l, struct err *reterr)
{
	struct dump d = {.l = l};
	size_t i;

	if (rtmsg_dump_links(l->rtnl, on_link, forget, &d, reterr) < 0)
		return err_prefix(reterr, "links");
	for (i = 0; i < d.n; i++) {
		struct res_link *link = &l->ns->of[RES_LINK].items[i].link;

		if (d.pending[i].master)
			link->master =
				seen_link_name(l->ns, d.pending[i].master);
		if (d.pending[i].dev)
			link->dev = seen_link_name(l->ns, d.pending[i].dev);
	}
	return 0;
}

/* --- the row -------------------------------------------------------------- */

static void read_end(struct keys *ks, const struct doc *d, void *obj)
{
	struct res *r = obj;

	(void)ks;
	(void)d;
	r->link.kind = link_kind_of(r->link.type);
}

static const struct key rows[] = {
	{"name", KEY_TEXT, KEY_FIELD(struct res, link.name),
	 .flags = KEY_REQUIRED},
	{"index", KEY_UINT, KEY_FIELD(struct res, link.index),
	 .flags = KEY_REQUIRED, .max = INT32_MAX},
	{"kind", KEY_TEXT, KEY_FIELD(struct res, link.type), .def_text = ""},
	{"mac", KEY_MAC, KEY_FIELD(struct res, link.mac),
	 .known = offsetof(struct res, link.has_mac)},
	{"mtu", KEY_UINT, KEY_FIELD(struct res, link.mtu)},
	{"up", KEY_BOOL, KEY_FIELD(struct res, link.up)},
	{"running", KEY_BOOL, KEY_FIELD(struct res, link.running)},
	{"master", KEY_TEXT, KEY_FIELD(struct res, link.master)},
	{"alias", KEY_TEXT, KEY_FIELD(struct res, link.alias)},
	{"peer", KEY_UINT, KEY_FIELD(struct res, link.peer_index),
	 .max = INT32_MAX},
	{"addr_gen_none", KEY_BOOL, KEY_FIELD(struct res, link.addr_gen_none)},
	{"ipv6_off", KEY_BOOL, KEY_FIELD(struct res, link.ipv6_off)},
	{"no_forward", KEY_BOOL, KEY_FIELD(struct res, link.no_forward)},
	{"rp_filter", KEY_UINT, KEY_FIELD(struct res, link.rp_filter)},
	{"arp_ignore", KEY_UINT, KEY_FIELD(struct res, link.arp_ignore)},
	{"no_arp", KEY_BOOL, KEY_FIELD(struct res, link.no_arp)},
	{"no_multicast", KEY_BOOL, KEY_FIELD(struct res, link.no_multicast)},
	{"proto_down", KEY_BOOL, KEY_FIELD(struct res, link.proto_down)},
	{"dormant", KEY_BOOL, KEY_FIELD(struct res, link.dormant)},
	{"xdp", KEY_BOOL, KEY_FIELD(struct res, link.xdp)},
	{"port_odd", KEY_UINT, KEY_FIELD(struct res, link.port_odd)},
	{"own_odd", KEY_UINT, KEY_FIELD(struct res, link.own_odd)},
	{"ipv6_router", KEY_BOOL, KEY_FIELD(struct res, link.ipv6_router)},
	{"forward_delay", KEY_UINT, KEY_FIELD(struct res, link.forward_delay)},
	{"stp", KEY_BOOL, KEY_FIELD(struct res, link.stp)},
	{"mcast_snooping", KEY_BOOL,
	 KEY_FIELD(struct res, link.mcast_snooping)},
	{"vni", KEY_UINT, KEY_FIELD(struct res, link.vni)},
	{"group", KEY_IP, KEY_FIELD(struct res, link.group)},
	{"local", KEY_IP, KEY_FIELD(struct res, link.local)},
	{"dev", KEY_TEXT, KEY_FIELD(struct res, link.dev)},
	{"port", KEY_UINT, KEY_FIELD(struct res, link.port)},
	{"learning", KEY_BOOL, KEY_FIELD(struct res, link.learning)},
	{"vlan", KEY_UINT, KEY_FIELD(struct res, link.vlan)},
};

static const struct key_table keys = {
	.name = "link",
	.keys = rows,
	.n = ARRAY_LEN(rows),
	.size = sizeof(struct res),
	.end = read_end,
};

const struct kind kind_link = {
	.name = "link",
	.keys = &keys,
	.list = "links",
	.rank = 2,
	.sub = sub,
	.id = id,
	.print = print,
	.detail = detail,
	.shell = shell,
	.look = look,
	.judge = link_judge,
	.compare = link_compare,
	.extra = link_extra,
	.extra_node = link_extra_node,
	.make = link_make,
	.set = link_set,
	.unmake = link_unmake,
	.settle = link_settle,
};
