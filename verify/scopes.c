/* SPDX-License-Identifier: MIT */
#include "verify/scopes.h"

#include "provision/plan/services/radvd.h"

static void add(struct subjects *out, struct subject s, const char *name)
{
	struct subject *slot =
		arena_push(out->arena, &out->items, &out->n, sizeof(*slot));

	s.name = name;
	*slot = s;
}

static const char *on(struct subjects *out, const char *what,
		      const struct topo_node *n)
{
	return arena_printf(out->arena, "%s on %s", what, n->name);
}

void scope_nodes(struct subjects *ret, const struct evidence *e)
{
	size_t i;

	for (i = 0; i < e->lab->nnodes; i++) {
		struct subject s = {.node = &e->lab->nodes[i]};

		add(ret, s, s.node->name);
	}
}

void scope_lab(struct subjects *ret, const struct evidence *e)
{
	add(ret, (struct subject){0}, e->lab->name);
}

void scope_engines(struct subjects *ret, const struct evidence *e)
{
	const struct lab *lab = e->lab;
	size_t i, k;

	for (i = 0; i < lab->nnodes; i++) {
		struct subject s = {.node = &lab->nodes[i]};

		for (k = 0; k < lab->nrouters; k++)
			if (topo_ha_port(&lab->routers[k], s.node))
				break;
		if (k < lab->nrouters)
			add(ret, s, s.node->name);
	}
}

static void networks(struct subjects *out, const struct lab *lab,
		     bool (*of)(const struct subject *s))
{
	size_t i, k;

	for (i = 0; i < lab->nnetworks; i++)
		for (k = 0; k < lab->nnodes; k++) {
			struct subject s = {.node = &lab->nodes[k],
					    .network = &lab->networks[i]};

			if (of && !of(&s))
				continue;
			if (topo_network_on(lab, s.network, s.node))
				add(out, s, on(out, s.network->name, s.node));
		}
}

void scope_networks(struct subjects *ret, const struct evidence *e)
{
	networks(ret, e->lab, NULL);
}

static bool bridged(const struct subject *s)
{
	return s->node->mechanism == TOPO_LINUXBRIDGE;
}

static bool switched(const struct subject *s)
{
	return s->node->mechanism == TOPO_OPENVSWITCH;
}

static bool vxlan(const struct subject *s)
{
	return bridged(s) && s->network->type == TOPO_VXLAN;
}

void scope_vxlans(struct subjects *ret, const struct evidence *e)
{
	networks(ret, e->lab, vxlan);
}

void scope_bridged(struct subjects *ret, const struct evidence *e)
{
	networks(ret, e->lab, bridged);
}

void scope_switched(struct subjects *ret, const struct evidence *e)
{
	networks(ret, e->lab, switched);
}

static bool has_tunnels(const struct lab *lab, const struct topo_node *n)
{
	size_t i;

	for (i = 0; i < lab->nnetworks; i++)
		if (topo_tunnelled(lab->networks[i].type) &&
		    topo_network_on(lab, &lab->networks[i], n))
			return true;
	return false;
}

static void switches(struct subjects *ret, const struct evidence *e,
		     bool tunnels)
{
	size_t i;

	for (i = 0; i < e->lab->nnodes; i++) {
		struct subject s = {.node = &e->lab->nodes[i]};

		if (switched(&s) && s.node->role != TOPO_CONTROLLER &&
		    (!tunnels || has_tunnels(e->lab, s.node)))
			add(ret, s, s.node->name);
	}
}

void scope_switches(struct subjects *ret, const struct evidence *e)
{
	switches(ret, e, false);
}

void scope_tunnelling(struct subjects *ret, const struct evidence *e)
{
	switches(ret, e, true);
}

void scope_ha_networks(struct subjects *ret, const struct evidence *e)
{
	size_t i;

	for (i = 0; i < e->lab->nnetworks; i++) {
		struct subject s = {.network = &e->lab->networks[i]};
		const char *project = s.network->project;

		if (s.network->ha)
			add(ret, s,
			    arena_printf(ret->arena, "of project %s",
					 project ? project : "-"));
	}
}

void scope_instances(struct subjects *ret, const struct evidence *e)
{
	size_t i;

	for (i = 0; i < e->lab->ninstances; i++) {
		struct subject s = {.instance = &e->lab->instances[i],
				    .node = e->lab->instances[i].node};

		add(ret, s, on(ret, s.instance->name, s.node));
	}
}

static void served(struct subjects *ret, const struct evidence *e, bool leased)
{
	size_t i;

	for (i = 0; i < e->lab->ninstances; i++) {
		struct subject s = {.instance = &e->lab->instances[i],
				    .node = e->lab->instances[i].node,
				    .boot = &e->boots[i]};

		if (evidence_served(s.instance) &&
		    (!leased || !s.instance->is_static))
			add(ret, s, on(ret, s.instance->name, s.node));
	}
}

void scope_served(struct subjects *ret, const struct evidence *e)
{
	served(ret, e, false);
}

