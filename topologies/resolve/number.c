/* SPDX-License-Identifier: MIT */
/*
 * Hands out what must be unique: segments, VRIDs and addresses. What the file
 * pins is taken first, then the rest goes out in file order, lowest first; so
 * the same file gives the same numbers, and adding to its end moves none.
 */
#include "topologies/resolve/number.h"

#include <string.h>

#include "topologies/check_subnet.h"
#include "topologies/error.h"
#include "topologies/resolve/spread.h"
#include "topologies/segments.h"

/* --- VRIDs ---------------------------------------------------------------- */

static void pin_vrid(struct raw *raw, struct raw_router *r,
		     struct raw_project *p)
{
	const struct raw_router *same = p->vrids[r->ha.vrid];

	if (!r->ha.vrid)
		return;
	if (same)
		raw_wrong(raw, r->vrid_at,
			  "VRID %u is that of router '%s' (line %u) in project "
			  "'%s'",
			  r->ha.vrid, same->name, same->at->line, p->name);
	else
		p->vrids[r->ha.vrid] = r;
}

/* One more HA network, of a new project or behind the last of one. */
static struct raw_project *new_project(struct raw *raw, const char *name,
				       unsigned nth)
{
	struct raw_project *p = arena_alloc(raw->a, sizeof(*p));

	p->name = name;
	p->nth = nth;
	p->index = raw->nprojects;
	*(struct raw_project **)arena_push(raw->a, &raw->projects,
					   &raw->nprojects,
					   sizeof(struct raw_project *)) = p;
	return p;
}

/*
 * The lowest VRID that is free, on the first HA network that has one. Where
 * Neutron refuses a project's 255th router, there is one more network: a VRID
 * need be unique only where adverts meet.
 */
static void choose_vrid(struct raw *raw, struct raw_router *r)
{
	struct raw_project *p = r->in;
	unsigned vrid;

	for (;;) {
		vrid = p->next_vrid + 1;
		while (vrid <= RAW_VRID_MAX && p->vrids[vrid])
			vrid++;
		if (vrid <= RAW_VRID_MAX)
			break;
		p->next_vrid = RAW_VRID_MAX;
		if (!p->more)
			p->more = new_project(raw, p->name, p->nth + 1);
		p = p->more;
	}
	p->vrids[vrid] = r;
	p->next_vrid = vrid;
	p->nrouters++;
	r->ha.vrid = (uint8_t)vrid;
	r->in = p;
}

static void number_vrids(struct raw *raw)
{
	struct map names = {0};
	struct raw_project *p;
	size_t i;

	for (i = 0; i < raw->nrouters; i++) {
		struct raw_router *r = raw->routers[i];

		if (!r->is_ha)
			continue;
		p = map_gets(&names, r->project);
		if (!p) {
			p = new_project(raw, r->project, 1);
			map_puts(raw->a, &names, p->name, p);
		}
		r->in = p;
		pin_vrid(raw, r, p);
	}
	for (i = 0; i < raw->nrouters; i++)
		if (raw->routers[i]->is_ha && !raw->routers[i]->vrid_at)
			choose_vrid(raw, raw->routers[i]);
}

/* --- addresses ------------------------------------------------------------ */

/* NULL, or who has the address. */
static const char *take(struct raw *raw, struct raw_subnet *s,
			const struct ip *ip, const char *who)
{
	uint8_t *key = arena_alloc(raw->a, sizeof(ip->b));

	memcpy(key, ip->b, sizeof(ip->b));
	return map_put(raw->a, &s->taken, key, ip_size(ip), (void *)who);
}

/* The lowest free address of the pool, or false, said once for a subnet. */
static bool next_free(struct raw *raw, struct raw_subnet *s, const char *who,
		      const struct doc *at, struct ip *ret)
{
	char a[IP_TEXT_MAX], b[IP_TEXT_MAX];

	if (s->exhausted || !ip_is_set(&s->first))
		return false;
	if (!ip_is_set(&s->next))
		s->next = s->first;
	for (; ip_cmp(&s->next, &s->last) <= 0; s->next = ip_add(s->next, 1)) {
		if (take(raw, s, &s->next, who))
			continue;
		*ret = s->next;
		return true;
	}
	s->exhausted = true;
	raw_wrong(raw, at ? at : s->at,
		  "no address is left in subnet '%s' (%s-%s) for %s%s", s->name,
		  ip_print(&s->first, a), ip_print(&s->last, b), who,
		  s->dhcp ? arena_printf(raw->a, ", beside %zu DHCP port%s%s",
					 s->net->ndhcp,
					 s->net->ndhcp == 1 ? "" : "s",
					 s->dhcp_at ? ""
						    : " ('dhcp: false': none)")
			  : "");
	return false;
}

static struct raw_subnet *subnet_of(const struct raw_net *net,
				    const struct ip *ip)
{
	for (size_t i = 0; i < net->nsubnets; i++)
		if (ip_is_set(&net->subnets[i]->cidr.ip) &&
		    ipnet_contains(&net->subnets[i]->cidr, ip))
			return net->subnets[i];
	return NULL;
}

