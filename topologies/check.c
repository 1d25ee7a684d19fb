/* SPDX-License-Identifier: MIT */
/*
 * Rules that need more than one value at a time: words that name something,
 * addresses and the range they are in, ranges beside one another, and what
 * each type of network can carry. What the values alone make wrong was said
 * when they were read, and is empty here.
 */
#include "topologies/check.h"

#include <ctype.h>
#include <string.h>

#include "lib/auto.h"
#include "topologies/check_agent.h"
#include "topologies/check_subnet.h"
#include "topologies/dangling.h"
#include "topologies/error.h"
#include "topologies/segments.h"

/* --- nodes ---------------------------------------------------------------- */

static size_t count_role(const struct raw *raw, enum topo_role role)
{
	size_t n = 0;

	for (size_t i = 0; i < raw->nnodes; i++)
		n += raw->nodes[i]->role_known && raw->nodes[i]->role == role;
	return n;
}

static void check_agents(struct raw *raw, const struct raw_node *n)
{
	if (!n->agents_at || !n->role_known)
		return;
	if (n->agents && n->role == TOPO_CONTROLLER)
		raw_wrong(raw, n->agents_at,
			  "controller '%s' is on no tunnel network, so it "
			  "cannot have agents",
			  n->name);
	else if ((n->agents & TOPO_AGENT_L3) && n->role != TOPO_NETWORK)
		raw_wrong(raw, n->agents_at,
			  "node '%s' is a %s node; only network nodes have "
			  "the agent l3",
			  n->name, topo_role_names[n->role]);
}

static void check_nodes(struct raw *raw)
{
	struct map seen = {0};

	if (raw->nodes_at && raw->nodes_at->kind == DOC_MAP && !raw->nnodes)
		raw_wrong(raw, raw->nodes_at, "a lab needs at least one node");
	for (size_t i = 0; i < raw->nnodes; i++) {
		struct raw_node *n = raw->nodes[i];
		char *lower = arena_strdup(raw->a, n->name);
		const struct raw_node *same;

		for (char *c = lower; *c; c++)
			*c = (char)tolower((unsigned char)*c);
		same = map_puts(raw->a, &seen, lower, n);
		if (same)
			raw_wrong(raw, n->at,
				  "node '%s' differs from '%s' (line %u) in "
				  "case only, which host names ignore",
				  n->name, same->name, same->at->line);
		check_agents(raw, n);
	}
}

/* --- physical networks ---------------------------------------------------- */

static const struct raw_router *first_ha(const struct raw *raw)
{
	for (size_t i = 0; i < raw->nrouters; i++)
		if (raw->routers[i]->is_ha)
			return raw->routers[i];
	return NULL;
}

static bool needs_tunnel(struct raw *raw, const char **ret_why)
{
	for (size_t i = 0; i < raw->nnets; i++) {
		if (raw->nets[i]->type_known &&
		    topo_tunnelled(raw->nets[i]->type)) {
			*ret_why = arena_printf(
				raw->a, "%s networks",
				topo_type_titles[raw->nets[i]->type]);
			return true;
		}
	}
	*ret_why = "the HA network of routers";
	return first_ha(raw) && topo_tunnelled(raw->ha_network_type);
}

/* Which physical network has this use; a second one is an error. */
static const struct raw_phys *only(struct raw *raw, enum topo_use use,
				   const char *name)
{
	const struct raw_phys *ret = NULL, *p;

	for (size_t i = 0; i < raw->nphys; i++) {
		p = raw->phys[i];
		if (p->use != use)
			continue;
		if (ret)
			raw_wrong(raw, p->at,
				  "'%s' is a second %s network beside '%s' "
				  "(line %u)",
				  p->name, name, ret->name,
				  ret->at ? ret->at->line : 0);
		else
			ret = p;
	}
	return ret;
}

