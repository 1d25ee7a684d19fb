/* SPDX-License-Identifier: MIT */
#include "verify/hops.h"

static const struct seen_gateways *asked(const struct seen_gateways *list,
					 size_t n, const struct topo_router *r,
					 size_t h)
{
	for (size_t i = 0; i < n; i++)
		if (!list[i].by &&
		    list[i].router->hosts[list[i].host] == r->hosts[h] &&
		    list[i].router->gateway->network == r->gateway->network)
			return &list[i];
	return NULL;
}

static void add(struct seen_gateways *list, size_t n,
		const struct topo_router *r, size_t host)
{
	struct seen_gateways *g = &list[n];

	*g = (struct seen_gateways){.router = r, .host = host};
	g->n = topo_pinged(r, g->ips);
	g->by = asked(list, n, r, host);
	g->there.error = g->pings[0].error = g->pings[1].error =
		"not looked at";
}

void hops_plan(struct arena *a, const struct lab *lab,
	       struct seen_gateways **ret, size_t *ret_n)
{
	struct ip ips[2];
	size_t i, h, n = 0;

	for (i = 0; i < lab->nrouters; i++)
		if (topo_pinged(&lab->routers[i], ips))
			n += lab->routers[i].nhosts;
	*ret = arena_array(a, n + 1, sizeof(**ret));
	*ret_n = 0;
	for (i = 0; i < lab->nrouters; i++)
		for (h = 0; topo_pinged(&lab->routers[i], ips) &&
			    h < lab->routers[i].nhosts;
		     h++)
			add(*ret, (*ret_n)++, &lab->routers[i], h);
}

const struct seen_hops *hops_there(const struct seen_gateways *g)
{
	return g->by ? &g->by->there : &g->there;
}
