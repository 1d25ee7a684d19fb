/* SPDX-License-Identifier: MIT */
#include "t/lib/broken_services.h"

#include <string.h>

#include "lib/mono.h"
#include "t/lib/healthy.h"

/* Two servers, two instances, one router. */
const char broken_services_text[] =
	"lab: served\n"
	"dhcp_agents_per_network: 2\n"
	"nodes:\n"
	"  network1: {role: network}\n"
	"  network2: {role: network}\n"
	"  compute1: {role: compute}\n"
	"physical:\n"
	"  management: {cidr: 10.0.0.0/24}\n"
	"  tunnel: {cidr: 10.0.1.0/24}\n"
	"  provider: {}\n"
	"networks:\n"
	"  ext:\n"
	"    external: true\n"
	"    type: flat\n"
	"    physical: provider\n"
	"    subnets:\n"
	"      ext4: {cidr: 203.0.113.0/24, gateway: 203.0.113.1}\n"
	"  inner:\n"
	"    type: vxlan\n"
	"    subnets:\n"
	"      inner4: {cidr: 192.168.1.0/24, gateway: 192.168.1.1, "
	"dhcp: true}\n"
	"routers:\n"
	"  r: {gateway: ext, interfaces: [inner4]}\n"
	"instances:\n"
	"  a: {node: compute1, network: inner}\n"
	"  b: {node: compute1, network: inner}\n";

static const struct lab *lab;
static const struct topo_network *inner;

void broken_services_lab(const struct lab *l)
{
	lab = l;
	inner = topo_network(l, "inner");
}

#define EACH_SAMPLE(e, node, o)                                                \
	for (size_t s_i = 0; s_i < HEALTHY_SAMPLES &&                          \
			     ((o) = healthy_sample((e), (node), s_i), true);   \
	     s_i++)

static const struct topo_port *dhcp_port(const char *node)
{
	return topo_dhcp_port(inner, topo_node(lab, node));
}

static struct res_service *dnsmasq(struct observed *o)
{
	struct seen_ns *own = healthy_ns(o, "");

	for (size_t i = 0; i < own->of[RES_SERVICE].n; i++)
		if (strncmp(own->of[RES_SERVICE].items[i].service.name, "dhcp-",
			    5) == 0)
			return &own->of[RES_SERVICE].items[i].service;
	return NULL;
}

static void server_died(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "network1", o)
	{
		dnsmasq(o)->running = false;
		dnsmasq(o)->exit = "was killed by signal 9";
	}
}

static void server_unknown(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "network2", o)
	healthy_ns(o, "")->of[RES_SERVICE].n = 0;
}

static void port_addressless(struct evidence *e)
{
	const struct topo_port *p = dhcp_port("network1");
	char text[IP_TEXT_MAX];
	struct observed *o;

	EACH_SAMPLE(e, "network1", o)
	healthy_addr_del(o, inner->qdhcp, p->ifname,
			 ipnet_print(&p->addrs[0].addr, text));
}

static void port_mac(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "network1", o)
	healthy_link(o, inner->qdhcp, dhcp_port("network1")->ifname)
		->mac.b[5] ^= 1;
}

static void port_off_bridge(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "network2", o)
	healthy_link(o, "", dhcp_port("network2")->tap)->master = NULL;
}

static void no_qdhcp(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "network1", o)
	healthy_ns_del(o, inner->qdhcp);
}

static void strange_qdhcp(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "compute1", o)
	{
		struct seen_ns *ns =
			arena_push(&e->arena, &o->ns, &o->nns, sizeof(*ns));

		ns->name = "qdhcp-00000000-0000-5000-8000-000000000000";
	}
}

static void one_answers(struct evidence *e)
{
	e->boots[0].offers.n = 1;
}

static void none_answers(struct evidence *e)
{
	e->boots[0].offers.n = e->boots[1].offers.n = 0;
}

static void another_is_offered(struct evidence *e)
{
	e->boots[1].offers.items[0].addr.b[3] ^= 64;
}

/* It answers first, and with the same address. */
static void rogue(struct evidence *e)
{
	struct seen_offers *o = &e->boots[0].offers;
	struct seen_offer *r =
		arena_push(&e->arena, &o->items, &o->n, sizeof(*r));

	*r = o->items[0];
	ip_parse("192.168.1.250", &r->server);
	mac_parse("02:00:00:00:00:66", &r->from);
}

/* It calls itself by the address of one of ours. */
static void rogue_in_disguise(struct evidence *e)
{
	rogue(e);
	e->boots[0].offers.items[2].server = e->boots[0].offers.items[0].server;
}

static void offers_unseen(struct evidence *e)
{
	e->boots[0].offers = (struct seen_offers){.error = "no eth0"};
}

static struct lease *lease(struct evidence *e)
{
	return &e->boots[0].guest.lease;
}

static void no_lease(struct evidence *e)
{
	e->boots[0].guest.leased = false;
}

