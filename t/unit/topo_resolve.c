/* SPDX-License-Identifier: MIT */
/* What follows from a file: the shipped labs, and the rules one by one. */
#include <stdio.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/mono.h"
#include "t/lib/tap.h"
#include "topologies/print.h"
#include "topologies/topo.h"
#include "topologies/resolve/ids.h"

static struct lab *load(const char *text)
{
	auto_(topo_errors_release) struct topo_errors errs = {0};
	auto_buf struct buf out = {0};
	struct lab *lab = NULL;

	if (topo_load_text("lab", text, strlen(text), &lab, &errs) < 0) {
		topo_errors_print(&errs, "lab", 0, false, &out);
		tap_diag("%s", out.data);
	}
	ok(lab, "loads");
	return lab;
}

static struct lab *load_file(const char *path)
{
	auto_(topo_errors_release) struct topo_errors errs = {0};
	struct lab *lab = NULL;

	ok(topo_load(path, &lab, &errs) == 0, "%s loads", path);
	return lab;
}

static const char *net(const struct ipnet *n)
{
	static char text[8][IP_TEXT_MAX];
	static unsigned i;

	return ipnet_print(n, text[i++ % 8]);
}

static const char *addr(const struct ip *ip)
{
	static char text[8][IP_TEXT_MAX];
	static unsigned i;

	return ip_print(ip, text[i++ % 8]);
}

static const char *hop(const struct topo_port *qg, int family)
{
	struct ip ip = topo_next_hop(qg, family);

	return addr(&ip);
}

static const char *first_addr(const struct topo_port *p)
{
	return net(&p->addrs[0].addr);
}

static void is_prefix(const char *name, const char *prefix, const char *uuid)
{
	char want[IFNAME_MAX];

	snprintf(want, sizeof(want), "%s%.11s", prefix, uuid);
	is(name, want, "%s and the UUID's first 11 characters", prefix);
}

static void l3ha_nodes(const struct lab *lab)
{
	static const struct {
		const char *name, *management, *tunnel;
		size_t nics;
	} rows[] = {
		{"controller", "10.0.0.11/24", NULL, 1},
		{"network1", "10.0.0.21/24", "10.0.1.21/24", 3},
		{"network2", "10.0.0.22/24", "10.0.1.22/24", 3},
		{"compute1", "10.0.0.31/24", "10.0.1.31/24", 2},
		{"compute2", "10.0.0.32/24", "10.0.1.32/24", 2},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct topo_node *n = topo_node(lab, rows[i].name);
		const struct topo_nic *m = topo_nic(n, TOPO_MANAGEMENT);
		const struct topo_nic *t = topo_nic(n, TOPO_TUNNEL);
		const struct topo_nic *p = topo_nic(n, TOPO_PROVIDER);

		is_int(n->index, i, "%s: index", n->name);
		is_int(n->nnics, rows[i].nics, "%s: interfaces", n->name);
		is(net(&m->addr), rows[i].management, "%s: management",
		   n->name);
		is(m->ifname, "eth0", "%s: management is eth0", n->name);
		is(t ? net(&t->addr) : NULL, rows[i].tunnel, "%s: tunnel",
		   n->name);
		is(t ? t->ifname : "eth1", "eth1", "%s: tunnel is eth1",
		   n->name);
		ok(!p == (n->role != TOPO_NETWORK),
		   "%s: provider on network nodes only", n->name);
		if (p)
			is(p->ifname, "eth2", "%s: provider is eth2", n->name);
	}
}

