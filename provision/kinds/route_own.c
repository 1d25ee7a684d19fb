/* SPDX-License-Identifier: MIT */
/*
 * With an address the kernel makes a route to its network, one of the table
 * local by which packets to it are taken, and, by family, those of broadcasts,
 * of the routers' anycast and of groups. Whoever adds a route may say that the
 * kernel did ("proto kernel"): so they are told from others by what there is
 * an address for.
 */
#include "provision/kinds/route_own.h"

#include <linux/rtnetlink.h>
#include <string.h>

#include "provision/node/look.h"

#define NO_METRIC UINT32_MAX /* of a table's end, which older kernels tell */

bool route_refuses(uint8_t type)
{
	return type == RTN_BLACKHOLE || type == RTN_PROHIBIT ||
	       type == RTN_UNREACHABLE || type == RTN_THROW;
}

static uint8_t host_len(const struct ip *ip)
{
	return ip->family == 4 ? 32 : 128;
}

static struct ipnet network_of(const struct ipnet *a)
{
	return (struct ipnet){ipnet_network(a), a->len};
}

/* Made with this address. */
static bool comes_with(const struct res_route *r, const struct res_addr *a)
{
	struct ipnet net = network_of(&a->addr);
	struct ip last = ipnet_last(&a->addr);
	bool host = r->to.len == host_len(&r->to.ip);

	if (a->addr.ip.family != r->to.ip.family || !r->dev ||
	    strcmp(r->dev, a->dev) != 0)
		return false;
	switch (r->type) {
	case RTN_LOCAL:
		return (host && ip_equal(&r->to.ip, &a->addr.ip)) ||
		       (strcmp(a->dev, "lo") == 0 && ipnet_equal(&r->to, &net));
	case RTN_BROADCAST:
		return host && (ip_equal(&r->to.ip, &net.ip) ||
				ip_equal(&r->to.ip, &last));
	case RTN_ANYCAST:
		return host && ip_equal(&r->to.ip, &net.ip);
	default:
		return ipnet_equal(&r->to, &net) &&
		       (!ip_is_set(&r->from) ||
			ip_equal(&r->from, &a->addr.ip));
	}
}

/* Those of IPv6 that no address is needed for. */
static bool comes_with_link(const struct seen_ns *ns, const struct res_route *r)
{
	static const struct ipnet groups = {{6, {0xff}}, 8},
				  link_local = {{6, {0xfe, 0x80}}, 64};
	const struct res_link *l = r->dev ? seen_link(ns, r->dev) : NULL;

	if (r->to.ip.family != 6 || !l)
		return false;
	if (ipnet_equal(&r->to, &groups))
		return true;
	/* Of a network that a router advertised; addresses come otherwise. */
	return !r->type && !r->table &&
	       (l->accept_ra || ipnet_equal(&r->to, &link_local));
}

static bool says_kernels(const struct res_route *r)
{
	return r->proto == RTPROT_KERNEL || r->proto == RTPROT_REDIRECT ||
	       r->proto == RTPROT_RA;
}

/* Nothing that was seen explains it. */
static bool is_astray(const struct seen_ns *ns, const struct res_route *r)
{
	const struct res_list *addrs = &ns->of[RES_ADDR];
	const struct res_link *l = r->dev ? seen_link(ns, r->dev) : NULL;
	size_t i;

	if (!says_kernels(r) || r->metric == NO_METRIC)
		return false;
	/* What a router tells is kept beside the tables. */
	if (r->proto == RTPROT_REDIRECT)
		return true;
	if (r->proto == RTPROT_RA)
		return r->to.ip.family == 4 || !l || !l->accept_ra;
	if (route_refuses(r->type) || ip_is_set(&r->via) || r->odd ||
	    (r->table && r->table != RT_TABLE_LOCAL))
		return true;
	/* An address that had a lifetime leaves its route when it goes. */
	if (comes_with_link(ns, r) ||
	    (!r->type && r->expires && r->to.len == host_len(&r->to.ip)))
		return false;
	for (i = 0; i < addrs->n; i++)
		if (comes_with(r, &addrs->items[i].addr))
			return false;
	return true;
}

/* Its own route in the table local is missing, which it should have. */
static bool is_unrouted(const struct seen_ns *ns, const struct res_addr *a)
{
	const struct res_list *routes = &ns->of[RES_ROUTE];
	const struct res_link *l = seen_link(ns, a->dev);
	size_t i;

	if (!l || !l->up || a->tentative)
		return false;
	for (i = 0; i < routes->n; i++) {
		const struct res_route *r = &routes->items[i].route;

		if (r->type == RTN_LOCAL && r->table == RT_TABLE_LOCAL &&
		    comes_with(r, a))
			return false;
	}
	return true;
}

size_t route_own_mark(struct seen_ns *ns)
{
	struct res_list *addrs = &ns->of[RES_ADDR],
			*routes = &ns->of[RES_ROUTE];
	size_t i, n = 0;

	for (i = 0; i < routes->n; i++) {
		struct res_route *r = &routes->items[i].route;

		r->astray = is_astray(ns, r);
		n += r->astray;
	}
	for (i = 0; i < addrs->n; i++) {
		struct res_addr *a = &addrs->items[i].addr;

		a->unrouted = is_unrouted(ns, a);
		n += a->unrouted;
	}
	return n;
}
