/* SPDX-License-Identifier: MIT */
#include "t/lib/broken_services.h"

#include <string.h>

#include "lib/mono.h"
#include "t/lib/healthy.h"

/* Two servers, two instances, one router. */
const char broken_services_text[] =
	"lab: served\n"
	"dhcp_agents_per_network: 2\n" BROKEN_NODES BROKEN_WAY_OUT
	"      ext4: {cidr: 203.0.113.0/24, gateway: 203.0.113.1}\n"
	"      ext6: {cidr: \"fd00:203::/64\"}\n"
	"  inner:\n"
	"    type: vxlan\n"
	"    subnets:\n"
	"      inner4: {cidr: 192.168.1.0/24, gateway: 192.168.1.1, "
	"dhcp: true}\n"
	"      inner6: {cidr: \"fd00:1::/64\", ipv6: slaac, dhcp: false, dns: "
	"\"2001:db8::53\"}\n"
	"routers:\n"
	"  r: {gateway: ext, interfaces: [inner4, inner6]}\n"
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
	{
		struct res_list *list = &healthy_ns(o, "")->of[RES_SERVICE];
		struct res_service *s = dnsmasq(o);

		*s = list->items[--list->n].service;
	}
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

static void lease_not_kept(struct evidence *e)
{
	e->boots[0].guest.lost = "the leased address 192.168.1.4/24 is gone";
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

static struct seen_advert *advert(struct evidence *e)
{
	return &e->boots[0].adverts.items[0];
}

static void advert_none(struct evidence *e)
{
	e->boots[0].adverts.n = 0;
}

static void advert_prefix(struct evidence *e)
{
	advert(e)->prefixes[0].prefix.ip.b[7] ^= 1;
}

static void advert_not_autonomous(struct evidence *e)
{
	advert(e)->prefixes[0].autonomous = false;
}

static void advert_farewell(struct evidence *e)
{
	advert(e)->lifetime = 0;
}

static void advert_mtu(struct evidence *e)
{
	advert(e)->mtu = 1500;
}

static void advert_managed(struct evidence *e)
{
	advert(e)->managed = true;
}

static void advert_dns(struct evidence *e)
{
	advert(e)->ndns = 0;
}

/* Beside ours, and with the same words. */
static void advert_rogue(struct evidence *e)
{
	struct seen_adverts *s = &e->boots[0].adverts;
	struct seen_advert *x =
		arena_push(&e->arena, &s->items, &s->n, sizeof(*x));

	*x = s->items[0];
	ip_parse("fe80::66", &x->from);
}

static void advert_rogue_alone(struct evidence *e)
{
	mac_parse("02:00:00:00:00:66", &advert(e)->mac);
}

static struct seen_programs *radvd_on(struct evidence *e, const char *node)
{
	return &e->nodes[topo_node(lab, node)->index].radvd;
}

static void radvd_on_standby(struct evidence *e)
{
	*radvd_on(e, "network1") = *radvd_on(e, "network2");
}

static void radvd_not_on_active(struct evidence *e)
{
	radvd_on(e, "network2")->n = 0;
}

static void radvd_stopped(struct evidence *e)
{
	radvd_on(e, "network2")->items[0].state = 'T';
}

static void slaac_without(struct evidence *e)
{
	const struct topo_port *p = lab->instances[0].port;
	char text[IP_TEXT_MAX];
	struct observed *o;

	EACH_SAMPLE(e, "compute1", o)
	healthy_addr_del(o, lab->instances[0].netns, p->ifname,
			 ipnet_print(&p->addrs[1].addr, text));
}

static void slaac_another(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "compute1", o)
	healthy_addr_add(e, o, lab->instances[0].netns, "eth0",
			 "fd00:bad::f816:3eff:fe00:1/64");
}

static void slaac_no_route(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "compute1", o)
	{
		struct seen_ns *ns = healthy_ns(o, lab->instances[1].netns);

		for (size_t i = 0; i < ns->of[RES_ROUTE].n; i++) {
			struct res_route *r = &ns->of[RES_ROUTE].items[i].route;

			if (!r->to.len && r->via.family == 6)
				r->via.b[15] ^= 1;
		}
	}
}

static void reach_lost(struct evidence *e)
{
	e->reached[0].replies.n = 2;
}

