/* SPDX-License-Identifier: MIT */
/*
 * Addresses. An address may have been another's a moment ago, whose MAC
 * address is still in its neighbours' tables. So where a link got one, its
 * MAC address is set once more to what it is: with arp_notify and ndisc_notify
 * the kernel then announces all of the link's addresses (gratuitous ARP,
 * unsolicited neighbour advertisement). A packet socket in each namespace
 * would cost tens of milliseconds of waiting when it is closed.
 *
 * The plan gives each to one link only, so that IPv6 need ask nobody (no
 * duplicate address detection). The kernel's own (loopback, and link-local
 * where it makes them) and those of the VRRP engine, which are plan.virt, are
 * nobody's drift.
 */
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
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
#include "provision/node/diff.h"
#include "provision/node/look.h"
#include "provision/node/tx.h"

#define OPER_UP 6 /* IF_OPER_UP */

/* What of an address that stands is to be set. */
enum addr_fields {
	ADDR_HAS_ROUTE = 1 << 0, /* it goes and comes, and its route with it */
};

static void id(const struct res *r, struct buf *out)
{
	char t[IP_TEXT_MAX];

	buf_printf(out, "%s/%s", r->addr.dev, ipnet_print(&r->addr.addr, t));
}

static void print(const struct res *r, struct buf *out)
{
	char t[IP_TEXT_MAX];

	buf_printf(out, "address %s on %s", ipnet_print(&r->addr.addr, t),
		   r->addr.dev);
	kind_print_place(r->netns, out);
}

static void shell(const struct res *r, const struct where *w, struct buf *out)
{
	char t[IP_TEXT_MAX];

	where_program(w, r->netns, "ip", out);
	buf_printf(out, "addr add %s dev %s%s\n", ipnet_print(&r->addr.addr, t),
		   r->addr.dev, r->addr.addr.ip.family == 6 ? " nodad" : "");
}

static const char *dev(const struct res *r)
{
	return r->addr.dev;
}

static int on_addr(const struct nlmsghdr *h, void *ctx)
{
	struct look *l = ctx;
	const struct ifaddrmsg *ifa = NLMSG_DATA(h);
	struct nlattr *tb[IFA_MAX + 1];
	const char *name;
	uint32_t flags;
	struct res *r;

	if (!rtmsg_parse(h, RTM_NEWADDR, sizeof(*ifa), tb, IFA_MAX))
		return 0;
	name = seen_link_name(l->ns, ifa->ifa_index);
	if (!name)
		return 0;
	r = seen_push(l->a, l->ns, RES_ADDR);
	if (!r)
		return -E2BIG;
	r->addr.dev = name;
	/* IFA_LOCAL is ours; IFA_ADDRESS is the far end's on a tunnel. */
	r->addr.addr.ip =
		rtmsg_ip(tb[IFA_LOCAL] ? tb[IFA_LOCAL] : tb[IFA_ADDRESS]);
	r->addr.addr.len = ifa->ifa_prefixlen;
	r->addr.scope = ifa->ifa_scope;
	r->addr.proto = rtmsg_u8(tb[IFA_PROTO]);
	flags = tb[IFA_FLAGS] ? rtmsg_u32(tb[IFA_FLAGS]) : ifa->ifa_flags;
	r->addr.dynamic =
		ip_is_set(&r->addr.addr.ip) && !(flags & IFA_F_PERMANENT);
	r->addr.tentative = (flags & IFA_F_TENTATIVE) != 0;
	return 0;
}

static void forget(void *ctx)
{
	struct look *l = ctx;

	l->ns->of[RES_ADDR].n = 0;
}

static int look(struct look *l, struct err *reterr)
{
	const struct ifaddrmsg ifa = {.ifa_family = AF_UNSPEC};

	if (rtmsg_dump(l->rtnl, RTM_GETADDR, &ifa, sizeof(ifa), on_addr, forget,
		       l, reterr) < 0)
		return err_prefix(reterr, "addresses");
	return 0;
}

static bool loopback(const struct res_addr *a)
{
	static const struct ipnet own[] = {{{4, {127, 0, 0, 1}}, 8},
					   {{6, {[15] = 1}}, 128}};

	return strcmp(a->dev, "lo") == 0 && (ipnet_equal(&a->addr, &own[0]) ||
					     ipnet_equal(&a->addr, &own[1]));
}

/* By the kernel: its link-local one, and what a router advertised (which it
 * never does on a link without link-local addresses). Before Linux 5.18 it
 * did not tell which are its own. */
