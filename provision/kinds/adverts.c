/* SPDX-License-Identifier: MIT */
/*
 * A port of an HA network by which only its own router's adverts go. They are
 * multicasts to one group, so each is carried to all routers of the network,
 * and each of their namespaces takes it through its rules before it is found to
 * be another's: with hundreds of routers nearly all that a node does. So where
 * there are many, a filter stands before the port, where bridges send: of other
 * VRIDs' adverts, and of the announcements of other routers' virtual addresses.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/keys/keys.h"
#include "lib/kernel/rtmsg.h"
#include "provision/kinds/kind.h"
#include "provision/node/diff.h"
#include "provision/node/look.h"
#include "provision/node/tx.h"

#define CLSACT_HANDLE TC_H_MAKE(TC_H_CLSACT, 0)
#define PRIORITY 1
#define PROTO_VRRP 112
#define VIP_MASK 0xffffff00u /* 169.254.0.0/24 has all virtual addresses */

#define LENGTH 18

/* Offsets from the Ethernet header; at the end one verdict each. */
static void program(const struct res_adverts *w, struct sock_filter *ret)
{
	uint32_t vip;

	memcpy(&vip, w->vip.b, sizeof(vip));
	vip = ntohl(vip);
	{
		const struct sock_filter code[LENGTH] = {
			BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_ARP, 6, 0),
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 0, 14),
			BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 23),
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PROTO_VRRP, 0, 12),
			BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 14),
			BPF_STMT(BPF_LD | BPF_B | BPF_IND, 15),
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, w->vrid, 9, 8),
			/* ARP: of whom, asking for whom? */
			BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 38),
			BPF_STMT(BPF_MISC | BPF_TAX, 0),
			BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 28),
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 0, 5),
			BPF_STMT(BPF_ALU | BPF_AND | BPF_K, VIP_MASK),
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, vip & VIP_MASK, 0,
				 3),
			BPF_STMT(BPF_MISC | BPF_TXA, 0),
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, vip, 1, 0),
			BPF_STMT(BPF_RET | BPF_K, TC_ACT_SHOT),
			BPF_STMT(BPF_RET | BPF_K, (uint32_t)TC_ACT_UNSPEC),
		};

		memcpy(ret, code, sizeof(code));
	}
}

static void id(const struct res *r, struct buf *out)
{
	buf_adds(out, r->adverts.dev);
}

static void print(const struct res *r, struct buf *out)
{
	buf_printf(out, "adverts of VRID %u alone to %s", r->adverts.vrid,
		   r->adverts.dev);
	kind_print_place(r->netns, out);
}

static void shell(const struct res *r, const struct where *w, struct buf *out)
{
	struct sock_filter code[LENGTH];
	size_t i;

	program(&r->adverts, code);
	where_program(w, r->netns, "tc", out);
	buf_printf(out, "qdisc add dev %s clsact\n", r->adverts.dev);
	where_program(w, r->netns, "tc", out);
	buf_printf(out,
		   "filter add dev %s egress protocol all prio %d bpf da "
		   "bytecode '%d",
		   r->adverts.dev, PRIORITY, LENGTH);
	for (i = 0; i < LENGTH; i++)
		buf_printf(out, ",%u %u %u %u", code[i].code, code[i].jt,
			   code[i].jf, code[i].k);
	buf_adds(out, "'\n");
}

static const char *dev(const struct res *r)
{
	return r->adverts.dev;
}

/* --- looking ------------------------------------------------------------- */

struct filters {
	const struct res_adverts *want;
	size_t n;   /* in all */
	bool right; /* the wanted one is among them */
};

static int on_filter(const struct nlmsghdr *h, void *ctx)
{
	struct filters *f = ctx;
	const struct tcmsg *tc = NLMSG_DATA(h);
	struct nlattr *tb[TCA_MAX + 1], *opt[TCA_BPF_MAX + 1];
	struct sock_filter code[LENGTH];

	/* Without a handle it is the head of a list. */
	if (!rtmsg_parse(h, RTM_NEWTFILTER, sizeof(*tc), tb, TCA_MAX) ||
	    !tc->tcm_handle || !tb[TCA_KIND])
		return 0;
	f->n++;
	if (strcmp(nla_data(tb[TCA_KIND]), "bpf") != 0 ||
	    tc->tcm_parent != TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS))
		return 0;
	rtmsg_nested(opt, TCA_BPF_MAX, tb[TCA_OPTIONS]);
	program(f->want, code);
	f->right |= opt[TCA_BPF_OPS] &&
		    nla_len(opt[TCA_BPF_OPS]) == (int)sizeof(code) &&
		    memcmp(nla_data(opt[TCA_BPF_OPS]), code, sizeof(code)) == 0;
	return 0;
}

static void forget(void *ctx)
{
	struct filters *f = ctx;

	f->n = 0;
	f->right = false;
}

