/* SPDX-License-Identifier: MIT */
#include "t/lib/healthy.h"

#include <string.h>

#include "lib/auto.h"
#include "lib/mono.h"
#include "provision/plan/services/radvd.h"
#include "provision/kinds/link/link.h"
#include "provision/plan/plan.h"
#include "topologies/secgroup/secgroup.h"

#define T0 (INT64_C(1700000000) * NS_PER_S)

/* What is built now. */
struct build {
	struct arena *a;
	const struct lab *lab;
	const struct topo_node *node;
	struct observed *o;
};

static struct seen_ns *ns_of(struct build *b, const char *name)
{
	struct seen_ns *ns = healthy_ns(b->o, name);

	if (ns)
		return ns;
	ns = arena_push(b->a, &b->o->ns, &b->o->nns, sizeof(*ns));
	ns->name = name;
	return ns;
}

static struct res_link *link_in(struct build *b, const char *netns,
				const char *name, const char *kind,
				unsigned mtu)
{
	struct seen_ns *ns = ns_of(b, netns);
	struct res_link *l = &seen_push(b->a, ns, RES_LINK)->link;

	l->index = (unsigned)ns->of[RES_LINK].n;
	l->name = name;
	l->type = kind;
	l->kind = link_kind_of(kind);
	l->mtu = mtu;
	l->up = l->running = true;
	return l;
}

static void addr_in(struct build *b, const char *netns, const char *dev,
		    const struct ipnet *addr)
{
	struct seen_ns *ns = ns_of(b, netns);
	struct res_addr *a = &seen_push(b->a, ns, RES_ADDR)->addr;

	a->dev = dev;
	a->addr = *addr;
}

static void default_in(struct build *b, const char *netns, const char *dev,
		       const struct ip *via)
{
	struct seen_ns *ns = ns_of(b, netns);
	struct res_route *r = &seen_push(b->a, ns, RES_ROUTE)->route;

	r->dev = dev;
	r->via = *via;
	r->to.ip.family = via->family;
}

static struct res_ovs *ovs_in(struct build *b, const char *bridge,
			      const char *name)
{
	struct res *r = seen_push(b->a, ns_of(b, ""), RES_OVS);

	r->ovs = (struct res_ovs){.name = name,
				  .bridge = bridge,
				  .type = "",
				  .options = "",
				  .ids = "",
				  .fail_mode = bridge ? "" : "secure"};
	return &r->ovs;
}

static void patch_in(struct build *b, const char *bridge, const char *name,
		     const char *to, const char *peer)
{
	ovs_in(b, bridge, name)->options = arena_printf(b->a, "peer=%s", peer);
	ovs_in(b, to, peer)->options = arena_printf(b->a, "peer=%s", name);
}

static const char *link_name(struct build *b, const struct topo_port *p,
			     const char *prefix)
{
	char *name = arena_alloc(b->a, IFNAME_MAX);

	topo_port_link(p, prefix, name);
	return name;
}

static void hybrid(struct build *b, const struct topo_port *p,
		   struct res_link *tap)
{
	const char *qbr = link_name(b, p, "qbr"), *qvo = link_name(b, p, "qvo");
	unsigned mtu = p->network->mtu;

	tap->master = qbr;
	link_in(b, "", qbr, "bridge", mtu);
	link_in(b, "", link_name(b, p, "qvb"), "veth", mtu)->master = qbr;
	link_in(b, "", qvo, "veth", mtu);
	ovs_in(b, "br-int", qvo)->tag = topo_local_vlan(p->network, b->node);
}

static void port(struct build *b, const struct topo_port *p, const char *netns)
{
	bool internal = topo_is_internal(p, b->node);
	const char *plug = internal ? p->ifname : p->tap;
	struct res_link *l =
		link_in(b, netns, p->ifname, internal ? "openvswitch" : "veth",
			p->network->mtu);

	l->mac = p->mac;
	l->addr_gen_none = p->kind != TOPO_PORT_HA;
	l = internal ? NULL : link_in(b, "", p->tap, "veth", p->network->mtu);
	if (p->hybrid)
		hybrid(b, p, l);
	else if (topo_plugged_outside(p, b->node))
		ovs_in(b, b->node->external_bridge, plug);
	else if (b->node->mechanism == TOPO_OPENVSWITCH)
		ovs_in(b, "br-int", plug)->tag =
			topo_local_vlan(p->network, b->node);
	else
		l->master = p->network->bridge;
}

static void addresses(struct build *b, const struct topo_port *p,
		      const char *netns)
{
	size_t i;

	for (i = 0; i < p->naddrs; i++) {
		struct ipnet addr = p->addrs[i].addr;

		/* What DHCPv6 lends has no prefix. */
		if (p->instance && evidence_lent6(&p->addrs[i]))
			addr.len = 128;
		addr_in(b, netns, p->ifname, &addr);
	}
}