static void l3ha_router(const struct lab *lab)
{
	const struct topo_router *r = topo_router(lab, "router2");
	const struct topo_port *p;

	is_int(r->nhosts, 2, "router on both network nodes");
	is(r->hosts[0]->name, "network1", "first host");
	is(r->project, "demo", "project");
	is_int(r->ha.vrid, 1, "VRID");
	is_int(r->ha.priority, 50, "priority");
	is_int(r->ha.adver_cs, 200, "interval");
	ok(!r->ha.preempt, "no preemption");
	is_int(r->ha.garp_repeat, 5, "gratuitous ARPs");
	is_int(r->ha.garp_refresh_s, 10, "their refresh");
	is_int(r->ha.track, TOPO_TRACK_HA | TOPO_TRACK_TUNNEL, "tracks both");
	is(net(&r->ha.vip), "169.254.0.1/24", "virtual address");
	is_int(topo_skew_ns(&r->ha), 206 * NS_PER_S / 256, "skew");
	is_int(topo_master_down_ns(&r->ha), 6804687500, "6.8 s until Active");
	is(first_addr(r->ha_ports[0]), "169.254.192.1/18", "HA address 1");
	is(first_addr(r->ha_ports[1]), "169.254.192.2/18", "HA address 2");
	ok(!r->ha_ports[0]->addrs[0].subnet, "HA addresses have no subnet");
	p = topo_ha_port(r, topo_node(lab, "network2"));
	ok(p == r->ha_ports[1] && p->node == topo_node(lab, "network2"),
	   "HA port of a node");
	ok(!topo_ha_port(r, topo_node(lab, "compute1")), "none on a compute");
	is_prefix(p->ifname, "ha-", p->uuid);
	is_prefix(p->tap, "tap", p->uuid);
	is_int(r->gateway->naddrs, 2, "two external addresses");
	is(first_addr(r->gateway), "203.0.113.21/24", "external IPv4");
	is(net(&r->gateway->addrs[1].addr), "fd00:203:0:113::21/64",
	   "external IPv6");
	ok(!r->gateway->node, "qg is on every host");
	is_prefix(r->gateway->ifname, "qg-", r->gateway->uuid);
	is(hop(r->gateway, 4), "203.0.113.1", "IPv4 next hop");
	is(hop(r->gateway, 6), "fd00:203:0:113::1", "IPv6 next hop");
	ok(!topo_next_hop(NULL, 4).family, "no gateway, no next hop");
	is_int(r->nqr, 2, "a qr port for each subnet");
	is(first_addr(r->qr[0]), "198.51.100.1/24", "qr IPv4");
	is(first_addr(r->qr[1]), "fd00:198:51:100::1/64", "qr IPv6");
	is_prefix(r->qr[0]->ifname, "qr-", r->qr[0]->uuid);
	is_int(strncmp(r->netns, "qrouter-", 8), 0, "qrouter-");
	is(r->netns + 8, r->uuid, "and the router's UUID");
}

