/* SPDX-License-Identifier: MIT */
#include "topologies/secgroup/secgroup.h"

#include <errno.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/parse.h"

#define DHCP_SERVER 67
#define DHCP_CLIENT 68
#define DHCPV6_CLIENT 546
#define DHCPV6_SERVER 547

/* Neutron's names, and those by which iptables goes, which come first. */
static const struct {
	const char *name;
	int number;
} protocols[] = {
	{"ah", 51},        {"dccp", 33},       {"egp", 8},
	{"esp", 50},       {"gre", 47},        {"icmp", 1},
	{"igmp", 2},       {"ipip", 4},        {"ipv6", 41},
	{"ipencap", 4},    {"ipv6-encap", 41}, {"ipv6-frag", 44},
	{"ipv6-icmp", 58}, {"icmpv6", 58},     {"ipv6-nonxt", 59},
	{"ipv6-opts", 60}, {"ipv6-route", 43}, {"ospf", 89},
	{"pgm", 113},      {"rsvp", 46},       {"sctp", 132},
	{"tcp", 6},        {"udp", 17},        {"udplite", 136},
	{"vrrp", 112},
};

/* Those that iptables-save prints by name; others it prints as numbers, as
 * /etc/protocols is not there on every machine. */
static const struct {
	int number;
	const char *name;
} printed[] = {
	{1, "icmp"}, {6, "tcp"},        {17, "udp"},   {50, "esp"},
	{51, "ah"},  {58, "ipv6-icmp"}, {132, "sctp"}, {136, "udplite"},
};

const char *const topo_protocol_names[] = {
	"any",        "icmp",      "ipv6-icmp",  "tcp",        "udp",
	"sctp",       "dccp",      "udplite",    "ah",         "esp",
	"gre",        "igmp",      "ospf",       "vrrp",       "ipip",
	"pgm",        "rsvp",      "egp",        "ipv6-encap", "ipv6-frag",
	"ipv6-route", "ipv6-opts", "ipv6-nonxt", NULL,
};

int topo_protocol_parse(const char *text, int *ret)
{
	uint32_t n;

	if (strcmp(text, "any") == 0) {
		*ret = TOPO_ANY;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_LEN(protocols); i++)
		if (strcmp(protocols[i].name, text) == 0) {
			*ret = protocols[i].number;
			return 0;
		}
	if (parse_u32(text, 0, 255, &n) < 0)
		return -EINVAL;
	/* 0 is what Neutron takes for any, too. */
	*ret = n ? (int)n : TOPO_ANY;
	return 0;
}

const char *topo_protocol_name(int protocol)
{
	for (size_t i = 0; i < ARRAY_LEN(printed); i++)
		if (printed[i].number == protocol)
			return printed[i].name;
	return NULL;
}

static bool has_addr(const struct topo_port *p, const struct ip *ip)
{
	size_t i;

	for (i = 0; i < p->naddrs; i++)
		if (ip_equal(&p->addrs[i].addr.ip, ip))
			return true;
	for (i = 0; i < p->npairs; i++)
		if (ipnet_contains(&p->pairs[i].addr, ip))
			return true;
	return false;
}

static bool is_remote(const struct topo_secrule *r, const struct ip *ip)
{
	if (r->group) {
		for (size_t i = 0; i < r->group->nmembers; i++)
			if (has_addr(r->group->members[i], ip))
				return true;
		return false;
	}
	return !ip_is_set(&r->remote.ip) || ipnet_contains(&r->remote, ip);
}

/* Whether a rule is about the flow. */
static bool rule_is(const struct topo_secrule *r, const struct topo_flow *f)
{
	if (r->egress != f->egress || r->family != f->remote.family ||
	    (r->protocol != TOPO_ANY && r->protocol != f->protocol))
		return false;
	if (r->min != TOPO_ANY &&
	    (r->protocol == TOPO_ICMP || r->protocol == TOPO_ICMPV6)) {
		if (r->min != f->dport >> 8 ||
		    (r->max != TOPO_ANY && r->max != (f->dport & 0xff)))
			return false;
	} else if (r->min != TOPO_ANY &&
		   (f->dport < r->min || f->dport > r->max)) {
		return false;
	}
	return is_remote(r, &f->remote);
}

/* What is let through whatever the groups are: what hosts need to find their
 * neighbours and to have an address. */
static bool always(const struct topo_flow *f)
{
	bool six = f->remote.family == 6;
	unsigned type = f->dport >> 8;

	if (f->protocol == TOPO_UDP && f->egress)
		return six ? f->sport == DHCPV6_CLIENT &&
				       f->dport == DHCPV6_SERVER
			   : f->sport == DHCP_CLIENT && f->dport == DHCP_SERVER;
	if (f->protocol == TOPO_UDP)
		return six ? f->sport == DHCPV6_SERVER &&
				       f->dport == DHCPV6_CLIENT
			   : f->sport == DHCP_SERVER && f->dport == DHCP_CLIENT;
	if (f->protocol != TOPO_ICMPV6)
		return false;
	return f->egress ? type != 134
			 : type == 130 || type == 134 || type == 135 ||
				   type == 136;
}

bool topo_lets(const struct topo_port *p, const struct topo_flow *f)
{
	if (!p->filtered || always(f))
		return true;
	for (size_t i = 0; i < p->ngroups; i++)
		for (size_t k = 0; k < p->groups[i]->nrules; k++)
			if (rule_is(&p->groups[i]->rules[k], f))
				return true;
	return false;
}

bool topo_filters(const struct lab *lab, const struct topo_node *n)
{
	for (size_t i = 0; lab->nsecgroups && i < lab->ninstances; i++)
		if (lab->instances[i].node == n)
			return true;
	return false;
}
