/* SPDX-License-Identifier: MIT */
/* Judges of what carries networks and instances on nodes. */
#include <string.h>

#include "lib/auto.h"
#include "verify/check.h"
#include "verify/checks/plug.h"
#include "verify/checks/sight.h"
#include "verify/command.h"
#include "verify/role.h"
#include "verify/scopes.h"

/* The namespace a port's inner end is in. */
static const char *port_netns(const struct topo_port *p)
{
	if (p->kind == TOPO_PORT_DHCP)
		return p->network->qdhcp;
	return p->instance ? p->instance->netns : p->router->netns;
}

/* The interface that joins the bridge to the other nodes, or NULL. */
static const char *uplink(struct arena *a, const struct topo_network *net,
			  const struct topo_node *n)
{
	const struct topo_nic *nic = topo_carrier(n, net);
	char *name;

	switch (net->type) {
	case TOPO_VXLAN:
		return net->vxlan;
	case TOPO_VLAN:
		if (!nic)
			return NULL;
		name = arena_alloc(a, IFNAME_MAX);
		topo_vlan_link(nic, net, name);
		return name;
	case TOPO_FLAT:
		return nic ? nic->ifname : NULL;
	case TOPO_LOCAL:
	case TOPO_GRE:
	case TOPO_GENEVE:
		return NULL;
	}
	return NULL;
}

/* Does the project's HA network reach this node, and is it the one? */
static void ha_network_on(const struct evidence *e, const struct subject *s,
			  const struct topo_node *n, struct verdict *v)
{
	const struct topo_network *net = s->network;
	const struct seen_ns *ns = sight_ns(e, n, "", v);
	const struct res_link *br, *ul;
	const char *up;

	if (!ns)
		return;
	if (n->mechanism == TOPO_OPENVSWITCH) {
		plug_all(e, ns, n, net, v);
		return;
	}
	br = seen_link(ns, net->bridge);
	up = uplink(v->arena, net, n);
	ul = up ? seen_link(ns, up) : NULL;
	if (!br || !ul)
		verdict_saw(v, false, "%s: %s is not there", n->name,
			    br && up ? up : net->bridge);
	else if (net->type == TOPO_VLAN)
		verdict_saw(v, ul->vlan == net->vlan, "%s: %s, VLAN %u",
			    n->name, net->bridge, ul->vlan);
	else
		verdict_saw(v, ul->vni == net->vni, "%s: %s, VNI %u", n->name,
			    net->bridge, ul->vni);
}

static void judge_ha_network(const struct evidence *e, const struct subject *s,
			     struct verdict *v)
{
	const struct lab *lab = e->lab;
	const struct topo_network *net = s->network;
	size_t i;

	for (i = 0; i < lab->nnodes; i++) {
		if (!topo_network_on(lab, net, &lab->nodes[i]))
			continue;
		if (lab->nodes[i].mechanism == TOPO_OPENVSWITCH)
			;
		else
			verdict_want(v, "%s: %s, %s %u", lab->nodes[i].name,
				     net->bridge,
				     net->type == TOPO_VLAN ? "VLAN" : "VNI",
				     topo_segment(net));
		ha_network_on(e, s, &lab->nodes[i], v);
	}
}

static void command_ha_network(const struct evidence *e,
			       const struct subject *s, struct buf *out)
{
	struct arena a = {0};
	const char *up;
	size_t i;

	for (i = 0; i < e->lab->nnodes; i++)
		if (topo_network_on(e->lab, s->network, &e->lab->nodes[i]))
			break;
	if (i == e->lab->nnodes)
		return;
	command_exec(out, &e->lab->nodes[i], "");
	up = uplink(&a, s->network, &e->lab->nodes[i]);
	if (e->lab->nodes[i].mechanism == TOPO_OPENVSWITCH)
		buf_adds(out, "ovs-vsctl show");
	else
		buf_printf(out, "ip -d link show %s",
			   up ? up : s->network->bridge);
	arena_release(&a);
}

static bool bridge_wants(const struct evidence *e, const struct subject *s,
			 const char *up, const char *name)
{
	size_t i;

	if (up && strcmp(up, name) == 0)
		return true;
	for (i = 0; i < e->lab->nports; i++)
		if (e->lab->ports[i].network == s->network &&
		    plug_on(&e->lab->ports[i], s->node) &&
		    strcmp(e->lab->ports[i].tap, name) == 0)
			return true;
	return false;
}

