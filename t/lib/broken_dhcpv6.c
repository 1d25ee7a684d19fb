/* SPDX-License-Identifier: MIT */
#include "t/lib/broken_dhcpv6.h"

#include <string.h>

#include "lib/mono.h"
#include "t/lib/healthy.h"

/* a is lent its address by DHCPv6, b is told the rest. */
const char broken_dhcpv6_text[] =
	"lab: six\n"
	"nodes:\n"
	"  network1: {role: network}\n"
	"  network2: {role: network}\n"
	"  compute1: {role: compute}\n"
	"networks:\n"
	"  full:\n"
	"    subnets:\n"
	"      full4: {cidr: 192.168.1.0/24}\n"
	"      full6: {cidr: \"fd00:1::/64\", ipv6: dhcpv6-stateful, dns: "
	"\"2001:db8::53\"}\n"
	"  rest:\n"
	"    subnets:\n"
	"      rest6: {cidr: \"fd00:2::/64\", ipv6: dhcpv6-stateless}\n"
	"routers:\n"
	"  r: {interfaces: [full4, full6, rest6]}\n"
	"instances:\n"
	"  a: {node: compute1, network: full}\n"
	"  b: {node: compute1, network: rest}\n";

static const struct lab *lab;

void broken_dhcpv6_lab(const struct lab *l)
{
	lab = l;
}

static const char *addr_of(const struct topo_instance *in, uint8_t len)
{
	static char text[IP_TEXT_MAX];
	struct ipnet on = {in->port->addrs[in->port->naddrs - 1].addr.ip, len};

	return ipnet_print(&on, text);
}

static void one_answers(struct evidence *e)
{
	e->boots[0].offers6.n = 1;
}

static void none_answers(struct evidence *e)
{
	e->boots[0].offers6.n = e->boots[1].offers6.n = 0;
}

static void another_is_offered(struct evidence *e)
{
	e->boots[0].offers6.items[1].addr.b[15] ^= 64;
}

static void address_for_nothing(struct evidence *e)
{
	e->boots[1].offers6.items[0].addr = e->boots[0].offers6.items[0].addr;
}

static struct seen_offer6 *one_more(struct evidence *e, size_t boot)
{
	struct seen_offers6 *o = &e->boots[boot].offers6;
	struct seen_offer6 *more =
		arena_push(&e->arena, &o->items, &o->n, sizeof(*more));

	*more = o->items[0];
	more->mac = (struct mac){{2, 0, 0, 0, 0, 0x66}};
	more->from = ip_link_local(&more->mac);
	return more;
}

static void rogue(struct evidence *e)
{
	one_more(e, 1)->duid = "00:01:00:01:2a:00:00:00:02:00:00:00:00:66";
}

static void rogue_in_disguise(struct evidence *e)
{
	one_more(e, 0);
}

static void offers_unseen(struct evidence *e)
{
	e->boots[1].offers6 = (struct seen_offers6){.error = "no eth0"};
}

static struct lease6 *lease(struct evidence *e, size_t boot)
{
	return &e->boots[boot].guest.lease6;
}

static void no_lease(struct evidence *e)
{
	e->boots[0].guest.leased6 = e->boots[1].guest.leased6 = false;
}

static void another_address(struct evidence *e)
{
	lease(e, 0)->addrs[0].addr.b[15] ^= 64;
}

static void short_lease(struct evidence *e)
{
	lease(e, 0)->addrs[0].valid = 60;
}

static void lease_of_rogue(struct evidence *e)
{
	memcpy(lease(e, 1)->duid, "00:01", 6);
}

static void lease_of_nobody(struct evidence *e)
{
	lease(e, 0)->duid[0] = '\0';
}

static void no_dns(struct evidence *e)
{
	lease(e, 1)->ndns = 1;
}

static void no_domain(struct evidence *e)
{
	lease(e, 0)->domain[0] = '\0';
}

static void address_where_none_is(struct evidence *e)
{
	lease(e, 1)->addrs[lease(e, 1)->naddrs++] = lease(e, 0)->addrs[0];
}

static void client_stopped(struct evidence *e)
{
	e->boots[0].guest.client6 = 'T';
}

