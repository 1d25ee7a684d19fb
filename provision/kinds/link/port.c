/* SPDX-License-Identifier: MIT */
#include "provision/kinds/link/port.h"

#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <netlink/attr.h>

#include "lib/auto.h"
#include "lib/kernel/rtmsg.h"
#include "provision/kinds/link/odd.h"

/* clang-format off */
static const struct odd_row rows[] = {
	{IFLA_BRPORT_STATE, 1, BR_STATE_FORWARDING, "port not forwarding"},
	{IFLA_BRPORT_MODE, 1, 0, "hairpin on"},
	{IFLA_BRPORT_GUARD, 1, 0, "guard on"},
	{IFLA_BRPORT_PROTECT, 1, 0, "root_block on"},
	{IFLA_BRPORT_FAST_LEAVE, 1, 0, "fastleave on"},
	{IFLA_BRPORT_LEARNING, 1, 1, "learning off"},
	{IFLA_BRPORT_UNICAST_FLOOD, 1, 1, "flood off"},
	{IFLA_BRPORT_MCAST_FLOOD, 1, 1, "mcast_flood off"},
	{IFLA_BRPORT_BCAST_FLOOD, 1, 1, "bcast_flood off"},
	{IFLA_BRPORT_PROXYARP, 1, 0, "proxy_arp on"},
	{IFLA_BRPORT_PROXYARP_WIFI, 1, 0, "proxy_arp_wifi on"},
	{IFLA_BRPORT_NEIGH_SUPPRESS, 1, 0, "neigh_suppress on"},
	{IFLA_BRPORT_ISOLATED, 1, 0, "isolated on"},
	{IFLA_BRPORT_LOCKED, 1, 0, "locked on"},
	{IFLA_BRPORT_MCAST_TO_UCAST, 1, 0, "mcast_to_unicast on"},
	{IFLA_BRPORT_VLAN_TUNNEL, 1, 0, "vlan_tunnel on"},
	{IFLA_BRPORT_BACKUP_PORT, 4, 0, "with a backup_port"},
};
/* clang-format on */

#define OF_STATE UINT32_C(1) /* the first row's */

static const struct odd_table table = ODD_TABLE(rows);

uint32_t port_odd(const struct nlattr *data, bool up)
{
	struct nlattr *tb[IFLA_BRPORT_MAX + 1];
	uint32_t odd;

	rtmsg_nested(tb, IFLA_BRPORT_MAX, data);
	odd = odd_look(&table, tb);
	/* A port without carrier forwards nothing, rightly. */
	return up ? odd : odd & ~OF_STATE;
}

void port_print(uint32_t odd, struct buf *why)
{
	odd_print(&table, odd, why);
}

void port_put_usual(struct nl_msg *m, uint32_t odd)
{
	struct nlattr *info = nla_nest_start(m, IFLA_LINKINFO), *data;

	(void)nla_put_string(m, IFLA_INFO_SLAVE_KIND, "bridge");
	data = nla_nest_start(m, IFLA_INFO_SLAVE_DATA);
	odd_put_usual(&table, odd, m);
	nla_nest_end(m, data);
	nla_nest_end(m, info);
}
