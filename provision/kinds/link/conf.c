/* SPDX-License-Identifier: MIT */
#include "provision/kinds/link/conf.h"

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <netlink/attr.h>
#include <string.h>

#include "lib/auto.h"

#define CONF_MAX 128 /* values that the kernel tells of a family */

/* Numbers of IPv4 count from 1. */
#define V4(name) (IPV4_DEVCONF_##name - 1)

/* clang-format off */
static const struct {
	uint16_t family, index;
	int32_t usual;
	const char *setting, *value, *words;
} rows[] = {
	{4, V4(PROXY_ARP), 0, "proxy_arp", "0", "proxy_arp on"},
	{4, V4(PROXY_ARP_PVLAN), 0, "proxy_arp_pvlan", "0",
	 "proxy_arp_pvlan on"},
	{4, V4(ARPFILTER), 0, "arp_filter", "0", "arp_filter on"},
	{4, V4(DROP_GRATUITOUS_ARP), 0, "drop_gratuitous_arp", "0",
	 "drop_gratuitous_arp on"},
	{4, V4(DROP_UNICAST_IN_L2_MULTICAST), 0,
	 "drop_unicast_in_l2_multicast", "0",
	 "drop_unicast_in_l2_multicast on"},
	{6, DEVCONF_PROXY_NDP, 0, "proxy_ndp", "0", "proxy_ndp on"},
	{6, DEVCONF_HOPLIMIT, 64, "hop_limit", "64", "hop_limit not 64"},
	{6, DEVCONF_DROP_UNSOLICITED_NA, 0, "drop_unsolicited_na", "0",
	 "drop_unsolicited_na on"},
	{6, DEVCONF_DROP_UNICAST_IN_L2_MULTICAST, 0,
	 "drop_unicast_in_l2_multicast", "0",
	 "IPv6 drop_unicast_in_l2_multicast on"},
	{6, DEVCONF_AUTOCONF, 1, "autoconf", "1", "autoconf off"},
	{6, DEVCONF_ACCEPT_RA_DEFRTR, 1, "accept_ra_defrtr", "1",
	 "accept_ra_defrtr off"},
	{6, DEVCONF_ACCEPT_RA_PINFO, 1, "accept_ra_pinfo", "1",
	 "accept_ra_pinfo off"},
};
/* clang-format on */
_Static_assert(ARRAY_LEN(rows) <= 32, "bits");

static uint32_t look(uint8_t family, const struct nlattr *a)
{
	int32_t conf[CONF_MAX] = {0};
	uint32_t odd = 0;
	size_t i, n;

	if (!a)
		return 0;
	n = (size_t)nla_len(a) / sizeof(*conf);
	if (n > CONF_MAX)
		n = CONF_MAX;
	memcpy(conf, nla_data(a), n * sizeof(*conf));
	for (i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].family == family && rows[i].index < n &&
		    conf[rows[i].index] != rows[i].usual)
			odd |= UINT32_C(1) << i;
	return odd;
}

uint32_t conf_odd4(const struct nlattr *conf)
{
	return look(4, conf);
}

uint32_t conf_odd6(const struct nlattr *conf)
{
	return look(6, conf);
}

void conf_print(uint32_t odd, struct buf *why)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(rows); i++)
		if (odd >> i & 1)
			buf_listf(why, "%s", rows[i].words);
}

void conf_usual(uint32_t odd,
		void (*fn)(void *ctx, const char *family, const char *setting,
			   const char *value),
		void *ctx)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(rows); i++)
		if (odd >> i & 1)
			fn(ctx, rows[i].family == 4 ? "ipv4" : "ipv6",
			   rows[i].setting, rows[i].value);
}
