/* SPDX-License-Identifier: MIT */
/* Addresses, routes and tracked interfaces: their rows, and what no host or
 * router can have. */
#include "vrrp/config/address.h"

#include <ctype.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/doc.h"
#include "lib/kernel/netns.h"
#include "lib/map.h"

bool config_check_dev(struct keys *ks, const struct key *k, const struct doc *v,
		      void *obj)
{
	const char *s = v->str, *c;

	(void)k;
	(void)obj;
	for (c = s; *c && *c != '/' && *c != ':' && isgraph((unsigned char)*c);
	     c++)
		;
	if (*s && !*c && strlen(s) < VRRP_DEV_MAX)
		return true;
	keys_wrong(ks, v, "'%s' cannot name an interface", s);
	return false;
}

/* Of the list each entry was read as a text. */
bool config_check_devs(struct keys *ks, const struct key *k,
		       const struct doc *v, void *obj)
{
	bool right = true;

	for (size_t i = 0; i < v->n; i++)
		right &= config_check_dev(ks, k, v->items[i], obj);
	return right;
}

bool config_check_netns(struct keys *ks, const struct key *k,
			const struct doc *v, void *obj)
{
	(void)k;
	(void)obj;
	if (!*v->str || netns_name_ok(v->str))
		return true;
	keys_wrong(ks, v, "'%s' cannot name a network namespace", v->str);
	return false;
}

static bool is_multicast(const struct ip *ip)
{
	return ip->family == 4 ? ip->b[0] >> 4 == 0xe : ip->b[0] == 0xff;
}

/*
 * Whether no host can have this address. The first address of an IPv6 network
 * is the anycast address of its routers (RFC 4291 2.6.1) and may be had; of
 * an IPv4 network with 31 bits both are hosts (RFC 3021).
 */
static bool bad_host(struct keys *ks, const struct doc *at, const char *s,
		     const struct ipnet *net)
{
	const struct ip none = {.family = net->ip.family};
	struct ip network = ipnet_network(net), last = ipnet_last(net), a, b;
	char first_text[IP_TEXT_MAX], last_text[IP_TEXT_MAX];
	const char *what = NULL;

	if (ip_equal(&net->ip, &none))
		what = "the unspecified address, which nobody can have";
	else if (is_multicast(&net->ip))
		what = "a multicast address";
	else if (net->ip.family == 4 && ip_v4_value(&net->ip) == UINT32_MAX)
		what = "a broadcast address";
	if (what) {
		keys_wrong(ks, at, "'%s' is %s", s, what);
		return true;
	}
	if (net->ip.family == 6 || net->len >= 31)
		return false;
	if (ip_equal(&net->ip, &network))
		what = "the address of the network itself";
	else if (ip_equal(&net->ip, &last))
		what = "the broadcast address of its network";
	else
		return false;
	a = ip_add(network, 1);
	b = ip_v4(ip_v4_value(&last) - 1);
	keys_wrong(ks, at, "'%s' is %s; a host's lies between %s and %s", s,
		   what, ip_print(&a, first_text), ip_print(&b, last_text));
	return true;
}

static bool had_address(const struct vrrp_router_config *r,
			const struct vrrp_vaddr *v)
{
	for (size_t i = 0; i < r->naddrs; i++)
		if (ip_equal(&r->addrs[i].net.ip, &v->net.ip) &&
		    strcmp(r->addrs[i].dev, v->dev) == 0)
			return true;
	return false;
}

/*
 * Two routers of a namespace cannot have one address: what one gives up the
 * other would lose. Only link-local ones may stand on several interfaces.
 */
