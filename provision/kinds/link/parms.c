/* SPDX-License-Identifier: MIT */
#include "provision/kinds/link/parms.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/auto.h"
#include "lib/kernel/rtmsg.h"
#include "lib/parse.h"
#include "provision/kinds/usual.h"
#include "provision/node/look.h"

/* A value is 64 bits of milliseconds, or 32 bits. */
static const struct row {
	uint16_t attr;
	bool ms;
	const char *name;
} rows[] = {
	{NDTPA_BASE_REACHABLE_TIME, true, "base_reachable_time_ms"},
	{NDTPA_RETRANS_TIME, true, "retrans_time_ms"},
	{NDTPA_GC_STALETIME, true, "gc_stale_time"},
	{NDTPA_DELAY_PROBE_TIME, true, "delay_first_probe_time"},
	{NDTPA_APP_PROBES, false, "app_solicit"},
	{NDTPA_UCAST_PROBES, false, "ucast_solicit"},
	{NDTPA_MCAST_PROBES, false, "mcast_solicit"},
	{NDTPA_MCAST_REPROBES, false, "mcast_resolicit"},
	{NDTPA_ANYCAST_DELAY, true, "anycast_delay"},
	{NDTPA_PROXY_DELAY, true, "proxy_delay"},
	{NDTPA_PROXY_QLEN, false, "proxy_qlen"},
	{NDTPA_LOCKTIME, true, "locktime"},
	{NDTPA_QUEUE_LENBYTES, false, "unres_qlen_bytes"},
};

struct neigh_parms {
	uint64_t v[ARRAY_LEN(rows)];
	bool has[ARRAY_LEN(rows)];
};

static const char *const folders[] = {"net/ipv4/neigh/", "net/ipv6/neigh/"};
static const char *const tables[] = {"arp_cache", "ndisc_cache"};

/* The values of a message about one link; 0 where it is none. */
static unsigned values(const struct nlmsghdr *h, size_t *ret_family,
		       struct neigh_parms *ret)
{
	const struct ndtmsg *nd = NLMSG_DATA(h);
	struct nlattr *tb[NDTA_MAX + 1], *p[NDTPA_MAX + 1];
	size_t i;

	if (!rtmsg_parse(h, RTM_NEWNEIGHTBL, sizeof(*nd), tb, NDTA_MAX) ||
	    (nd->ndtm_family != AF_INET && nd->ndtm_family != AF_INET6))
		return 0;
	*ret_family = nd->ndtm_family == AF_INET6;
	rtmsg_nested(p, NDTPA_MAX, tb[NDTA_PARMS]);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		const struct nlattr *a = p[rows[i].attr];

		ret->has[i] = a && nla_len(a) >= (rows[i].ms ? 8 : 4);
		if (!ret->has[i])
			continue;
		ret->v[i] = 0;
		if (rows[i].ms)
			memcpy(&ret->v[i], nla_data(a), 8);
		else
			ret->v[i] = rtmsg_u32(a);
	}
	return rtmsg_u32(p[NDTPA_IFINDEX]);
}

/* What a link begins with, of both families: of a fresh loopback; once in a
 * process. */
static const struct neigh_parms *usual_parms(const struct usual *u)
{
	static struct neigh_parms parms[ARRAY_LEN(folders)];
	static const struct usual *of;
	struct neigh_parms one;
	size_t i, family;

	for (i = 0; of != u && i < u->ntables; i++)
		if (values(u->tables[i], &family, &one))
			parms[family] = one;
	of = u;
	return parms;
}

struct looking {
	struct look *l;
	size_t before; /* settings that were seen before these */
};

static const char *words(struct look *l, const struct row *row, uint64_t v)
{
	return arena_printf(l->a, "%llu%s", (unsigned long long)v,
			    row->ms ? " ms" : "");
}

static int on_parms(const struct nlmsghdr *h, void *ctx)
{
	const struct looking *k = ctx;
	struct look *l = k->l;
	struct neigh_parms have;
	const struct neigh_parms *want;
	const char *dev;
	size_t family = 0, i;
	unsigned index = values(h, &family, &have);

	dev = index ? seen_link_name(l->ns, index) : NULL;
	want = &usual_parms(l->what->usual)[family];
	for (i = 0; dev && i < ARRAY_LEN(rows); i++) {
		struct res *r;

		if (!have.has[i] || !want->has[i] || have.v[i] == want->v[i])
			continue;
		r = seen_push(l->a, l->ns, RES_SYSCTL);
		if (!r)
			return -E2BIG;
		r->sysctl.key = arena_printf(l->a, "%s%s/%s", folders[family],
					     dev, rows[i].name);
		r->sysctl.value = words(l, &rows[i], have.v[i]);
		r->sysctl.usual = words(l, &rows[i], want->v[i]);
	}
	return 0;
}

static void forget(void *ctx)
{
	const struct looking *k = ctx;

	k->l->ns->of[RES_SYSCTL].n = k->before;
}

int neigh_parms_look(struct look *l, struct err *reterr)
{
	const struct ndtmsg all = {.ndtm_family = AF_UNSPEC};
	struct looking k = {l, l->ns->of[RES_SYSCTL].n};

	return rtmsg_dump(l->rtnl, RTM_GETNEIGHTBL, &all, sizeof(all), on_parms,
			  forget, &k, reterr);
}

bool neigh_parms_is(const char *key)
{
	return strncmp(key, folders[0], strlen(folders[0])) == 0 ||
	       strncmp(key, folders[1], strlen(folders[1])) == 0;
}

void neigh_parms_set(struct rtnl *r, const char *key, unsigned index,
		     const char *value)
{
	bool six = strncmp(key, folders[1], strlen(folders[1])) == 0;
	const struct ndtmsg nd = {.ndtm_family = six ? AF_INET6 : AF_INET};
	const char *name = strrchr(key, '/') + 1;
	struct nlattr *parms;
	struct nl_msg *m;
	int64_t v = 0;
	size_t i;

	/* As words() wrote it: a unit may follow. */
	(void)parse_begins(&value, &v);

	m = rtnl_add(r, RTM_SETNEIGHTBL, 0, &nd, sizeof(nd), "set %s", key);
	(void)nla_put_string(m, NDTA_NAME, tables[six]);
	parms = nla_nest_start(m, NDTA_PARMS);
	(void)nla_put_u32(m, NDTPA_IFINDEX, index);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		if (strcmp(rows[i].name, name) != 0)
			continue;
		if (rows[i].ms)
			(void)nla_put_u64(m, rows[i].attr, (uint64_t)v);
		else
			(void)nla_put_u32(m, rows[i].attr, (uint32_t)v);
	}
	nla_nest_end(m, parms);
}
