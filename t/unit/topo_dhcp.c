/* SPDX-License-Identifier: MIT */
/* DHCP, IPv6 modes and what instances are told: from the file to the model. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/doc.h"
#include "t/lib/tap.h"
#include "topologies/print.h"
#include "topologies/topo.h"

#define NODES                                                                  \
	"lab: t\n"                                                             \
	"nodes:\n"                                                             \
	"  n1: {role: network}\n"                                              \
	"  n2: {role: network}\n"                                              \
	"  k1: {role: compute}\n"

static void drop(struct lab **lab)
{
	lab_free(*lab);
}
#define auto_lab auto_(drop)

static struct lab *load(const char *text)
{
	auto_(topo_errors_release) struct topo_errors errs = {0};
	auto_buf struct buf out = {0};
	struct lab *lab = NULL;

	if (topo_load_text("lab", text, strlen(text), &lab, &errs) < 0) {
		topo_errors_print(&errs, "lab", 0, false, &out);
		printf("Bail out! %s\n", out.data);
		exit(1);
	}
	return lab;
}

/* "n1 192.168.1.2/24; n2 192.168.1.3/24": a network's DHCP ports. */
static const char *ports_of(const struct topo_network *n, struct buf *b)
{
	char text[IP_TEXT_MAX];

	buf_reset(b);
	buf_adds(b, "");
	for (size_t i = 0; i < n->ndhcp; i++) {
		const struct topo_port *p = n->dhcp_ports[i];

		buf_printf(b, "%s%s", i ? "; " : "", n->dhcp_hosts[i]->name);
		for (size_t k = 0; k < p->naddrs; k++)
			buf_printf(b, " %s",
				   ipnet_print(&p->addrs[k].addr, text));
	}
	return b->data;
}

static const char *addrs_of(const struct topo_port *p, struct buf *b)
{
	char text[IP_TEXT_MAX];

	buf_reset(b);
	for (size_t i = 0; i < p->naddrs; i++)
		buf_printf(b, "%s%s", i ? " " : "",
			   ipnet_print(&p->addrs[i].addr, text));
	return b->data;
}

#define LAB(dhcp)                                                              \
	NODES "  k2: {role: compute, agents: [metadata]}\n"                    \
	      "networks:\n"                                                    \
	      "  a:\n"                                                         \
	      "    subnets:\n"                                                 \
	      "      a4:\n"                                                    \
	      "        cidr: 192.168.1.0/24\n"                                 \
	      "        dhcp: " dhcp "\n"                                       \
	      "        dns: [8.8.4.4, 8.8.8.8]\n"                              \
	      "        host_routes:\n"                                         \
	      "          - {to: 10.9.0.0/16, via: 192.168.1.254}\n"            \
	      "          - {to: 0.0.0.0/0, via: 192.168.1.253}\n"              \
	      "      a6: {cidr: 'fd00:1::/64', dhcp: " dhcp ", ipv6: slaac}\n" \
	      "  b:\n"                                                         \
	      "    subnets:\n"                                                 \
	      "      b4: {cidr: 192.168.2.0/24, enable_gateway: false,"        \
	      " dhcp: false}\n"                                                \
	      "routers:\n"                                                     \
	      "  r1: {interfaces: [a4]}\n"                                     \
	      "instances:\n"                                                   \
	      "  i1: {node: k1, network: a}\n"                                 \
	      "  i2: {node: k2, network: a, address: 192.168.1.3,"             \
	      " static: true}\n"                                               \
	      "  i3:\n"                                                        \
	      "    node: k2\n"                                                 \
	      "    network: b\n"                                               \
	      "    user_data: |\n"                                             \
	      "      #!/bin/sh\n"                                              \
	      "      echo \"a: 'b'\"\n"                                        \
	      "    public_key: ssh-ed25519 AAAAC3Nza me@here\n"