/* Gives management and tunnel their documented ranges where none is said. */
static void node_range(struct raw *raw, const struct raw_phys *found,
		       const char *def, const char *name, size_t nnodes)
{
	struct raw_phys *p;
	struct ip first, last;
	uint64_t room;

	if (!found)
		return;
	p = raw->phys[found->index];
	if (!p->cidr_at)
		ipnet_parse(def, &p->cidr);
	if (p->cidr.ip.family == 6) {
		raw_wrong(raw, p->cidr_at, "the %s network needs an IPv4 range",
			  name);
		p->cidr = (struct ipnet){0};
		return;
	}
	if (!p->cidr.ip.family)
		return;
	first = raw_first_host(&p->cidr);
	last = raw_last_host(&p->cidr);
	/* The last address is the fabric's. */
	room = ip_distance(&first, &last);
	if (room < nnodes)
		raw_wrong(raw, p->cidr_at,
			  "'%s' has addresses for %llu of the %zu nodes that "
			  "need one",
			  p->cidr_at->str, (unsigned long long)room, nnodes);
}

static void check_phys(struct raw *raw)
{
	const struct raw_phys *m, *t;
	const char *why;

	raw->management = m = only(raw, TOPO_MANAGEMENT, "management");
	raw->tunnel = t = only(raw, TOPO_TUNNEL, "tunnel");
	if (!m && raw->phys_at && raw->phys_at->kind == DOC_MAP)
		raw_wrong(raw, raw->phys_at,
			  "the physical networks lack 'management', by which "
			  "nodes are reached");
	if (!t && raw->phys_at && raw->phys_at->kind == DOC_MAP &&
	    needs_tunnel(raw, &why))
		raw_wrong(raw, raw->phys_at,
			  "the physical networks lack 'tunnel', which carries "
			  "%s",
			  why);
	node_range(raw, m, "10.0.0.0/24", "management", raw->nnodes);
	node_range(raw, t, "10.0.1.0/24", "tunnel",
		   raw->nnodes - count_role(raw, TOPO_CONTROLLER));
	if (m && t && m->cidr.ip.family && t->cidr.ip.family &&
	    ipnet_overlap(&m->cidr, &t->cidr)) {
		const struct doc *at = t->cidr_at ? t->cidr_at : m->cidr_at;
		char text[2][IP_TEXT_MAX];

		raw_wrong(raw, at,
			  "management (%s) and tunnel (%s) overlap, and nodes "
			  "are on both",
			  ipnet_print(&m->cidr, text[0]),
			  ipnet_print(&t->cidr, text[1]));
	}
	for (size_t i = 0; i < raw->nphys; i++)
		if (raw->phys[i]->use == TOPO_PROVIDER && raw->phys[i]->cidr_at)
			raw_wrong(raw, raw->phys[i]->cidr_at,
				  "a provider network has no range of its own: "
				  "the subnets of its networks have");
}

/* --- networks ------------------------------------------------------------- */

/* A network may come to any node that has routers or instances. */
static void check_mechanisms(struct raw *raw, struct raw_net *n)
{
	for (size_t i = 0; i < raw->nnodes; i++) {
		const struct raw_node *o = raw->nodes[i];

		if (!o->role_known || o->role == TOPO_CONTROLLER ||
		    topo_mechanism_has(o->mechanism, n->type))
			continue;
		raw_wrong(
			raw, n->type_at ? n->type_at : n->at,
			"node '%s' has mechanism %s, which has no %s networks",
			o->name, topo_mechanism_names[o->mechanism],
			topo_type_names[n->type]);
		return;
	}
}

static void check_net(struct raw *raw, struct raw_net *n)
{
	if (!n->type_known)
		return;
	if (n->external && n->type != TOPO_FLAT && n->type != TOPO_VLAN)
		raw_wrong(raw, n->type_at ? n->type_at : n->external_at,
			  "external network '%s' must be flat or a VLAN, as "
			  "the world outside is not %s",
			  n->name, topo_type_names[n->type]);
	raw_check_carrier(raw, n);
	check_mechanisms(raw, n);
}

/* --- routers -------------------------------------------------------------- */