static void virtual(struct build *b, const struct topo_router *r,
		    const struct topo_port *ha)
{
	static const int families[] = {4, 6};
	size_t i, n = r->nqr + (r->gateway ? 1 : 0);
	struct ip hop;

	if (ha)
		addr_in(b, r->netns, ha->ifname, &r->ha.vip);
	for (i = 0; i < n; i++) {
		const struct topo_port *p = i < r->nqr ? r->qr[i] : r->gateway;
		struct ipnet ll = {.ip = ip_link_local(&p->mac), .len = 64};

		addresses(b, p, r->netns);
		addr_in(b, r->netns, p->ifname, &ll);
		healthy_link(b->o, r->netns, p->ifname)->ipv6_router = true;
	}
	for (i = 0; i < r->nfloatings; i++) {
		struct ipnet one = topo_floating_net(r->floatings[i]);

		addr_in(b, r->netns, r->gateway->ifname, &one);
	}
	for (i = 0; r->gateway && i < 2; i++) {
		hop = topo_next_hop(r->gateway, families[i]);
		if (ip_is_set(&hop))
			default_in(b, r->netns, r->gateway->ifname, &hop);
	}
	for (i = 0; i < r->nroutes; i++) {
		default_in(b, r->netns,
			   topo_route_port(r, &r->routes[i])->ifname,
			   &r->routes[i].via);
		healthy_route(b->o, r->netns)->to = r->routes[i].to;
	}
}

struct seen_engine *healthy_engine(struct arena *a, struct observed *o)
{
	struct seen_ns *own = healthy_ns(o, "");
	struct res_list *list = &own->of[RES_SERVICE];
	struct res_service *s;
	size_t i;

	for (i = 0; i < list->n; i++)
		if (strcmp(list->items[i].service.name, SERVICE_ENGINE) == 0)
			return &list->items[i].service.engine;
	s = &seen_push(a, own, RES_SERVICE)->service;
	*s = (struct res_service){
		.name = SERVICE_ENGINE, .running = true, .wanted = true};
	return &s->engine;
}

/* Only an Active asks. */
static void gateways(struct build *b, const struct topo_router *r,
		     struct obs_router *s, bool active)
{
	struct ip ips[2];
	size_t i;

	if (!topo_has_engine(r))
		return;
	s->ngateways = topo_pinged(r, ips);
	s->gateways = arena_array(b->a, s->ngateways + 1, sizeof(*s->gateways));
	s->asked_ns = active ? T0 : 0;
	for (i = 0; i < s->ngateways; i++)
		s->gateways[i] = (struct obs_gateway){
			.ip = ips[i], .answered_ns = active ? T0 + 1 : 0};
}

static void router(struct build *b, const struct topo_router *r)
{
	const struct topo_port *ha = topo_ha_port(r, b->node);
	bool active = b->node == r->hosts[r->nhosts - 1];
	struct seen_engine *e;
	struct obs_router *s;
	size_t i;

	if (!topo_carries(r, b->node))
		return;
	if (ha) {
		e = healthy_engine(b->a, b->o);
		e->running = true;
		s = arena_push(b->a, &e->routers, &e->nrouters, sizeof(*s));
		s->id = r->uuid;
		s->state = active ? "active" : "backup";
		s->file = active ? "master" : "backup";
		s->by_file = !topo_has_engine(r);
		gateways(b, r, s, active);
		port(b, ha, r->netns);
		addresses(b, ha, r->netns);
	}
	for (i = 0; i < r->nqr; i++)
		port(b, r->qr[i], r->netns);
	if (r->gateway)
		port(b, r->gateway, r->netns);
	if (active)
		virtual(b, r, ha);
}

/* Its next hop: where a router advertises itself, that one's own address. */
static struct ip gateway(const struct lab *lab, const struct topo_port *p,
			 const struct topo_addr *a)
{
	for (size_t i = 0; i < lab->nrouters; i++)
		for (size_t k = 0; k < lab->routers[i].nqr; k++) {
			const struct topo_port *qr = lab->routers[i].qr[k];

			if (a->addr.ip.family == 6 && topo_leased(p, a) &&
			    qr->addrs[0].subnet == a->subnet)
				return ip_link_local(&qr->mac);
		}
	return a->subnet->gateway;
}

static void instance(struct build *b, const struct topo_instance *in)
{
	const struct topo_port *p = in->port;
	size_t i;

	if (in->node != b->node)
		return;
	port(b, p, in->netns);
	addresses(b, p, in->netns);
	for (i = 0; i < p->naddrs; i++) {
		struct ip via = gateway(b->lab, p, &p->addrs[i]);

		if (ip_is_set(&via))
			default_in(b, in->netns, p->ifname, &via);
	}
}

static void dhcp(struct build *b, const struct topo_network *net)
{
	const struct topo_port *p = topo_dhcp_port(net, b->node);
	struct res_service *s;

	if (!p)
		return;
	port(b, p, net->qdhcp);
	addresses(b, p, net->qdhcp);
	s = &seen_push(b->a, ns_of(b, ""), RES_SERVICE)->service;
	s->name = arena_printf(b->a, "dhcp-%s", net->uuid);
	s->running = s->wanted = true;
}