/* Routers without HA, with routes of their own, and what `ha` is for all. */
static void other_routers(void)
{
	static const char text[] =
		"lab: t\n"
		"ha: {interval: 1s, priority: 70}\n"
		"nodes:\n"
		"  n1: {role: network}\n  n2: {role: network}\n"
		"  c1: {role: controller}\n"
		"physical: {management: {cidr: 10.0.0.0/24}, "
		"tunnel: {cidr: 10.0.1.0/24}, x: {}}\n"
		"networks:\n"
		"  out: {external: true, type: flat, physical: x, subnets: "
		"{out4: {cidr: 203.0.113.0/24}}}\n"
		"  a: {subnets: {a4: {cidr: 192.168.1.0/24}}}\n"
		"  b: {subnets: {b4: {cidr: 192.168.2.0/24}}}\n"
		"routers:\n"
		"  r1: {gateway: out, interfaces: [a4], ha: false}\n"
		"  r2: {gateway: out, interfaces: [b4], ha: {priority: 60}, "
		"routes: [{to: 10.9.0.0/16, via: 192.168.2.9}, "
		"{to: 10.8.0.0/16, via: 203.0.113.9}]}\n"
		"  r3: {ha: false}\n";
	struct topo_errors errs = {0};
	const struct topo_router *r;
	struct lab *lab = NULL;

	if (!ok(topo_load_text("t", text, strlen(text), &lab, &errs) == 0,
		"routers of several kinds"))
		return;
	r = topo_router(lab, "r1");
	ok(!r->is_ha && r->nhosts == 1 && !r->ha_ports && !r->ha_network,
	   "without HA: one host, no HA port");
	is(r->hosts[0]->name, "n1", "on the first of the least loaded");
	ok(topo_carries(r, r->hosts[0]) && !topo_ha_port(r, r->hosts[0]),
	   "carried, without a port");
	is(topo_router(lab, "r3")->hosts[0]->name, "n2",
	   "the next one where fewer are");
	r = topo_router(lab, "r2");
	ok(r->is_ha && r->nhosts == 2, "HA unless it says otherwise");
	is_int(r->ha.adver_cs, 100, "the lab's interval");
	is_int(r->ha.priority, 60, "its own priority");
	is_int(r->ha.vrid, 1, "VRIDs are of HA routers only");
	is_int((int64_t)r->nroutes, 2, "routes");
	ok(topo_route_port(r, &r->routes[0]) == r->qr[0] &&
		   topo_route_port(r, &r->routes[1]) == r->gateway,
	   "by the port that leads to their next hop");
	lab_free(lab);
	topo_errors_release(&errs);
}

/* The 255th router of a project. */
static void many_routers(void)
{
	struct buf b = {0}, again = {0};
	struct topo_errors errs = {0};
	struct lab *lab = NULL;

	buf_adds(&b, "lab: t\nnodes: {n1: {role: network}, n2: {role: "
		     "network}, c1: {role: controller}}\nrouters:\n");
	for (int i = 0; i < 257; i++)
		buf_printf(&b, "  r%d: {%s}\n", i,
			   i == 3 ? "ha: {vrid: 9}" : "");
	buf_adds(&b, "  other: {project: other}\n");
	if (!ok(topo_load_text("t", b.data, b.len, &lab, &errs) == 0,
		"257 routers of a project"))
		return;
	is_int(topo_router(lab, "r253")->ha.vrid, 254,
	       "the last of one network");
	is_int(topo_router(lab, "r254")->ha.vrid, 1,
	       "a second network's first");
	is_int(topo_router(lab, "r256")->ha.vrid, 3, "and third");
	is(topo_router(lab, "r254")->ha_network->name,
	   "HA network tenant demo 2", "its name");
	is(topo_router(lab, "r0")->ha_network->name, "HA network tenant demo",
	   "the first one's is as ever");
	ok(topo_router(lab, "r254")->ha_network->vni !=
		   topo_router(lab, "r0")->ha_network->vni,
	   "a VNI of its own");
	is(first_addr(topo_router(lab, "r254")->ha_ports[0]),
	   "169.254.192.1/18", "addresses begin anew");
	is_int(topo_router(lab, "other")->ha_network->vni,
	       topo_router(lab, "r0")->ha_network->vni + 1,
	       "other projects' VNIs stay as they were");
	is_int((int64_t)lab->nnotes, 1, "said once");
	is(lab->notes[0],
	   "project 'demo' has more than 254 highly available routers, which "
	   "Neutron refuses: 3 are on HA network 2, with VRIDs of its own",
	   "in these words");
	buf_reset(&b);
	topo_print(lab, &b);
	lab_free(lab);
	if (ok(topo_load_text("t", b.data, b.len, &lab, &errs) == 0,
	       "what is printed loads")) {
		topo_print(lab, &again);
		is(again.data, b.data, "and is the same lab");
		lab_free(lab);
	}
	buf_release(&b);
	buf_release(&again);
	topo_errors_release(&errs);
}