void scope_leased(struct subjects *ret, const struct evidence *e)
{
	served(ret, e, true);
}

void scope_dhcp_ports(struct subjects *ret, const struct evidence *e)
{
	size_t i, k;

	for (i = 0; i < e->lab->nnetworks; i++)
		for (k = 0; k < e->lab->networks[i].ndhcp; k++) {
			struct subject s = {
				.network = &e->lab->networks[i],
				.node = e->lab->networks[i].dhcp_hosts[k]};

			add(ret, s, on(ret, s.network->name, s.node));
		}
}

void scope_ha_routers(struct subjects *ret, const struct evidence *e)
{
	size_t i;

	for (i = 0; i < e->lab->nrouters; i++) {
		struct subject s = {.router = &e->lab->routers[i]};

		if (s.router->is_ha)
			add(ret, s, s.router->name);
	}
}

static const struct seen_tunnel *tunnel_of(const struct evidence *e,
					   const struct topo_node *n)
{
	size_t i;

	for (i = 0; i < e->ntunnels; i++)
		if (e->tunnels[i].node == n)
			return &e->tunnels[i];
	return NULL;
}

enum hosts { PLACED, HA, TUNNELS, TAGGED, ROUTED };

static void hosts(struct subjects *out, const struct evidence *e,
		  enum hosts which)
{
	size_t i;

	for (i = 0; i < e->nha; i++) {
		const struct seen_ha *ha = &e->ha[i];
		struct subject s = {.router = ha->router,
				    .node = ha->router->hosts[ha->host],
				    .ha = ha};

		s.ha_port = topo_ha_port(s.router, s.node);
		s.tunnel = tunnel_of(e, s.node);
		if ((which == HA || which == TUNNELS || which == TAGGED) &&
		    !s.ha_port)
			continue;
		if (which == ROUTED && !s.router->nroutes)
			continue;
		if ((which == TUNNELS || which == TAGGED) &&
		    (!s.tunnel || topo_tunnelled(s.router->ha_network->type) !=
					  (which == TUNNELS)))
			continue;
		add(out, s, on(out, s.router->name, s.node));
	}
}

void scope_hosts(struct subjects *ret, const struct evidence *e)
{
	hosts(ret, e, HA);
}

void scope_placed(struct subjects *ret, const struct evidence *e)
{
	hosts(ret, e, PLACED);
}

void scope_routed(struct subjects *ret, const struct evidence *e)
{
	hosts(ret, e, ROUTED);
}

void scope_tunnels(struct subjects *ret, const struct evidence *e)
{
	hosts(ret, e, TUNNELS);
}

void scope_tagged(struct subjects *ret, const struct evidence *e)
{
	hosts(ret, e, TAGGED);
}

static void pings(struct subjects *out, const struct seen_ping *list, size_t n,
		  bool floating)
{
	char text[IP_TEXT_MAX];
	size_t i;

	for (i = 0; i < n; i++) {
		struct subject s = {.ping = &list[i],
				    .router = list[i].router,
				    .instance = list[i].instance};
		const char *name =
			arena_printf(out->arena, "%s at %s", s.router->name,
				     ip_print(&list[i].dst, text));

		if (floating != (list[i].floating != NULL))
			continue;
		if (floating)
			name = arena_printf(
				out->arena, "%s to %s by %s",
				ip_print(&list[i].dst, text),
				list[i].floating->port->instance->name,
				s.router->name);
		if (s.instance) {
			s.node = s.instance->node;
			name = arena_printf(out->arena, "from %s, %s",
					    s.instance->name, name);
		}
		add(out, s, name);
	}
}

void scope_outside(struct subjects *ret, const struct evidence *e)
{
	pings(ret, e->outside, e->noutside, false);
}

void scope_floatings(struct subjects *ret, const struct evidence *e)
{
	pings(ret, e->outside, e->noutside, true);
}

void scope_hairpins(struct subjects *ret, const struct evidence *e)
{
	pings(ret, e->inside, e->ninside, true);
}

void scope_inside(struct subjects *ret, const struct evidence *e)
{
	pings(ret, e->inside, e->ninside, false);
}

static bool looked_through(const struct evidence *e,
			   const struct topo_router *r)
{
	for (size_t i = 0; i < e->nthrough; i++)
		if (e->through[i].router == r)
			return true;
	return false;
}

static void passages(struct subjects *ret, const struct evidence *e,
		     bool only_v4, bool through)
{
	size_t i;

	for (i = 0; i < e->npassages; i++) {
		const struct seen_passage *p = &e->passages[i];
		struct subject s = {.passage = p,
				    .router = p->router,
				    .instance = p->instance,
				    .node = p->instance->node};

		if (only_v4 && p->dst.family != 4)
			continue;
		if (through && !looked_through(e, p->router))
			continue;
		add(ret, s,
		    arena_printf(ret->arena, "from %s by %s, IPv%d",
				 p->instance->name, p->router->name,
				 p->dst.family));
	}
}