/* With l2_population: to each other node that has the network. */
static void flood_entries(struct build *b, const struct topo_network *net)
{
	struct seen_ns *ns = ns_of(b, "");
	size_t i;

	for (i = 0; i < b->lab->nnodes; i++) {
		const struct topo_node *n = &b->lab->nodes[i];
		struct res_fdb *f;

		if (n == b->node || !topo_network_on(b->lab, net, n))
			continue;
		f = &seen_push(b->a, ns, RES_FDB)->fdb;
		f->dev = net->vxlan;
		f->dst = topo_nic_on(n, net->phys)->addr.ip;
	}
}

static void service_in(struct build *b, const char *name)
{
	struct res_service *s =
		&seen_push(b->a, ns_of(b, ""), RES_SERVICE)->service;

	s->name = name;
	s->running = s->wanted = true;
}

/* What Open vSwitch has but for ports of the lab: its own bridges. */
static void switches(struct build *b)
{
	const struct topo_nic *near = topo_nic(b->node, TOPO_TUNNEL);
	char here[IP_TEXT_MAX], there[IP_TEXT_MAX];
	size_t i;

	service_in(b, "ovsdb-server");
	service_in(b, "ovs-vswitchd");
	service_in(b, "ovs-flows");
	ovs_in(b, NULL, "br-int");
	if (!near)
		return;
	ovs_in(b, NULL, "br-tun");
	ovs_in(b, NULL, near->dev)->fail_mode = "";
	ovs_in(b, near->dev, near->ifname);
	patch_in(b, "br-int", "patch-tun", "br-tun", "patch-int");
	ip_print(&near->addr.ip, here);
	for (i = 0; i < b->lab->nnodes; i++) {
		const struct topo_node *n = &b->lab->nodes[i];
		struct res_ovs *o;

		if (n == b->node || n->role == TOPO_CONTROLLER)
			continue;
		ip_print(&topo_nic(n, TOPO_TUNNEL)->addr.ip, there);
		o = ovs_in(b, "br-tun",
			   arena_printf(b->a, "vxlan-%s", n->name));
		o->type = "vxlan";
		o->options = arena_printf(b->a,
					  "df_default=true,in_key=flow,"
					  "local_ip=%s,out_key=flow,"
					  "remote_ip=%s",
					  here, there);
	}
}

static void physical_switch(struct build *b, const struct topo_nic *nic)
{
	char *name = arena_alloc(b->a, IFNAME_MAX);

	topo_phys_bridge(nic->phys, name);
	if (healthy_ovs(b->o, name))
		return;
	ovs_in(b, NULL, name);
	ovs_in(b, name, nic->ifname);
	if (!topo_joined(b->lab, nic->phys, b->node))
		return;
	patch_in(b, "br-int", arena_printf(b->a, "int-%s", name), name,
		 arena_printf(b->a, "phy-%s", name));
}

static void vlan_in(struct build *b, const struct topo_network *net,
		    const struct topo_nic *nic)
{
	char *name = arena_alloc(b->a, IFNAME_MAX);
	struct res_link *l;

	topo_vlan_link(nic, net, name);
	l = link_in(b, "", name, "vlan", net->mtu);
	l->kind = LINK_VLAN;
	l->master = net->bridge;
	l->vlan = net->vlan;
	l->dev = nic->ifname;
}

static void network(struct build *b, const struct topo_network *net)
{
	const struct topo_nic *nic = topo_nic_on(b->node, net->phys);
	struct res_link *l;

	if (!topo_network_on(b->lab, net, b->node))
		return;
	if (b->node->mechanism == TOPO_OPENVSWITCH) {
		if (nic && nic->phys->use == TOPO_PROVIDER)
			physical_switch(b, nic);
		return;
	}
	link_in(b, "", net->bridge, "bridge", net->mtu);
	if (net->type == TOPO_FLAT && nic)
		healthy_link(b->o, "", nic->ifname)->master = net->bridge;
	if (net->type == TOPO_VLAN && nic)
		vlan_in(b, net, nic);
	if (net->type != TOPO_VXLAN || !nic)
		return;
	l = link_in(b, "", net->vxlan, "vxlan", net->mtu);
	l->master = net->bridge;
	l->vni = net->vni;
	if (!b->node->l2_population)
		l->group = net->group;
	else
		flood_entries(b, net);
	l->local = nic->addr.ip;
	l->dev = nic->ifname;
	l->port = DECODE_VXLAN_PORT;
	l->learning = true;
}

/* As the plan has it: what it is, other tests say. */
static void filters(struct build *b)
{
	struct plan p = {0};

	if (!topo_filters(b->lab, b->node))
		return;
	plan_build(b->a, b->lab, b->node, &p);
	for (size_t i = 0; i < p.n; i++)
		if (p.res[i].kind == RES_FILTER)
			seen_push(b->a, ns_of(b, ""), RES_FILTER)->filter =
				p.res[i].filter;
}