static void l3ha_networks(const struct lab *lab)
{
	const struct topo_network *ext = topo_network(lab, "provider1");
	const struct topo_network *own = topo_network(lab, "selfservice2");
	const struct topo_network *ha =
		topo_network(lab, "HA network tenant demo");

	is_int(lab->nnetworks, 4, "three networks and the HA network");
	ok(ext->external && ext->type == TOPO_FLAT, "external is flat");
	is(ext->phys->name, "provider", "on the provider network");
	is_int(ext->mtu, 1500, "MTU outside");
	is_prefix(ext->bridge, "brq", ext->uuid);
	is(ext->vxlan, "", "no vxlan");
	is_int(own->vni, 1, "first VNI");
	is(own->vxlan, "vxlan-1", "its device");
	is_int(own->mtu, 1450, "MTU inside");
	is(addr(&own->group), "239.1.1.1", "group");
	ok(own->phys->use == TOPO_TUNNEL, "over the tunnel");
	ok(ha->ha && ha == &lab->networks[3], "HA network is last");
	is_int(ha->vni, 3, "its VNI comes after");
	is(net(&ha->subnets[0]->cidr), "169.254.192.0/18", "its range");
	ok(topo_network_on(lab, ext, topo_node(lab, "network1")) &&
		   !topo_network_on(lab, ext, topo_node(lab, "compute1")) &&
		   !topo_network_on(lab, ext, topo_node(lab, "controller")),
	   "external network: on network nodes");
	ok(topo_network_on(lab, own, topo_node(lab, "network2")) &&
		   topo_network_on(lab, own, topo_node(lab, "compute2")) &&
		   !topo_network_on(lab, own, topo_node(lab, "controller")),
	   "project network: on network and compute nodes");
	ok(topo_network_on(lab, ha, topo_node(lab, "network1")) &&
		   !topo_network_on(lab, ha, topo_node(lab, "compute1")),
	   "HA network: on network nodes");
}

static void l3ha(void)
{
	struct lab *lab = load_file("topologies/l3ha-linuxbridge.yaml");
	const struct topo_instance *i;

	if (!lab)
		return;
	is(lab->mark, "labctl:l3ha-linuxbridge", "mark");
	ok(lab->text_len && !lab->text[lab->text_len], "keeps its text");
	l3ha_nodes(lab);
	l3ha_networks(lab);
	l3ha_router(lab);
	i = topo_instance(lab, "selfservice-instance2");
	is(first_addr(i->port), "198.51.100.4/24",
	   "instance IPv4, behind the DHCP ports");
	ok(!topo_router(lab, "router1")->is_ha &&
		   topo_router(lab, "router1")->nhosts == 1,
	   "router1 without HA");
	is(net(&i->port->addrs[1].addr),
	   "fd00:198:51:100:f816:3eff:fea5:78d4/64",
	   "instance IPv6, of its MAC");
	is(i->node->name, "compute2", "instance node");
	is(i->port->ifname, "eth0", "instance interface");
	is_prefix(i->port->tap, "tap", i->port->uuid);
	is_int(lab->nports, 2 + 1 + 2 + 1 + 2 + 2 + 4, "ports");
	ok(!topo_node(lab, "x") && !topo_router(lab, "x") &&
		   !topo_instance(lab, "x") && !topo_network(lab, "x"),
	   "nothing is named x");
	lab_free(lab);
}

static void rapid(void)
{
	struct lab *lab = load_file("topologies/vrrp-rapid.yaml");
	const struct topo_router *r;

	if (!lab)
		return;
	r = topo_router(lab, "provider-router");
	is(first_addr(r->gateway), "10.5.150.0/16", "a host that ends in .0");
	is(first_addr(r->qr[0]), "192.168.21.1/24", "gateway");
	is(hop(r->gateway, 4), "10.5.0.1", "next hop");
	is(first_addr(topo_instance(lab, "i1")->port), "192.168.21.5/24",
	   "instance");
	is(r->hosts[1]->name, "machine-23", "host");
	lab_free(lab);
}

