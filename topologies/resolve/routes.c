/* SPDX-License-Identifier: MIT */
#include "topologies/resolve/routes.h"

#include "topologies/error.h"

/* One of a router's own routes, n of them before it. */
static void check_route(struct raw *raw, const struct raw_router *r, size_t n)
{
	const struct raw_route *t = &r->routes[n];
	const struct raw_subnet *on = NULL;
	char text[IP_TEXT_MAX], to[IP_TEXT_MAX];
	size_t i;

	if (!ip_is_set(&t->to.ip) || !ip_is_set(&t->via))
		return;
	ip_print(&t->via, text);
	ipnet_print(&t->to, to);
	for (i = 0; i < n; i++)
		if (ipnet_equal(&r->routes[i].to, &t->to)) {
			raw_wrong(raw, t->to_at,
				  "router '%s' has a route to %s already (line "
				  "%u)",
				  r->name, to, r->routes[i].to_at->line);
			return;
		}
	if (t->to.ip.family != t->via.family) {
		raw_wrong(raw, t->via_at,
			  "a route to IPv%u has its next hop in IPv%u",
			  t->to.ip.family, t->via.family);
		return;
	}
	if (!t->to.len && r->ext) {
		raw_wrong(raw, t->to_at,
			  "router '%s' has its default route by its gateway "
			  "network '%s'",
			  r->name, r->ext->name);
		return;
	}
	for (i = 0; !on && i < r->nsubnets; i++)
		if (ipnet_contains(&r->subnets[i]->cidr, &t->via))
			on = r->subnets[i];
	for (i = 0; !on && r->ext && i < r->ext->nsubnets; i++)
		if (ipnet_contains(&r->ext->subnets[i]->cidr, &t->via))
			on = r->ext->subnets[i];
	if (!on)
		raw_wrong(
			raw, t->via_at,
			"the next hop %s is on none of the networks of router "
			"'%s'",
			text, r->name);
	else if (on->router == r && ip_equal(&on->gateway, &t->via))
		raw_wrong(raw, t->via_at,
			  "the next hop %s is router '%s' itself", text,
			  r->name);
}

/* It is on by default, so only who asks for it is told that it is not to be
 * had. */
static void check_sync(struct raw *raw, const struct raw_router *r)
{
	if (r->sync_at && r->ha.sync && r->ha.engine == TOPO_ENGINE_KEEPALIVED)
		raw_wrong(raw, r->sync_at,
			  "sync_connections goes with labctl's own engine, not "
			  "with keepalived");
}

/* What of `ha` is one router's, or goes with others. */
static void check_ha(struct raw *raw)
{
	if (raw->ha.vrid_at)
		raw_wrong(raw, raw->ha.vrid_at,
			  "a VRID is one router's, not all routers'");
	check_sync(raw, &raw->ha);
	for (size_t i = 0; i < raw->nrouters; i++)
		check_sync(raw, raw->routers[i]);
}

void raw_check_routes(struct raw *raw)
{
	check_ha(raw);
	for (size_t i = 0; i < raw->nrouters; i++)
		for (size_t k = 0; k < raw->routers[i]->nroutes; k++)
			check_route(raw, raw->routers[i], k);
}