static struct observed *node(struct evidence *e, const struct topo_node *n)
{
	struct build b = {&e->arena, e->lab, n,
			  arena_alloc(&e->arena, sizeof(*b.o))};
	size_t i;

	b.o->hostname = n->name;
	b.o->real_ns = T0;
	ns_of(&b, "");
	for (i = 0; i < n->nnics; i++) {
		link_in(&b, "", n->nics[i].ifname, "veth",
			n->nics[i].phys->mtu);
		if (ip_is_set(&n->nics[i].addr.ip))
			addr_in(&b, "", n->nics[i].dev, &n->nics[i].addr);
	}
	if (n->mechanism == TOPO_OPENVSWITCH && n->role != TOPO_CONTROLLER)
		switches(&b);
	for (i = 0; i < e->lab->nnetworks; i++)
		network(&b, &e->lab->networks[i]);
	for (i = 0; i < e->lab->nrouters; i++)
		router(&b, &e->lab->routers[i]);
	for (i = 0; i < e->lab->ninstances; i++)
		instance(&b, &e->lab->instances[i]);
	for (i = 0; i < e->lab->nnetworks; i++)
		dhcp(&b, &e->lab->networks[i]);
	filters(&b);
	return b.o;
}

struct frame healthy_advert(const struct topo_router *r, size_t host, int64_t t)
{
	struct frame f = {.t = T0 + t, .ttl = 255, .kind = FRAME_ADVERT};

	f.src = r->ha_ports[host]->mac;
	f.ip_src = r->ha_ports[host]->addrs[0].addr.ip;
	f.ip_dst = ip_v4(0xe0000012);
	f.advert.version = 2;
	f.advert.type = 1;
	f.advert.vrid = r->ha.vrid;
	f.advert.priority = r->ha.priority;
	f.advert.adver_cs = r->ha.adver_cs;
	f.advert.naddrs = 1;
	f.advert.addrs[0] = r->ha.vip.ip;
	return f;
}

static void frames(struct evidence *e, struct seen_frames *s,
		   const struct topo_router *r, bool tunnel)
{
	int64_t interval = evidence_interval_ns(r);
	int64_t at[] = {interval / 2, interval / 2 + interval + NS_PER_MS};
	size_t i, host = r->nhosts - 1;
	struct frame *f;

	s->error = NULL;
	s->from = T0;
	s->to = T0 + at[1] + NS_PER_MS;
	for (i = 0; i < 2; i++) {
		f = arena_push(&e->arena, &s->frames, &s->n, sizeof(*f));
		*f = healthy_advert(r, host, at[i]);
		if (!tunnel)
			continue;
		if (r->ha_network->type == TOPO_VLAN) {
			f->vlan = (uint16_t)r->ha_network->vlan;
			continue;
		}
		f->tunnel = r->ha_network->type;
		f->vni = r->ha_network->vni;
		f->outer_src = topo_nic(r->hosts[host], TOPO_TUNNEL)->addr.ip;
	}
}

static void pings(struct evidence *e, struct seen_ping *p, size_t n)
{
	size_t i, k;

	for (i = 0; i < n; i++) {
		struct seen_pings *s = &p[i].pings;

		s->error = NULL;
		for (k = 0; k < EVIDENCE_PROBES; k++) {
			struct seen_probe *q = arena_push(&e->arena, &s->probes,
							  &s->n, sizeof(*q));

			q->sent = T0 + (int64_t)k * 150 * NS_PER_MS;
			q->rtt = 300000;
			q->ttl = p[i].floating ? 63 : 64;
		}
	}
}

static void passages(struct evidence *e)
{
	size_t i;

	e->left = (struct seen_frames){.from = T0, .to = T0 + NS_PER_S};
	for (i = 0; i < e->npassages; i++) {
		struct seen_passage *p = &e->passages[i];
		struct frame *f = arena_push(&e->arena, &e->left.frames,
					     &e->left.n, sizeof(*f));

		p->error = NULL;
		p->sent.sent = 3;
		f->t = T0;
		f->ip_dst = p->dst;
		f->ip_src = p->dst.family == 6
				    ? p->instance->port->addrs[1].addr.ip
			    : p->instance->floating
				    ? p->instance->floating->addr
				    : p->router->gateway->addrs[0].addr.ip;
		f->src = p->router->gateway->mac;
		f->ttl = 63;
	}
}

static void offers(struct evidence *e, struct seen_boot *b)
{
	const struct topo_addr *lent = evidence_served(b->instance);
	const struct topo_network *net = b->instance->port->network;
	size_t i, k;

	b->offers.error = NULL;
	for (i = 0; lent && i < net->ndhcp; i++) {
		const struct topo_port *p = net->dhcp_ports[i];
		struct seen_offer *o = arena_push(&e->arena, &b->offers.items,
						  &b->offers.n, sizeof(*o));

		o->from = p->mac;
		o->addr = lent->addr.ip;
		for (k = 0; k < p->naddrs; k++)
			if (p->addrs[k].subnet == lent->subnet)
				o->server = p->addrs[k].addr.ip;
	}
}

