/* SPDX-License-Identifier: MIT */
#include "verify/gather/hops.h"

#include "lib/auto.h"
#include "lib/buf.h"

#define HOP_MS 2500 /* three questions */
/* As keepalived's script pings (fall 2), one second for each. */
#define PINGS 2
#define PING_US 1000000
#define PING_MS 1000

static void there_answer(struct arena *a, const struct doc *d, void *to)
{
	hop_answer(a, d, to);
}

static void there_failed(void *to, const char *why)
{
	((struct seen_hops *)to)->error = why;
}

static void pings_answer(struct arena *a, const struct doc *d, void *to)
{
	ping_answer(a, d, to);
}

static void pings_failed(void *to, const char *why)
{
	((struct seen_pings *)to)->error = why;
}

static void ask_there(struct arena *a, struct seen_gateways *g,
		      struct boot_ask *q)
{
	const struct topo_router *r = g->router;
	/* Its HA port's: no two hosts have the same. */
	const struct hop_ask ask = {.netns = r->netns,
				    .dev = r->gateway->ifname,
				    .mac = r->ha_ports[g->host]->mac,
				    .targets = g->ips,
				    .n = g->n,
				    .duration_ms = HOP_MS};
	auto_buf struct buf b = {0};

	hop_ask(&ask, &b);
	*q = (struct boot_ask){.op = "hop",
			       .members = arena_strdup(a, b.data),
			       .timeout_ms = HOP_MS,
			       .to = &g->there,
			       .answer = there_answer,
			       .failed = there_failed};
}

static void ask_ping(struct arena *a, struct seen_gateways *g, size_t i,
		     struct boot_ask *q)
{
	const struct ping_ask ask = {.netns = g->router->netns,
				     .dst = g->ips[i],
				     .count = PINGS,
				     .interval_us = PING_US,
				     .timeout_ms = PING_MS};
	auto_buf struct buf b = {0};

	ping_ask(&ask, &b);
	*q = (struct boot_ask){.op = "ping",
			       .members = arena_strdup(a, b.data),
			       .timeout_ms = PINGS * PING_US / 1000 + PING_MS,
			       .to = &g->pings[i],
			       .answer = pings_answer,
			       .failed = pings_failed};
}

void gather_hops(struct arena *a, struct evidence *e, const struct topo_node *n,
		 struct boot_ask **ret, size_t *ret_n)
{
	size_t i, k;

	for (i = 0; i < e->ngateways; i++) {
		struct seen_gateways *g = &e->gateways[i];

		if (g->router->hosts[g->host] != n)
			continue;
		if (!g->by)
			ask_there(a, g,
				  arena_push(a, ret, ret_n, sizeof(**ret)));
		for (k = 0; !topo_has_engine(g->router) && k < g->n; k++)
			ask_ping(a, g, k,
				 arena_push(a, ret, ret_n, sizeof(**ret)));
	}
}
