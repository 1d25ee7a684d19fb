/* SPDX-License-Identifier: MIT */
/*
 * Queueing disciplines and the filters that stand in them. A lab's links have
 * none, as the kernel makes them ("noqueue"): one at the root can delay and
 * drop what is sent, one at the ingress (clsact is both) what comes in. What
 * is below one goes with it. Those of a node's own interfaces are the node's.
 */
#include <errno.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/auto.h"
#include "lib/keys/keys.h"
#include "lib/kernel/rtmsg.h"
#include "provision/kinds/kind.h"
#include "provision/kinds/link/link.h"
#include "provision/kinds/netns.h"
#include "provision/node/diff.h"
#include "provision/node/look.h"
#include "provision/node/tx.h"

static void id(const struct res *r, struct buf *out)
{
	buf_printf(out, "%s/%x", r->qdisc.dev, r->qdisc.parent);
}

static void print(const struct res *r, struct buf *out)
{
	buf_printf(out, "qdisc %s on %s", r->qdisc.type, r->qdisc.dev);
	kind_print_place(r->netns, out);
}

static const char *dev(const struct res *r)
{
	return r->qdisc.dev;
}

static int on_qdisc(const struct nlmsghdr *h, void *ctx)
{
	struct look *l = ctx;
	const struct tcmsg *tc = NLMSG_DATA(h);
	struct nlattr *tb[TCA_MAX + 1];
	const char *name, *type;
	struct res *r;

	if (!rtmsg_parse(h, RTM_NEWQDISC, sizeof(*tc), tb, TCA_MAX) ||
	    !tb[TCA_KIND] ||
	    (tc->tcm_parent != TC_H_ROOT && tc->tcm_parent != TC_H_INGRESS))
		return 0;
	type = nla_data(tb[TCA_KIND]);
	name = seen_link_name(l->ns, (unsigned)tc->tcm_ifindex);
	/* Without a handle it is the kernel's own. */
	if (!name || strcmp(type, "noqueue") == 0 ||
	    (tc->tcm_parent == TC_H_ROOT && !tc->tcm_handle))
		return 0;
	r = seen_push(l->a, l->ns, RES_QDISC);
	if (!r)
		return -E2BIG;
	r->qdisc.dev = name;
	r->qdisc.type = rtmsg_text(l->a, tb[TCA_KIND]);
	r->qdisc.parent = tc->tcm_parent;
	return 0;
}

static void forget(void *ctx)
{
	struct look *l = ctx;

	l->ns->of[RES_QDISC].n = 0;
}

static int look(struct look *l, struct err *reterr)
{
	const struct tcmsg all = {.tcm_family = AF_UNSPEC};
	int r = rtmsg_dump(l->rtnl, RTM_GETQDISC, &all, sizeof(all), on_qdisc,
			   forget, l, reterr);

	/* A kernel without them has none. */
	if (r < 0 && r != -EOPNOTSUPP)
		return err_prefix(reterr, "queueing disciplines");
	return 0;
}

static bool extra(struct diff *d, const struct res *have)
{
	struct res filter = {.kind = RES_ADVERTS, .netns = have->netns};

	filter.adverts.dev = have->qdisc.dev;
	/* What stands in it, that kind knows. */
	if (have->qdisc.parent == TC_H_INGRESS && diff_wanted(d, &filter))
		return false;
	return netns_is_labs(d, have->netns) ||
	       link_staying(d, have->netns, have->qdisc.dev);
}

static void unmake(struct tx *tx, const struct change *c)
{
	const struct res_qdisc *q = &c->have.qdisc;
	struct place *p = tx_place(tx, c->have.netns, c);
	struct tcmsg tc = {.tcm_parent = q->parent};
	struct nl_msg *m;

	if (!p)
		return;
	tc.tcm_ifindex = (int)tx_index(tx, p, c, q->dev);
	if (!tc.tcm_ifindex)
		return;
	if (q->parent == TC_H_INGRESS)
		tc.tcm_handle = TC_H_MAKE(TC_H_INGRESS, 0);
	m = rtnl_add(p->rtnl, RTM_DELQDISC, 0, &tc, sizeof(tc),
		     "remove the qdisc %s of %s", q->type, q->dev);
	(void)m;
}

static const struct key rows[] = {
	{"dev", KEY_TEXT, KEY_FIELD(struct res, qdisc.dev),
	 .flags = KEY_REQUIRED},
	{"type", KEY_TEXT, KEY_FIELD(struct res, qdisc.type),
	 .flags = KEY_REQUIRED},
	{"parent", KEY_UINT, KEY_FIELD(struct res, qdisc.parent)},
};

static const struct key_table keys = KEY_TABLE("qdisc", struct res, rows);

const struct kind kind_qdisc = {
	.name = "qdisc",
	.keys = &keys,
	.list = "qdiscs",
	.rank = 4,
	.id = id,
	.print = print,
	.dev = dev,
	.look = look,
	.extra = extra,
	.unmake = unmake,
};