static void offers6(struct evidence *e, struct seen_boot *b)
{
	const struct topo_port *own = b->instance->port;
	enum topo_ipv6_mode mode = evidence_asks6(b->instance);
	char duid[LEASE6_DUID_TEXT];

	b->offers6.error = NULL;
	for (size_t i = 0; mode != TOPO_IPV6_NONE && i < own->network->ndhcp;
	     i++) {
		const struct topo_port *p = own->network->dhcp_ports[i];
		struct seen_offer6 *o = arena_push(&e->arena, &b->offers6.items,
						   &b->offers6.n, sizeof(*o));

		o->duid = arena_strdup(&e->arena,
				       lease6_duid_text(&p->mac, duid));
		o->mac = p->mac;
		o->from = ip_link_local(&p->mac);
		for (size_t k = 0; k < own->naddrs; k++)
			if (evidence_lent6(&own->addrs[k]))
				o->addr = own->addrs[k].addr.ip;
	}
}

/* The second server lent; its subnet names one DNS server or none. */
static void guest6(struct evidence *e, struct seen_boot *b)
{
	const struct topo_port *p = b->instance->port;
	struct lease6 *l = &b->guest.lease6;
	auto_buf struct buf resolv = {0};
	char text[IP_TEXT_MAX];

	(void)e;
	if (!b->offers6.n)
		return;
	b->guest.leased6 = true;
	*l = (struct lease6){.domain = "openstacklocal", .at_ns = T0};
	memcpy(l->duid, b->offers6.items[1].duid,
	       strlen(b->offers6.items[1].duid) + 1);
	for (size_t i = 0; i < p->naddrs; i++) {
		const struct topo_subnet *s = p->addrs[i].subnet;

		if (evidence_lent6(&p->addrs[i])) {
			b->guest.client6 = 'S';
			l->addrs[l->naddrs++] = (struct lease6_addr){
				p->addrs[i].addr.ip, 7500, 7200};
		}
		if (!topo_dhcpv6(s->ipv6))
			continue;
		if (s->ndns)
			l->dns[l->ndns++] = s->dns[0];
		for (size_t k = 0; !s->ndns && k < p->network->ndhcp; k++)
			l->dns[l->ndns++] =
				*topo_addr_in(p->network->dhcp_ports[k], s);
	}
	buf_adds(&resolv, b->guest.resolv);
	for (size_t i = 0; i < l->ndns; i++)
		if (!strstr(resolv.data, ip_print(&l->dns[i], text)))
			buf_printf(&resolv, "nameserver %s\n", text);
	b->guest.resolv = arena_strdup(&e->arena, resolv.data);
}

/* As its DHCP port on a node, which has the address in the lent subnet. */
static struct ip server_in(const struct topo_port *p, const struct topo_addr *a)
{
	for (size_t i = 0; i < p->naddrs; i++)
		if (p->addrs[i].subnet == a->subnet)
			return p->addrs[i].addr.ip;
	return (struct ip){0};
}

/* Of a network with one IPv4 subnet and a router; the first server lent. */
static void guest(struct evidence *e, struct seen_boot *b)
{
	static const struct ipnet metadata = {{4, {169, 254, 169, 254}}, 32};
	static const struct ipnet all = {{4, {0}}, 0};
	const struct topo_addr *lent = evidence_served(b->instance);
	const struct topo_network *net = b->instance->port->network;
	struct lease *l = &b->guest.lease;
	auto_buf struct buf resolv = {0};
	char text[IP_TEXT_MAX];
	size_t i;

	b->guest.error = b->names.error = NULL;
	b->guest.client = 'S';
	b->guest.resolv = "";
	if (!lent)
		return;
	b->guest.leased = true;
	*l = (struct lease){.addr = lent->addr,
			    .server = b->offers.items[0].server,
			    .seconds = 86400,
			    .mtu = lent->subnet->network->mtu,
			    .domain = "openstacklocal",
			    .at_ns = T0};
	for (i = 0; i < b->offers.n; i++) {
		struct seen_name *n = arena_push(&e->arena, &b->names.items,
						 &b->names.n, sizeof(*n));

		n->server = b->offers.items[i].server;
		if (!lent->subnet->ndns)
			l->dns[l->ndns++] = n->server;
		n->addrs[n->naddrs++] = lent->addr.ip;
	}
	for (i = 0; i < lent->subnet->ndns; i++)
		l->dns[l->ndns++] = lent->subnet->dns[i];
	l->routes[l->nroutes++] = (struct lease_route){
		metadata, e->lab->force_metadata
				  ? server_in(net->dhcp_ports[0], lent)
				  : lent->subnet->gateway};
	l->routes[l->nroutes++] =
		(struct lease_route){all, lent->subnet->gateway};
	lease_resolv(l, &resolv);
	for (i = 0; i < b->instance->port->naddrs; i++) {
		const struct topo_addr *a = &b->instance->port->addrs[i];

		if (a->addr.ip.family == 6 && a->subnet->ndns &&
		    topo_leased(b->instance->port, a))
			buf_printf(&resolv, "nameserver %s\n",
				   ip_print(&a->subnet->dns[0], text));
	}
	b->guest.resolv = arena_strdup(&e->arena, resolv.data);
}

