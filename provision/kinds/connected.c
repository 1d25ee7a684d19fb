/* SPDX-License-Identifier: MIT */
#include "provision/kinds/connected.h"

#include <linux/rtnetlink.h>
#include <string.h>

#include "provision/kinds/link/link.h"
#include "provision/node/diff.h"

static bool is_connected(const struct res_route *r, const char *dev,
			 const struct ipnet *to)
{
	return r->dev && !r->table && !r->type && !r->odd && !r->astray &&
	       !ip_is_set(&r->via) && strcmp(r->dev, dev) == 0 &&
	       ipnet_equal(&r->to, to);
}

/* The plan's or the engine's; what a client was given is the client's. */
static bool stays(struct diff *d, const struct res *addr)
{
	const struct res_link *link = link_seen(d, addr->netns, addr->addr.dev);
	unsigned host = addr->addr.addr.ip.family == 4 ? 32 : 128;

	return link && link->up && addr->addr.addr.len < host &&
	       link_staying(d, addr->netns, addr->addr.dev) &&
	       (addr->addr.proto == RTPROT_KEEPALIVED || diff_wanted(d, addr));
}

void route_connected(struct diff *d, const char *netns)
{
	const struct seen_ns *ns = diff_ns(d, netns);
	const struct res_list *addrs, *routes;
	size_t i, k;

	if (!ns)
		return;
	addrs = &ns->of[RES_ADDR];
	routes = &ns->of[RES_ROUTE];
	for (i = 0; i < addrs->n; i++) {
		const struct res *a = &addrs->items[i];
		struct ipnet to = a->addr.addr;
		struct res *want;

		if (!stays(d, a))
			continue;
		to.ip = ipnet_network(&to);
		for (k = 0; k < routes->n; k++)
			if (is_connected(&routes->items[k].route, a->addr.dev,
					 &to))
				break;
		if (k < routes->n)
			continue;
		want = arena_alloc(diff_arena(d), sizeof(*want));
		*want = (struct res){.kind = RES_ROUTE, .netns = netns};
		want->route.to = to;
		want->route.dev = a->addr.dev;
		want->route.proto = RTPROT_KERNEL;
		want->route.from = a->addr.addr.ip;
		if (!diff_is_anew(d, want))
			diff_add(d, want);
		diff_anew(d, want); /* of two addresses with one network */
	}
}
