/* SPDX-License-Identifier: MIT */
/* A vxlan link. The kernel changes few of its attributes later: one that
 * differs in any is made anew. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <linux/if_link.h>
#include <netlink/attr.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/kernel/rtmsg.h"
#include "provision/kinds/link/link.h"
#include "provision/kinds/link/odd.h"
#include "provision/node/diff.h"
#include "provision/node/tx.h"

/* clang-format off */
static const struct odd_row rows[] = {
	{IFLA_VXLAN_TTL, 1, 0, "ttl not auto"},
	{IFLA_VXLAN_TOS, 1, 0, "tos not 0"},
	{IFLA_VXLAN_LABEL, 4, 0, "flowlabel not 0"},
	{IFLA_VXLAN_AGEING, 4, 300, "ageing not 300 s"},
	/* The kernel does not change these later. */
	{IFLA_VXLAN_TTL_INHERIT, 1, 0, "ttl inherited"},
	{IFLA_VXLAN_LIMIT, 4, 0, "with a limit of addresses"},
	{IFLA_VXLAN_PROXY, 1, 0, "proxy on"},
	{IFLA_VXLAN_RSC, 1, 0, "rsc on"},
	{IFLA_VXLAN_L2MISS, 1, 0, "l2miss on"},
	{IFLA_VXLAN_L3MISS, 1, 0, "l3miss on"},
	{IFLA_VXLAN_PORT_RANGE, 4, 0, "with a range of source ports"},
	{IFLA_VXLAN_DF, 1, 0, "df set"},
	{IFLA_VXLAN_REMCSUM_TX, 1, 0, "remcsumtx on"},
	{IFLA_VXLAN_REMCSUM_RX, 1, 0, "remcsumrx on"},
};
/* clang-format on */

#define SETTABLE UINT32_C(0xf) /* the first four */

static const struct odd_table table = ODD_TABLE(rows);

static void print(const struct res_link *l, struct buf *out)
{
	char t[IP_TEXT_MAX];

	buf_printf(out, " id %" PRIu32, l->vni);
	if (ip_is_set(&l->group))
		buf_printf(out, " group %s", ip_print(&l->group, t));
	buf_printf(out, " local %s dev %s dstport %u %slearning",
		   ip_print(&l->local, t), l->dev, l->port,
		   l->learning ? "" : "no");
}

static void shell(const struct res_link *l, const struct where *w,
		  struct buf *out)
{
	char t[IP_TEXT_MAX];

	(void)w;
	buf_printf(out, " id %" PRIu32 " dev %s dstport %u", l->vni, l->dev,
		   l->port);
	if (ip_is_set(&l->local))
		buf_printf(out, " local %s", ip_print(&l->local, t));
	if (ip_is_set(&l->group))
		buf_printf(out, " group %s", ip_print(&l->group, t));
	if (!l->learning)
		buf_adds(out, " nolearning");
}

static void look(struct res_link *l, struct link_pending *p,
		 const struct nlattr *data)
{
	struct nlattr *tb[IFLA_VXLAN_MAX + 1];

	rtmsg_nested(tb, IFLA_VXLAN_MAX, data);
	l->vni = rtmsg_u32(tb[IFLA_VXLAN_ID]);
	l->group = rtmsg_ip(tb[IFLA_VXLAN_GROUP] ? tb[IFLA_VXLAN_GROUP]
						 : tb[IFLA_VXLAN_GROUP6]);
	l->local = rtmsg_ip(tb[IFLA_VXLAN_LOCAL] ? tb[IFLA_VXLAN_LOCAL]
						 : tb[IFLA_VXLAN_LOCAL6]);
	l->port = rtmsg_be16(tb[IFLA_VXLAN_PORT]);
	l->learning = rtmsg_u8(tb[IFLA_VXLAN_LEARNING]) != 0;
	l->own_odd = odd_look(&table, tb);
	/* Flags without a value, which change what is on the wire. */
	if (tb[IFLA_VXLAN_GBP] || tb[IFLA_VXLAN_GPE])
		l->own_odd |= ~SETTABLE;
	p->dev = rtmsg_u32(tb[IFLA_VXLAN_LINK]);
}

static bool same(const struct res_link *want, const struct res_link *have)
{
	return have->vni == want->vni && ip_equal(&have->group, &want->group) &&
	       ip_equal(&have->local, &want->local) && have->dev &&
	       strcmp(have->dev, want->dev) == 0 && have->port == want->port &&
	       have->learning == want->learning && !(have->own_odd & ~SETTABLE);
}

static bool differs(const struct res_link *want, const struct res_link *have,
		    struct buf *why)
{
	(void)want;
	odd_print(&table, have->own_odd, why);
	return have->own_odd != 0;
}

static void set(struct place *p, const struct res_link *want,
		const struct res_link *have)
{
	struct nl_msg *m = rtmsg_link(p->rtnl, 0, want->name, RTMSG_AS_IS);
	struct rtmsg_kind k = rtmsg_kind(m, link_vxlan.name);

	(void)nla_put_u32(m, IFLA_VXLAN_ID, want->vni);
	odd_put_usual(&table, have->own_odd & SETTABLE, m);
	rtmsg_kind_end(m, &k);
}

/* Of one VNI and port the kernel has one link in a namespace. */
static bool clash(const struct res_link *want, const struct res_link *have)
{
	return have->kind == LINK_VXLAN && have->vni == want->vni &&
	       have->port == want->port;
}

static const char *obstacle(struct diff *d, const struct res *want)
{
	const struct res_link *l = link_foreign(d, want, clash);

	if (!l)
		return NULL;
	return arena_printf(diff_arena(d),
			    "the vxlan link %s has its VNI %" PRIu32
			    " and is not the lab's; if nobody needs it: ip "
			    "link del %s",
			    l->name, l->vni, l->name);
}

static void make(struct tx *tx, struct place *p, const struct change *c)
{
	const struct res_link *l = &c->want->link;
	unsigned lower = tx_index(tx, p, c, l->dev);
	struct rtmsg_kind k;
	struct nl_msg *m;

	if (!lower)
		return;
	m = link_new(p, l);
	k = rtmsg_kind(m, link_vxlan.name);
	(void)nla_put_u32(m, IFLA_VXLAN_ID, l->vni);
	(void)nla_put_u32(m, IFLA_VXLAN_LINK, lower);
	if (ip_is_set(&l->group))
		rtmsg_put_ip(m,
			     l->group.family == 6 ? IFLA_VXLAN_GROUP6
						  : IFLA_VXLAN_GROUP,
			     &l->group);
	if (ip_is_set(&l->local))
		rtmsg_put_ip(m,
			     l->local.family == 6 ? IFLA_VXLAN_LOCAL6
						  : IFLA_VXLAN_LOCAL,
			     &l->local);
	(void)nla_put_u16(m, IFLA_VXLAN_PORT, htons(l->port));
	(void)nla_put_u8(m, IFLA_VXLAN_LEARNING, l->learning);
	rtmsg_kind_end(m, &k);
}

const struct link_type link_vxlan = {
	.name = "vxlan",
	.made = true,
	.print = print,
	.shell = shell,
	.look = look,
	.same = same,
	.differs = differs,
	.set = set,
	.obstacle = obstacle,
	.make = make,
};