static bool learned(struct diff *d, const struct res *r)
{
	const struct res_addr *a = &r->addr;
	const struct res_link *l;
	struct ip by_mac;

	if (!ip_is_link_local(&a->addr.ip))
		return a->addr.ip.family == 6 && a->dynamic;
	l = link_seen(d, r->netns, a->dev);
	if (!l || a->proto == IFAPROT_KERNEL_LL)
		return true;
	by_mac = ip_link_local(&l->mac);
	return a->addr.len == 64 && ip_equal(&a->addr.ip, &by_mac);
}

/* Whatever is in the tables of its link goes with the announcement. */
static void judge(struct diff *d, const struct res *want)
{
	const struct res *have = diff_seen(d, want);
	const struct res here = {.kind = RES_ADDR,
				 .netns = want->netns,
				 .addr.dev = want->addr.dev};

	if (!have || have->addr.proto == RTPROT_KEEPALIVED)
		diff_anew(d, &here);
}

static void lacks_route(struct diff *d, const struct res *want)
{
	struct change *c = diff_modify(d, want,
				       "its route is gone from the table "
				       "local, so nothing takes its packets");

	c->fields = ADDR_HAS_ROUTE;
	c->unusual = true;
}

/* One that a lease brought, or an advertisement, would go with it; one of the
 * VRRP engine's with its role. */
static void compare(struct diff *d, const struct res *want,
		    const struct res *have)
{
	bool stays =
		have && link_staying(d, want->netns, want->addr.dev) != NULL;

	if (stays && have->addr.unrouted)
		lacks_route(d, want);
	else if (stays && have->addr.dynamic)
		diff_modify(d, want, "with a lifetime, wanted for good");
	else if (stays && have->addr.proto == RTPROT_KEEPALIVED)
		diff_modify(d, want, "of the VRRP engine, wanted for good");
	else
		diff_on_link(d, want, have);
}

/* What a running VRRP engine holds and is to hold no more goes when it reads
 * its configuration again: taken from it now, it would put it back. */
static bool of_engine(struct diff *d, const struct res *have)
{
	struct res l = {.kind = RES_LINK,
			.netns = have->netns,
			.link.name = have->addr.dev};
	const struct res *want = diff_wanted(d, &l);

	return have->addr.proto == RTPROT_KEEPALIVED && want &&
	       want->link.engine_addrs && seen_engine(diff_have(d))->running;
}

/* A router that has no engine yet had its addresses of the plan. An engine
 * would take them for somebody's own. */
static bool stood(struct diff *d, const struct res *virt,
		  const struct res *have)
{
	return virt->addr.router && have->addr.proto != RTPROT_KEEPALIVED &&
	       !seen_router(diff_have(d), virt->addr.router) &&
	       link_staying(d, have->netns, have->addr.dev);
}

bool addr_last_goes(struct diff *d, const char *netns, const char *dev)
{
	const struct seen_ns *ns = diff_ns(d, netns);
	const struct res *a;
	bool any = false;

	for (size_t i = 0; ns && i < ns->of[RES_ADDR].n; i++) {
		a = &ns->of[RES_ADDR].items[i];
		if (a->addr.addr.ip.family != 4 ||
		    strcmp(a->addr.dev, dev) != 0)
			continue;
		if (!diff_goes(d, a))
			return false;
		any = true;
	}
	return any;
}

static bool extra(struct diff *d, const struct res *have)
{
	const struct res *l = link_staying(d, have->netns, have->addr.dev);

	if (!l || of_engine(d, have) || loopback(&have->addr))
		return false;
	if (l->link.leased && have->addr.addr.ip.family == 4)
		return !have->addr.dynamic;
	return l->link.addr_gen_none || !learned(d, have);
}

static void mend_route(struct diff *d, const struct res *have)
{
	struct res *want;

	if (!have->addr.unrouted || diff_wanted(d, have) || extra(d, have) ||
	    !netns_is_labs(d, have->netns))
		return;
	want = arena_alloc(diff_arena(d), sizeof(*want));
	*want = *have;
	lacks_route(d, want);
}

/* Those that no plan has: of the VRRP engine, a lease, the kernel. */
static void extra_node(struct diff *d)
{
	const struct observed *o = diff_have(d);
	size_t i, k;

	for (i = 0; i < o->nns; i++)
		for (k = 0; k < o->ns[i].of[RES_ADDR].n; k++)
			mend_route(d, &o->ns[i].of[RES_ADDR].items[k]);
}

/* The kernel takes IPv4's away with its address, whoever made it. IPv6's it
 * knows by itself: there it comes with its address anew, but for one that would
 * lose its lifetime. */
