/* SPDX-License-Identifier: MIT */
/* Subnets: their ranges and pools, and what instances are told there. */
#include "topologies/check_subnet.h"

#include <string.h>

#include "lib/auto.h"
#include "lib/parse.h"
#include "topologies/error.h"

struct ip raw_first_host(const struct ipnet *n)
{
	return ip_add(ipnet_network(n), 1);
}

struct ip raw_last_host(const struct ipnet *n)
{
	struct ip last = ipnet_last(n);

	/* IPv6 has no broadcast address. */
	return n->ip.family == 4 ? ip_v4(ip_v4_value(&last) - 1) : last;
}

static bool is_host(const struct raw_subnet *s, const struct ip *ip)
{
	struct ip first = raw_first_host(&s->cidr);
	struct ip last = raw_last_host(&s->cidr);

	return ip_cmp(ip, &first) >= 0 && ip_cmp(ip, &last) <= 0;
}

bool raw_host_in(struct raw *raw, const struct raw_subnet *s,
		 const struct ip *ip, const struct doc *at, const char *what)
{
	char net[IP_TEXT_MAX], addr[IP_TEXT_MAX];

	ipnet_print(&s->cidr, net);
	ip_print(ip, addr);
	if (ip->family != s->cidr.ip.family)
		raw_wrong(raw, at, "%s %s is IPv%u, but subnet '%s' is %s",
			  what, addr, ip->family, s->name, net);
	else if (!ipnet_contains(&s->cidr, ip))
		raw_wrong(raw, at, "%s %s is outside subnet '%s' (%s)", what,
			  addr, s->name, net);
	else if (!is_host(s, ip))
		raw_wrong(raw, at,
			  "%s %s is the %s address of subnet '%s' "
			  "(%s)",
			  what, addr,
			  s->cidr.ip.family == 6        ? "anycast"
			  : ip_cmp(ip, &s->cidr.ip) > 0 ? "broadcast"
							: "network",
			  s->name, net);
	else
		return true;
	return false;
}

static void check_pool(struct raw *raw, struct raw_subnet *s)
{
	struct ip *first = &s->first, *last = &s->last;

	if (!s->pool_at) {
		*first = raw_first_host(&s->cidr);
		*last = raw_last_host(&s->cidr);
		if (ip_is_set(&s->gateway) && ip_equal(&s->gateway, first))
			*first = ip_add(*first, 1);
		return;
	}
	if (!ip_is_set(first))
		return;
	if (!raw_host_in(raw, s, first, s->pool_at, "the pool's begin") ||
	    !raw_host_in(raw, s, last, s->pool_at, "the pool's end")) {
		*first = *last = (struct ip){0};
		return;
	}
	if (ip_is_set(&s->gateway) && ip_cmp(&s->gateway, first) >= 0 &&
	    ip_cmp(&s->gateway, last) <= 0) {
		char text[IP_TEXT_MAX];

		raw_wrong(raw, s->pool_at,
			  "the gateway %s%s is inside the pool",
			  ip_print(&s->gateway, text),
			  s->gateway_at ? "" : " (the first host, by default)");
	}
}

static bool has_agent(const struct raw_node *n, enum topo_agent agent)
{
	return n->agents & agent;
}

/* Whether some node has it, or may: one whose role is not known. */
static bool any_agent(const struct raw *raw, enum topo_agent agent)
{
	for (size_t i = 0; i < raw->nnodes; i++)
		if (has_agent(raw->nodes[i], agent) ||
		    !raw->nodes[i]->role_known)
			return true;
	return false;
}

/*
 * What a subnet is where its file does not say. A tenant's has DHCP as in
 * Neutron, where a node of the lab can serve it: a lab without DHCP agents has
 * addresses that are written, and so has a local network, which is in one
 * node, where that one has none. Its IPv6 addresses come by SLAAC where that
 * can be: in a /64 that some router advertises; an address that nobody
 * announces would never come. A port has one mode in all subnets of its
 * network, so one is found for all that do not say.
 */
