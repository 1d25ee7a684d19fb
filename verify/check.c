/* SPDX-License-Identifier: MIT */
/*
 * The checks
 * ==========
 * What the reference documents verify by hand, in their order, and then the
 * plumbing that they take for granted. A point is judged from the evidence
 * alone: expected from the model, observed from what the nodes told, side by
 * side. Each check looks at one thing and keeps out of the others', so that a
 * fault is named by its own check: what cannot be judged because something
 * else is missing says "could not look", which is a failure too, but another.
 *
 * Adding a check is a judge function, a declaration and a line in the table.
 */
#include "verify/check.h"

#include <string.h>

#include "lib/auto.h"
#include "verify/checks/judges.h"

/* clang-format off */
const struct check checks[] = {
	{"agents", SCOPE_NODE, NEEDS_TABLES,
	 "answers by its own name",
	 "every node's agent is present and answers",
	 judge_agents, command_agents},
	{"nics", SCOPE_NODE, NEEDS_TABLES,
	 "has its interfaces up, with their addresses",
	 "the interfaces on the physical networks",
	 judge_nics, command_nics},
	{"namespaces", SCOPE_NODE, NEEDS_TABLES,
	 "has the lab's namespaces and no others",
	 "ip netns: qrouter-UUID on each host of the router, nothing foreign",
	 judge_namespaces, command_namespaces},
	{"engine", SCOPE_ENGINE, NEEDS_TABLES,
	 "has a VRRP engine that answers for its routers",
	 "one engine runs on each network node and knows its routers",
	 judge_engine, command_engine},
	{"ha-network", SCOPE_HA_NETWORK, NEEDS_TABLES,
	 "is there on each network node",
	 "the hidden network of each project with HA routers",
	 judge_ha_network, command_ha_network},
	{"bridges", SCOPE_NODE_NETWORK, NEEDS_TABLES,
	 "has its bridge with all of its ports",
	 "each network's bridge, its uplink and the ports on it",
	 judge_bridges, command_bridges},
	{"vxlan", SCOPE_NODE_VXLAN, NEEDS_TABLES,
	 "has its VXLAN interface",
	 "VNI, tunnel address, group or flood entries of each overlay",
	 judge_vxlan, command_vxlan},
	{"mtu", SCOPE_NODE_NETWORK, NEEDS_TABLES,
	 "has one MTU from end to end",
	 "the MTU of each part of each network's path",
	 judge_mtu, command_mtu},
	{"cables", SCOPE_INSTANCE, NEEDS_TABLES,
	 "is plugged in",
	 "each instance's interface, address, gateway and bridge port",
	 judge_cables, command_cables},
	{"active", SCOPE_ROUTER, NEEDS_TIME,
	 "is active on exactly one node",
	 "one active and the rest standby, sampled over time",
	 judge_active, command_active},
	{"state-file", SCOPE_ROUTER_HOST, NEEDS_TABLES,
	 "has its role in its state file",
	 "the state file says master or backup, as the engine does",
	 judge_state_file, command_state_file},
	{"ports", SCOPE_ROUTER_HOST, NEEDS_TABLES,
	 "has its ha, qr and qg interfaces",
	 "a router's interfaces with their own MACs, up and plugged in",
	 judge_ports, command_ports},
	{"ha-address", SCOPE_ROUTER_HOST, NEEDS_TABLES,
	 "has an HA address of its own",
	 "one address of 169.254.192.0/18 on each host, all different",
	 judge_ha_address, command_addresses},
	{"addresses", SCOPE_ROUTER_HOST, NEEDS_TABLES,
	 "holds the addresses of its role",
	 "all virtual addresses on the active node, none on a standby",
	 judge_addresses, command_addresses},
	{"default-route", SCOPE_ROUTER_HOST, NEEDS_TABLES,
	 "has a default route if active",
	 "the default route on the active node only",
	 judge_default_route, command_default_route},
	{"adverts", SCOPE_ROUTER_HOST, NEEDS_FRAMES | NEEDS_TIME,
	 "hears the active node's adverts only",
	 "VRRP adverts on each ha interface, from one sender",
	 judge_adverts, command_adverts},
	{"advert-fields", SCOPE_ROUTER_HOST, NEEDS_FRAMES,
	 "sends adverts as the lab has them",
	 "source, TTL, VRID, priority, version, interval, address of adverts",
	 judge_advert_fields, command_adverts},
	{"advert-interval", SCOPE_ROUTER_HOST, NEEDS_FRAMES,
	 "hears adverts at the interval",
	 "time between adverts, measured",
	 judge_advert_interval, command_adverts},
	{"advert-tunnel", SCOPE_TUNNEL, NEEDS_FRAMES | NEEDS_TIME,
	 "has its adverts inside VXLAN",
	 "the same adverts in the right VNI on the tunnel interface",
	 judge_advert_tunnel, command_advert_tunnel},
	{"outside-ping", SCOPE_OUTSIDE, NEEDS_PINGS,
	 "answers from outside, 4 of 4",
	 "the router's gateway address from the external network",
	 judge_ping, command_ping_outside},
	{"instance-ping", SCOPE_INSIDE, NEEDS_PINGS,
	 "is reached, 4 of 4",
	 "the router's address from each instance on its networks",
	 judge_ping, command_ping_inside},
	{NULL, SCOPE_NODE, NEEDS_TABLES, NULL, NULL, NULL, NULL},
};
/* clang-format on */

