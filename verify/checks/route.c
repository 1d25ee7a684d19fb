/* SPDX-License-Identifier: MIT */
/* Judges of the routes that routers have. */
#include <string.h>

#include "lib/auto.h"
#include "verify/check.h"
#include "verify/checks/sight.h"
#include "verify/command.h"
#include "verify/role.h"
#include "verify/scopes.h"

/* Is the route one of those that an active router has? */
static bool route_wanted(const struct subject *s, const struct res_route *r)
{
	const struct topo_port *qg = s->router->gateway;
	struct ip hop;

	if (!qg || strcmp(r->dev, qg->ifname) != 0)
		return false;
	hop = topo_next_hop(qg, r->via.family);
	return ip_is_set(&hop) && ip_equal(&hop, &r->via);
}

static void want_routes(const struct seen_ns *ns, const struct subject *s,
			struct verdict *v)
{
	static const int families[] = {4, 6};
	const struct topo_port *qg = s->router->gateway;
	char text[IP_TEXT_MAX];
	size_t i, k;

	for (k = 0; qg && k < ARRAY_LEN(families); k++) {
		struct ip hop = topo_next_hop(qg, families[k]);

		if (!ip_is_set(&hop))
			continue;
		verdict_want(v, "default via %s dev %s", ip_print(&hop, text),
			     qg->ifname);
		for (i = 0; i < ns->of[RES_ROUTE].n; i++)
			if (!ns->of[RES_ROUTE].items[i].route.to.len &&
			    !ns->of[RES_ROUTE].items[i].route.table &&
			    ns->of[RES_ROUTE].items[i].route.dev &&
			    strcmp(ns->of[RES_ROUTE].items[i].route.dev,
				   qg->ifname) == 0 &&
			    ip_equal(&ns->of[RES_ROUTE].items[i].route.via,
				     &hop))
				break;
		if (i == ns->of[RES_ROUTE].n)
			verdict_saw(v, false, "no default via %s", text);
	}
}

static void judge_default_route(const struct evidence *e,
				const struct subject *s, struct verdict *v)
{
	const struct seen_ns *ns = sight_ns(e, s->node, s->router->netns, v);
	enum role role = role_of(e, s->router, s->node);
	char text[IP_TEXT_MAX];
	size_t i;

	if (!ns)
		return;
	if (role == ROLE_UNKNOWN) {
		verdict_blind(v, "%s: its role is not known: %s", s->node->name,
			      role_word(evidence_last(e, s->node), s->router));
		return;
	}
	if (role == ROLE_ACTIVE)
		want_routes(ns, s, v);
	if (!v->expected.n)
		verdict_want(v, "no default route%s",
			     role == ROLE_ACTIVE ? "" : " (standby)");
	for (i = 0; i < ns->of[RES_ROUTE].n; i++) {
		const struct res_route *r = &ns->of[RES_ROUTE].items[i].route;

		if (r->to.len || !r->dev || strcmp(r->dev, "lo") == 0)
			continue;
		verdict_saw(v, role == ROLE_ACTIVE && route_wanted(s, r),
			    "default via %s dev %s",
			    ip_is_set(&r->via) ? ip_print(&r->via, text) : "-",
			    r->dev);
	}
}

static void command_default_route(const struct evidence *e,
				  const struct subject *s, struct buf *out)
{
	(void)e;
	command_exec(out, s->node, s->router->netns);
	buf_adds(out, "ip route show default");
}

/* Is there this route, of the main table? */
static bool has_route(const struct seen_ns *ns, const struct ipnet *to,
		      const struct ip *via, const char *dev)
{
	for (size_t i = 0; i < ns->of[RES_ROUTE].n; i++) {
		const struct res_route *r = &ns->of[RES_ROUTE].items[i].route;

		if (!r->table && r->dev && ipnet_equal(&r->to, to) &&
		    (!via ||
		     (strcmp(r->dev, dev) == 0 && ip_equal(&r->via, via))))
			return true;
	}
	return false;
}

static void judge_extra_routes(const struct evidence *e,
			       const struct subject *s, struct verdict *v)
{
	const struct seen_ns *ns = sight_ns(e, s->node, s->router->netns, v);
	enum role role = role_of(e, s->router, s->node);
	char to[IP_TEXT_MAX], via[IP_TEXT_MAX];

	if (!ns)
		return;
	if (role == ROLE_UNKNOWN) {
		verdict_blind(v, "%s: its role is not known: %s", s->node->name,
			      role_word(evidence_last(e, s->node), s->router));
		return;
	}
	for (size_t i = 0; i < s->router->nroutes; i++) {
		const struct topo_route *t = &s->router->routes[i];
		const char *dev = topo_route_port(s->router, t)->ifname;
		bool active = role == ROLE_ACTIVE;
		bool right = has_route(ns, &t->to, &t->via, dev);

		ipnet_print(&t->to, to);
		ip_print(&t->via, via);
		if (active)
			verdict_want(v, "%s via %s dev %s", to, via, dev);
		else
			verdict_want(v, "no route to %s (standby)", to);
		if (right || has_route(ns, &t->to, NULL, NULL))
			verdict_saw(v, right && active, "%s via %s", to,
				    right ? via : "another next hop");
		else
			verdict_saw(v, !active, "no route to %s", to);
	}
}

static void command_extra_routes(const struct evidence *e,
				 const struct subject *s, struct buf *out)
{
	(void)e;
	command_exec(out, s->node, s->router->netns);
	buf_adds(out, "ip route show");
}

/* clang-format off */
const struct check route_checks[] = {
	{"default-route", scope_placed, NEEDS_TABLES,
	 "has a default route if active",
	 "the default route on the active node only",
	 judge_default_route, command_default_route},
	{"extra-routes", scope_routed, NEEDS_TABLES,
	 "has its own routes if active",
	 "a router's `routes`, on the active node only",
	 judge_extra_routes, command_extra_routes},
	{NULL, NULL, NEEDS_TABLES, NULL, NULL, NULL, NULL},
};
/* clang-format on */