/* As the first router of the network advertises itself. */
static void holders(struct evidence *e, struct seen_boot *b)
{
	const struct topo_port *of[ARP_TARGETS_MAX];
	struct arp_target targets[ARP_TARGETS_MAX];
	size_t n = evidence_asked(e->lab, b->instance, targets, of);

	b->holders.error = NULL;
	b->holders.items =
		arena_array(&e->arena, n + 2, sizeof(*b->holders.items));
	for (size_t i = 0; i < n; i++)
		b->holders.items[b->holders.n++] =
			(struct seen_holder){targets[i].ip, of[i]->mac};
}

static void adverts(struct evidence *e, struct seen_boot *b)
{
	const struct topo_network *net = b->instance->port->network;
	struct seen_advert *x = NULL;
	size_t i, k;

	b->adverts.error = NULL;
	for (i = 0; i < e->lab->nrouters; i++)
		for (k = 0; k < e->lab->routers[i].nqr; k++) {
			const struct topo_port *qr = e->lab->routers[i].qr[k];
			const struct topo_subnet *s = qr->addrs[0].subnet;

			if (qr->network != net || s->ipv6 == TOPO_IPV6_NONE)
				continue;
			if (!x)
				x = arena_push(&e->arena, &b->adverts.items,
					       &b->adverts.n, sizeof(*x));
			x->mac = qr->mac;
			x->from = ip_link_local(&qr->mac);
			x->hops = 255;
			x->lifetime = 300;
			x->mtu = net->mtu;
			x->prefixes[x->nprefixes++] = (struct ra_prefix){
				{ipnet_network(&s->cidr), 64},
				true,
				s->ipv6 != TOPO_IPV6_STATEFUL,
				86400,
				14400};
			x->managed |= s->ipv6 == TOPO_IPV6_STATEFUL;
			x->other |= s->ipv6 == TOPO_IPV6_STATELESS;
			if (s->ndns && s->ipv6 == TOPO_IPV6_SLAAC)
				x->dns[x->ndns++] = s->dns[0];
		}
}

static void internet(struct evidence *e, struct seen_boot *b)
{
	struct ip servers[8];
	size_t i, n = evidence_played_dns(b->instance, servers, 8);

	b->outside.error = NULL;
	for (i = 0; i < n; i++) {
		struct seen_name *s = arena_push(&e->arena, &b->outside.items,
						 &b->outside.n, sizeof(*s));

		s->server = servers[i];
		s->naddrs = 1;
		ip_parse("192.0.2.80", &s->addrs[0]);
	}
}

static void metadata(struct evidence *e, struct seen_boot *b)
{
	const struct topo_instance *in = b->instance;
	char text[IP_TEXT_MAX];
	size_t i;

	b->metadata = (struct seen_http){0};
	for (i = 0; i < METADATA_ASKED; i++)
		b->metadata.said[i] = (struct http_said){200, ""};
	b->metadata.said[METADATA_ID].body = arena_printf(
		&e->arena, "{\"uuid\": \"%s\", \"name\": \"n\"}", in->uuid);
	b->metadata.said[METADATA_HOSTNAME].body = in->name;
	b->metadata.said[METADATA_LOCAL].body = arena_strdup(
		&e->arena, ip_print(&in->port->addrs[0].addr.ip, text));
	if (in->floating)
		b->metadata.said[METADATA_PUBLIC].body = arena_strdup(
			&e->arena, ip_print(&in->floating->addr, text));
}

/* The last host of each router runs its radvd. */
static void radvd(struct evidence *e)
{
	size_t i, k;

	for (i = 0; i < e->lab->nnodes; i++) {
		struct seen_programs *s = &e->nodes[i].radvd;

		s->error = NULL;
		for (k = 0; k < e->lab->nrouters; k++) {
			const struct topo_router *r = &e->lab->routers[k];
			struct seen_program *p;

			if (r->hosts[r->nhosts - 1] != &e->lab->nodes[i] ||
			    !plan_router_advertises(r))
				continue;
			p = arena_push(&e->arena, &s->items, &s->n, sizeof(*p));
			*p = (struct seen_program){r->netns, 77, 'S'};
		}
	}
}

