/* SPDX-License-Identifier: MIT */
/* A bridge: a wire and no more, which forwards from the first frame on and
 * floods groups. */
#include <linux/if_link.h>
#include <netlink/attr.h>

#include "lib/auto.h"
#include "lib/kernel/rtmsg.h"
#include "provision/kinds/link/link.h"
#include "provision/kinds/link/odd.h"
#include "provision/node/tx.h"

static const struct odd_row rows[] = {
	{IFLA_BR_AGEING_TIME, 4, 300 * 100, "ageing_time not 300 s"},
	{IFLA_BR_VLAN_FILTERING, 1, 0, "vlan_filtering on"},
	{IFLA_BR_GROUP_FWD_MASK, 2, 0, "group_fwd_mask not 0"},
	{IFLA_BR_MCAST_QUERIER, 1, 0, "mcast_querier on"},
	{IFLA_BR_NF_CALL_IPTABLES, 1, 0, "nf_call_iptables on"},
	{IFLA_BR_NF_CALL_IP6TABLES, 1, 0, "nf_call_ip6tables on"},
	{IFLA_BR_NF_CALL_ARPTABLES, 1, 0, "nf_call_arptables on"},
};

static const struct odd_table table = ODD_TABLE(rows);

static void shell(const struct res_link *l, const struct where *w,
		  struct buf *out)
{
	(void)l;
	(void)w;
	buf_adds(out, " forward_delay 0 stp_state 0 mcast_snooping 0");
}

static void look(struct res_link *l, struct link_pending *p,
		 const struct nlattr *data)
{
	struct nlattr *tb[IFLA_BR_MAX + 1];

	(void)p;
	rtmsg_nested(tb, IFLA_BR_MAX, data);
	l->forward_delay = rtmsg_u32(tb[IFLA_BR_FORWARD_DELAY]);
	l->stp = rtmsg_u32(tb[IFLA_BR_STP_STATE]) != 0;
	l->mcast_snooping = rtmsg_u8(tb[IFLA_BR_MCAST_SNOOPING]) != 0;
	l->own_odd = odd_look(&table, tb);
}

static bool differs(const struct res_link *want, const struct res_link *have,
		    struct buf *why)
{
	bool modes = have->stp || have->forward_delay || have->mcast_snooping;

	(void)want;
	if (modes)
		buf_listf(why,
			  "stp %d forward_delay %u mcast_snooping %d, "
			  "wanted 0 0 0",
			  have->stp, have->forward_delay, have->mcast_snooping);
	odd_print(&table, have->own_odd, why);
	return modes || have->own_odd;
}

/* The kernel takes no forward delay of 0 while STP is on, and handles the
 * delay first whatever the order: so a bridge that stands needs two messages.
 */
static void put_modes(struct nl_msg *m)
{
	(void)nla_put_u32(m, IFLA_BR_STP_STATE, 0);
	(void)nla_put_u8(m, IFLA_BR_MCAST_SNOOPING, 0);
}

static void put_delay(struct nl_msg *m)
{
	(void)nla_put_u32(m, IFLA_BR_FORWARD_DELAY, 0);
}

static void make(struct tx *tx, struct place *p, const struct change *c)
{
	struct nl_msg *m = link_new(p, &c->want->link);
	struct rtmsg_kind k = rtmsg_kind(m, link_bridge.name);

	(void)tx;
	put_modes(m);
	put_delay(m);
	rtmsg_kind_end(m, &k);
}

static void set_odd(struct place *p, const struct res_link *have)
{
	struct nl_msg *m = rtmsg_link(p->rtnl, 0, have->name, RTMSG_AS_IS);
	struct rtmsg_kind k = rtmsg_kind(m, link_bridge.name);

	odd_put_usual(&table, have->own_odd, m);
	rtmsg_kind_end(m, &k);
}

static void set_part(struct place *p, const char *name,
		     void (*put)(struct nl_msg *m))
{
	struct nl_msg *m = rtmsg_link(p->rtnl, 0, name, RTMSG_AS_IS);
	struct rtmsg_kind k = rtmsg_kind(m, link_bridge.name);

	put(m);
	rtmsg_kind_end(m, &k);
}

static void set(struct place *p, const struct res_link *want,
		const struct res_link *have)
{
	set_part(p, want->name, put_modes);
	set_part(p, want->name, put_delay);
	if (have->own_odd)
		set_odd(p, have);
}

const struct link_type link_bridge = {
	.name = "bridge",
	.made = true,
	.shell = shell,
	.look = look,
	.differs = differs,
	.make = make,
	.set = set,
};
