/* SPDX-License-Identifier: MIT */
#include "provision/kinds/link/conf.h"

#include <linux/if_link.h>
#include <netlink/attr.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/auto.h"
#include "lib/kernel/rtmsg.h"
#include "lib/parse.h"
#include "provision/kinds/usual.h"
#include "provision/node/look.h"

#define KEY_ROOM 96
#define CONF_MAX 64 /* values of a family that are known */

/* What a link begins with (conf/default), and what the loopback does. */
struct conf_usual {
	int32_t link[CONF_MAX], lo[CONF_MAX];
	bool has[CONF_MAX], lo_has[CONF_MAX];
};

struct row {
	const char *name;   /* the file's; NULL: judged elsewhere, or no file */
	int32_t per_second; /* in a dump, where the file has seconds; or 0 */
};

/*
 * In the order of the kernel's numbers, which are for ever: IPV4_DEVCONF_*,
 * which count from 1, and DEVCONF_*.
 */
/* clang-format off */
static const struct row ipv4[] = {
	{NULL, 0} /* forwarding */, {"mc_forwarding", 0}, {"proxy_arp", 0},
	{"accept_redirects", 0}, {"secure_redirects", 0},
	{"send_redirects", 0}, {"shared_media", 0}, {NULL, 0} /* rp_filter */,
	{"accept_source_route", 0}, {"bootp_relay", 0}, {"log_martians", 0},
	{"tag", 0}, {"arp_filter", 0}, {"medium_id", 0}, {"disable_xfrm", 0},
	{"disable_policy", 0}, {"force_igmp_version", 0}, {"arp_announce", 0},
	{NULL, 0} /* arp_ignore */, {"promote_secondaries", 0},
	{"arp_accept", 0}, {"arp_notify", 0}, {"accept_local", 0},
	{"src_valid_mark", 0}, {"proxy_arp_pvlan", 0}, {"route_localnet", 0},
	{"igmpv2_unsolicited_report_interval", 0},
	{"igmpv3_unsolicited_report_interval", 0},
	{"ignore_routes_with_linkdown", 0},
	{"drop_unicast_in_l2_multicast", 0}, {"drop_gratuitous_arp", 0},
	{"bc_forwarding", 0}, {"arp_evict_nocarrier", 0},
};
static const struct row ipv6[] = {
	{NULL, 0} /* forwarding */, {"hop_limit", 0}, {NULL, 0} /* mtu */,
	{NULL, 0} /* accept_ra */, {"accept_redirects", 0}, {"autoconf", 0},
	{"dad_transmits", 0}, {"router_solicitations", 0},
	{"router_solicitation_interval", 1000},
	{"router_solicitation_delay", 1000}, {"use_tempaddr", 0},
	{"temp_valid_lft", 0}, {"temp_prefered_lft", 0},
	{"regen_max_retry", 0}, {"max_desync_factor", 0},
	{"max_addresses", 0}, {"force_mld_version", 0},
	{"accept_ra_defrtr", 0}, {"accept_ra_pinfo", 0},
	{"accept_ra_rtr_pref", 0}, {"router_probe_interval", 1000},
	{"accept_ra_rt_info_max_plen", 0}, {"proxy_ndp", 0},
	{"optimistic_dad", 0}, {"accept_source_route", 0},
	{"mc_forwarding", 0}, {NULL, 0} /* disable_ipv6 */,
	{"accept_dad", 0}, {"force_tllao", 0}, {"ndisc_notify", 0},
	{"mldv1_unsolicited_report_interval", 0},
	{"mldv2_unsolicited_report_interval", 0},
	{"suppress_frag_ndisc", 0}, {"accept_ra_from_local", 0},
	{"use_optimistic", 0}, {"accept_ra_mtu", 0},
	{NULL, 0} /* stable_secret */, {"use_oif_addrs_only", 0},
	{"accept_ra_min_hop_limit", 0}, {"ignore_routes_with_linkdown", 0},
	{"drop_unicast_in_l2_multicast", 0}, {"drop_unsolicited_na", 0},
	{"keep_addr_on_down", 0}, {"router_solicitation_max_interval", 1000},
	{"seg6_enabled", 0}, {"seg6_require_hmac", 0}, {"enhanced_dad", 0},
	{NULL, 0} /* addr_gen_mode */, {"disable_policy", 0},
	{"accept_ra_rt_info_min_plen", 0}, {"ndisc_tclass", 0},
	{"rpl_seg_enabled", 0}, {"ra_defrtr_metric", 0},
	{"ioam6_enabled", 0}, {NULL, 0} /* ioam6_id: 16 bits */,
	{NULL, 0} /* ioam6_id_wide: 64 */, {"ndisc_evict_nocarrier", 0},
	{"accept_untracked_na", 0}, {"accept_ra_min_lft", 0},
	{"force_forwarding", 0},
};
/* clang-format on */
_Static_assert(ARRAY_LEN(ipv4) <= CONF_MAX && ARRAY_LEN(ipv6) <= CONF_MAX,
	       "values");

