/* SPDX-License-Identifier: MIT */
/*
 * Neighbours: those whose places in the kernel's table are reserved (its
 * EXT_LEARNED: never collected, not counted, resolved as any other), and those
 * that somebody entered for good (permanent, or never to be asked for: noarp).
 * Others, which the kernel learned, come and go and are not looked at. No lab
 * has standing ones: one in a namespace that the lab made sends frames to where
 * nobody listens, and goes; so does one that is answered for (a proxy's), which
 * is a table of its own.
 */
#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/auto.h"
#include "lib/kernel/rtmsg.h"
#include "lib/keys/keys.h"
#include "provision/kinds/addr.h"
#include "provision/kinds/kind.h"
#include "provision/kinds/netns.h"
#include "provision/node/diff.h"
#include "provision/node/look.h"
#include "provision/node/tx.h"

static void id(const struct res *r, struct buf *out)
{
	char t[IP_TEXT_MAX], m[MAC_TEXT_MAX];

	buf_printf(out, "%s/%s/%s", r->neigh.dev, ip_print(&r->neigh.addr, t),
		   r->neigh.reserved ? ""
		   : r->neigh.proxy  ? "proxy"
				     : mac_print(&r->neigh.mac, m));
}

static void print(const struct res *r, struct buf *out)
{
	char t[IP_TEXT_MAX], m[MAC_TEXT_MAX];

	buf_printf(out, "neighbour %s ", ip_print(&r->neigh.addr, t));
	if (r->neigh.reserved)
		buf_printf(out, "reserved on %s", r->neigh.dev);
	else if (r->neigh.proxy)
		buf_printf(out, "answered for on %s",
			   *r->neigh.dev ? r->neigh.dev : "all links");
	else
		buf_printf(out, "lladdr %s on %s", mac_print(&r->neigh.mac, m),
			   r->neigh.dev);
	kind_print_place(r->netns, out);
}

static void shell(const struct res *r, const struct where *w, struct buf *out)
{
	char t[IP_TEXT_MAX];

	where_program(w, r->netns, "ip", out);
	buf_printf(out, "neigh replace %s dev %s nud none extern_learn\n",
		   ip_print(&r->neigh.addr, t), r->neigh.dev);
}

static const char *dev(const struct res *r)
{
	return r->neigh.dev;
}

/* The kernel's own, which nobody is asked for: of groups and broadcasts. */
static bool by_itself(const char *dev, const struct ip *dst,
		      const struct mac *mac)
{
	static const struct mac all = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
	const uint8_t *b = dst->b;
	struct mac group;

	if (dst->family == 4)
		group = (struct mac){
			{0x01, 0x00, 0x5e, b[1] & 0x7f, b[2], b[3]}};
	else
		group = (struct mac){{0x33, 0x33, b[12], b[13], b[14], b[15]}};
	if (strcmp(dev, "lo") == 0)
		return true;
	if (dst->family == 4 ? (b[0] & 0xf0) == 0xe0 : b[0] == 0xff)
		return mac_equal(mac, &group);
	return mac_equal(mac, &all);
}

static int on_neigh(const struct nlmsghdr *h, void *ctx)
{
	struct look *l = ctx;
	const struct ndmsg *ndm = NLMSG_DATA(h);
	struct nlattr *tb[NDA_MAX + 1];
	const char *name;
	struct mac mac = {{0}};
	bool reserved, stays = ndm->ndm_state & (NUD_PERMANENT | NUD_NOARP);
	struct res *r;
	struct ip dst;

	if (!rtmsg_parse(h, RTM_NEWNEIGH, sizeof(*ndm), tb, NDA_MAX))
		return 0;
	reserved = (ndm->ndm_flags & NTF_EXT_LEARNED) && !stays;
	name = seen_link_name(l->ns, (unsigned)ndm->ndm_ifindex);
	if (!name || !tb[NDA_DST] ||
	    (!reserved && (!stays || !rtmsg_mac(tb[NDA_LLADDR], &mac))))
		return 0;
	dst = rtmsg_ip(tb[NDA_DST]);
	if ((ndm->ndm_state & NUD_NOARP) && by_itself(name, &dst, &mac))
		return 0;
	r = seen_push(l->a, l->ns, RES_NEIGH);
	if (!r)
		return -E2BIG;
	r->neigh.dev = name;
	r->neigh.addr = dst;
	r->neigh.reserved = reserved;
	r->neigh.mac = mac;
	return 0;
}