const struct check *check_find(const char *name)
{
	const struct check *c;

	for (c = checks; c->name; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

struct gather {
	struct arena *arena;
	struct points *points;
	const struct check *check;
};

static void add(struct gather *g, const struct subject *s)
{
	struct point *p = arena_push(g->arena, &g->points->items, &g->points->n,
				     sizeof(*p));

	p->check = g->check;
	p->subject = *s;
}

static void nodes(struct gather *g, const struct lab *lab, bool engines)
{
	size_t i, k;

	for (i = 0; i < lab->nnodes; i++) {
		struct subject s = {.node = &lab->nodes[i]};

		for (k = 0; engines && k < lab->nrouters; k++)
			if (topo_ha_port(&lab->routers[k], s.node))
				break;
		if (!engines || k < lab->nrouters)
			add(g, &s);
	}
}

static void networks(struct gather *g, const struct lab *lab, bool vxlan)
{
	size_t i, k;

	for (i = 0; i < lab->nnetworks; i++)
		for (k = 0; k < lab->nnodes; k++) {
			struct subject s = {.node = &lab->nodes[k],
					    .network = &lab->networks[i]};

			if (vxlan && s.network->type != TOPO_VXLAN)
				continue;
			if (topo_network_on(lab, s.network, s.node))
				add(g, &s);
		}
}

static void ha_networks(struct gather *g, const struct lab *lab)
{
	size_t i;

	for (i = 0; i < lab->nnetworks; i++) {
		struct subject s = {.network = &lab->networks[i]};

		if (s.network->ha)
			add(g, &s);
	}
}

static void instances(struct gather *g, const struct lab *lab)
{
	size_t i;

	for (i = 0; i < lab->ninstances; i++) {
		struct subject s = {.instance = &lab->instances[i],
				    .node = lab->instances[i].node};

		add(g, &s);
	}
}

static void routers(struct gather *g, const struct lab *lab)
{
	size_t i;

	for (i = 0; i < lab->nrouters; i++) {
		struct subject s = {.router = &lab->routers[i]};

		add(g, &s);
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

static void hosts(struct gather *g, const struct evidence *e, bool tunnel)
{
	size_t i;

	for (i = 0; i < e->nha; i++) {
		const struct seen_ha *ha = &e->ha[i];
		struct subject s = {.router = ha->router,
				    .node = ha->router->hosts[ha->host],
				    .ha_port = ha->router->ha_ports[ha->host],
				    .ha = ha};

		s.tunnel = tunnel_of(e, s.node);
		if (tunnel &&
		    (!s.tunnel || s.router->ha_network->type != TOPO_VXLAN))
			continue;
		add(g, &s);
	}
}

static void pings(struct gather *g, const struct seen_ping *list, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		struct subject s = {.ping = &list[i],
				    .router = list[i].router,
				    .instance = list[i].instance};

		if (s.instance)
			s.node = s.instance->node;
		add(g, &s);
	}
}

void check_points(struct arena *a, const struct evidence *e, const bool *chosen,
		  struct points *ret)
{
	struct gather g = {.arena = a, .points = ret};
	const struct lab *lab = e->lab;
	size_t i;

	*ret = (struct points){0};
	for (i = 0; checks[i].name; i++) {
		if (chosen && !chosen[i])
			continue;
		g.check = &checks[i];
		switch (checks[i].scope) {
		case SCOPE_NODE:
			nodes(&g, lab, false);
			break;
		case SCOPE_ENGINE:
			nodes(&g, lab, true);
			break;
		case SCOPE_HA_NETWORK:
			ha_networks(&g, lab);
			break;
		case SCOPE_NODE_NETWORK:
			networks(&g, lab, false);
			break;
		case SCOPE_NODE_VXLAN:
			networks(&g, lab, true);
			break;
		case SCOPE_INSTANCE:
			instances(&g, lab);
			break;
		case SCOPE_ROUTER:
			routers(&g, lab);
			break;
		case SCOPE_ROUTER_HOST:
			hosts(&g, e, false);
			break;
		case SCOPE_TUNNEL:
			hosts(&g, e, true);
			break;
		case SCOPE_OUTSIDE:
			pings(&g, e->outside, e->noutside);
			break;
		case SCOPE_INSIDE:
			pings(&g, e->inside, e->ninside);
			break;
		}
	}
}

unsigned check_needs(const struct points *p)
{
	unsigned needs = NEEDS_TABLES;
	size_t i;

	for (i = 0; i < p->n; i++)
		needs |= p->items[i].check->needs;
	return needs;
}

void check_title(const struct point *p, struct buf *out)
{
	const struct subject *s = &p->subject;
	char text[IP_TEXT_MAX];

	buf_printf(out, "%s: ", p->check->name);
	switch (p->check->scope) {
	case SCOPE_NODE:
	case SCOPE_ENGINE:
		buf_adds(out, s->node->name);
		break;
	case SCOPE_HA_NETWORK:
		buf_printf(out, "of project %s",
			   s->network->project ? s->network->project : "-");
		break;
	case SCOPE_NODE_NETWORK:
	case SCOPE_NODE_VXLAN:
		buf_printf(out, "%s on %s", s->network->name, s->node->name);
		break;
	case SCOPE_INSTANCE:
		buf_printf(out, "%s on %s", s->instance->name, s->node->name);
		break;
	case SCOPE_ROUTER:
		buf_adds(out, s->router->name);
		break;
	case SCOPE_ROUTER_HOST:
	case SCOPE_TUNNEL:
		buf_printf(out, "%s on %s", s->router->name, s->node->name);
		break;
	case SCOPE_OUTSIDE:
		buf_printf(out, "%s at %s", s->router->name,
			   ip_print(&s->ping->dst, text));
		break;
	case SCOPE_INSIDE:
		buf_printf(out, "from %s, %s at %s", s->instance->name,
			   s->router->name, ip_print(&s->ping->dst, text));
		break;
	}
	buf_printf(out, " %s", p->check->what);
}

void check_judge(const struct evidence *e, const struct point *p,
		 struct verdict *v)
{
	p->check->judge(e, &p->subject, v);
}

const struct observed *judge_sample(const struct evidence *e,
				    const struct topo_node *n,
				    struct verdict *v)
{
	const struct observed *o = evidence_last(e, n);

	if (!o)
		verdict_blind(v, "%s: %s", n->name, e->nodes[n->index].error);
	return o;
}

const struct obs_ns *judge_ns(const struct evidence *e,
			      const struct topo_node *n, const char *netns,
			      struct verdict *v)
{
	const struct observed *o = judge_sample(e, n, v);
	const struct obs_ns *ns = o ? obs_ns(o, netns) : NULL;

	if (o && !ns)
		verdict_blind(v, "%s has no namespace %s", n->name, netns);
	return ns;
}

bool judge_port_on(const struct topo_port *p, const struct topo_node *n)
{
	if (p->node)
		return p->node == n;
	return p->router && topo_ha_port(p->router, n);
}

const char *judge_port_netns(const struct topo_port *p)
{
	return p->instance ? p->instance->netns : p->router->netns;
}

enum judge_role judge_role_in(const struct observed *o,
			      const struct topo_router *r)
{
	const struct obs_router *s = evidence_router(o, r);

	if (!o || o->engine_error || !s || !s->state)
		return ROLE_UNKNOWN;
	return strcmp(s->state, "active") == 0 ? ROLE_ACTIVE : ROLE_STANDBY;
}

enum judge_role judge_role(const struct evidence *e,
			   const struct topo_router *r,
			   const struct topo_node *n)
{
	enum judge_role role = judge_role_in(evidence_last(e, n), r);
	size_t h;

	for (h = 0; role == ROLE_UNKNOWN && h < r->nhosts; h++)
		if (judge_role_in(evidence_last(e, r->hosts[h]), r) ==
		    ROLE_ACTIVE)
			role = ROLE_STANDBY;
	return role;
}

const char *judge_up_text(const struct obs_link *l)
{
	if (!l->up)
		return "down";
	return l->running ? "up" : "up, but without a carrier";
}

void command_exec(struct buf *out, const struct topo_node *n, const char *netns)
{
	buf_printf(out, "labctl exec %s", n->name);
	if (*netns)
		buf_printf(out, " --netns %s", netns);
	buf_adds(out, " -- ");
}