#define NODES                                                                  \
	"lab: t\nnodes:\n  c: {role: controller}\n  n1: {role: network}\n"     \
	"  n2: {role: network}\n  k: {role: compute}\n"
#define PHYS "physical: {management: {}, a: {}, tunnel: {mtu: 9000}, b: {}}\n"
#define OUT                                                                    \
	"  out:\n    external: true\n    physical: b\n    subnets:\n"          \
	"      o4: {cidr: 10.1.0.0/24, pool: 10.1.0.5-10.1.0.99}\n"

static void numbers_around_pins(void)
{
	struct lab *lab =
		load(NODES PHYS "networks:\n" OUT
				"  n1: {segment: 2}\n  n2: {}\n  n3: {}\n"
				"routers:\n"
				"  a: {gateway: out}\n"
				"  b: {gateway: out, ha: {vrid: 1},\n"
				"      external_address: 10.1.0.5}\n"
				"  c: {gateway: out, project: other}\n"
				"  d: {gateway: out, ha: {vrid: 3}}\n"
				"  e: {}\n");

	if (!lab)
		return;
	is_int(topo_network(lab, "n1")->vni, 2, "pinned VNI");
	is_int(topo_network(lab, "n2")->vni, 1, "VNI below it");
	is_int(topo_network(lab, "n3")->vni, 3, "VNI above it");
	is_int(lab->networks[4].vni, 4, "HA network of demo");
	is_int(lab->networks[5].vni, 5, "HA network of other");
	is(lab->networks[5].name, "HA network tenant other", "its name");
	is_int(topo_router(lab, "a")->ha.vrid, 2, "VRID beside a pinned one");
	is_int(topo_router(lab, "b")->ha.vrid, 1, "pinned VRID");
	is_int(topo_router(lab, "c")->ha.vrid, 1, "VRID in another project");
	is_int(topo_router(lab, "d")->ha.vrid, 3, "second pinned VRID");
	is_int(topo_router(lab, "e")->ha.vrid, 4, "VRID above it");
	is(first_addr(topo_router(lab, "a")->gateway), "10.1.0.6/24",
	   "lowest address not pinned by another");
	is(first_addr(topo_router(lab, "b")->gateway), "10.1.0.5/24",
	   "pinned address");
	is(first_addr(topo_router(lab, "d")->gateway), "10.1.0.8/24",
	   "file order");
	ok(!topo_router(lab, "e")->gateway, "no gateway");
	is(first_addr(topo_router(lab, "d")->ha_ports[0]), "169.254.192.6/18",
	   "HA addresses go on within the project, the highest to the node "
	   "that leads the fewest");
	is(first_addr(topo_router(lab, "d")->ha_ports[1]), "169.254.192.5/18",
	   "and the one below it to the other");
	is(first_addr(topo_router(lab, "c")->ha_ports[0]), "169.254.192.1/18",
	   "and begin anew in another");
	is_int(topo_network(lab, "n1")->mtu, 8950, "MTU from the tunnel's");
	is(net(&lab->phys[0].cidr), "10.0.0.0/24", "default management");
	is(net(&lab->phys[2].cidr), "10.0.1.0/24", "default tunnel");
	is(topo_nic_on(topo_node(lab, "n1"), &lab->phys[1])->ifname, "eth2",
	   "first provider");
	is(topo_nic_on(topo_node(lab, "n1"), &lab->phys[3])->ifname, "eth3",
	   "second provider");
	lab_free(lab);
}

static void instances_outside(void)
{
	struct lab *lab =
		load(NODES PHYS "networks:\n" OUT
				"instances: {i: {node: k, network: out}}\n");
	const struct topo_nic *nic;

	if (!lab)
		return;
	nic = topo_nic(topo_node(lab, "k"), TOPO_PROVIDER);
	ok(nic, "a compute node has the provider network that it needs");
	is(nic ? nic->ifname : NULL, "eth3", "under the name all nodes have");
	is_int(topo_node(lab, "k")->nnics, 3, "and no other");
	is(first_addr(lab->instances[0].port), "10.1.0.5/24", "from the pool");
	lab_free(lab);
}

