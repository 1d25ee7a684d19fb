/* SPDX-License-Identifier: MIT */
/*
 * Neighbours whose places in the kernel's table are kept for good. That table
 * is one for the machine, with 1,024 places unless its owner says otherwise;
 * where it is full nobody finds his neighbour, and nobody is told. A reserved
 * place does not count and is not collected, and its address is resolved as
 * ever. So what a lab's own traffic needs is reserved: an instance's gateway,
 * a router's instances and its next hop outside.
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

void plan_router_neighbours(struct plan_ctx *c, const struct topo_router *r)
{
	static const int families[] = {4, 6};
	size_t i, k;

	for (i = 0; i < r->nqr; i++)
		for (k = 0; k < r->qr[i]->naddrs; k++)
			of_port(c, r, r->qr[i], r->qr[i]->addrs[k].subnet);
	for (i = 0; r->gateway && i < 2; i++) {
		struct ip via = topo_next_hop(r->gateway, families[i]);

		if (ip_is_set(&via))
			reserve(c, r->netns, r->gateway->ifname, &via);
	}
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
