/* SPDX-License-Identifier: MIT */
/*
 * Neighbours whose places in the kernel's table are kept for good. That table
 * is one for the machine, with 1,024 places unless its owner says otherwise;
 * where it is full nobody finds his neighbour, and nobody is told. A reserved
 * place does not count and is not collected, and its address is resolved as
 * ever. So what a lab's own traffic needs is reserved: an instance's gateway,
 * a router's instances and its next hop outside, and the instances that a DHCP
 * server answers when they ask for names or metadata.
 */
#include "provision/plan/neigh.h"

static void reserve(struct plan_ctx *c, const char *netns, const char *dev,
		    const struct ip *addr)
{
	struct res *r = plan_add(c, RES_NEIGH, netns);

	r->neigh.dev = dev;
	r->neigh.addr = *addr;
	r->neigh.reserved = true;
}

/* The router's instances by the port that has their subnet. */
static void of_port(struct plan_ctx *c, const struct topo_router *r,
		    const struct topo_port *qr, const struct topo_subnet *s)
{
	size_t i, k;

	for (i = 0; i < c->lab->ninstances; i++) {
		const struct topo_port *p = c->lab->instances[i].port;

		if (p->network != qr->network)
			continue;
		for (k = 0; k < p->naddrs; k++)
			if (p->addrs[k].subnet == s)
				reserve(c, r->netns, qr->ifname,
					&p->addrs[k].addr.ip);
	}
}

/* Two routes can have the same next hop, which then has one place. */
static void next_hop(struct plan_ctx *c, const struct topo_router *r,
		     const struct topo_port *p, const struct topo_route *route)
{
	for (size_t i = c->plan->n; i-- > 0;) {
		const struct res *have = &c->plan->res[i];

		if (have->kind != RES_NEIGH)
			break;
		if (have->netns == r->netns && have->neigh.dev == p->ifname &&
		    ip_equal(&have->neigh.addr, &route->via))
			return;
	}
	reserve(c, r->netns, p->ifname, &route->via);
}

void plan_router_neighbours(struct plan_ctx *c, const struct topo_router *r)
{
	size_t i, k;

	for (i = 0; i < r->nqr; i++)
		for (k = 0; k < r->qr[i]->naddrs; k++)
			of_port(c, r, r->qr[i], r->qr[i]->addrs[k].subnet);
	plan_each_route(c, r, next_hop);
}

void plan_instance_neighbours(struct plan_ctx *c,
			      const struct topo_instance *in)
{
	const struct topo_port *p = in->port;
	bool have[2] = {false, false};
	size_t i;

	for (i = 0; i < p->naddrs; i++) {
		const struct topo_subnet *s = p->addrs[i].subnet;

		/* A client of DHCP empties the tables of its link. */
		if (!s || !ip_is_set(&s->gateway) ||
		    topo_leased(p, &p->addrs[i]) ||
		    have[s->gateway.family == 6])
			continue;
		have[s->gateway.family == 6] = true;
		reserve(c, in->netns, p->ifname, &s->gateway);
	}
}

void plan_dhcp_neighbours(struct plan_ctx *c, const struct topo_port *port,
			  const char *netns)
{
	size_t i, k;

	for (i = 0; i < c->lab->ninstances; i++) {
		const struct topo_port *p = c->lab->instances[i].port;

		if (p->network != port->network)
			continue;
		for (k = 0; k < p->naddrs; k++)
			if (p->addrs[k].subnet && p->addrs[k].subnet->dhcp &&
			    p->addrs[k].addr.ip.family == 4)
				reserve(c, netns, port->ifname,
					&p->addrs[k].addr.ip);
	}
}