static void default_physical(void)
{
	struct lab *lab = load(NODES);

	if (!lab)
		return;
	is_int(lab->nphys, 2, "two physical networks");
	is_int(topo_node(lab, "n1")->nnics, 2, "nodes are on both");
	is_int(lab->nnetworks, 0, "no network");
	lab_free(lab);
	lab = load(NODES "physical: {mgmt: {use: management}}\n");
	if (!lab)
		return;
	ok(!topo_nic(topo_node(lab, "n1"), TOPO_TUNNEL),
	   "no tunnel where nothing needs it");
	lab_free(lab);
}

static void default_gateways(void)
{
	struct lab *lab =
		load(NODES "networks:\n  a:\n    subnets:\n"
			   "      s1: {cidr: 10.2.0.0/24, dhcp: false}\n"
			   "      s2: {cidr: 'fd00:2::/64'}\n"
			   "      s3: {cidr: 10.3.0.0/29,"
			   " gateway: 10.3.0.3, dhcp: false}\n"
			   "      s4: {cidr: 10.4.0.0/24,"
			   " gateway: none, dhcp: false}\n"
			   "instances:\n"
			   "  i: {node: k, network: a}\n"
			   "  j: {node: k, network: a, address:"
			   " [10.2.0.2, 10.3.0.1]}\n");
	const struct topo_port *i;

	if (!lab)
		return;
	is(addr(&lab->subnets[0].gateway), "10.2.0.1", "first host");
	is(addr(&lab->subnets[1].gateway), "fd00:2::1", "first IPv6 host");
	ok(!ip_is_set(&lab->subnets[3].gateway), "none where none is said");
	is(addr(&lab->subnets[0].pool_first), "10.2.0.2", "pool: after it");
	is(addr(&lab->subnets[2].pool_first), "10.3.0.1", "pool: around it");
	is(addr(&lab->subnets[3].pool_first), "10.4.0.1", "pool: all");
	is(addr(&lab->subnets[3].pool_last), "10.4.0.254", "pool: all");
	i = lab->instances[0].port;
	is_int(i->naddrs, 4, "one address for each subnet");
	is(net(&i->addrs[0].addr), "10.2.0.3/24", "lowest not pinned");
	is(net(&i->addrs[1].addr), "fd00:2::2/64", "lowest IPv6");
	is(net(&i->addrs[2].addr), "10.3.0.2/29", "lowest below the gateway");
	is(net(&lab->instances[1].port->addrs[3].addr), "10.4.0.2/24",
	   "what is not pinned is chosen");
	lab_free(lab);
}

static void small_ranges(void)
{
	struct lab *lab = load("lab: t\nnodes:\n  a: {role: network}\n"
			       "  b: {role: network}\n  c: {role: compute}\n"
			       "physical:\n"
			       "  management: {cidr: 10.0.0.0/27}\n"
			       "  tunnel: {cidr: 10.0.1.0/29}\n");

	if (!lab)
		return;
	is(net(&lab->nodes[0].nics[0].addr), "10.0.0.21/27", "by role");
	is(net(&lab->nodes[2].nics[0].addr), "10.0.0.1/27",
	   ".31 is not there: the first that is free");
	is(net(&lab->nodes[0].nics[1].addr), "10.0.1.2/29",
	   "tunnel: first free");
	is(net(&lab->nodes[2].nics[1].addr), "10.0.1.1/29",
	   "tunnel: the management host number where it fits");
	lab_free(lab);
}