static const struct family {
	int af, list, attr; /* of IFLA_AF_SPEC, and of its family's list */
	const char *name;
	const struct row *rows;
	size_t n;
} families[] = {
	{AF_INET, IFLA_INET_MAX, IFLA_INET_CONF, "ipv4", ipv4, ARRAY_LEN(ipv4)},
	{AF_INET6, IFLA_INET6_MAX, IFLA_INET6_CONF, "ipv6", ipv6,
	 ARRAY_LEN(ipv6)},
};

/* The values of a family; returns how many. */
static size_t values(const struct family *f, const struct nlattr *af_spec,
		     int32_t ret[CONF_MAX])
{
	struct nlattr *af[AF_INET6 + 1], *tb[IFLA_INET6_MAX + 1] = {NULL};
	size_t n;

	rtmsg_nested(af, AF_INET6, af_spec);
	rtmsg_nested(tb, f->list, af[f->af]);
	if (!tb[f->attr])
		return 0;
	n = (size_t)nla_len(tb[f->attr]) / sizeof(*ret);
	if (n > CONF_MAX)
		n = CONF_MAX;
	memcpy(ret, nla_data(tb[f->attr]), n * sizeof(*ret));
	return n < f->n ? n : f->n;
}

static void of_default(struct conf_usual conf[2], const struct usual *u)
{
	char key[KEY_ROOM];
	size_t f, i;

	for (f = 0; f < ARRAY_LEN(families); f++)
		for (i = 0; i < families[f].n; i++) {
			const struct row *row = &families[f].rows[i];
			const struct usual_setting *s;
			const char *value;
			int64_t v;

			if (!row->name)
				continue;
			snprintf(key, sizeof(key), "net/%s/conf/default/%s",
				 families[f].name, row->name);
			s = usual_setting(u, key);
			value = s ? s->value : "";
			if (!parse_begins(&value, &v))
				continue;
			conf[f].has[i] = true;
			conf[f].link[i] =
				(int32_t)(v * (row->per_second ? row->per_second
							       : 1));
		}
}

/* Both families', once in a process. */
static const struct conf_usual *usual_conf(const struct usual *u)
{
	static struct conf_usual conf[ARRAY_LEN(families)];
	static const struct usual *of;
	size_t f, i, n;

	if (of == u)
		return conf;
	memset(conf, 0, sizeof(conf));
	of_default(conf, u);
	for (f = 0; f < ARRAY_LEN(families); f++) {
		n = values(&families[f], u->lo, conf[f].lo);
		for (i = 0; i < n; i++)
			conf[f].lo_has[i] = true;
	}
	of = u;
	return conf;
}

static const char *text(struct look *l, const struct row *row, int32_t v)
{
	return arena_printf(l->a, "%d",
			    row->per_second ? v / row->per_second : v);
}

/* Marks those that the plan gives to links by conf/default, somewhere: what is
 * usual may be wrong there. */
static void planned(const struct look *l, const struct family *f,
		    bool ret[CONF_MAX])
{
	char folder[KEY_ROOM];
	size_t i, k, n;

	memset(ret, 0, CONF_MAX);
	n = (size_t)snprintf(folder, sizeof(folder), "net/%s/conf/default/",
			     f->name);
	for (i = 0; i < l->what->nsysctls; i++) {
		const char *key = l->what->sysctls[i];

		for (k = 0; strncmp(key, folder, n) == 0 && k < f->n; k++)
			if (f->rows[k].name &&
			    strcmp(f->rows[k].name, key + n) == 0)
				ret[k] = true;
	}
}

void conf_look(struct look *l, const char *dev, const struct nlattr *af_spec)
{
	const struct usual *u = l->what->usual;
	bool is_lo = strcmp(dev, "lo") == 0;
	bool always[CONF_MAX];
	int32_t have[CONF_MAX];
	size_t f, i, n;

	for (f = 0; u && f < ARRAY_LEN(families); f++) {
		const struct conf_usual *c = &usual_conf(u)[f];
		const int32_t *want = is_lo ? c->lo : c->link;

		n = values(&families[f], af_spec, have);
		planned(l, &families[f], always);
		for (i = 0; i < n; i++) {
			const struct row *row = &families[f].rows[i];
			struct res *r;

			if (!row->name || (have[i] == want[i] && !always[i]) ||
			    !(is_lo ? c->lo_has[i] : c->has[i]))
				continue;
			r = seen_push(l->a, l->ns, RES_SYSCTL);
			if (!r)
				return;
			r->sysctl.key =
				arena_printf(l->a, "net/%s/conf/%s/%s",
					     families[f].name, dev, row->name);
			r->sysctl.value = text(l, row, have[i]);
			r->sysctl.usual = text(l, row, want[i]);
		}
	}
}