static int look_at(struct look *l, const struct res *want, unsigned index,
		   struct err *reterr)
{
	static const uint32_t hooks[] = {
		TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS),
		TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS),
	};
	struct filters f = {.want = &want->adverts}, all = f;
	struct res *r;
	size_t i;
	int e;

	for (i = 0; i < ARRAY_LEN(hooks); i++) {
		const struct tcmsg tc = {.tcm_ifindex = (int)index,
					 .tcm_parent = hooks[i]};

		e = rtmsg_dump(l->rtnl, RTM_GETTFILTER, &tc, sizeof(tc),
			       on_filter, forget, &f, reterr);
		/* Where there is no clsact there is none; a kernel without
		 * filters has none either. */
		if (e == -EOPNOTSUPP)
			return 0;
		if (e < 0)
			return err_prefix(reterr, "%s", want->adverts.dev);
		all.n += f.n;
		all.right |= f.right;
		forget(&f);
	}
	if (!all.n)
		return 0;
	r = seen_push(l->a, l->ns, RES_ADVERTS);
	if (!r)
		return -E2BIG;
	r->adverts.dev = want->adverts.dev;
	if (all.right && all.n == 1) {
		r->adverts.vrid = want->adverts.vrid;
		r->adverts.vip = want->adverts.vip;
	}
	return 0;
}

static unsigned link_index(const struct seen_ns *ns, const char *name)
{
	const struct res_link *k = seen_link(ns, name);

	return k ? k->index : 0;
}

/* Only of links that the plan has a word about. */
static int look(struct look *l, struct err *reterr)
{
	const struct plan *p = l->what->plan;
	unsigned index;
	int e = 0;

	if (*l->ns->name)
		return 0;
	for (size_t i = 0; e == 0 && p && i < p->n; i++) {
		if (p->res[i].kind != RES_ADVERTS)
			continue;
		index = link_index(l->ns, p->res[i].adverts.dev);
		if (index)
			e = look_at(l, &p->res[i], index, reterr);
	}
	return e;
}

/* --- comparing and applying ---------------------------------------------- */

static void compare(struct diff *d, const struct res *want,
		    const struct res *have)
{
	const struct res under = kind_under(want);

	if (!have || diff_is_anew(d, &under))
		diff_add(d, want);
	else if (have->adverts.vrid != want->adverts.vrid ||
		 !ip_equal(&have->adverts.vip, &want->adverts.vip))
		diff_modify(d, want, "other filters are there");
}

static void set(struct tx *tx, const struct change *c)
{
	const struct res_adverts *w = &c->want->adverts;
	struct tcmsg tc = {.tcm_handle = CLSACT_HANDLE,
			   .tcm_parent = TC_H_CLSACT};
	struct place *p = tx_place(tx, c->want->netns, c);
	struct sock_filter code[LENGTH];
	struct nlattr *opt;
	struct nl_msg *m;

	if (!p)
		return;
	tc.tcm_ifindex = (int)tx_index(tx, p, c, w->dev);
	if (!tc.tcm_ifindex)
		return;
	if (c->op == CHANGE_MODIFY)
		(void)rtnl_add(p->rtnl, RTM_DELQDISC, 0, &tc, sizeof(tc),
			       "remove other filters of %s", w->dev);
	m = rtnl_add(p->rtnl, RTM_NEWQDISC, NLM_F_CREATE, &tc, sizeof(tc),
		     "make room for a filter on %s", w->dev);
	(void)nla_put_string(m, TCA_KIND, "clsact");
	tc.tcm_handle = 0;
	tc.tcm_parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS);
	tc.tcm_info = TC_H_MAKE(PRIORITY << 16, htons(ETH_P_ALL));
	m = rtnl_add(p->rtnl, RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL, &tc,
		     sizeof(tc), "filter the adverts to %s", w->dev);
	program(w, code);
	(void)nla_put_string(m, TCA_KIND, "bpf");
	opt = nla_nest_start(m, TCA_OPTIONS);
	(void)nla_put_u16(m, TCA_BPF_OPS_LEN, LENGTH);
	(void)nla_put(m, TCA_BPF_OPS, sizeof(code), code);
	(void)nla_put_u32(m, TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
	nla_nest_end(m, opt);
}

static const struct key rows[] = {
	{"dev", KEY_TEXT, KEY_FIELD(struct res, adverts.dev),
	 .flags = KEY_REQUIRED},
	{"vrid", KEY_UINT, KEY_FIELD(struct res, adverts.vrid)},
	{"vip", KEY_IP, KEY_FIELD(struct res, adverts.vip)},
};

static const struct key_table keys =
	KEY_TABLE("filter of adverts", struct res, rows);

const struct kind kind_adverts = {
	.name = "adverts",
	.keys = &keys,
	.list = "adverts",
	.rank = 7,
	.id = id,
	.print = print,
	.shell = shell,
	.dev = dev,
	.look = look,
	.compare = compare,
	.set = set,
};