/* It has the gateways of external networks. */
static void outside(struct evidence *e)
{
	struct build b = {&e->arena, e->lab, NULL,
			  arena_alloc(&e->arena, sizeof(*b.o))};
	const struct observed **slot = arena_push(
		&e->arena, &e->host.samples, &e->host.nsamples, sizeof(*slot));
	size_t i;

	b.o->hostname = "outside";
	ns_of(&b, "");
	link_in(&b, "", "eth0", "veth", 1500);
	for (i = 0; i < e->lab->nsubnets; i++) {
		const struct topo_subnet *s = &e->lab->subnets[i];
		struct ipnet gw = {s->gateway, s->cidr.len};

		if (s->network->external && ip_is_set(&s->gateway))
			addr_in(&b, "", "eth0", &gw);
	}
	*slot = b.o;
	e->host.error = NULL;
}

/* The first of its samples' links of that name. */
static unsigned index_of(struct evidence *e, const struct topo_node *n,
			 const char *netns, const char *dev)
{
	return healthy_link(healthy_sample(e, n->name, 0), netns, dev)->index;
}

static void through(struct evidence *e, struct seen_through *t)
{
	const struct topo_router *r = t->router;
	const struct topo_node *n = r->hosts[t->host];

	t->frames = (struct seen_frames){.from = T0, .to = T0 + NS_PER_S};
	if (t->host != r->nhosts - 1)
		return;
	for (size_t i = 0; i < e->npassages; i++) {
		const struct seen_passage *p = &e->passages[i];
		struct frame *f;

		if (p->router != r || p->dst.family != 4)
			continue;
		f = arena_push(&e->arena, &t->frames.frames, &t->frames.n,
			       sizeof(*f));
		f->ip_dst = p->dst;
		f->ip_src = evidence_own(p);
		f->ifindex = index_of(e, n, r->netns, r->qr[0]->ifname);
		f = arena_push(&e->arena, &t->frames.frames, &t->frames.n,
			       sizeof(*f));
		f->ip_dst = p->dst;
		f->ip_src = evidence_outside(p);
		f->outgoing = true;
		f->ifindex = index_of(e, n, r->netns, r->gateway->ifname);
	}
}

static void outward(struct evidence *e, struct seen_internet *t)
{
	const struct topo_port *port = t->instance->port;

	t->pings = (struct seen_pings){0};
	for (int i = 0; i < EVIDENCE_PROBES; i++)
		((struct seen_probe *)arena_push(&e->arena, &t->pings.probes,
						 &t->pings.n,
						 sizeof(struct seen_probe)))
			->rtt = 300000;
	t->trace = (struct seen_trace){
		.hops = arena_array(&e->arena, 3, sizeof(*t->trace.hops)),
		.n = 3};
	t->trace.hops[0].from = port->addrs[0].subnet->gateway;
	t->trace.hops[1] = t->trace.hops[2] =
		(struct seen_hop){.from = t->dst, .end = true};
}

static void isle(struct evidence *e, struct seen_isle *t)
{
	struct frame *f;

	t->own = (struct seen_sent){.sent = 3};
	t->frames = (struct seen_frames){.from = T0, .to = T0 + NS_PER_S};
	f = arena_push(&e->arena, &t->frames.frames, &t->frames.n, sizeof(*f));
	f->ifindex = 1;
	f->ip_src = f->ip_dst = t->dst;
}

static void tracked(struct evidence *e)
{
	for (size_t i = 0; i < e->ntracking; i++)
		for (size_t k = 0; k < e->tracking[i].n; k++) {
			struct seen_tracked *x = &e->tracking[i].items[k];

			x->error = NULL;
			x->count = 7;
			x->max = 1000;
		}
}

/* All that is to arrive has arrived, and nothing else. */
static void tries(struct evidence *e)
{
	size_t i, k;

	for (i = 0; i < e->ntries; i++) {
		e->tries[i].error = NULL;
		for (k = 0; k < e->tries[i].n; k++) {
			e->tries[i].items[k].error = NULL;
			e->tries[i].items[k].heard = e->tries[i].items[k].let;
		}
	}
	for (i = 0; i < e->noutside; i++)
		for (k = 0; e->outside[i].floating &&
			    !tries_lets_echo(e->outside[i].floating) &&
			    k < e->outside[i].pings.n;
		     k++)
			e->outside[i].pings.probes[k].rtt = -1;
}

/* All are there; who has no address sends no pings. */
static void hops(struct evidence *e)
{
	for (size_t i = 0; i < e->ngateways; i++) {
		struct seen_gateways *g = &e->gateways[i];

		g->there = (struct seen_hops){.answers = g->ips, .n = g->n};
		for (size_t k = 0; k < g->n; k++) {
			struct seen_pings *p = &g->pings[k];

			if (topo_has_engine(g->router) ||
			    g->host + 1 < g->router->nhosts)
				continue;
			*p = (struct seen_pings){0};
			((struct seen_probe *)arena_push(&e->arena, &p->probes,
							 &p->n,
							 sizeof(*p->probes)))
				->rtt = 1000;
		}
	}
}