void scope_passages(struct subjects *ret, const struct evidence *e)
{
	passages(ret, e, false, false);
}

void scope_passages_v4(struct subjects *ret, const struct evidence *e)
{
	passages(ret, e, true, false);
}

void scope_through(struct subjects *ret, const struct evidence *e)
{
	passages(ret, e, true, true);
}

void scope_internet(struct subjects *ret, const struct evidence *e)
{
	for (size_t i = 0; i < e->ninternet; i++) {
		const struct seen_internet *t = &e->internet[i];
		struct subject s = {.internet = t,
				    .router = t->router,
				    .instance = t->instance,
				    .node = t->instance->node};

		add(ret, s,
		    arena_printf(ret->arena, "%s behind %s", t->instance->name,
				 t->router->name));
	}
}

void scope_isles(struct subjects *ret, const struct evidence *e)
{
	for (size_t i = 0; i < e->nisles; i++) {
		const struct seen_isle *t = &e->isles[i];
		struct subject s = {.isle = t,
				    .instance = t->instance,
				    .node = t->instance->node};

		add(ret, s,
		    arena_printf(ret->arena, "%s of project %s, IPv%d",
				 t->instance->name,
				 evidence_project(t->instance), t->dst.family));
	}
}

/* Ports with an IPv6 address each: those of one network are one subject. */
static bool is_first_there(const struct topo_router *r, size_t q)
{
	size_t i;

	for (i = 0; i < q; i++)
		if (r->qr[i]->network == r->qr[q]->network &&
		    plan_port_advertises(r->qr[i]))
			return false;
	return true;
}

void scope_advertised(struct subjects *ret, const struct evidence *e)
{
	const struct lab *lab = e->lab;
	size_t i, q;

	for (i = 0; i < lab->nrouters; i++)
		for (q = 0; q < lab->routers[i].nqr; q++) {
			const struct topo_port *qr = lab->routers[i].qr[q];
			struct subject s = {
				.router = &lab->routers[i],
				.network = qr->network,
				.instance = evidence_hears(lab, qr->network)};

			if (!s.instance || !plan_port_advertises(qr) ||
			    !is_first_there(s.router, q))
				continue;
			s.boot = &e->boots[s.instance->index];
			s.node = s.instance->node;
			add(ret, s,
			    arena_printf(ret->arena, "%s on network %s",
					 s.router->name, s.network->name));
		}
}

void scope_advertisers(struct subjects *ret, const struct evidence *e)
{
	size_t i;

	for (i = 0; i < e->nha; i++) {
		const struct seen_ha *ha = &e->ha[i];
		struct subject s = {.router = ha->router,
				    .node = ha->router->hosts[ha->host]};

		if (plan_router_advertises(s.router))
			add(ret, s, on(ret, s.router->name, s.node));
	}
}

static bool makes_addresses(const struct topo_instance *in)
{
	size_t i;

	for (i = 0; i < in->port->naddrs; i++)
		if (evidence_advertised(in, &in->port->addrs[i]))
			return true;
	return false;
}

enum booted { BY_SLAAC, BY_DHCPV6, BY_METADATA, BY_NAMES };

static void booted(struct subjects *ret, const struct evidence *e,
		   enum booted which)
{
	size_t i;

	for (i = 0; i < e->lab->ninstances; i++) {
		struct subject s = {.instance = &e->lab->instances[i],
				    .node = e->lab->instances[i].node,
				    .boot = &e->boots[i]};
		bool is = which == BY_SLAAC ? makes_addresses(s.instance)
			  : which == BY_DHCPV6
				  ? evidence_asks6(s.instance) != TOPO_IPV6_NONE
			  : which == BY_METADATA
				  ? evidence_has_metadata(e->lab, s.instance)
				  : evidence_resolves(e->lab, s.instance);

		if (is)
			add(ret, s, on(ret, s.instance->name, s.node));
	}
}

void scope_slaac(struct subjects *ret, const struct evidence *e)
{
	booted(ret, e, BY_SLAAC);
}

void scope_asking6(struct subjects *ret, const struct evidence *e)
{
	booted(ret, e, BY_DHCPV6);
}

void scope_metadata(struct subjects *ret, const struct evidence *e)
{
	booted(ret, e, BY_METADATA);
}

void scope_resolvers(struct subjects *ret, const struct evidence *e)
{
	booted(ret, e, BY_NAMES);
}

void scope_reached(struct subjects *ret, const struct evidence *e)
{
	char text[IP_TEXT_MAX];
	size_t i;

	for (i = 0; i < e->nreached; i++) {
		struct subject s = {.reach = &e->reached[i],
				    .router = e->reached[i].router,
				    .instance = e->reached[i].instance,
				    .node = e->reached[i].instance->node};

		add(ret, s,
		    arena_printf(ret->arena, "%s at %s", s.instance->name,
				 ip_print(&s.reach->dst, text)));
	}
}