static void put_route(struct place *p, const struct res *r,
		      struct rtmsg_addr *a)
{
	const struct rtmsg_route t = {
		.index = a->index,
		.dev = a->dev,
		.to = {a->addr.ip, a->addr.ip.family == 4 ? 32 : 128},
		.from = a->addr.ip.family == 4 ? a->addr.ip : (struct ip){0},
		.table = RT_TABLE_LOCAL,
		.proto = RTPROT_KERNEL,
		.type = RTN_LOCAL,
		.scope = RT_SCOPE_HOST,
	};

	if (a->addr.ip.family == 4 || r->addr.dynamic) {
		rtmsg_route(p->rtnl, RTMSG_SET, &t);
		return;
	}
	rtmsg_addr(p->rtnl, RTMSG_DEL, a);
	a->proto = r->addr.proto;
	rtmsg_addr(p->rtnl, RTMSG_SET, a);
}

/* As wanted, or away. */
static void tell(struct tx *tx, const struct change *c)
{
	const struct res *r = change_res(c);
	struct rtmsg_addr a = {
		.dev = r->addr.dev,
		.addr = r->addr.addr,
		.flags = r->addr.addr.ip.family == 6 ? IFA_F_NODAD : 0,
	};
	struct place *p = tx_place(tx, r->netns, c);

	if (!p)
		return;
	a.index = tx_index(tx, p, c, a.dev);
	if (!a.index)
		return;
	if (c->op == CHANGE_MODIFY && c->fields == ADDR_HAS_ROUTE)
		put_route(p, r, &a);
	else
		rtmsg_addr(p->rtnl, change_rtmsg(c), &a);
}

/* Whether frames pass: a link that was just made needs a moment. */
struct passing {
	const char *dev;
	bool yes;
};

static int on_link(const struct nlmsghdr *h, void *ctx)
{
	struct passing *p = ctx;
	struct nlattr *tb[IFLA_MAX + 1];

	if (rtmsg_parse(h, RTM_NEWLINK, sizeof(struct ifinfomsg), tb,
			IFLA_MAX) &&
	    tb[IFLA_IFNAME] && strcmp(nla_data(tb[IFLA_IFNAME]), p->dev) == 0)
		p->yes = rtmsg_u8(tb[IFLA_OPERSTATE]) == OPER_UP;
	return 0;
}

static void await_link(struct tx *tx, struct place *place, const char *dev)
{
	struct passing p = {.dev = dev};

	for (; tx->patience_ms > 0; tx->patience_ms--) {
		if (rtmsg_dump_links(place->rtnl, on_link, NULL, &p, NULL) <
			    0 ||
		    p.yes)
			return;
		clock_sleep_ms(1);
	}
}

/* The engine announces its own, and on its links a backup must be silent. In
 * a lab of which nothing stood before, nobody has an old MAC address; and each
 * announcement is flooded to every node. */
static void start(struct tx *tx, const struct change *c)
{
	const struct res link = {.kind = RES_LINK,
				 .netns = c->want->netns,
				 .link.name = c->want->addr.dev};
	const struct res *l = tx_wanted(tx, &link);
	void **announced = tx_ahead(tx, RES_ADDR);
	struct place *p;

	if (tx_plan(tx)->fresh || c->op != CHANGE_ADD || tx_failed(tx, c) ||
	    !l || !l->link.has_mac || l->link.engine_addrs || *announced == l)
		return;
	*announced = (void *)(uintptr_t)l;
	p = tx_place(tx, c->want->netns, c);
	if (!p)
		return;
	await_link(tx, p, c->want->addr.dev);
	rtmsg_put_mac(rtmsg_link(p->rtnl, 0, c->want->addr.dev, RTMSG_AS_IS),
		      IFLA_ADDRESS, &l->link.mac);
}

static const struct key rows[] = {
	{"dev", KEY_TEXT, KEY_FIELD(struct res, addr.dev),
	 .flags = KEY_REQUIRED},
	{"addr", KEY_NET, KEY_FIELD(struct res, addr.addr),
	 .flags = KEY_REQUIRED},
	{"scope", KEY_UINT, KEY_FIELD(struct res, addr.scope)},
	{"proto", KEY_UINT, KEY_FIELD(struct res, addr.proto)},
	{"dynamic", KEY_BOOL, KEY_FIELD(struct res, addr.dynamic)},
	{"tentative", KEY_BOOL, KEY_FIELD(struct res, addr.tentative)},
};

static const struct key_table keys = KEY_TABLE("address", struct res, rows);

const struct kind kind_addr = {
	.name = "addr",
	.keys = &keys,
	.list = "addrs",
	.rank = 3,
	.id = id,
	.print = print,
	.shell = shell,
	.dev = dev,
	.look = look,
	.judge = judge,
	.compare = compare,
	.extra = extra,
	.extra_node = extra_node,
	.stood = stood,
	.set = tell,
	.start = start,
	.unmake = tell,
};