static void client_gone(struct evidence *e)
{
	e->boots[0].guest.client6 = 0;
}

static void not_renewed(struct evidence *e)
{
	lease(e, 0)->at_ns -= 5000 * NS_PER_S;
	lease(e, 1)->at_ns -= 200000 * NS_PER_S;
}

static void not_in_resolv(struct evidence *e)
{
	e->boots[1].guest.resolv = "search openstacklocal\n";
}

static void not_on_link(struct evidence *e)
{
	const struct topo_instance *in = &lab->instances[0];
	struct observed *o;

	EACH_SAMPLE(e, "compute1", o)
	healthy_addr_del(o, in->netns, in->port->ifname, addr_of(in, 128));
}

static void another_on_link(struct evidence *e)
{
	const struct topo_instance *in = &lab->instances[0];
	struct observed *o;

	EACH_SAMPLE(e, "compute1", o)
	healthy_addr_add(e, o, in->netns, in->port->ifname, "fd00:bad::1/64");
}

static void no_managed_flag(struct evidence *e)
{
	e->boots[0].adverts.items[0].managed = false;
}

static void no_other_flag(struct evidence *e)
{
	e->boots[1].adverts.items[0].other = false;
}

static void no_machine(struct evidence *e)
{
	e->boots[1].guest = (struct seen_guest){.error = "no machine"};
}

const struct broken broken_dhcpv6[] = {
	{"a healthy lab with DHCPv6", NULL, NULL},
	{"one DHCPv6 server of two that does not answer", one_answers,
	 "wrong dhcp6-answer: a on compute1"},
	{"no DHCPv6 server that answers", none_answers,
	 "wrong dhcp6-answer: a on compute1; wrong dhcp6-answer: b on "
	 "compute1"},
	{"another address offered by DHCPv6", another_is_offered,
	 "wrong dhcp6-answer: a on compute1"},
	{"an address where the rest was asked for", address_for_nothing,
	 "wrong dhcp6-answer: b on compute1"},
	{"a rogue DHCPv6 server", rogue, "wrong dhcp6-answer: b on compute1"},
	{"a rogue with a server's DUID", rogue_in_disguise,
	 "wrong dhcp6-answer: a on compute1"},
	{"no way to ask DHCPv6 servers", offers_unseen,
	 "blind dhcp6-answer: b on compute1"},
	{"nothing told by DHCPv6", no_lease,
	 "wrong lease6: a on compute1; wrong lease6: b on compute1"},
	{"a lease of another address by DHCPv6", another_address,
	 "wrong lease6: a on compute1"},
	{"another time by DHCPv6", short_lease, "wrong lease6: a on compute1"},
	{"a lease of a rogue's by DHCPv6", lease_of_rogue,
	 "wrong lease6: b on compute1"},
	{"a lease of nobody's", lease_of_nobody, "wrong lease6: a on compute1"},
	{"DHCPv6 without a DNS server", no_dns, "wrong lease6: b on compute1"},
	{"DHCPv6 without a domain", no_domain, "wrong lease6: a on compute1"},
	{"a lease where none is meant", address_where_none_is,
	 "wrong lease6: b on compute1"},
	{"a DHCPv6 client that is stopped", client_stopped,
	 "wrong lease6: a on compute1"},
	{"no DHCPv6 client", client_gone, "wrong lease6: a on compute1"},
	{"a DHCPv6 lease that nobody renewed", not_renewed,
	 "wrong lease6: a on compute1; wrong lease6: b on compute1"},
	{"DNS of DHCPv6 that resolv.conf lacks", not_in_resolv,
	 "wrong lease6: b on compute1"},
	{"a DHCPv6 address that is not there", not_on_link,
	 "wrong lease6: a on compute1"},
	{"an address beside DHCPv6's", another_on_link,
	 "wrong lease6: a on compute1"},
	{"no managed flag", no_managed_flag, "wrong ra: r on network full"},
	{"no other flag", no_other_flag, "wrong ra: r on network rest"},
	{"no machine to ask about DHCPv6", no_machine,
	 "blind lease6: b on compute1"},
	{NULL, NULL, NULL},
};