/* Whether all subnets of a network are known well enough to judge by. */
static bool all_known(const struct raw_net *net)
{
	for (size_t i = 0; i < net->nsubnets; i++)
		if (!ip_is_set(&net->subnets[i]->cidr.ip))
			return false;
	return true;
}

static bool family_there(const struct raw_net *net, unsigned family)
{
	for (size_t i = 0; i < net->nsubnets; i++)
		if (net->subnets[i]->cidr.ip.family == family)
			return true;
	return false;
}

/* Whether instances and DHCP ports make their address from their MAC. */
static bool slaac(const struct raw_subnet *s)
{
	return topo_eui64(s->ipv6);
}

/*
 * One pinned address of who, on the network; given has net's subnets' order.
 * from_mac: who has what SLAAC gives, where it gives anything.
 */
static void pin(struct raw *raw, const struct raw_net *net,
		const struct raw_pin *p, const char *who, bool from_mac,
		struct raw_given *given)
{
	struct raw_subnet *s = subnet_of(net, &p->ip);
	const char *by;
	char text[IP_TEXT_MAX], other[IP_TEXT_MAX];
	size_t i = 0;

	ip_print(&p->ip, text);
	if (!s) {
		if (!all_known(net))
			return;
		if (!family_there(net, p->ip.family))
			raw_wrong(raw, p->at,
				  "address %s is IPv%u, and network '%s' has "
				  "no such subnet",
				  text, p->ip.family, net->name);
		else if (net->nsubnets == 1)
			raw_wrong(raw, p->at,
				  "address %s is outside subnet '%s' (%s)",
				  text, net->subnets[0]->name,
				  ipnet_print(&net->subnets[0]->cidr, other));
		else
			raw_wrong(raw, p->at,
				  "address %s is outside every subnet of "
				  "network '%s'",
				  text, net->name);
		return;
	}
	if (!raw_host_in(raw, s, &p->ip, p->at, "address"))
		return;
	if (from_mac && slaac(s)) {
		raw_wrong(raw, p->at,
			  "subnet '%s' is %s%s: an address in it follows "
			  "from the port's MAC and cannot be chosen",
			  s->name,
			  s->ipv6 == TOPO_IPV6_SLAAC ? "SLAAC"
						     : topo_ipv6_names[s->ipv6],
			  s->ipv6_at ? ""
				     : " (by default; 'ipv6: none' for "
				       "addresses from the pool)");
		return;
	}
	while (net->subnets[i] != s)
		i++;
	if (ip_is_set(&given[i].ip)) {
		raw_wrong(raw, p->at,
			  "address %s is a second one in subnet '%s' beside %s",
			  text, s->name, ip_print(&given[i].ip, other));
		return;
	}
	/* Even where it is taken: asked for, so not to be chosen for it. */
	given[i].ip = p->ip;
	by = take(raw, s, &p->ip, who);
	if (by)
		raw_wrong(raw, p->at, "address %s is that of %s", text, by);
}

static struct raw_given *new_given(struct raw *raw, const struct raw_net *net,
				   size_t *ret_n)
{
	struct raw_given *g = arena_array(raw->a, net->nsubnets, sizeof(*g));

	for (size_t i = 0; i < net->nsubnets; i++)
		g[i].subnet = net->subnets[i];
	*ret_n = net->nsubnets;
	return g;
}

static void choose(struct raw *raw, const struct raw_net *net, const char *who,
		   const struct doc *at, bool from_mac, struct raw_given *given)
{
	for (size_t i = 0; i < net->nsubnets; i++)
		if (!ip_is_set(&given[i].ip) &&
		    !(from_mac && slaac(net->subnets[i])))
			next_free(raw, net->subnets[i], who, at, &given[i].ip);
}

static const char *called(struct raw *raw, const char *kind, const char *name,
			  const struct doc *at)
{
	return arena_printf(raw->a, "%s '%s' (line %u)", kind, name, at->line);
}

/* One DHCP port of a network: an address in each subnet that has DHCP. */
static void add_dhcp(struct raw *raw, struct raw_net *net,
		     const struct raw_node *node)
{
	const char *who =
		arena_printf(raw->a, "the DHCP port on node '%s'", node->name);
	struct raw_given *given;
	size_t n, k = net->ndhcp;

	given = new_given(raw, net, &n);
	for (size_t i = 0; i < n; i++) {
		struct raw_subnet *s = net->subnets[i];

		if (s->dhcp && !slaac(s))
			next_free(raw, s, who, s->dhcp_at, &given[i].ip);
	}
	*(const struct raw_node **)arena_push(
		raw->a, &net->dhcp_on, &net->ndhcp,
		sizeof(const struct raw_node *)) = node;
	*(struct raw_given **)arena_push(raw->a, &net->dhcp_given, &k,
					 sizeof(struct raw_given *)) = given;
}