static void lease_of_another(struct evidence *e)
{
	*lease(e) = e->boots[1].guest.lease;
}

static void lease_of_rogue(struct evidence *e)
{
	ip_parse("192.168.1.250", &lease(e)->server);
}

static void lease_is_short(struct evidence *e)
{
	lease(e)->seconds = 60;
}

static void no_mtu(struct evidence *e)
{
	lease(e)->mtu = 0;
}

static void no_metadata_route(struct evidence *e)
{
	lease(e)->routes[0] = lease(e)->routes[--lease(e)->nroutes];
}

static void route_too_much(struct evidence *e)
{
	struct lease_route *r = &lease(e)->routes[lease(e)->nroutes++];

	*r = lease(e)->routes[0];
	r->to.ip.b[3]++;
}

static void dns_of_another(struct evidence *e)
{
	lease(e)->dns[1].b[3] ^= 8;
}

static void client_stopped(struct evidence *e)
{
	e->boots[0].guest.client = 'T';
}

static void client_gone(struct evidence *e)
{
	e->boots[0].guest.client = 0;
}

static void not_renewed(struct evidence *e)
{
	lease(e)->at_ns -= 80000 * NS_PER_S;
}

static void resolv_wrong(struct evidence *e)
{
	e->boots[0].guest.resolv = "nameserver 192.0.2.1\n";
}

static void resolv_longer(struct evidence *e)
{
	e->boots[0].guest.resolv =
		arena_printf(&e->arena, "%snameserver 192.168.1.25\n",
			     e->boots[0].guest.resolv);
}

static void name_unknown(struct evidence *e)
{
	e->boots[0].names.items[0].error = "NXDOMAIN";
}

static void name_of_another(struct evidence *e)
{
	e->boots[0].names.items[1].addrs[0].b[3] ^= 1;
}

static void no_machine(struct evidence *e)
{
	e->boots[0].guest = (struct seen_guest){.error = "no machine"};
}

const struct broken broken_services[] = {
	{"a healthy lab with services", NULL, NULL},
	{"a DHCP server that died", server_died,
	 "wrong dhcp-port: inner on network1"},
	{"a DHCP server that was never begun", server_unknown,
	 "wrong dhcp-port: inner on network2"},
	{"a DHCP port without its address", port_addressless,
	 "wrong dhcp-port: inner on network1"},
	{"a DHCP port with another MAC", port_mac,
	 "wrong dhcp-port: inner on network1"},
	{"a DHCP port's cable out", port_off_bridge,
	 "wrong dhcp-port: inner on network2"},
	{"a DHCP namespace deleted", no_qdhcp,
	 "wrong namespaces: network1; blind mtu: inner on network1; "
	 "blind dhcp-port: inner on network1"},
	{"a DHCP namespace of another network", strange_qdhcp,
	 "wrong namespaces: compute1"},
	{"one DHCP server of two that does not answer", one_answers,
	 "wrong dhcp-answer: a on compute1"},
	{"no DHCP server that answers", none_answers,
	 "wrong dhcp-answer: a on compute1; wrong dhcp-answer: b on compute1"},
	{"another address offered", another_is_offered,
	 "wrong dhcp-answer: b on compute1"},
	{"a rogue DHCP server", rogue, "wrong dhcp-answer: a on compute1"},
	{"a rogue with a server's address", rogue_in_disguise,
	 "wrong dhcp-answer: a on compute1"},
	{"no way to ask DHCP servers", offers_unseen,
	 "blind dhcp-answer: a on compute1"},
	{"no lease", no_lease, "wrong lease: a on compute1"},
	{"a lease of another MAC", lease_of_another,
	 "wrong lease: a on compute1"},
	{"a rogue's lease", lease_of_rogue, "wrong lease: a on compute1"},
	{"another lease time", lease_is_short, "wrong lease: a on compute1"},
	{"the MTU option missing", no_mtu, "wrong lease: a on compute1"},
	{"no route to metadata", no_metadata_route,
	 "wrong lease: a on compute1"},
	{"a route too much", route_too_much, "wrong lease: a on compute1"},
	{"another DNS server", dns_of_another, "wrong lease: a on compute1"},
	{"a DHCP client that is stopped", client_stopped,
	 "wrong lease: a on compute1"},
	{"no DHCP client", client_gone, "wrong lease: a on compute1"},
	{"a lease that nobody renewed", not_renewed,
	 "wrong lease: a on compute1"},
	{"another resolv.conf", resolv_wrong, "wrong resolver: a on compute1"},
	{"a line more in resolv.conf", resolv_longer,
	 "wrong resolver: a on compute1"},
	{"a name that a server does not know", name_unknown,
	 "wrong resolver: a on compute1"},
	{"a name with another's address", name_of_another,
	 "wrong resolver: a on compute1"},
	{"no machine", no_machine,
	 "blind lease: a on compute1; blind resolver: a on compute1"},
	{NULL, NULL, NULL},
};