/* A VLAN's interface has the tag, and is on the node's own. */
static void tagged(const struct seen_ns *ns, const struct subject *s,
		   const char *up, struct verdict *v)
{
	const struct topo_nic *nic = topo_carrier(s->node, s->network);
	const struct res_link *l = seen_link(ns, up);

	verdict_want(v, "%s with VLAN %u of %s", up, s->network->vlan,
		     nic->ifname);
	if (l) /* that it is missing was said */
		verdict_saw(v,
			    l->kind == LINK_VLAN &&
				    l->vlan == s->network->vlan && l->dev &&
				    strcmp(l->dev, nic->ifname) == 0,
			    "%s with VLAN %u of %s", up, l->vlan,
			    l->dev ? l->dev : "none");
}

static void judge_bridges(const struct evidence *e, const struct subject *s,
			  struct verdict *v)
{
	const struct seen_ns *ns = sight_ns(e, s->node, "", v);
	const char *bridge = s->network->bridge, *up;
	const struct res_link *br;
	size_t i;

	if (!ns)
		return;
	verdict_want(v, "%s up", bridge);
	br = seen_link(ns, bridge);
	if (!br) {
		verdict_saw(v, false, "%s is not there", bridge);
		return;
	}
	verdict_saw(v, br->up, "%s %s", bridge, br->up ? "up" : "down");
	up = uplink(v->arena, s->network, s->node);
	if (up)
		plug_link(ns, s->network, up, v);
	if (s->network->type == TOPO_VLAN && up)
		tagged(ns, s, up, v);
	for (i = 0; i < e->lab->nports; i++) {
		const struct topo_port *p = &e->lab->ports[i];

		/* Cables of instances and of DHCP have checks of their own. */
		if (p->network == s->network && !p->instance &&
		    p->kind != TOPO_PORT_DHCP && plug_on(p, s->node))
			plug_port(ns, NULL, s->node, p, v);
	}
	for (i = 0; i < ns->of[RES_LINK].n; i++)
		if (ns->of[RES_LINK].items[i].link.master &&
		    strcmp(ns->of[RES_LINK].items[i].link.master, bridge) ==
			    0 &&
		    !bridge_wants(e, s, up,
				  ns->of[RES_LINK].items[i].link.name))
			verdict_saw(v, false, "%s on %s, where it is foreign",
				    ns->of[RES_LINK].items[i].link.name,
				    bridge);
}

static void command_bridges(const struct evidence *e, const struct subject *s,
			    struct buf *out)
{
	(void)e;
	command_exec(out, s->node, "");
	buf_printf(out, "ip link show master %s", s->network->bridge);
}

static bool floods_to(const struct seen_ns *ns, const char *dev,
		      const struct ip *dst)
{
	static const struct mac all;
	size_t i;

	for (i = 0; i < ns->of[RES_FDB].n; i++)
		if (strcmp(ns->of[RES_FDB].items[i].fdb.dev, dev) == 0 &&
		    mac_equal(&ns->of[RES_FDB].items[i].fdb.mac, &all) &&
		    ip_equal(&ns->of[RES_FDB].items[i].fdb.dst, dst))
			return true;
	return false;
}

/* How frames for everybody find the other nodes. */
static void flooding(const struct evidence *e, const struct subject *s,
		     const struct seen_ns *ns, const struct res_link *l,
		     struct verdict *v)
{
	const struct topo_network *net = s->network;
	char text[IP_TEXT_MAX], seen[IP_TEXT_MAX] = "none";
	size_t i;

	if (!s->node->l2_population) {
		if (ip_is_set(&l->group))
			ip_print(&l->group, seen);
		verdict_want(v, "group %s", ip_print(&net->group, text));
		verdict_saw(v, ip_equal(&l->group, &net->group), "group %s",
			    seen);
		return;
	}
	for (i = 0; i < e->lab->nnodes; i++) {
		const struct topo_node *n = &e->lab->nodes[i];
		const struct topo_nic *nic = topo_nic_on(n, net->phys);
		bool there;

		if (n == s->node || !nic || !topo_network_on(e->lab, net, n))
			continue;
		ip_print(&nic->addr.ip, text);
		there = floods_to(ns, net->vxlan, &nic->addr.ip);
		verdict_want(v, "a flood entry for %s (%s)", text, n->name);
		verdict_saw(v, there, "%s flood entry for %s",
			    there ? "a" : "no", text);
	}
}

static void judge_vxlan(const struct evidence *e, const struct subject *s,
			struct verdict *v)
{
	const struct topo_network *net = s->network;
	const struct topo_nic *nic = topo_nic_on(s->node, net->phys);
	const struct seen_ns *ns = sight_ns(e, s->node, "", v);
	char want[IP_TEXT_MAX], seen[IP_TEXT_MAX] = "none";
	const struct res_link *l;

