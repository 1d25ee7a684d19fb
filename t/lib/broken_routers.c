/* SPDX-License-Identifier: MIT */
#include "t/lib/broken_routers.h"

#include <string.h>

#include "lib/mono.h"
#include "t/lib/healthy.h"

/* One router without HA, on network1; one with it, active on network2. */
const char broken_routers_text[] =
	"lab: routers\n" BROKEN_NODES BROKEN_WAY_OUT
	"      ext4: {cidr: 203.0.113.0/24, gateway: 203.0.113.1}\n"
	"  one:\n"
	"    subnets:\n"
	"      one4: {cidr: 192.168.1.0/24, dhcp: false}\n"
	"      one6: {cidr: \"fd00:1::/64\", dhcp: false, ipv6: none}\n"
	"  two:\n"
	"    project: other\n"
	"    subnets:\n"
	"      two4: {cidr: 192.168.2.0/24, dhcp: false}\n"
	"      two6: {cidr: \"fd00:1::/64\", dhcp: false, ipv6: none}\n"
	"routers:\n"
	"  solo: {gateway: ext, interfaces: [one4], ha: false}\n"
	"  pair:\n"
	"    project: other\n"
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

static void not_translated(struct evidence *e)
{
	/* Seen on qg, and outside, with the instance's own address. */
	e->through[2].frames.frames[1].ip_src =
		e->through[2].frames.frames[0].ip_src;
	for (size_t i = 0; i < e->left.n; i++)
		if (ip_equal(&e->left.frames[i].ip_dst, &e->passages[1].dst))
			e->left.frames[i].ip_src =
				e->through[2].frames.frames[0].ip_src;
}

static void translated_early(struct evidence *e)
{
	e->through[2].frames.frames[0].ip_src = ip_v4(0xcb007101);
}

static void by_the_standby(struct evidence *e)
{
	e->through[1].frames = e->through[2].frames;
}

static void not_looked_through(struct evidence *e)
{
	e->through[2].frames = (struct seen_frames){.error = "no agent"};
}

static const char *const rule_sets[] = {
	"*filter\n-A FORWARD -j one\n-A FORWARD -j two\nCOMMIT\n",
	"*filter\n-A FORWARD -j one\nCOMMIT\n",
	"*filter\n-A FORWARD -j two\n-A FORWARD -j one\nCOMMIT\n",
	"*filter\n:FORWARD ACCEPT\n-A FORWARD -j one\nCOMMIT\n",
	"*filter\n:FORWARD DROP\n-A FORWARD -j one\nCOMMIT\n",
};

static void rules_on(struct evidence *e, const char *node, const char *text)
{
	struct observed *o;

	EACH_SAMPLE(e, node, o)
	seen_push(&e->arena, healthy_ns(o, pair->netns), RES_RULES)
		->rules.text4 = text;
}

static void same_rules(struct evidence *e)
{
	rules_on(e, "network1", rule_sets[0]);
	rules_on(e, "network2", rule_sets[0]);
}

static void rule_gone_on_standby(struct evidence *e)
{
	rules_on(e, "network1", rule_sets[1]);
	rules_on(e, "network2", rule_sets[0]);
}

static void rules_in_other_order(struct evidence *e)
{
	rules_on(e, "network1", rule_sets[2]);
	rules_on(e, "network2", rule_sets[0]);
}

static void policy_on_standby(struct evidence *e)
{
	rules_on(e, "network1", rule_sets[4]);
	rules_on(e, "network2", rule_sets[3]);
}

static void no_rules_on_standby(struct evidence *e)
{
	rules_on(e, "network2", rule_sets[0]);
}

static void internet_silent(struct evidence *e)
{
	for (size_t i = 0; i < e->internet[1].pings.n; i++)
		e->internet[1].pings.probes[i].rtt = -1;
}

static void way_by_another(struct evidence *e)
{
	e->internet[0].trace.hops[0].from = ip_v4(0xc0a801fe);
}

static void way_ends_at_router(struct evidence *e)
{
	e->internet[0].trace.hops[1] = e->internet[0].trace.hops[2] =
		(struct seen_hop){{0}, false};
}

static void one_hop_more(struct evidence *e)
{
	e->internet[0].trace.hops[1].from = ip_v4(0xcb007101);
	e->internet[0].trace.hops[1].end = false;
}

static void leak(struct evidence *e)
{
	struct seen_frames *s = &e->isles[1].frames;
	struct frame *f = arena_push(&e->arena, &s->frames, &s->n, sizeof(*f));

	f->ifindex = 2;
	f->ip_src = ip_v4(0xc0a80102);
	f->ip_dst = e->isles[1].dst;
}

static void leak_of_ipv6(struct evidence *e)
{
	struct seen_frames *s = &e->isles[3].frames;
	struct frame *f = arena_push(&e->arena, &s->frames, &s->n, sizeof(*f));

	f->ifindex = 2;
	f->ip_src = e->isles[2].dst;
	f->ip_dst = e->isles[3].dst;
}

/* The router has no address of that family outside: nobody comes by it. */
static void leak_by_its_router(struct evidence *e)
{
	struct seen_frames *s = &e->isles[3].frames;

	leak_of_ipv6(e);
	s->frames[s->n - 1].src = pair->qr[0]->mac;
}

static void isle_unseen(struct evidence *e)
{
	e->isles[0].frames.n = 0;
}

static void isle_untried(struct evidence *e)
{
	e->isles[0].error = "no agent";
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
	{"what is not translated", not_translated,
	 "wrong snat: from b by pair, IPv4; "
	 "wrong nat-path: from b by pair, IPv4"},
	{"what is translated before the router", translated_early,
	 "wrong nat-path: from b by pair, IPv4"},
	{"packets through a standby as well", by_the_standby,
	 "wrong nat-path: from b by pair, IPv4"},
	{"a router that cannot be looked through", not_looked_through,
	 "blind nat-path: from b by pair, IPv4"},
	{"the same rules on both hosts", same_rules, NULL},
	{"a rule that the standby lacks", rule_gone_on_standby,
	 "wrong standby-rules: pair"},
	{"the standby's rules in another order", rules_in_other_order,
	 "wrong standby-rules: pair"},
	{"another policy on the standby", policy_on_standby,
	 "wrong standby-rules: pair"},
	{"no rules on the standby", no_rules_on_standby,
	 "wrong standby-rules: pair"},
	{"the Internet silent", internet_silent,
	 "wrong internet-ping: b behind pair"},
	{"a way by somebody else", way_by_another,
	 "wrong traceroute: a behind solo"},
	{"a way that ends at the router", way_ends_at_router,
	 "wrong traceroute: a behind solo"},
	{"a hop between", one_hop_more, "wrong traceroute: a behind solo"},
	{"a packet of another project's", leak,
	 "wrong isolation: b of project other, IPv4"},
	{"one by IPv6", leak_of_ipv6,
	 "wrong isolation: b of project other, IPv6"},
	{"one by a router that leads nowhere", leak_by_its_router,
	 "wrong isolation: b of project other, IPv6"},
	{"a capture that saw nothing", isle_unseen,
	 "blind isolation: a of project demo, IPv4"},
	{"projects that could not try", isle_untried,
	 "blind isolation: a of project demo, IPv4"},
	{NULL, NULL, NULL},
};