void healthy_evidence(struct evidence *e, const struct lab *lab)
{
	size_t i, k;

	evidence_init(e, lab);
	for (i = 0; i < lab->nnodes; i++)
		for (k = 0; k < HEALTHY_SAMPLES; k++) {
			const struct observed **slot = arena_push(
				&e->arena, &e->nodes[i].samples,
				&e->nodes[i].nsamples, sizeof(*slot));

			*slot = node(e, &lab->nodes[i]);
			e->nodes[i].error = e->nodes[i].drift.error = NULL;
		}
	outside(e);
	for (i = 0; i < e->nha; i++)
		if (e->ha[i].router->is_ha)
			frames(e, &e->ha[i].frames, e->ha[i].router, false);
	for (i = 0; i < e->ntunnels; i++)
		for (k = 0; k < lab->nrouters; k++)
			if (topo_ha_port(&lab->routers[k], e->tunnels[i].node))
				frames(e, &e->tunnels[i].frames,
				       &lab->routers[k], true);
	passages(e);
	radvd(e);
	for (i = 0; i < e->nreached; i++) {
		e->reached[i].replies =
			(struct seen_replies){.n = EVIDENCE_PROBES, .ttl = 63};
		e->reached[i].tries = 1;
	}
	for (i = 0; i < e->nthrough; i++)
		through(e, &e->through[i]);
	for (i = 0; i < e->ninternet; i++)
		outward(e, &e->internet[i]);
	for (i = 0; i < e->nisles; i++)
		isle(e, &e->isles[i]);
	for (i = 0; i < lab->ninstances; i++) {
		offers(e, &e->boots[i]);
		offers6(e, &e->boots[i]);
		guest(e, &e->boots[i]);
		guest6(e, &e->boots[i]);
		adverts(e, &e->boots[i]);
		holders(e, &e->boots[i]);
		internet(e, &e->boots[i]);
		metadata(e, &e->boots[i]);
	}
	pings(e, e->outside, e->noutside);
	pings(e, e->inside, e->ninside);
	tries(e);
	tracked(e);
	hops(e);
}

struct observed *healthy_sample(struct evidence *e, const char *name,
				size_t sample)
{
	const struct topo_node *n = topo_node(e->lab, name);

	if (!n || sample >= e->nodes[n->index].nsamples)
		return NULL;
	/* It was made writable above. */
	return (struct observed *)e->nodes[n->index].samples[sample];
}

struct seen_ns *healthy_ns(struct observed *o, const char *name)
{
	size_t i;

	for (i = 0; i < o->nns; i++)
		if (strcmp(o->ns[i].name, name) == 0)
			return &o->ns[i];
	return NULL;
}

struct res_link *healthy_link(struct observed *o, const char *netns,
			      const char *dev)
{
	struct seen_ns *ns = healthy_ns(o, netns);
	size_t i;

	for (i = 0; ns && i < ns->of[RES_LINK].n; i++)
		if (strcmp(ns->of[RES_LINK].items[i].link.name, dev) == 0)
			return &ns->of[RES_LINK].items[i].link;
	return NULL;
}

struct res_route *healthy_route(struct observed *o, const char *netns)
{
	struct seen_ns *ns = healthy_ns(o, netns);

	return &ns->of[RES_ROUTE].items[ns->of[RES_ROUTE].n - 1].route;
}

struct obs_router *healthy_router(struct observed *o, const char *uuid)
{
	size_t i;

	for (i = 0; i < seen_engine(o)->nrouters; i++)
		if (strcmp(seen_engine(o)->routers[i].id, uuid) == 0)
			return &seen_engine(o)->routers[i];
	return NULL;
}

void healthy_addr_add(struct evidence *e, struct observed *o, const char *netns,
		      const char *dev, const char *text)
{
	struct build b = {.a = &e->arena, .lab = e->lab, .o = o};
	struct ipnet n;

	if (ipnet_parse(text, &n) == 0)
		addr_in(&b, netns, dev, &n);
}

void healthy_addr_del(struct observed *o, const char *netns, const char *dev,
		      const char *text)
{
	struct seen_ns *ns = healthy_ns(o, netns);
	struct ipnet n;
	size_t i;

	if (!ns || ipnet_parse(text, &n) < 0)
		return;
	for (i = 0; i < ns->of[RES_ADDR].n; i++)
		if (strcmp(ns->of[RES_ADDR].items[i].addr.dev, dev) == 0 &&
		    ipnet_equal(&ns->of[RES_ADDR].items[i].addr.addr, &n)) {
			ns->of[RES_ADDR].items[i].addr =
				ns->of[RES_ADDR]
					.items[--ns->of[RES_ADDR].n]
					.addr;
			return;
		}
}

void healthy_ns_del(struct observed *o, const char *name)
{
	struct seen_ns *ns = healthy_ns(o, name);

	if (ns)
		*ns = o->ns[--o->nns];
}

struct res_ovs *healthy_ovs(struct observed *o, const char *name)
{
	struct res_list *l = &healthy_ns(o, "")->of[RES_OVS];

	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->items[i].ovs.name, name) == 0)
			return &l->items[i].ovs;
	return NULL;
}