static void check_gateway(struct raw *raw, struct raw_router *r)
{
	const struct raw_net *net;

	if (!r->gateway.name) {
		if (r->npins && !r->gateway.at)
			raw_wrong(raw, r->pins_at,
				  "router '%s' has an external address but no "
				  "gateway network",
				  r->name);
		if (r->snat && r->snat_at)
			raw_wrong(raw, r->snat_at,
				  "router '%s' has no gateway network, and so "
				  "no address to give what leaves",
				  r->name);
		r->npins = 0;
		return;
	}
	net = map_gets(&raw->net_names, r->gateway.name);
	if (!net)
		raw_dangling(raw, &r->gateway, "network", raw->nets,
			     raw->nnets);
	else if (!net->external && net->external_known)
		raw_wrong(raw, r->gateway.at,
			  "network '%s' is not external (line %u), so it is no "
			  "gateway",
			  net->name, net->at->line);
	else if (!net->nsubnets)
		raw_wrong(raw, r->gateway.at,
			  "network '%s' has no subnet to take an external "
			  "address from",
			  net->name);
	else
		r->ext = net;
}

/* One word of `interfaces`, or NULL with the reason said. */
static struct raw_subnet *interface_of(struct raw *raw, struct raw_router *r,
				       const struct raw_ref *ref)
{
	struct raw_subnet *s = map_gets(&raw->subnet_names, ref->name);
	const struct raw_net *net;
	char text[IP_TEXT_MAX];

	if (!s) {
		net = map_gets(&raw->net_names, ref->name);
		if (net && net->nsubnets)
			raw_wrong(raw, ref->at,
				  "'%s' is a network; interfaces name subnets, "
				  "such as '%s'",
				  ref->name, net->subnets[0]->name);
		else
			raw_dangling(raw, ref, "subnet", raw->subnets,
				     raw->nsubnets);
		return NULL;
	}
	if (s->net->external)
		raw_wrong(raw, ref->at,
			  "subnet '%s' is on external network '%s': that is "
			  "for 'gateway', not for 'interfaces'",
			  s->name, s->net->name);
	else if (s->net->type_known && s->net->type == TOPO_LOCAL)
		raw_wrong(raw, ref->at,
			  "subnet '%s' is on a local network, which stays "
			  "inside one node; a router on several cannot reach "
			  "it",
			  s->name);
	else if (s->no_gateway)
		raw_wrong(raw, ref->at,
			  "subnet '%s' has no gateway address for the router "
			  "to take",
			  s->name);
	else if (s->router == r)
		raw_wrong(raw, ref->at, "subnet '%s' is here twice", s->name);
	else if (s->router)
		raw_wrong(raw, ref->at,
			  "router '%s' (line %u) has the gateway address %s of "
			  "subnet '%s' already",
			  s->router->name, s->router->at->line,
			  ip_print(&s->gateway, text), s->name);
	else
		return s;
	return NULL;
}

static void overlap_on(struct raw *raw, const struct raw_router *r,
		       const struct raw_ref *ref, const struct raw_subnet *s,
		       struct raw_subnet *const *others, size_t n)
{
	char a[IP_TEXT_MAX], b[IP_TEXT_MAX];

	for (size_t i = 0; i < n; i++) {
		const struct raw_subnet *o = others[i];

		if (!ip_is_set(&o->cidr.ip) || o->net == s->net ||
		    !ipnet_overlap(&o->cidr, &s->cidr))
			continue;
		raw_wrong(raw, ref->at,
			  "subnet '%s' (%s) overlaps '%s' (%s) on router '%s', "
			  "which could not tell them apart",
			  s->name, ipnet_print(&s->cidr, a), o->name,
			  ipnet_print(&o->cidr, b), r->name);
		return;
	}
}