static void first(void)
{
	auto_lab struct lab *lab = load(LAB("true"));
	const struct topo_network *a = topo_network(lab, "a");
	const struct topo_network *b = topo_network(lab, "b");
	const struct topo_instance *i1 = topo_instance(lab, "i1");
	const struct topo_instance *i2 = topo_instance(lab, "i2");
	const struct topo_instance *i3 = topo_instance(lab, "i3");
	const struct topo_node *n1 = topo_node(lab, "n1");
	const struct topo_node *k1 = topo_node(lab, "k1");
	auto_buf struct buf text = {0}, want = {0};
	const struct topo_port *p;
	struct ip eui;

	is_int(lab->dhcp_agents_per_network, 2, "two agents a network");
	ok(!lab->force_metadata, "no metadata where a router has it");
	is_int(n1->agents, TOPO_AGENTS_ALL, "a network node has all agents");
	is_int(k1->agents, 0, "a compute node has none");
	is_int(topo_node(lab, "k2")->agents, TOPO_AGENT_METADATA,
	       "but for those it is given");

	is_int(a->ndhcp, 2, "DHCP on two nodes");
	p = a->dhcp_ports[1];
	eui = ip_link_local(&p->mac);
	is(addrs_of(p, &text) ? strtok(text.data, " ") : "", "192.168.1.4/24",
	   "its port has the lowest address that nobody chose");
	memcpy(eui.b, a->subnets[1]->cidr.ip.b, 8);
	ok(ip_equal(&p->addrs[1].addr.ip, &eui), "and EUI-64 in SLAAC");
	is_int(p->kind, TOPO_PORT_DHCP, "it is a DHCP port");
	ok(p->node == a->dhcp_hosts[1], "on its node");
	ok(p == topo_dhcp_port(a, topo_node(lab, "n2")), "and found there");
	ok(!topo_dhcp_port(a, k1), "and nowhere else");
	buf_printf(&want, "ns-%.11s", p->uuid);
	is(p->ifname, want.data, "ns- inside");
	buf_reset(&want);
	buf_printf(&want, "tap%.11s", p->uuid);
	is(p->tap, want.data, "tap on the bridge");
	buf_reset(&want);
	buf_printf(&want, "qdhcp-%s", a->uuid);
	is(a->qdhcp, want.data, "the namespace has the network's UUID");
	ok(topo_network_on(lab, a, n1), "the network's bridge is there");
	ok(!topo_network_on(lab, b, n1), "another's is not");
	is_int(b->ndhcp, 0, "without DHCP there is none");

	is(strtok((char *)addrs_of(i1->port, &text), " "), "192.168.1.5/24",
	   "instances come behind the DHCP ports");
	eui = ip_link_local(&i1->port->mac);
	memcpy(eui.b, a->subnets[1]->cidr.ip.b, 8);
	ok(ip_equal(&i1->port->addrs[1].addr.ip, &eui),
	   "an instance has EUI-64 in SLAAC");
	ok(topo_leased(i1->port, &i1->port->addrs[0]) &&
		   topo_leased(i1->port, &i1->port->addrs[1]),
	   "both are leased");
	ok(i2->is_static && !topo_leased(i2->port, &i2->port->addrs[0]) &&
		   !topo_leased(i2->port, &i2->port->addrs[1]),
	   "unless the instance is static");
	ok(!topo_leased(i3->port, &i3->port->addrs[0]),
	   "or the subnet has no DHCP");
	ok(!topo_leased(p, &p->addrs[0]), "a DHCP port's own is not");
	is(i3->user_data, "#!/bin/sh\necho \"a: 'b'\"\n", "user data");
	is(i3->public_key, "ssh-ed25519 AAAAC3Nza me@here", "public key");
	ok(!i1->user_data && !i1->public_key, "none where none is given");

	is_int(a->subnets[0]->ndns, 2, "DNS servers");
	is_int(a->subnets[0]->nhost_routes, 2, "host routes");
	ok(a->subnets[0]->dhcp && a->subnets[1]->ipv6 == TOPO_IPV6_SLAAC,
	   "modes");
	ok(!a->subnets[0]->isolated, "a router has the gateway address");
	ok(a->subnets[1]->isolated && b->subnets[0]->isolated, "no router has");
	ok(!ip_is_set(&b->subnets[0]->gateway), "the gateway is disabled");
}

/* What is printed loads again, as the same lab. */
static void again(const char *text, const char *what)
{
	auto_lab struct lab *lab = load(text);
	auto_lab struct lab *same = NULL;
	auto_buf struct buf one = {0}, two = {0};
	struct json j;

	topo_print(lab, &one);
	same = load(one.data);
	topo_print(same, &two);
	is(two.data, one.data, "%s: prints what loads as the same", what);
	buf_reset(&one);
	buf_reset(&two);
	json_init(&j, &one, 0);
	topo_print_json(lab, &j);
	json_init(&j, &two, 0);
	topo_print_json(same, &j);
	is(two.data, one.data, "%s: and in JSON", what);
}

/* "a4 dhcp; a6 slaac dhcp; b6 none": modes of all subnets, as they came. */
static const char *modes(const char *text, struct buf *b)
{
	auto_lab struct lab *lab = load(text);

	buf_reset(b);
	for (size_t i = 0; i < lab->nsubnets; i++) {
		const struct topo_subnet *s = &lab->subnets[i];

		if (s->network->ha)
			continue;
		buf_printf(b, "%s%s", b->len ? "; " : "", s->name);
		if (s->cidr.ip.family == 6)
			buf_printf(b, " %s", topo_ipv6_names[s->ipv6]);
		if (s->dhcp)
			buf_adds(b, " dhcp");
	}
	return b->data;
}