static bool dhcp_by_default(const struct raw *raw, const struct raw_net *n)
{
	if (n->external || !n->external_known)
		return false;
	if (n->type_known && n->type == TOPO_LOCAL)
		return n->home && has_agent(n->home, TOPO_AGENT_DHCP);
	return any_agent(raw, TOPO_AGENT_DHCP);
}

static enum topo_ipv6_mode ipv6_by_default(const struct raw_net *n)
{
	if (n->external || !n->external_known)
		return TOPO_IPV6_NONE;
	for (size_t i = 0; i < n->nsubnets; i++)
		if (n->subnets[i]->cidr.ip.family == 6 &&
		    n->subnets[i]->ipv6_at)
			return n->subnets[i]->ipv6;
	for (size_t i = 0; i < n->nsubnets; i++) {
		const struct raw_subnet *s = n->subnets[i];

		if (s->cidr.ip.family != 6)
			continue;
		if (s->cidr.len != 64 || !s->behind || (s->dhcp_at && !s->dhcp))
			return TOPO_IPV6_NONE;
	}
	return TOPO_IPV6_SLAAC;
}

static void subnet_defaults(struct raw *raw, const struct raw_net *n)
{
	enum topo_ipv6_mode ipv6 = ipv6_by_default(n);
	bool dhcp = dhcp_by_default(raw, n);

	for (size_t i = 0; i < n->nsubnets; i++) {
		struct raw_subnet *s = n->subnets[i];

		if (s->cidr.ip.family == 6 && !s->ipv6_at)
			s->ipv6 = ipv6;
		if (!s->dhcp_at)
			s->dhcp = dhcp && (s->cidr.ip.family == 4 ||
					   s->ipv6 != TOPO_IPV6_NONE);
	}
}

/* Which subnets have a router, and where local networks are: what defaults
 * depend on. What is wrong with these words is said later. */
static void places(struct raw *raw)
{
	for (size_t i = 0; i < raw->nrouters; i++)
		for (size_t k = 0; k < raw->routers[i]->nifaces; k++) {
			struct raw_subnet *s =
				map_gets(&raw->subnet_names,
					 raw->routers[i]->ifaces[k].name);

			if (s)
				s->behind = true;
		}
	for (size_t i = 0; i < raw->ninstances; i++) {
		const struct raw_instance *n = raw->instances[i];
		struct raw_net *net = NULL;

		if (n->network.name)
			net = map_gets(&raw->net_names, n->network.name);
		if (net && n->node.name && !net->home)
			net->home = map_gets(&raw->node_names, n->node.name);
	}
}

/* Whether DHCP can be had at all; said once, it is the lab's lack. */
static void check_dhcp(struct raw *raw, struct raw_subnet *s)
{
	if (!s->dhcp)
		return;
	if (any_agent(raw, TOPO_AGENT_DHCP)) {
		s->net->dhcp = true;
		return;
	}
	if (!raw->no_dhcp_said)
		raw_wrong(raw, s->dhcp_at,
			  "subnet '%s' has DHCP, and no node has an agent for "
			  "it: network nodes do, and nodes with 'agents: "
			  "[dhcp]'",
			  s->name);
	raw->no_dhcp_said = true;
}

/*
 * What DHCPv6 wants: a server, a router that tells instances to ask it, and a
 * range that dnsmasq serves, as it does no wider one than a /64.
 */