/* The last usable address is the fabric's, whatever the nodes' number. */
static void fabric_address(void)
{
	struct lab *lab = load("lab: t\nnodes:\n  a: {role: compute}\n"
			       "  b: {role: compute}\n  c: {role: compute}\n"
			       "  d: {role: compute}\n  e: {role: compute}\n"
			       "physical: {management: {cidr: 10.0.0.0/29}}\n");

	if (!lab)
		return;
	is(net(&lab->nodes[4].nics[0].addr), "10.0.0.5/29", "the fifth of /29");
	lab_free(lab);
	lab = load("lab: t\nnodes: {a: {role: network}}\n"
		   "physical: {management: {cidr: 10.0.0.8/29},"
		   " tunnel: {cidr: 10.0.1.0/30}}\n");
	if (!lab)
		return;
	is(net(&lab->nodes[0].nics[0].addr), "10.0.0.9/29", "the first of /29");
	is(net(&lab->nodes[0].nics[1].addr), "10.0.1.1/30", "the only of /30");
	lab_free(lab);
	lab = load("lab: t\nnodes:\n  a: {role: controller}\n"
		   "  b: {role: controller}\n  c: {role: controller}\n"
		   "  d: {role: controller}\n"
		   "physical: {management: {cidr: 10.0.0.0/28}}\n");
	if (!lab)
		return;
	is(net(&lab->nodes[2].nics[0].addr), "10.0.0.13/28", "13 of /28");
	is(net(&lab->nodes[3].nics[0].addr), "10.0.0.1/28",
	   "14 is the fabric's: the first that is free");
	lab_free(lab);
}

static void many_of_a_role(void)
{
	auto_buf struct buf b = {0};
	struct lab *lab;

	buf_adds(&b, "lab: t\nnodes:\n");
	for (int i = 0; i < 12; i++)
		buf_printf(&b, "  n%d: {role: network}\n", i);
	buf_adds(&b, "  k: {role: compute}\n");
	lab = load(b.data);
	if (!lab)
		return;
	is(net(&lab->nodes[9].nics[0].addr), "10.0.0.30/24", "the tenth");
	is(net(&lab->nodes[10].nics[0].addr), "10.0.0.1/24", "the eleventh");
	is(net(&lab->nodes[12].nics[0].addr), "10.0.0.31/24",
	   "others are not moved by it");
	lab_free(lab);
}

/* Names that come out alike are told apart, the same way each time. */
static void collisions(void)
{
	auto_arena struct arena a = {0};
	char lab[UUID_TEXT_MAX], one[UUID_TEXT_MAX], two[UUID_TEXT_MAX],
		again[UUID_TEXT_MAX];
	struct mac m1, m2, m3;
	struct ids ids;
	struct uuid u;

	ids_init(&ids, &a, "t", lab);
	u = ids_prefix_uuid(&ids, one, "port/%d", 1);
	ids_prefix_uuid(&ids, two, "port/%d", 1);
	ok(strncmp(one, two, 11) != 0, "a taken prefix is not given again");
	m1 = ids_mac(&ids, &u);
	m2 = ids_mac(&ids, &u);
	m3 = ids_mac(&ids, &u);
	ok(!mac_equal(&m1, &m2) && !mac_equal(&m2, &m3) && !mac_equal(&m1, &m3),
	   "nor a taken MAC");
	ok(m2.b[0] == 0xfa && m2.b[1] == 0x16 && m2.b[2] == 0x3e,
	   "and it is still one of fa:16:3e");
	ids_init(&ids, &a, "t", lab);
	ids_prefix_uuid(&ids, one, "port/%d", 1);
	ids_prefix_uuid(&ids, again, "port/%d", 1);
	is(again, two, "the same way each time");
	ids_init(&ids, &a, "u", one);
	ok(strcmp(one, lab) != 0, "another lab has other UUIDs");
}

int main(void)
{
	l3ha();
	other_routers();
	many_routers();
	rapid();
	numbers_around_pins();
	instances_outside();
	default_physical();
	default_gateways();
	small_ranges();
	fabric_address();
	many_of_a_role();
	collisions();
	return tap_done();
}