/* What a subnet is whose file does not say. */
static void defaults(void)
{
	auto_buf struct buf b = {0};

	is(modes(NODES "physical: {management: {}, tunnel: {}, x: {}}\n"
		       "networks:\n"
		       "  out: {external: true, physical: x, subnets: {\n"
		       "    o4: {cidr: 203.0.113.0/24},\n"
		       "    o6: {cidr: 'fd00:203::/64'}}}\n"
		       "  a: {subnets: {\n"
		       "    a4: {cidr: 10.1.0.0/24},\n"
		       "    a6: {cidr: 'fd00:1::/64'}}}\n"
		       "routers:\n"
		       "  r: {gateway: out, interfaces: [a4, a6]}\n",
		 &b),
	   "o4; o6 none; a4 dhcp; a6 slaac dhcp",
	   "tenants' have DHCP and SLAAC, external ones neither");
	is(modes(NODES "networks:\n"
		       "  a: {subnets: {a4: {cidr: 10.1.0.0/24},\n"
		       "                a6: {cidr: 'fd00:1::/64'}}}\n"
		       "  b: {subnets: {b6: {cidr: 'fd00:2::/112'}}}\n"
		       "  c: {subnets: {c6: {cidr: 'fd00:3::/64'},\n"
		       "                d6: {cidr: 'fd00:4::/64'}}}\n"
		       "  e: {subnets: {e6: {cidr: 'fd00:5::/64',\n"
		       "                     dhcp: false}}}\n"
		       "routers:\n"
		       "  r: {interfaces: [b6, c6, e6]}\n",
		 &b),
	   "a4 dhcp; a6 none; b6 none; c6 none; d6 none; e6 none",
	   "SLAAC: where a router has all of a network's, and each is a /64");
	is(modes(NODES "networks:\n"
		       "  a: {subnets: {a6: {cidr: 'fd00:1::/64'},\n"
		       "                b6: {cidr: 'fd00:2::/64',\n"
		       "                     ipv6: slaac}}}\n"
		       "  c: {subnets: {c6: {cidr: 'fd00:3::/64'},\n"
		       "                d6: {cidr: 'fd00:4::/64',\n"
		       "                     ipv6: none}}}\n"
		       "routers:\n"
		       "  r: {interfaces: [c6, d6]}\n",
		 &b),
	   "a6 slaac dhcp; b6 slaac dhcp; c6 none; d6 none",
	   "what one subnet of a network says holds for the others");
	is(modes("lab: t\n"
		 "nodes:\n"
		 "  n1: {role: network, agents: [l3]}\n"
		 "  k1: {role: compute}\n"
		 "networks:\n"
		 "  a: {subnets: {a4: {cidr: 10.1.0.0/24}}}\n",
		 &b),
	   "a4", "no DHCP where no node has an agent for it");
	is(modes("lab: t\n"
		 "nodes:\n"
		 "  n1: {role: network}\n"
		 "  k1: {role: compute}\n"
		 "  k2: {role: compute, agents: [dhcp]}\n"
		 "networks:\n"
		 "  a: {type: local, subnets: {a4: {cidr: 10.1.0.0/24}}}\n"
		 "  b: {type: local, subnets: {b4: {cidr: 10.1.0.0/24}}}\n"
		 "instances:\n"
		 "  i: {node: k1, network: a}\n"
		 "  j: {node: k2, network: b}\n",
		 &b),
	   "a4; b4 dhcp", "a local network: where its node has one");
}

/* Each network goes to the nodes that serve the fewest. */
static void spread(void)
{
	static const char nets[] =
		"dhcp_agents_per_network: 2\n"
		"networks:\n"
		"  a: {subnets: {a: {cidr: 10.1.0.0/24, dhcp: true}}}\n"
		"  b: {subnets: {b: {cidr: 10.2.0.0/24, dhcp: true}}}\n"
		"  c: {subnets: {c: {cidr: 10.3.0.0/24, dhcp: false}}}\n"
		"  d: {subnets: {d: {cidr: 10.4.0.0/24, dhcp: true}}}\n";
	auto_buf struct buf b = {0}, text = {0};
	struct lab *lab;

	buf_printf(&b,
		   NODES "  k2: {role: compute, agents: [dhcp]}\n"
			 "  n3: {role: network, agents: [l3]}\n%s",
		   nets);
	lab = load(b.data);
	is(ports_of(topo_network(lab, "a"), &text),
	   "n1 10.1.0.2/24; n2 10.1.0.3/24", "the first nodes of the file");
	is(ports_of(topo_network(lab, "b"), &text),
	   "n1 10.2.0.2/24; k2 10.2.0.3/24", "then who serves the fewest");
	is(ports_of(topo_network(lab, "c"), &text), "", "no DHCP, none");
	is(ports_of(topo_network(lab, "d"), &text),
	   "n2 10.4.0.2/24; k2 10.4.0.3/24", "and the others again");
	lab_free(lab);
	again(b.data, "agents on a compute node");

	buf_reset(&b);
	buf_printf(&b, NODES "%s", nets);
	lab = load(b.data);
	is_int(topo_network(lab, "d")->ndhcp, 2, "as many as have an agent");
	lab_free(lab);

	buf_reset(&b);
	buf_printf(&b, NODES "force_metadata: true\n%s", nets);
	memcpy(strstr(b.data, "network: 2"), "network: 1", 10);
	lab = load(b.data);
	is(ports_of(topo_network(lab, "a"), &text), "n1 10.1.0.2/24",
	   "one agent a network");
	is(ports_of(topo_network(lab, "b"), &text), "n2 10.2.0.2/24",
	   "on the nodes in turn");
	ok(lab->force_metadata, "metadata beside it");
	lab_free(lab);
	again(b.data, "one agent a network");
}

