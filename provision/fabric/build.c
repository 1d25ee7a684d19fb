/* SPDX-License-Identifier: MIT */
/*
 * What an emulated lab consists of, as plain data
 * ===============================================
 * emul_spec_build() turns the model into bridges, nodes and wires with every
 * name decided; the fabric compares it with what runs. It is pure: the same lab
 * gives the same.
 *
 * Names in the fabric follow those of the file, for who looks with `ip link`:
 * a bridge is called as its physical network, a port NODE-ethN. Where a name
 * is too long for an interface or is taken, the position stands in for it.
 */
#include "provision/fabric/build.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/text.h"
#include "provision/fabric/internet.h"
#include "provision/fabric/vlan.h"
#include "topologies/links.h"
#include "topologies/resolve/given.h"

/* From so many on a broadcast's copies may overflow a queue of 1,000. */
#define PORTS_MANY 250
#define NODES_MANY 16

/* In a lab of its own each MAC only has to be unique: ours are local ones. */
static struct mac own_mac(uint8_t kind, size_t i)
{
	return (struct mac){
		{0x02, 'l', 'a', kind, (uint8_t)(i >> 8), (uint8_t)i}};
}

static bool bridge_name_free(const struct emul_spec *s, const char *name)
{
	/* The kernel has folders "all" and "default" beside interfaces. */
	static const char *const taken[] = {"lo", "all", "default"};
	size_t i;

	for (i = 0; i < sizeof(taken) / sizeof(*taken); i++)
		if (strcmp(name, taken[i]) == 0)
			return false;
	for (i = 0; i < s->nbridges; i++)
		if (strcmp(s->bridges[i].name, name) == 0)
			return false;
	return true;
}

static bool port_name_free(const struct emul_spec *s, const char *name)
{
	size_t i, k;

	if (!bridge_name_free(s, name))
		return false;
	for (i = 0; i < s->nnodes; i++)
		for (k = 0; k < s->nodes[i].nnics; k++)
			if (strcmp(s->nodes[i].nics[k].port, name) == 0)
				return false;
	return true;
}

/* "#" cannot stand in a name of the file, so it cannot clash. */
static const char *bridge_name(struct arena *a, const struct emul_spec *s,
			       const struct topo_phys *p)
{
	if (strlen(p->name) < IFNAME_MAX && bridge_name_free(s, p->name))
		return arena_strdup(a, p->name);
	return arena_printf(a, "#phys%zu", p->index);
}

static const char *port_name(struct arena *a, const struct emul_spec *s,
			     const char *node, size_t index, const char *ifname)
{
	const char *name = arena_printf(a, "%s-%s", node, ifname);

	if (strlen(name) < IFNAME_MAX && port_name_free(s, name))
		return name;
	return arena_printf(a, "#%zu-%s", index, ifname);
}

static bool address_taken(const struct lab *lab, const struct ip *ip)
{
	size_t i, k;

	for (i = 0; i < lab->nnodes; i++)
		for (k = 0; k < lab->nodes[i].nnics; k++)
			if (ip_equal(&lab->nodes[i].nics[k].addr.ip, ip))
				return true;
	return false;
}

/* The last usable address of a range that no node has. */
static int own_address(const struct lab *lab, const struct topo_phys *p,
		       struct ipnet *ret, struct err *reterr)
{
	struct ip first = ipnet_network(&p->cidr), last, ip;
	char text[IP_TEXT_MAX];
	uint64_t n, i;

	last = ipnet_last(&p->cidr);
	n = ip_distance(&first, &last);
	for (i = 1; i < n; i++) {
		ip = ip_add(first, n - i);
		if (address_taken(lab, &ip))
			continue;
		*ret = (struct ipnet){ip, p->cidr.len};
		return 0;
	}
	return err_set(reterr, -ENOSPC,
		       "the range %s of the physical network %s has no address "
		       "left for labctl itself",
		       ipnet_print(&p->cidr, text), p->name);
}