static void check_owner(struct keys *ks, const struct doc *at,
			const struct vrrp_router_config *r,
			const struct vrrp_vaddr *v)
{
	struct config_reader *rd = ks->ctx;
	const struct ip *ip = &v->net.ip;
	bool local = ip_is_link_local(ip);
	char text[IP_TEXT_MAX];
	const char *key, *first;

	key = arena_printf(&rd->scratch, "%s %s %s", r->netns,
			   ip_print(ip, text), local ? v->dev : "");
	first = map_puts(&rd->scratch, &rd->owners, key, (void *)r->name);
	if (first && first != r->name)
		keys_wrong(ks, at, "%s is an address of '%s' already", text,
			   first);
}

void config_addresses(struct keys *ks, struct vrrp_router_config *r,
		      const struct config_address *list, size_t n,
		      bool advertised)
{
	for (size_t i = 0; i < n; i++) {
		const struct config_address *a = &list[i];

		if (!a->v.dev || !ip_is_set(&a->v.net.ip))
			continue;
		if (advertised && a->v.net.ip.family != 4)
			keys_wrong(ks, a->at,
				   "an advertised address must be IPv4; put "
				   "others under excluded_addresses");
		else if (had_address(r, &a->v))
			keys_wrong(ks, a->at, "%s stands on %s already",
				   a->at->str, a->v.dev);
		else if (!bad_host(ks, a->at, a->at->str, &a->v.net))
			check_owner(ks, a->at, r, &a->v);
		r->addrs[r->naddrs++] = a->v;
	}
}

static bool check_via(struct keys *ks, const struct key *k, const struct doc *v,
		      void *obj)
{
	const struct vrrp_vroute *r = obj;

	(void)k;
	if (!ip_is_set(&r->to.ip) || r->via.family == r->to.ip.family)
		return true;
	keys_wrong(ks, v, "'%s' is no gateway for this route", v->str);
	return false;
}

static void end_route(struct keys *ks, const struct doc *d, void *obj)
{
	struct vrrp_vroute *r = obj;

	(void)ks;
	(void)d;
	r->to.ip = ipnet_network(&r->to);
}

/* clang-format off */
static const struct key address_keys[] = {
	{"dev", KEY_TEXT, KEY_FIELD(struct config_address, v.dev),
	 .check = config_check_dev, .flags = KEY_REQUIRED},
	{"address", KEY_NET, KEY_FIELD(struct config_address, v.net),
	 .at = offsetof(struct config_address, at), .flags = KEY_REQUIRED,
	 .what = "address with prefix length, such as 192.0.2.1/24"},
};

static const struct key route_keys[] = {
	{"dev", KEY_TEXT, KEY_FIELD(struct vrrp_vroute, dev),
	 .check = config_check_dev, .flags = KEY_REQUIRED},
	{"to", KEY_NET, KEY_FIELD(struct vrrp_vroute, to),
	 .flags = KEY_REQUIRED, .what = "prefix, such as 0.0.0.0/0"},
	{"via", KEY_IP, KEY_FIELD(struct vrrp_vroute, via),
	 .check = check_via, .what = "gateway for this route"},
};

static const struct key track_keys[] = {
	{"interface", KEY_TEXT, KEY_FIELD(struct vrrp_track, dev),
	 .check = config_check_dev, .flags = KEY_REQUIRED},
	{"netns", KEY_TEXT, KEY_FIELD(struct vrrp_track, netns),
	 .check = config_check_netns, .def_text = "", .flags = KEY_EMPTY},
};
/* clang-format on */

const struct key_table config_address_table = {
	.name = "address",
	.what = "an address",
	.keys = address_keys,
	.n = ARRAY_LEN(address_keys),
	.size = sizeof(struct config_address),
};
const struct key_table config_route_table = {
	.name = "route",
	.what = "a route",
	.keys = route_keys,
	.n = ARRAY_LEN(route_keys),
	.size = sizeof(struct vrrp_vroute),
	.end = end_route,
};
const struct key_table config_track_table = {
	.name = "track",
	.what = "a tracked interface",
	.keys = track_keys,
	.n = ARRAY_LEN(track_keys),
	.size = sizeof(struct vrrp_track),
};