/* Networks that are not everywhere. */
static void places(void)
{
	auto_buf struct buf text = {0};
	struct lab *lab =
		load("lab: t\n"
		     "dhcp_agents_per_network: 3\n"
		     "nodes:\n"
		     "  n1: {role: network, agents: [l3]}\n"
		     "  n2: {role: network, agents: [l3]}\n"
		     "  k1: {role: compute, agents: [dhcp]}\n"
		     "  k2: {role: compute, agents: [dhcp]}\n"
		     "physical:\n"
		     "  management:\n"
		     "  tunnel:\n"
		     "  ext: {}\n"
		     "networks:\n"
		     "  out:\n"
		     "    {external: true, physical: ext, subnets: {o:\n"
		     "      {cidr: 203.0.113.0/24, dhcp: true}}}\n"
		     "  l:\n"
		     "    {type: local, subnets: {l: {cidr: 10.1.0.0/24, dhcp: "
		     "true}}}\n"
		     "  none:\n"
		     "    {type: local, subnets: {n: {cidr: 10.2.0.0/24, dhcp: "
		     "true}}}\n"
		     "routers:\n"
		     "  r: {gateway: out}\n"
		     "instances:\n"
		     "  i: {node: k2, network: l}\n");
	const struct topo_network *out = topo_network(lab, "out");

	is(ports_of(out, &text), "k1 203.0.113.2/24; k2 203.0.113.3/24",
	   "an external network, before the router's own address");
	is_int(lab->routers[0].gateway->addrs[0].addr.ip.b[3], 4,
	       "which comes behind");
	ok(topo_nic_on(topo_node(lab, "k1"), out->phys),
	   "a node that serves a provider network is plugged into it");
	is(ports_of(topo_network(lab, "l"), &text), "k2 10.1.0.2/24",
	   "a local network: where its instance is");
	is(ports_of(topo_network(lab, "none"), &text), "",
	   "a local network that is nowhere: none");
	lab_free(lab);
}

/* A lab that comes to have DHCP keeps the ids of its other ports. */
static void ids_stay(void)
{
	auto_lab struct lab *with = load(LAB("true"));
	auto_lab struct lab *without = load(LAB("false"));
	size_t wrong = 0;

	for (size_t i = 0; i < without->nports; i++)
		wrong += strcmp(without->ports[i].uuid, with->ports[i].uuid) !=
			 0;
	ok(without->nports && !wrong, "ports have the same ids as without");
	is_int(with->nports, without->nports + 2,
	       "and the DHCP ports come last");
}

static void limits(void)
{
	auto_(topo_errors_release) struct topo_errors errs = {0};
	auto_buf struct buf b = {0};
	struct lab *lab = NULL;

	for (unsigned extra = 0; extra < 2; extra++) {
		buf_reset(&b);
		buf_adds(&b, NODES "networks:\n"
				   "  a: {subnets: {a: {cidr: 10.1.0.0/24}}}\n"
				   "instances:\n"
				   "  i:\n    node: k1\n    network: a\n"
				   "    user_data: ");
		for (unsigned i = 0; i < TOPO_USER_DATA_MAX + extra; i++)
			buf_addc(&b, 'x');
		buf_addc(&b, '\n');
		topo_load_text("lab", b.data, b.len, &lab, &errs);
		is_int(errs.n, extra, "user data of %u bytes%s",
		       TOPO_USER_DATA_MAX + extra,
		       extra ? " are too many" : "");
		lab_free(lab);
		lab = NULL;
	}
	is(errs.n ? errs.items[0].msg : "",
	   "'user_data' must have 0 to 16384 bytes, this has 16385",
	   "and said so");
}

int main(void)
{
	first();
	defaults();
	again(LAB("true"), "all keys");
	spread();
	places();
	ids_stay();
	limits();
	return tap_done();
}