static int build_bridges(struct arena *a, const struct lab *lab,
			 struct emul_spec *s, struct err *reterr)
{
	size_t i;
	int r;

	s->bridges = arena_array(a, lab->nphys, sizeof(*s->bridges));
	for (i = 0; i < lab->nphys; i++) {
		const struct topo_phys *p = &lab->phys[i];
		struct emul_bridge *b = &s->bridges[i];

		b->name = bridge_name(a, s, p);
		b->mac = own_mac('b', i);
		b->mtu = p->mtu;
		if (p->use == TOPO_MANAGEMENT && ip_is_set(&p->cidr.ip)) {
			r = own_address(lab, p, &b->addr, reterr);
			if (r < 0)
				return r;
		}
		s->nbridges++;
	}
	return 0;
}

/* What the wire does to frames. Two bytes of the MAC are the node's number and
 * the interface's. */
static void impair(struct arena *a, const struct lab *lab,
		   const struct topo_node *node, const struct topo_phys *phys,
		   size_t i, struct emul_nic *nic)
{
	const struct topo_link *l = topo_link(lab, node, phys);

	nic->own_mac = own_mac('w', i << 8 | phys->index);
	if (!l)
		return;
	nic->wire = arena_strdup(a, l->name);
	nic->impair = l->impair;
}

/* Where networks of the lab flood to, each once. */
static void build_groups(struct arena *a, const struct lab *lab,
			 struct emul_spec *s)
{
	size_t i, k;

	for (i = 0; i < lab->nnetworks; i++) {
		const struct ip *group = &lab->networks[i].group;

		for (k = 0; k < s->ngroups; k++)
			if (ip_equal(&s->groups[k], group))
				break;
		if (ip_is_set(group) && k == s->ngroups)
			*(struct ip *)arena_push(a, &s->groups, &s->ngroups,
						 sizeof(*group)) = *group;
	}
}

static void build_node(struct arena *a, const struct lab *lab,
		       const struct topo_node *from, struct emul_spec *s)
{
	struct emul_node *n = &s->nodes[s->nnodes++];
	const struct topo_nic *m = topo_nic(from, TOPO_MANAGEMENT);
	char text[IP_TEXT_MAX];
	size_t i;

	n->name = arena_strdup(a, from->name);
	if (m && ip_is_set(&m->addr.ip))
		n->address = arena_strdup(a, ip_print(&m->addr.ip, text));
	n->nics = arena_array(a, from->nnics, sizeof(*n->nics));
	for (i = 0; i < from->nnics; i++) {
		const struct topo_nic *t = &from->nics[i];
		struct emul_nic *nic = &n->nics[i];

		nic->ifname = arena_strdup(a, t->ifname);
		nic->bridge = s->bridges[t->phys->index].name;
		nic->port = port_name(a, s, n->name, from->index, t->ifname);
		nic->mac = t->mac;
		nic->mtu = t->phys->mtu;
		nic->whole = s->whole && t->phys->use != TOPO_MANAGEMENT;
		nic->quiet = t->phys->use == TOPO_PROVIDER;
		/* Where another link has the address, the node's plan has it
		 * too. */
		if (ip_is_set(&t->addr.ip) && strcmp(t->dev, t->ifname) == 0) {
			nic->addrs = arena_array(a, 1, sizeof(*nic->addrs));
			nic->addrs[nic->naddrs++] = t->addr;
		}
		if (t->phys->use == TOPO_TUNNEL) {
			nic->groups = s->groups;
			nic->ngroups = s->ngroups;
		}
		impair(a, lab, from, t->phys, from->index, nic);
		n->nnics++;
	}
}