	if (!nic)
		verdict_blind(v, "%s has no interface below it", s->node->name);
	if (!ns || !nic)
		return;
	ip_print(&nic->addr.ip, want);
	verdict_want(v, "%s up, VNI %u, local %s, over %s, port %u", net->vxlan,
		     net->vni, want, nic->ifname, e->lab->vxlan_port);
	l = seen_link(ns, net->vxlan);
	if (!l) {
		verdict_saw(v, false, "%s is not there", net->vxlan);
		return;
	}
	if (ip_is_set(&l->local))
		ip_print(&l->local, seen);
	verdict_saw(v,
		    l->up && l->vni == net->vni &&
			    ip_equal(&l->local, &nic->addr.ip) && l->dev &&
			    strcmp(l->dev, nic->ifname) == 0 &&
			    l->port == e->lab->vxlan_port,
		    "%s %s, VNI %u, local %s, over %s, port %u", net->vxlan,
		    l->up ? "up" : "down", l->vni, seen,
		    l->dev ? l->dev : "none", l->port);
	flooding(e, s, ns, l, v);
}

static void command_vxlan(const struct evidence *e, const struct subject *s,
			  struct buf *out)
{
	(void)e;
	command_exec(out, s->node, "");
	if (s->node->l2_population)
		buf_printf(out, "bridge fdb show dev %s", s->network->vxlan);
	else
		buf_printf(out, "ip -d link show %s", s->network->vxlan);
}

static void mtu_of(const struct seen_ns *ns, const char *name, unsigned want,
		   const char *where, size_t *n, struct verdict *v)
{
	const struct res_link *l = ns ? seen_link(ns, name) : NULL;

	if (!l) {
		/* That it is missing is another check's finding. */
		verdict_blind(v, "no %s%s%s", name, *where ? " in " : "",
			      where);
		return;
	}
	verdict_saw(v, l->mtu == want, "%s%s%s %u", name, *where ? " in " : "",
		    where, l->mtu);
	(*n)++;
}

/* What is between the tap and br-int. */
static void mtu_hybrid(const struct seen_ns *ns, const struct topo_port *p,
		       size_t *n, struct verdict *v)
{
	static const char *const prefixes[] = {"qbr", "qvb", "qvo"};
	char name[IFNAME_MAX];

	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
		topo_port_link(p, prefixes[i], name);
		mtu_of(ns, name, p->network->mtu, "", n, v);
	}
}

static void judge_mtu(const struct evidence *e, const struct subject *s,
		      struct verdict *v)
{
	const struct topo_network *net = s->network;
	const struct seen_ns *ns = sight_ns(e, s->node, "", v), *in;
	const struct topo_nic *nic;
	const struct res_link *l;
	const char *up;
	unsigned least;
	size_t i, n = 0;

	if (!ns)
		return;
	verdict_want(v, "%u on each of its interfaces", net->mtu);
	if (s->node->mechanism == TOPO_LINUXBRIDGE)
		mtu_of(ns, net->bridge, net->mtu, "", &n, v);
	up = s->node->mechanism == TOPO_LINUXBRIDGE && topo_segmented(net->type)
		     ? uplink(v->arena, net, s->node)
		     : NULL;
	if (up)
		mtu_of(ns, up, net->mtu, "", &n, v);
	for (i = 0; i < e->lab->nports; i++) {
		const struct topo_port *p = &e->lab->ports[i];

		if (p->network != net || !plug_on(p, s->node))
			continue;
		in = seen_ns(sight_sample(e, s->node, v), port_netns(p));
		if (!topo_is_internal(p, s->node))
			mtu_of(ns, p->tap, net->mtu, "", &n, v);
		if (p->hybrid)
			mtu_hybrid(ns, p, &n, v);
		mtu_of(in, p->ifname, net->mtu, port_netns(p), &n, v);
	}
	if (!n)
		verdict_blind(v, "%s has nothing of %s", s->node->name,
			      net->name);
	nic = net->phys ? topo_nic_on(s->node, net->phys) : NULL;
	l = nic ? seen_link(ns, nic->ifname) : NULL;
	if (!l)
		return;
	least = net->mtu + topo_overhead(net->type);
	verdict_want(v, "at least %u on %s below", least, nic->ifname);
	verdict_saw(v, l->mtu >= least, "%s %u", nic->ifname, l->mtu);
}

static void command_mtu(const struct evidence *e, const struct subject *s,
			struct buf *out)
{
	(void)e;
	command_exec(out, s->node, "");
	buf_adds(out, "ip link show");
}