static void check_dhcpv6(struct raw *raw, struct raw_subnet *s)
{
	const struct doc *at = s->ipv6_at ? s->ipv6_at : s->at;
	const char *mode = topo_ipv6_names[s->ipv6];
	char text[IP_TEXT_MAX];

	ipnet_print(&s->cidr, text);
	if (!s->dhcp && s->dhcp_at)
		raw_wrong(raw, s->dhcp_at,
			  "subnet '%s' is %s, and without DHCP nobody would "
			  "answer",
			  s->name, mode);
	else if (!s->dhcp)
		raw_wrong(raw, at,
			  "%s needs a DHCP server, which subnet '%s' does not "
			  "have%s",
			  mode, s->name,
			  s->net->external ? "; 'dhcp: true' gives it one"
					   : ": no node has an agent for it");
	if (!s->behind)
		raw_wrong(raw, at,
			  "%s needs a router: instances ask when it tells them "
			  "to, and none has subnet '%s'; write 'ipv6: none'",
			  mode, s->name);
	for (size_t i = 0; s->net->subnets[i] != s; i++) {
		const struct raw_subnet *o = s->net->subnets[i];

		if (!topo_dhcpv6(o->ipv6))
			continue;
		raw_wrong(raw, at,
			  "subnet '%s' (line %u) of the same network has "
			  "DHCPv6 too, and its server lends a client an "
			  "address of one of them",
			  o->name, o->at->line);
		break;
	}
	if (s->ipv6 == TOPO_IPV6_STATELESS && s->cidr.len != 64)
		raw_wrong(raw, at,
			  "dhcpv6-stateless makes addresses as SLAAC, in a /64 "
			  "only (RFC 4862 5.5.3), and subnet '%s' is %s",
			  s->name, text);
	else if (s->cidr.len < 64)
		raw_wrong(raw, at,
			  "%s needs a /64 or a smaller range, as dnsmasq has "
			  "no wider ones, and subnet '%s' is %s",
			  mode, s->name, text);
}

/* How IPv6 addresses are come by. */
static void check_ipv6(struct raw *raw, struct raw_subnet *s)
{
	char text[IP_TEXT_MAX];

	if (s->cidr.ip.family == 4) {
		if (s->ipv6_at)
			raw_wrong(raw, s->ipv6_at,
				  "subnet '%s' (%s) is IPv4, and has no IPv6 "
				  "mode",
				  s->name, ipnet_print(&s->cidr, text));
		return;
	}
	if (topo_dhcpv6(s->ipv6))
		check_dhcpv6(raw, s);
	else if (s->ipv6 == TOPO_IPV6_SLAAC && s->cidr.len != 64)
		raw_wrong(raw, s->ipv6_at ? s->ipv6_at : s->at,
			  "SLAAC makes addresses in a /64 only (RFC 4862 "
			  "5.5.3), and subnet '%s' is %s",
			  s->name, ipnet_print(&s->cidr, text));
	else if (s->ipv6 == TOPO_IPV6_NONE && s->dhcp)
		raw_wrong(raw, s->dhcp_at,
			  "DHCP in subnet '%s' (%s) is DHCPv6: write 'ipv6: "
			  "dhcpv6-stateful', dhcpv6-stateless or slaac",
			  s->name, ipnet_print(&s->cidr, text));
	if (s->nroutes)
		raw_wrong(raw, s->routes_at,
			  "host routes are told by DHCP for IPv4 alone, and "
			  "subnet '%s' is %s",
			  s->name, ipnet_print(&s->cidr, text));
	/* A port has an address in each subnet of its network. */
	for (size_t i = 0; i < s->net->nsubnets; i++) {
		const struct raw_subnet *o = s->net->subnets[i];

		if (o == s)
			break;
		if (o->cidr.ip.family != 6 || o->ipv6 == s->ipv6)
			continue;
		raw_wrong(raw, s->ipv6_at ? s->ipv6_at : s->at,
			  "subnet '%s' (line %u) of the same network is '%s', "
			  "and '%s' would be '%s': a port has one mode",
			  o->name, o->at->line, topo_ipv6_names[o->ipv6],
			  s->name, topo_ipv6_names[s->ipv6]);
		break;
	}
}

