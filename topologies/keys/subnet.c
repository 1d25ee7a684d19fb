/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "lib/auto.h"
#include "topologies/keys/keys.h"

static void begin(struct keys *ks, const struct doc *name, void *obj)
{
	struct raw *raw = ks->ctx;
	struct raw_subnet *s = obj, *same;
	size_t index = raw->nsubnets;

	*(struct raw_subnet **)arena_push(raw->a, &raw->subnets, &raw->nsubnets,
					  sizeof(struct raw_subnet *)) = s;
	s->net = raw->reading;
	s->index = index;
	name_ok(ks, name, "subnet", TOPO_NAME_MAX);
	same = map_puts(raw->a, &raw->subnet_names, s->name, s);
	if (same)
		keys_wrong(ks, name,
			   "a subnet named '%s' is in network '%s' already "
			   "(line %u); routers name subnets, so each needs "
			   "its own",
			   s->name, same->net->name, same->at->line);
}

static void read_gateway(struct keys *ks, const struct key *k,
			 const struct doc *v, void *obj)
{
	struct raw_subnet *s = obj;

	(void)k;
	if (v->kind == DOC_SCALAR && strcmp(v->str, "none") == 0)
		s->no_gateway = true;
	else
		read_ip(ks, v, &s->gateway);
}

static void read_pool(struct keys *ks, const struct key *k, const struct doc *v,
		      void *obj)
{
	char from[IP_TEXT_MAX], to[IP_TEXT_MAX], rest;
	struct raw_subnet *s = obj;
	struct ip a, b;

	(void)k;
	if (v->kind != DOC_SCALAR) {
		keys_wrong(ks, v,
			   "expected a pool such as 192.168.1.10-192.168.1.20,"
			   " found %s",
			   keys_found(v));
		return;
	}
	if (sscanf(v->str, "%63[0-9a-fA-F:.] - %63[0-9a-fA-F:.]%c", from, to,
		   &rest) != 2 ||
	    ip_parse(from, &a) < 0 || ip_parse(to, &b) < 0) {
		keys_wrong(ks, v,
			   "'%s' is not a pool such as "
			   "192.168.1.10-192.168.1.20",
			   v->str);
	} else if (a.family != b.family) {
		keys_wrong(ks, v,
			   "a pool is from one family, not from IPv%u to IPv%u",
			   a.family, b.family);
	} else if (ip_cmp(&a, &b) > 0) {
		keys_wrong(ks, v, "the pool's end is before its beginning");
	} else {
		s->first = a;
		s->last = b;
	}
}

static void read_dns(struct keys *ks, const struct key *k, const struct doc *v,
		     void *obj)
{
	struct raw_subnet *s = obj;

	(void)k;
	read_pins(ks, v, &s->dns, &s->ndns);
	if (s->ndns > TOPO_DNS_MAX)
		keys_wrong(ks, s->dns[TOPO_DNS_MAX].at,
			   "more than %d DNS servers, which is Neutron's limit",
			   TOPO_DNS_MAX);
}

static void end(struct keys *ks, const struct doc *d, void *obj)
{
	struct raw_subnet *s = obj;
	char text[IP_TEXT_MAX];

	(void)d;
	if (s->enable_gateway)
		return;
	if (ip_is_set(&s->gateway)) {
		keys_wrong(ks, s->enable_at,
			   "the gateway is disabled here, and given as %s in "
			   "line %u",
			   ip_print(&s->gateway, text), s->gateway_at->line);
		return;
	}
	s->no_gateway = true;
	s->gateway_at = s->enable_at;
}

static bool check_to(struct keys *ks, const struct key *k, const struct doc *v,
		     void *obj)
{
	const struct raw_route *r = obj;
	struct ipnet net = {ipnet_network(&r->to), r->to.len};
	char text[IP_TEXT_MAX];

	(void)k;
	if (ipnet_equal(&r->to, &net))
		return true;
	keys_wrong(ks, v, "'%s' has host bits set; the range is %s", v->str,
		   ipnet_print(&net, text));
	return false;
}

/* clang-format off */
static const struct key route_keys[] = {
	{"to", KEY_NET, KEY_FIELD(struct raw_route, to),
	 .at = offsetof(struct raw_route, to_at), .check = check_to,
	 .flags = KEY_REQUIRED, .schema = SCHEMA_CIDR,
	 .example = "10.9.0.0/16", .about = "Where to: a range, or one "
	 "address as /32."},
	{"via", KEY_IP, KEY_FIELD(struct raw_route, via),
	 .at = offsetof(struct raw_route, via_at), .flags = KEY_REQUIRED,
	 .example = "192.168.1.254",
	 .about = "The next hop, on a network of it."},
};
/* clang-format on */

