/* SPDX-License-Identifier: MIT */
#include "provision/kinds/link_port.h"

#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <netlink/attr.h>

#include "lib/auto.h"
#include "lib/kernel/rtmsg.h"

/* clang-format off */
static const struct {
	uint16_t attr;
	uint8_t usual;
	const char *odd;
} settings[] = {
	{IFLA_BRPORT_STATE, BR_STATE_FORWARDING, "port not forwarding"},
	{IFLA_BRPORT_MODE, 0, "hairpin on"},
	{IFLA_BRPORT_GUARD, 0, "guard on"},
	{IFLA_BRPORT_PROTECT, 0, "root_block on"},
	{IFLA_BRPORT_FAST_LEAVE, 0, "fastleave on"},
	{IFLA_BRPORT_LEARNING, 1, "learning off"},
	{IFLA_BRPORT_UNICAST_FLOOD, 1, "flood off"},
	{IFLA_BRPORT_MCAST_FLOOD, 1, "mcast_flood off"},
	{IFLA_BRPORT_BCAST_FLOOD, 1, "bcast_flood off"},
	{IFLA_BRPORT_PROXYARP, 0, "proxy_arp on"},
	{IFLA_BRPORT_PROXYARP_WIFI, 0, "proxy_arp_wifi on"},
	{IFLA_BRPORT_NEIGH_SUPPRESS, 0, "neigh_suppress on"},
	{IFLA_BRPORT_ISOLATED, 0, "isolated on"},
	{IFLA_BRPORT_LOCKED, 0, "locked on"},
};
/* clang-format on */

uint32_t port_odd(const struct nlattr *data, bool up)
{
	struct nlattr *tb[IFLA_BRPORT_MAX + 1];
	uint32_t odd = 0;
	size_t i;

	rtmsg_nested(tb, IFLA_BRPORT_MAX, data);
	for (i = 0; i < ARRAY_LEN(settings); i++) {
		const struct nlattr *a = tb[settings[i].attr];

		/* A port without carrier forwards nothing, rightly. */
		if (a && rtmsg_u8(a) != settings[i].usual &&
		    (up || settings[i].attr != IFLA_BRPORT_STATE))
			odd |= UINT32_C(1) << i;
	}
	return odd;
}

void port_print(uint32_t odd, struct buf *why)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(settings); i++)
		if (odd >> i & 1)
			buf_listf(why, "%s", settings[i].odd);
}

void port_put_usual(struct nl_msg *m, uint32_t odd)
{
	struct nlattr *info = nla_nest_start(m, IFLA_LINKINFO), *data;
	size_t i;

	(void)nla_put_string(m, IFLA_INFO_SLAVE_KIND, "bridge");
	data = nla_nest_start(m, IFLA_INFO_SLAVE_DATA);
	for (i = 0; i < ARRAY_LEN(settings); i++)
		if (odd >> i & 1)
			(void)nla_put_u8(m, settings[i].attr,
					 settings[i].usual);
	nla_nest_end(m, data);
	nla_nest_end(m, info);
}