/* What ports are told: servers and next hops that they can reach. */
static void check_told(struct raw *raw, struct raw_subnet *s)
{
	char text[IP_TEXT_MAX];

	for (size_t i = 0; i < s->ndns; i++)
		if (s->dns[i].ip.family != s->cidr.ip.family)
			raw_wrong(raw, s->dns[i].at,
				  "DNS server %s is IPv%u, but subnet '%s' is "
				  "IPv%u",
				  ip_print(&s->dns[i].ip, text),
				  s->dns[i].ip.family, s->name,
				  s->cidr.ip.family);
	for (size_t i = 0; s->cidr.ip.family == 4 && i < s->nroutes; i++) {
		const struct raw_route *r = &s->routes[i];

		if (ip_is_set(&r->to.ip) && r->to.ip.family != 4)
			raw_wrong(raw, r->to_at,
				  "%s is IPv%u, but subnet '%s' is IPv4",
				  ipnet_print(&r->to, text), r->to.ip.family,
				  s->name);
		if (ip_is_set(&r->via))
			raw_host_in(raw, s, &r->via, r->via_at, "next hop");
	}
}

static void check_subnet(struct raw *raw, struct raw_subnet *s)
{
	char a[IP_TEXT_MAX], b[IP_TEXT_MAX];
	unsigned over;

	if (!ip_is_set(&s->cidr.ip))
		return;
	if (!s->gateway_at)
		s->gateway = raw_first_host(&s->cidr);
	else if (ip_is_set(&s->gateway) &&
		 !raw_host_in(raw, s, &s->gateway, s->gateway_at, "gateway"))
		s->gateway = (struct ip){0};
	check_pool(raw, s);
	check_dhcp(raw, s);
	check_ipv6(raw, s);
	check_told(raw, s);
	for (size_t i = 0; i < s->net->nsubnets; i++) {
		const struct raw_subnet *o = s->net->subnets[i];

		if (o == s)
			break;
		if (!ip_is_set(&o->cidr.ip) ||
		    !ipnet_overlap(&o->cidr, &s->cidr))
			continue;
		raw_wrong(raw, s->cidr_at,
			  "%s overlaps %s of subnet '%s' (line %u) in the same "
			  "network",
			  ipnet_print(&s->cidr, a), ipnet_print(&o->cidr, b),
			  o->name, o->at->line);
		break;
	}
	over = s->net->type_known ? topo_overhead(s->net->type) : 0;
	if (s->cidr.ip.family == 6 && over && raw->tunnel &&
	    raw->tunnel->mtu < RAW_MTU_MIN + over)
		raw_wrong(raw,
			  raw->tunnel->mtu_at ? raw->tunnel->mtu_at
					      : s->cidr_at,
			  "an MTU of %u leaves %u inside %s, and IPv6 "
			  "(subnet '%s') needs %u",
			  raw->tunnel->mtu, raw->tunnel->mtu - over,
			  topo_type_titles[s->net->type], s->name, RAW_MTU_MIN);
}

/* A local network is in one node, so its DHCP must be there. */
static void check_local(struct raw *raw, const struct raw_net *n)
{
	const struct raw_subnet *s = NULL;

	if (n->type != TOPO_LOCAL || !n->dhcp || !n->first || !n->first->on ||
	    has_agent(n->first->on, TOPO_AGENT_DHCP))
		return;
	for (size_t i = 0; i < n->nsubnets && !s; i++)
		if (n->subnets[i]->dhcp)
			s = n->subnets[i];
	if (s)
		raw_wrong(raw, s->dhcp_at,
			  "local network '%s' is on node '%s' (instance '%s', "
			  "line %u), which has no DHCP agent",
			  n->name, n->first->on->name, n->first->name,
			  n->first->at->line);
}

void raw_check_subnets(struct raw *raw)
{
	places(raw);
	for (size_t i = 0; i < raw->nnets; i++)
		subnet_defaults(raw, raw->nets[i]);
	for (size_t i = 0; i < raw->nsubnets; i++)
		check_subnet(raw, raw->subnets[i]);
}

void raw_check_locals(struct raw *raw)
{
	for (size_t i = 0; i < raw->nnets; i++)
		check_local(raw, raw->nets[i]);
}