const struct key_table route_keys_table = {
	.name = "route",
	.keys = route_keys,
	.n = ARRAY_LEN(route_keys),
	.size = sizeof(struct raw_route),
	.about = "A route that a subnet's instances are told, or one more "
		 "of a router's.",
};

/* clang-format off */
static const struct key keys[] = {
	{"cidr", KEY_NET, KEY_FIELD(struct raw_subnet, cidr),
	 .at = offsetof(struct raw_subnet, cidr_at), .check = check_range,
	 .flags = KEY_REQUIRED, .schema = SCHEMA_CIDR,
	 .example = "192.168.1.0/24", .about = "IPv4 or IPv6 range."},
	{"gateway", KEY_CUSTOM, KEY_FIELD(struct raw_subnet, gateway),
	 .at = offsetof(struct raw_subnet, gateway_at), .read = read_gateway,
	 .schema = "\"anyOf\": [{\"const\": \"none\"}, "
		   "{\"$ref\": \"#/$defs/address\"}]",
	 .what = "address or none",
	 .shown = "the first host", .example = "192.168.1.1",
	 .about = "The router's address, or that of the world outside; the "
		  "first host by default; none: there is none."},
	{"pool", KEY_CUSTOM, KEY_FIELD(struct raw_subnet, first),
	 .at = offsetof(struct raw_subnet, pool_at), .read = read_pool,
	 .schema = "\"type\": \"string\", \"pattern\": "
		   "\"^[0-9a-fA-F:.]+\\\\s*-\\\\s*[0-9a-fA-F:.]+$\"",
	 .what = "A-B",
	 .shown = "all but the gateway",
	 .example = "192.168.1.10-192.168.1.20",
	 .about = "First and last address to hand out: A-B. All but the "
		  "gateway by default."},
	{"enable_gateway", KEY_BOOL,
	 KEY_FIELD(struct raw_subnet, enable_gateway),
	 .at = offsetof(struct raw_subnet, enable_at), .def = true,
	 .example = "false",
	 .about = "false is the same as `gateway: none`."},
	{"dhcp", KEY_BOOL, KEY_FIELD(struct raw_subnet, dhcp),
	 .at = offsetof(struct raw_subnet, dhcp_at),
	 .shown = "true for tenants", .example = "false",
	 .about = "Whether the network's DHCP servers are in this subnet. "
		  "Their ports take the lowest addresses of the pool. By "
		  "default true in tenants' networks, if a node has the agent "
		  "dhcp (IPv6: where the mode is not none), and false in "
		  "external ones."},
	{"dns", KEY_CUSTOM, KEY_FIELD(struct raw_subnet, dns),
	 .read = read_dns, .schema = SCHEMA_ADDRESSES,
	 .what = "address, or list of them",
	 .shown = "the DHCP servers", .example = "8.8.4.4",
	 .about = "DNS servers that instances are told, at most 5; by default "
		  "the DHCP servers, which know the instances' names."},
	{"ipv6", KEY_ENUM, KEY_FIELD(struct raw_subnet, ipv6),
	 .words = topo_ipv6_names, .nwords = TOPO_IPV6_STATELESS + 1,
	 .at = offsetof(struct raw_subnet, ipv6_at),
	 .shown = "slaac behind a router", .example = "none",
	 .about = "IPv6: how instances come to their address. slaac: they "
		  "make it from the prefix, a /64, that the router "
		  "advertises, and their MAC. dhcpv6-stateful: they are lent one "
		  "of the pool by DHCPv6, as the router's advertisements tell "
		  "them to ask for. dhcpv6-stateless: as slaac, and DNS by "
		  "DHCPv6. none: it is from the pool, and written. By default "
		  "slaac for a tenant's /64 that a router has, else none."},
	{"host_routes", KEY_LIST,
	 KEY_ITEMS(struct raw_subnet, routes, nroutes),
	 .at = offsetof(struct raw_subnet, routes_at),
	 .table = &route_keys_table, .max = TOPO_ROUTES_MAX,
	 .example = "[{to: 10.9.0.0/16, via: 192.168.1.254}]",
	 .about = "Routes that instances are told by DHCP, beside the "
		  "default one."},
};
/* clang-format on */

const struct key_table subnet_keys_table = {
	.name = "subnet",
	.keys = keys,
	.n = ARRAY_LEN(keys),
	.size = sizeof(struct raw_subnet),
	.id = offsetof(struct raw_subnet, name),
	.place = offsetof(struct raw_subnet, at),
	.begin = begin,
	.end = end,
	.about = "A range of addresses of a network.",
};