/* The gateways of external subnets on one physical network, with that tag. */
static void add_gateways(struct arena *a, const struct lab *lab,
			 const struct topo_phys *p, struct emul_nic *nic)
{
	size_t i, k;

	for (i = 0; i < lab->nnetworks; i++) {
		const struct topo_network *net = &lab->networks[i];

		if (!net->external || net->phys != p || net->vlan != nic->vlan)
			continue;
		for (k = 0; k < net->nsubnets; k++) {
			const struct topo_subnet *sub = net->subnets[k];
			struct ipnet *addr;

			if (!ip_is_set(&sub->gateway))
				continue;
			addr = arena_push(a, &nic->addrs, &nic->naddrs,
					  sizeof(*nic->addrs));
			*addr = (struct ipnet){sub->gateway, sub->cidr.len};
		}
	}
}

static bool tags_on(const struct lab *lab, const struct topo_phys *p)
{
	for (size_t i = 0; i < lab->nnetworks; i++)
		if (lab->networks[i].external && lab->networks[i].phys == p &&
		    lab->networks[i].vlan)
			return true;
	return false;
}

/* External networks that are VLANs, on the wires that were laid. */
static void build_tags(struct arena *a, const struct lab *lab,
		       const struct emul_spec *s, struct emul_node *n)
{
	const size_t wires = n->nnics;

	for (size_t i = 0; i < lab->nnetworks; i++) {
		const struct topo_network *net = &lab->networks[i];
		struct emul_nic nic = {.vlan = net->vlan};
		size_t k = 0;

		if (!net->external || !net->vlan)
			continue;
		while (k < wires &&
		       strcmp(n->nics[k].bridge,
			      s->bridges[net->phys->index].name) != 0)
			k++;
		add_gateways(a, lab, net->phys, &nic);
		if (k == wires || !nic.naddrs)
			continue;
		nic.port = nic.bridge = ""; /* no end in the fabric */
		nic.lower = n->nics[k].ifname;
		nic.ifname = arena_printf(a, "%s.%u", nic.lower, net->vlan);
		nic.mac = n->nics[k].mac;
		nic.mtu = net->mtu;
		n->nics[n->nnics++] = nic;
	}
}

/* It plays the Internet: it has what routers have as their next hops. */
static void build_outside(struct arena *a, const struct lab *lab,
			  struct emul_spec *s)
{
	struct emul_node *n = &s->nodes[s->nnodes++];
	size_t i;

	n->name = EMUL_OUTSIDE;
	n->nics = arena_array(a, lab->nphys + lab->nnetworks, sizeof(*n->nics));
	for (i = 0; i < lab->nphys; i++) {
		struct emul_nic nic = {0}, *to;

		if (lab->phys[i].use != TOPO_PROVIDER)
			continue;
		add_gateways(a, lab, &lab->phys[i], &nic);
		if (!nic.naddrs && !tags_on(lab, &lab->phys[i]))
			continue;
		nic.ifname = arena_printf(a, "eth%zu", n->nnics);
		nic.bridge = s->bridges[i].name;
		nic.port = port_name(a, s, n->name, lab->nnodes, nic.ifname);
		nic.mac = own_mac('o', i);
		nic.mtu = lab->phys[i].mtu;
		nic.whole = s->whole;
		impair(a, lab, NULL, &lab->phys[i], lab->nnodes, &nic);
		to = &n->nics[n->nnics];
		*to = nic;
		n->nnics++;
	}
	build_tags(a, lab, s, n);
	emul_internet_build(a, lab, n);
}

static void build_given(struct arena *a, const struct lab *lab,
			struct emul_spec *s)
{
	auto_arena struct arena work = {0};
	struct topo_given *given;
	size_t i;

	topo_given(&work, lab, &given, &s->ngiven);
	s->given = arena_array(a, s->ngiven, sizeof(*s->given));
	for (i = 0; i < s->ngiven; i++)
		s->given[i] = (struct emul_given){
			given[i].addr, arena_strdup(a, given[i].whose)};
}

