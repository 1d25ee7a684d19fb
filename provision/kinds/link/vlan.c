/* SPDX-License-Identifier: MIT */
/* A VLAN of another link's frames (8021q). The kernel changes neither its tag
 * nor the link below it later: one that differs is made anew. */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_vlan.h>
#include <netlink/attr.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/kernel/rtmsg.h"
#include "provision/kinds/link/link.h"
#include "provision/node/diff.h"
#include "provision/node/tx.h"

/* What the kernel has by default, and a mapping of priorities. */
enum { ODD_PROTOCOL = 1, ODD_FLAGS = 2, ODD_QOS = 4 };

static void print(const struct res_link *l, struct buf *out)
{
	buf_printf(out, " id %u dev %s", l->vlan, l->dev);
}

static void look(struct res_link *l, struct link_pending *p,
		 const struct nlattr *data)
{
	struct nlattr *tb[IFLA_VLAN_MAX + 1];

	rtmsg_nested(tb, IFLA_VLAN_MAX, data);
	l->vlan = tb[IFLA_VLAN_ID] ? nla_get_u16(tb[IFLA_VLAN_ID]) : 0;
	if (tb[IFLA_VLAN_PROTOCOL] &&
	    rtmsg_be16(tb[IFLA_VLAN_PROTOCOL]) != ETH_P_8021Q)
		l->own_odd |= ODD_PROTOCOL;
	if (tb[IFLA_VLAN_FLAGS] &&
	    ((const struct ifla_vlan_flags *)nla_data(tb[IFLA_VLAN_FLAGS]))
			    ->flags != VLAN_FLAG_REORDER_HDR)
		l->own_odd |= ODD_FLAGS;
	if (tb[IFLA_VLAN_EGRESS_QOS] || tb[IFLA_VLAN_INGRESS_QOS])
		l->own_odd |= ODD_QOS;
	/* IFLA_LINK is not the far end of anything here. */
	p->dev = l->peer_index;
	l->peer_index = 0;
}

static bool same(const struct res_link *want, const struct res_link *have)
{
	return have->vlan == want->vlan && have->dev &&
	       strcmp(have->dev, want->dev) == 0 && !have->own_odd;
}

/* Of one tag the kernel has one link on another. */
static bool clash(const struct res_link *want, const struct res_link *have)
{
	return have->kind == LINK_VLAN && have->vlan == want->vlan &&
	       have->dev && strcmp(have->dev, want->dev) == 0;
}

static const char *obstacle(struct diff *d, const struct res *want)
{
	const struct res_link *l = link_foreign(d, want, clash);

	if (!l)
		return NULL;
	return arena_printf(diff_arena(d),
			    "the link %s has VLAN %u of %s and is not the "
			    "lab's; if nobody needs it: ip link del %s",
			    l->name, l->vlan, l->dev, l->name);
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
	(void)nla_put_u32(m, IFLA_LINK, lower);
	k = rtmsg_kind(m, link_vlan.name);
	(void)nla_put_u16(m, IFLA_VLAN_ID, (uint16_t)l->vlan);
	rtmsg_kind_end(m, &k);
}

static void shell(const struct res_link *l, const struct where *w,
		  struct buf *out)
{
	(void)w;
	buf_printf(out, " id %u", l->vlan);
}

const struct link_type link_vlan = {
	.name = "vlan",
	.made = true,
	.shell_lower = true,
	.print = print,
	.shell = shell,
	.look = look,
	.same = same,
	.obstacle = obstacle,
	.make = make,
};