/* Which nodes serve a network, and the lowest addresses of its pools. */
static void number_dhcp(struct raw *raw)
{
	const struct raw_node *nodes[TOPO_NODES_MAX];
	size_t hosts[TOPO_NODES_MAX], lead, n = 0, i, k;
	struct spread spread;

	for (i = 0; i < raw->nnodes && n < TOPO_NODES_MAX; i++)
		if (raw->nodes[i]->agents & TOPO_AGENT_DHCP)
			nodes[n++] = raw->nodes[i];
	spread_init(&spread, n, raw->dhcp_agents);
	for (i = 0; i < raw->nnets; i++) {
		struct raw_net *net = raw->nets[i];

		if (!net->dhcp)
			continue;
		if (net->type_known && net->type == TOPO_LOCAL) {
			if (net->first && net->first->on)
				add_dhcp(raw, net, net->first->on);
			continue;
		}
		spread_next(&spread, hosts, &lead);
		for (k = 0; k < spread.each; k++)
			add_dhcp(raw, net, nodes[hosts[k]]);
	}
}

static const char *floating_called(struct raw *raw,
				   const struct raw_floating *f)
{
	if (f->name)
		return called(raw, "floating address", f->name, f->at);
	return called(raw, "the floating address of instance", f->of->name,
		      f->at);
}

static void pin_floatings(struct raw *raw)
{
	size_t n;

	for (size_t i = 0; i < raw->nfloatings; i++) {
		struct raw_floating *f = raw->floatings[i];

		if (f->router && ip_is_set(&f->addr.ip))
			pin(raw, f->router->ext, &f->addr,
			    floating_called(raw, f), false,
			    new_given(raw, f->router->ext, &n));
	}
}

/* What an instance has in the subnet; family 0 where that is not known. */
static struct ip fixed_of(const struct raw_floating *f)
{
	for (size_t i = 0; i < f->of->ngiven; i++)
		if (f->of->given[i].subnet == f->inside)
			return f->of->given[i].ip;
	return (struct ip){0};
}

/* Those that are to be chosen, and the addresses that all lead to. */
static void choose_floatings(struct raw *raw)
{
	char text[IP_TEXT_MAX], other[IP_TEXT_MAX];

	for (size_t i = 0; i < raw->nfloatings; i++) {
		struct raw_floating *f = raw->floatings[i];
		struct ip fixed;
		size_t k = 0;

		if (!f->router)
			continue;
		while (f->router->ext->subnets[k]->cidr.ip.family != 4)
			k++;
		if (!ip_is_set(&f->addr.ip))
			next_free(raw, f->router->ext->subnets[k],
				  floating_called(raw, f), f->at, &f->addr.ip);
		fixed = fixed_of(f);
		if (ip_is_set(&f->fixed.ip) && ip_is_set(&fixed) &&
		    !ip_equal(&f->fixed.ip, &fixed))
			raw_wrong(raw, f->fixed.at,
				  "instance '%s' does not have the address %s, "
				  "but %s",
				  f->of->name, ip_print(&f->fixed.ip, text),
				  ip_print(&fixed, other));
		f->fixed.ip = fixed;
	}
}

static void number_addresses(struct raw *raw)
{
	const char **router, **instance;
	size_t i, k;

	router = arena_array(raw->a, raw->nrouters, sizeof(*router));
	instance = arena_array(raw->a, raw->ninstances, sizeof(*instance));
	for (i = 0; i < raw->nsubnets; i++) {
		struct raw_subnet *s = raw->subnets[i];

		if (ip_is_set(&s->gateway))
			take(raw, s, &s->gateway,
			     s->router ? called(raw, "the gateway, router",
						s->router->name, s->router->at)
				       : "the gateway");
	}
	for (i = 0; i < raw->nrouters; i++) {
		struct raw_router *r = raw->routers[i];

		router[i] = called(raw, "router", r->name, r->at);
		if (!r->ext)
			continue;
		r->given = new_given(raw, r->ext, &r->ngiven);
		for (k = 0; k < r->npins; k++)
			pin(raw, r->ext, &r->pins[k], router[i], false,
			    r->given);
	}
	for (i = 0; i < raw->ninstances; i++) {
		struct raw_instance *n = raw->instances[i];

		instance[i] = called(raw, "instance", n->name, n->at);
		if (!n->net)
			continue;
		n->given = new_given(raw, n->net, &n->ngiven);
		for (k = 0; k < n->npins; k++)
			pin(raw, n->net, &n->pins[k], instance[i], true,
			    n->given);
	}
	pin_floatings(raw);
	number_dhcp(raw);
	for (i = 0; i < raw->nrouters; i++)
		if (raw->routers[i]->ext)
			choose(raw, raw->routers[i]->ext, router[i],
			       raw->routers[i]->at, false,
			       raw->routers[i]->given);
	for (i = 0; i < raw->ninstances; i++)
		if (raw->instances[i]->net)
			choose(raw, raw->instances[i]->net, instance[i],
			       raw->instances[i]->at, true,
			       raw->instances[i]->given);
	choose_floatings(raw);
}

void raw_number(struct raw *raw)
{
	number_vrids(raw);
	raw_number_segments(raw);
	number_addresses(raw);
}
