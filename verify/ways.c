/* SPDX-License-Identifier: MIT */
#include "verify/ways.h"

#include "lib/mono.h"

#define MISSED 3 /* adverts, until a Backup takes over (RFC 9568 6.1) */

struct topo_way ways_adverts(const struct lab *lab, const struct topo_router *r)
{
	struct topo_way worst = {0};

	for (size_t i = 0; r->is_ha && i < r->nhosts; i++)
		for (size_t k = 0; k < r->nhosts; k++)
			worst = topo_way_worse(
				worst, topo_way(lab, r->hosts[i], r->hosts[k],
						r->ha_network->phys));
	return worst;
}

/* The worst between a host of the router and an instance behind it, or, NULL,
 * the host outside. One way. */
static struct topo_way way_to(const struct lab *lab,
			      const struct topo_router *r,
			      const struct topo_instance *instance)
{
	const struct topo_network *net = instance     ? instance->port->network
					 : r->gateway ? r->gateway->network
						      : NULL;
	struct topo_way worst = {0};

	for (size_t i = 0; net && i < r->nhosts; i++)
		worst = topo_way_worse(
			worst,
			topo_way(lab, r->hosts[i],
				 instance ? instance->node : NULL, net->phys));
	return worst;
}

struct topo_way ways_through(const struct lab *lab, const struct topo_router *r,
			     const struct topo_instance *instance)
{
	return topo_way_add(way_to(lab, r, instance), way_to(lab, r, NULL));
}

/* Whose address it is; NULL: no instance's. */
static const struct topo_instance *owner(const struct lab *lab,
					 const struct topo_router *r,
					 const struct ip *dst)
{
	size_t i, k;

	for (i = 0; i < r->nfloatings; i++)
		if (ip_equal(&r->floatings[i]->addr, dst))
			return r->floatings[i]->port->instance;
	for (i = 0; i < lab->ninstances; i++)
		for (k = 0; k < lab->instances[i].port->naddrs; k++)
			if (ip_equal(&lab->instances[i].port->addrs[k].addr.ip,
				     dst))
				return &lab->instances[i];
	return NULL;
}

struct topo_way ways_ping(const struct lab *lab, const struct topo_router *r,
			  const struct topo_instance *instance,
			  const struct ip *dst)
{
	const struct topo_instance *to = owner(lab, r, dst);
	struct topo_way w = way_to(lab, r, instance);

	return to ? topo_way_add(w, way_to(lab, r, to)) : w;
}

struct topo_way ways_round(struct topo_way w)
{
	return topo_way_add(w, w);
}

unsigned ways_replies(unsigned n, struct topo_way there)
{
	unsigned lost = (unsigned)topo_losses(n, ways_round(there).lost);

	return lost < n ? n - lost : 1;
}

unsigned ways_wait_ms(unsigned ms, struct topo_way there)
{
	return ms + (unsigned)(ways_round(there).delay_ns / NS_PER_MS);
}

double ways_false_alarm(const struct lab *lab, const struct topo_router *r)
{
	double lost = ways_adverts(lab, r).lost, p = 1;

	for (int i = 0; i < MISSED; i++)
		p *= lost;
	/* A row begins with one that came. */
	p *= 1 - lost;
	return p > 0 ? 1 / p : 0;
}