static bool has_default(const struct seen_ns *ns, const struct ip *via,
			const char *dev)
{
	size_t i;

	for (i = 0; i < ns->of[RES_ROUTE].n; i++)
		if (!ns->of[RES_ROUTE].items[i].route.to.len &&
		    !ns->of[RES_ROUTE].items[i].route.table &&
		    ip_equal(&ns->of[RES_ROUTE].items[i].route.via, via) &&
		    ns->of[RES_ROUTE].items[i].route.dev &&
		    strcmp(ns->of[RES_ROUTE].items[i].route.dev, dev) == 0)
			return true;
	return false;
}

/* What an instance makes of an advertised prefix, or is lent by DHCPv6, has
 * checks of its own. */
static void cable_addrs(const struct seen_ns *ns, const struct topo_port *p,
			struct verdict *v)
{
	const struct topo_addr *lent = topo_lent4(p);
	bool have[2] = {false, false};
	char text[IP_TEXT_MAX];
	struct ip gw;
	bool there;
	size_t i;

	for (i = 0; i < p->naddrs; i++) {
		if (p->addrs[i].addr.ip.family == 6 &&
		    topo_leased(p, &p->addrs[i]))
			continue;
		ipnet_print(&p->addrs[i].addr, text);
		there = seen_has_addr(ns, p->ifname, &p->addrs[i].addr);
		verdict_want(v, "%s", text);
		verdict_saw(v, there, "%s%s", there ? "" : "no ", text);
		if (!p->addrs[i].subnet)
			continue;
		gw = p->addrs[i].subnet->gateway;
		/* The way out is one: the lease's, or the first. */
		if (!ip_is_set(&gw) || have[gw.family == 6] ||
		    (gw.family == 4 && lent && !p->instance->is_static &&
		     lent != &p->addrs[i]))
			continue;
		have[gw.family == 6] = true;
		there = has_default(ns, &gw, p->ifname);
		verdict_want(v, "default route via %s", ip_print(&gw, text));
		verdict_saw(v, there, "%s via %s",
			    there ? "default route" : "no default route", text);
	}
}

static void judge_cables(const struct evidence *e, const struct subject *s,
			 struct verdict *v)
{
	const struct topo_port *p = s->instance->port;
	const struct seen_ns *root = sight_ns(e, s->node, "", v);
	const struct seen_ns *ns = sight_ns(e, s->node, s->instance->netns, v);
	char want[MAC_TEXT_MAX], seen[MAC_TEXT_MAX];
	const struct res_link *l;

	if (!root)
		return;
	plug_port(root, ns, s->node, p, v);
	if (!ns)
		return;
	verdict_want(v, "%s up, MAC %s", p->ifname, mac_print(&p->mac, want));
	l = seen_link(ns, p->ifname);
	if (!l) {
		verdict_saw(v, false, "%s is not there", p->ifname);
		return;
	}
	verdict_saw(v, l->up && l->running && mac_equal(&l->mac, &p->mac),
		    "%s %s, MAC %s", p->ifname, sight_up_text(l),
		    mac_print(&l->mac, seen));
	cable_addrs(ns, p, v);
}

static void command_cables(const struct evidence *e, const struct subject *s,
			   struct buf *out)
{
	(void)e;
	command_exec(out, s->node, s->instance->netns);
	buf_adds(out, "ip addr show");
}

/* clang-format off */
const struct check wire_checks[] = {
	{"ha-network", scope_ha_networks, NEEDS_TABLES,
	 "is there on each network node",
	 "the hidden network of each project with HA routers",
	 judge_ha_network, command_ha_network},
	{"bridges", scope_bridged, NEEDS_TABLES,
	 "has its bridge with all of its ports",
	 "each network's bridge, its uplink and the ports on it",
	 judge_bridges, command_bridges},
	{"vxlan", scope_vxlans, NEEDS_TABLES,
	 "has its VXLAN interface",
	 "VNI, tunnel address, group or flood entries of each overlay",
	 judge_vxlan, command_vxlan},
	{"mtu", scope_networks, NEEDS_TABLES,
	 "has one MTU from end to end",
	 "the MTU of each part of each network's path",
	 judge_mtu, command_mtu},
	{"cables", scope_instances, NEEDS_TABLES,
	 "is plugged in",
	 "each instance's interface, address, gateway and bridge port",
	 judge_cables, command_cables},
	{NULL, NULL, NEEDS_TABLES, NULL, NULL, NULL, NULL},
};
/* clang-format on */