static const char *hosts_text(struct arena *a, const struct emul_spec *s)
{
	auto_buf struct buf b = {0};
	char text[IP_TEXT_MAX];
	size_t i;

	buf_adds(&b, "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost\n");
	for (i = 0; i < s->nnodes; i++) {
		const struct emul_node *n = &s->nodes[i];

		if (n->address)
			buf_printf(&b, "%s\t%s\n", n->address, n->name);
		else if (n->nnics && n->nics[0].naddrs)
			buf_printf(&b, "%s\t%s\n",
				   ip_print(&n->nics[0].addrs[0].ip, text),
				   n->name);
	}
	return arena_strndup(a, b.data, b.len);
}

static size_t external_vlans(const struct lab *lab)
{
	size_t n = 0;

	for (size_t i = 0; i < lab->nnetworks; i++)
		n += lab->networks[i].external && lab->networks[i].vlan;
	return n;
}

int emul_spec_build(struct arena *a, const struct lab *lab,
		    struct emul_spec *ret, struct err *reterr)
{
	struct emul_spec s = {
		.lab = arena_strdup(a, lab->name),
		.whole = topo_any_userspace(lab),
		.bursts = lab->nports > PORTS_MANY || lab->nnodes > NODES_MANY,
	};
	size_t i;
	int r;

	if (external_vlans(lab) > EMUL_VLANS_MAX)
		return err_set(reterr, -E2BIG,
			       "%zu external networks are VLANs; the host "
			       "outside takes at most %d",
			       external_vlans(lab), EMUL_VLANS_MAX);
	r = build_bridges(a, lab, &s, reterr);
	if (r < 0)
		return r;
	build_groups(a, lab, &s);
	build_given(a, lab, &s);
	s.nodes = arena_array(a, lab->nnodes + 1, sizeof(*s.nodes));
	for (i = 0; i < lab->nnodes; i++)
		build_node(a, lab, &lab->nodes[i], &s);
	build_outside(a, lab, &s);
	s.hosts = hosts_text(a, &s);
	*ret = s;
	return 0;
}

const struct emul_node *emul_spec_node(const struct emul_spec *s,
				       const char *name)
{
	size_t i;

	for (i = 0; i < s->nnodes; i++)
		if (strcmp(s->nodes[i].name, name) == 0)
			return &s->nodes[i];
	return NULL;
}

static bool nic_same(const struct emul_nic *a, const struct emul_nic *b)
{
	size_t i;

	if (!text_same(a->ifname, b->ifname) || !text_same(a->port, b->port) ||
	    !text_same(a->bridge, b->bridge) || !mac_equal(&a->mac, &b->mac) ||
	    a->vlan != b->vlan || !text_same(a->lower, b->lower) ||
	    a->mtu != b->mtu || a->quiet != b->quiet || a->whole != b->whole ||
	    a->naddrs != b->naddrs)
		return false;
	for (i = 0; i < a->naddrs; i++)
		if (!ipnet_equal(&a->addrs[i], &b->addrs[i]))
			return false;
	return true;
}

bool emul_node_same(const struct emul_node *a, const struct emul_node *b)
{
	size_t i;

	if (!text_same(a->name, b->name) ||
	    !text_same(a->address, b->address) ||
	    !text_same(a->names, b->names) || a->nnics != b->nnics ||
	    a->nroutes != b->nroutes || a->nown != b->nown)
		return false;
	for (i = 0; i < a->nroutes; i++)
		if (!ipnet_equal(&a->routes[i].to, &b->routes[i].to) ||
		    !ip_equal(&a->routes[i].via, &b->routes[i].via) ||
		    !text_same(a->routes[i].dev, b->routes[i].dev))
			return false;
	for (i = 0; i < a->nown; i++)
		if (!ipnet_equal(&a->own[i], &b->own[i]))
			return false;
	for (i = 0; i < a->nnics; i++)
		if (!nic_same(&a->nics[i], &b->nics[i]))
			return false;
	return true;
}