static void check_router(struct raw *raw, struct raw_router *r)
{
	struct raw_subnet *s;

	if (r->distributed)
		raw_wrong(
			raw, r->distributed_at,
			r->is_ha ? "router '%s' is highly available and so "
				   "cannot be distributed: one node at a time "
				   "has its addresses, not all compute nodes"
				 : "router '%s' cannot be distributed: routers "
				   "are on network nodes",
			r->name);
	check_gateway(raw, r);
	for (size_t i = 0; i < r->nifaces; i++) {
		s = interface_of(raw, r, &r->ifaces[i]);
		if (!s)
			continue;
		s->router = r;
		if (ip_is_set(&s->cidr.ip)) {
			overlap_on(raw, r, &r->ifaces[i], s, r->subnets,
				   r->nsubnets);
			if (r->ext)
				overlap_on(raw, r, &r->ifaces[i], s,
					   r->ext->subnets, r->ext->nsubnets);
		}
		*(struct raw_subnet **)arena_push(
			raw->a, &r->subnets, &r->nsubnets,
			sizeof(struct raw_subnet *)) = s;
	}
}

/* Routers need two network nodes each; said once, it is the lab's lack. */
static void check_hosts(struct raw *raw)
{
	size_t n = count_role(raw, TOPO_NETWORK), l3 = 0;
	const struct raw_router *ha = first_ha(raw);

	for (size_t i = 0; i < raw->nnodes; i++) {
		if (!raw->nodes[i]->role_known)
			return;
		l3 += (raw->nodes[i]->agents & TOPO_AGENT_L3) != 0;
	}
	if (ha && l3 < 2)
		raw_wrong(raw, ha->at,
			  "router '%s' is highly available and needs at least "
			  "2 network nodes%s; the lab has %zu",
			  ha->name, n >= 2 ? " with the agent l3" : "",
			  n >= 2 ? l3 : n);
	else if (raw->nrouters && !l3)
		raw_wrong(raw, raw->routers[0]->at,
			  "router '%s' needs a network node%s",
			  raw->routers[0]->name, n ? " with the agent l3" : "");
}

/* --- instances ------------------------------------------------------------ */

static void check_instance(struct raw *raw, struct raw_instance *i)
{
	struct raw_net *net = NULL;
	struct raw_node *n;

	if (i->node.name) {
		n = map_gets(&raw->node_names, i->node.name);
		if (!n)
			raw_dangling(raw, &i->node, "node", raw->nodes,
				     raw->nnodes);
		else if (n->role_known && n->role != TOPO_COMPUTE)
			raw_wrong(raw, i->node.at,
				  "node '%s' is a %s node; instances run on "
				  "compute nodes",
				  n->name, topo_role_names[n->role]);
		else
			i->on = n;
	}
	if (i->network.name) {
		net = map_gets(&raw->net_names, i->network.name);
		if (!net)
			raw_dangling(raw, &i->network, "network", raw->nets,
				     raw->nnets);
		else if (!net->nsubnets)
			raw_wrong(raw, i->network.at,
				  "network '%s' has no subnet, so the instance "
				  "would have no address",
				  net->name);
		else
			i->net = net;
	}
	if (!net || !i->on || !i->net || net->type != TOPO_LOCAL)
		return;
	if (!net->first)
		net->first = i;
	else if (net->first->on != i->on)
		raw_wrong(raw, i->node.at,
			  "local network '%s' is on node '%s' (instance '%s', "
			  "line %u) and on no other",
			  net->name, net->first->on->name, net->first->name,
			  net->first->at->line);
}

void raw_check(struct raw *raw)
{
	const char *why;
	size_t i;

	check_nodes(raw);
	raw_check_wires(raw);
	raw_check_ha_type(raw);
	for (i = 0; i < raw->nnets; i++)
		check_net(raw, raw->nets[i]);
	check_phys(raw);
	raw_check_subnets(raw);
	for (i = 0; i < raw->nrouters; i++)
		check_router(raw, raw->routers[i]);
	check_hosts(raw);
	raw_check_agents(raw, needs_tunnel(raw, &why));
	for (i = 0; i < raw->ninstances; i++)
		check_instance(raw, raw->instances[i]);
	raw_check_locals(raw);
	raw_check_plugs(raw);
}
