/* SPDX-License-Identifier: MIT */
#include "t/lib/broken_routers.h"

#include <string.h>

#include "lib/mono.h"
#include "t/lib/healthy.h"

/* One router without HA, on network1; one with it, active on network2. */
const char broken_routers_text[] =
	"lab: routers\n"
	"nodes:\n"
	"  network1: {role: network}\n"
	"  network2: {role: network}\n"
	"  compute1: {role: compute}\n"
	"physical:\n"
	"  management: {cidr: 10.0.0.0/24}\n"
	"  tunnel: {cidr: 10.0.1.0/24}\n"
	"  provider: {}\n"
	"networks:\n"
	"  ext:\n"
	"    external: true\n"
	"    type: flat\n"
	"    physical: provider\n"
	"    subnets:\n"
	"      ext4: {cidr: 203.0.113.0/24, gateway: 203.0.113.1}\n"
	"  one: {subnets: {one4: {cidr: 192.168.1.0/24, dhcp: false}}}\n"
	"  two: {subnets: {two4: {cidr: 192.168.2.0/24, dhcp: false}}}\n"
	"routers:\n"
	"  solo: {gateway: ext, interfaces: [one4], ha: false}\n"
	"  pair:\n"
	"    gateway: ext\n"
	"    interfaces: [two4]\n"
	"    routes: [{to: 10.9.0.0/16, via: 192.168.2.9}]\n"
	"instances:\n"
	"  a: {node: compute1, network: one, floating_ip: 203.0.113.17}\n"
	"  b: {node: compute1, network: two}\n";

static const struct topo_router *solo, *pair;

void broken_routers_lab(const struct lab *l)
{
	solo = topo_router(l, "solo");
	pair = topo_router(l, "pair");
}

#define EACH_SAMPLE(e, node, o)                                                \
	for (size_t s_i = 0; s_i < HEALTHY_SAMPLES &&                          \
			     ((o) = healthy_sample((e), (node), s_i), true);   \
	     s_i++)

static void solo_addressless(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "network1", o)
	healthy_addr_del(o, solo->netns, solo->qr[0]->ifname, "192.168.1.1/24");
}

static void solo_floating_gone(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "network1", o)
	healthy_addr_del(o, solo->netns, solo->gateway->ifname,
			 "203.0.113.17/32");
}

static void solo_without_default(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "network1", o)
	healthy_route(o, solo->netns)->dev = "gone";
}

static void solo_elsewhere(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "network2", o)
	{
		struct seen_ns *ns =
			arena_push(&e->arena, &o->ns, &o->nns, sizeof(*ns));

		ns->name = solo->netns;
	}
}

static void no_engine_at_all(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "network1", o)
	healthy_engine(&e->arena, o)->error = "it does not answer";
}

static void route_gone(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "network2", o)
	healthy_route(o, pair->netns)->dev = "gone";
}

static void route_by_another(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "network2", o)
	healthy_route(o, pair->netns)->via = ip_v4(0xc0a80208);
}

static void route_on_standby(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "network1", o)
	{
		struct res_route *r =
			&seen_push(&e->arena, healthy_ns(o, pair->netns),
				   RES_ROUTE)
				 ->route;

		r->dev = pair->qr[0]->ifname;
		r->to = pair->routes[0].to;
		r->via = pair->routes[0].via;
	}
}

const struct broken broken_routers[] = {
	{"a healthy lab with routers of both kinds", NULL, NULL},
	{"a router without HA, and without its address", solo_addressless,
	 "wrong addresses: solo on network1"},
	{"one whose floating address is gone", solo_floating_gone,
	 "wrong addresses: solo on network1; "
	 "wrong floating: 203.0.113.17 to a by solo"},
	{"one without its default route", solo_without_default,
	 "wrong default-route: solo on network1"},
	{"one on a second node", solo_elsewhere, "wrong namespaces: network2"},
	{"the engine does not matter to it", no_engine_at_all,
	 "wrong engine: network1; blind active: pair; "
	 "blind state-file: pair on network1"},
	{"a route of a router's own gone", route_gone,
	 "wrong extra-routes: pair on network2"},
	{"one by another next hop", route_by_another,
	 "wrong extra-routes: pair on network2"},
	{"one on a standby", route_on_standby,
	 "wrong extra-routes: pair on network1"},
	{NULL, NULL, NULL},
};