static int on_proxy(const struct nlmsghdr *h, void *ctx)
{
	struct look *l = ctx;
	const struct ndmsg *ndm = NLMSG_DATA(h);
	struct nlattr *tb[NDA_MAX + 1];
	const char *name = "";
	struct res *r;

	if (!rtmsg_parse(h, RTM_NEWNEIGH, sizeof(*ndm), tb, NDA_MAX) ||
	    !(ndm->ndm_flags & NTF_PROXY) || !tb[NDA_DST])
		return 0;
	if (ndm->ndm_ifindex)
		name = seen_link_name(l->ns, (unsigned)ndm->ndm_ifindex);
	if (!name)
		return 0;
	r = seen_push(l->a, l->ns, RES_NEIGH);
	if (!r)
		return -E2BIG;
	r->neigh.dev = name;
	r->neigh.addr = rtmsg_ip(tb[NDA_DST]);
	r->neigh.proxy = true;
	return 0;
}

static void forget(void *ctx)
{
	struct look *l = ctx;
	struct res_list *list = &l->ns->of[RES_NEIGH];

	/* These come first. */
	while (list->n && !list->items[list->n - 1].neigh.proxy)
		list->n--;
}

static void forget_proxies(void *ctx)
{
	struct look *l = ctx;

	l->ns->of[RES_NEIGH].n = 0;
}

static int look(struct look *l, struct err *reterr)
{
	const struct ndmsg proxies = {.ndm_family = AF_UNSPEC,
				      .ndm_flags = NTF_PROXY};
	const struct ndmsg all = {.ndm_family = AF_UNSPEC};
	int r;

	if (!*l->ns->name)
		return 0;
	r = rtmsg_dump(l->rtnl, RTM_GETNEIGH, &proxies, sizeof(proxies),
		       on_proxy, forget_proxies, l, reterr);
	if (r == 0)
		r = rtmsg_dump(l->rtnl, RTM_GETNEIGH, &all, sizeof(all),
			       on_neigh, forget, l, reterr);
	return r < 0 ? err_prefix(reterr, "neighbours") : 0;
}

/* Those on a link go when one of its addresses is announced, and with the last
 * of its addresses. */
static void compare(struct diff *d, const struct res *want,
		    const struct res *have)
{
	const struct res comes = {.kind = RES_ADDR,
				  .netns = want->netns,
				  .addr.dev = want->neigh.dev};
	bool goes = diff_is_anew(d, &comes) ||
		    (want->neigh.addr.family == 4 &&
		     addr_last_goes(d, want->netns, want->neigh.dev));

	diff_on_link(d, want, goes ? NULL : have);
}

static bool extra(struct diff *d, const struct res *have)
{
	return netns_is_labs(d, have->netns);
}

/* After the addresses: see there. */
/* Reserved, or away. */
static void tell(struct tx *tx, const struct change *c)
{
	const struct res *r = change_res(c);
	struct place *p = tx_place(tx, r->netns, c);
	struct rtmsg_neigh n = {.dev = r->neigh.dev, .dst = r->neigh.addr};

	if (!p)
		return;
	if (c->op != CHANGE_REMOVE)
		n.flags = NTF_EXT_LEARNED;
	if (r->neigh.proxy)
		n.flags = NTF_PROXY;
	n.index = *n.dev ? tx_index(tx, p, c, n.dev) : 0;
	if (n.index || !*n.dev)
		rtmsg_neigh(p->rtnl, change_rtmsg(c), &n);
}

static const struct key rows[] = {
	{"dev", KEY_TEXT, KEY_FIELD(struct res, neigh.dev),
	 .flags = KEY_REQUIRED},
	{"addr", KEY_IP, KEY_FIELD(struct res, neigh.addr),
	 .flags = KEY_REQUIRED},
	{"reserved", KEY_BOOL, KEY_FIELD(struct res, neigh.reserved)},
	{"proxy", KEY_BOOL, KEY_FIELD(struct res, neigh.proxy)},
	{"mac", KEY_MAC, KEY_FIELD(struct res, neigh.mac)},
};

static const struct key_table keys = KEY_TABLE("neighbour", struct res, rows);

const struct kind kind_neigh = {
	.name = "neigh",
	.keys = &keys,
	.list = "neighbours",
	.rank = 6,
	.id = id,
	.print = print,
	.shell = shell,
	.dev = dev,
	.look = look,
	.compare = compare,
	.extra = extra,
	.start = tell,
	.unmake = tell,
};