static void reach_none(struct evidence *e)
{
	e->reached[1].replies = (struct seen_replies){0};
}

static void reach_far(struct evidence *e)
{
	e->reached[0].replies.ttl = 62;
}

static struct seen_http *said(struct evidence *e)
{
	return &e->boots[0].metadata;
}

static void metadata_of_another(struct evidence *e)
{
	*said(e) = e->boots[1].metadata;
}

static void metadata_refused(struct evidence *e)
{
	said(e)->said[METADATA_ID].status = 404;
}

static void metadata_silent(struct evidence *e)
{
	*said(e) = (struct seen_http){.trouble = "connect: timed out"};
}

static void metadata_half(struct evidence *e)
{
	said(e)->said[METADATA_LOCAL].status = 0;
	said(e)->trouble = "no answer";
}

static void metadata_no_json(struct evidence *e)
{
	said(e)->said[METADATA_ID].body = "uuid";
}

static void internet_wrong(struct evidence *e)
{
	e->boots[0].outside.items[1].addrs[0].b[3] ^= 1;
}

/* Its kernel answers as a host's. */
static void no_ipv6_router(struct evidence *e)
{
	const struct topo_router *r = &lab->routers[0];
	struct observed *o;

	EACH_SAMPLE(e, "network2", o)
	healthy_link(o, r->netns, r->qr[1]->ifname)->ipv6_router = false;
}

static void internet_silent(struct evidence *e)
{
	e->boots[0].outside.items[0].error = "no answer";
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
	{"what it told is gone", lease_not_kept, "wrong lease: a on compute1"},
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
	{"no router advertisement", advert_none,
	 "wrong ra: r on network inner"},
	{"an advertisement with another prefix", advert_prefix,
	 "wrong ra: r on network inner"},
	{"a prefix that is for no addresses", advert_not_autonomous,
	 "wrong ra: r on network inner"},
	{"a router that says farewell", advert_farewell,
	 "wrong ra: r on network inner"},
	{"an advertisement with another MTU", advert_mtu,
	 "wrong ra: r on network inner"},
	{"an advertisement with the flag for DHCPv6", advert_managed,
	 "wrong ra: r on network inner"},
	{"an advertisement without DNS", advert_dns,
	 "wrong ra: r on network inner"},
	{"a rogue that advertises itself", advert_rogue,
	 "wrong ra: r on network inner"},
	{"a rogue in the router's name", advert_rogue_alone,
	 "wrong ra: r on network inner"},
	{"radvd on the standby", radvd_on_standby,
	 "wrong radvd: r on network1"},
	{"no radvd on the active node", radvd_not_on_active,
	 "wrong radvd: r on network2"},
	{"a stopped radvd", radvd_stopped, "wrong radvd: r on network2"},
	{"no address by SLAAC", slaac_without, "wrong slaac: a on compute1"},
	{"an address of another prefix", slaac_another,
	 "wrong slaac: a on compute1"},
	{"an IPv6 route by another router", slaac_no_route,
	 "wrong slaac: b on compute1"},
	{"replies lost from outside", reach_lost,
	 "wrong outside-ipv6: a at fd00:1::f816:3eff:fe25:d207"},
	{"no reply from outside", reach_none,
	 "wrong outside-ipv6: b at fd00:1::f816:3eff:fe7c:a997"},
	{"one router too many on the way", reach_far,
	 "wrong outside-ipv6: a at fd00:1::f816:3eff:fe25:d207"},
	{"metadata of another instance", metadata_of_another,
	 "wrong metadata: a on compute1"},
	{"metadata that are refused", metadata_refused,
	 "wrong metadata: a on compute1"},
	{"no metadata service", metadata_silent,
	 "wrong metadata: a on compute1"},
	{"a metadata service that falls silent", metadata_half,
	 "wrong metadata: a on compute1"},
	{"metadata that are no JSON", metadata_no_json,
	 "wrong metadata: a on compute1"},
	{"openstack.org with another address", internet_wrong,
	 "wrong outside-name: a on compute1"},
	{"a DNS server that does not answer for openstack.org", internet_silent,
	 "wrong outside-name: a on compute1"},
	{"forwarding off on the active's qr", no_ipv6_router,
	 "wrong ipv6-router: r on network2"},
	{NULL, NULL, NULL},
};
