/* SPDX-License-Identifier: MIT */
/*
 * Instances
 * =========
 * An instance on networks without DHCP and router advertisements is a network
 * namespace with its addresses and routes. One that can be told something is a
 * machine that boots (provision/machine/): then no address, route or MTU that
 * it is told is in the plan; `static: true` has them written all the same.
 * Machines begin one after the other, so that hundreds do not ask at once.
 */
#include "provision/plan/instance.h"

#include "lib/auto.h"
#include "lib/buf.h"
#include "provision/machine/machine.h"
#include "provision/plan/mechanism/mechanism.h"
#include "provision/plan/neigh.h"
#include "provision/plan/service.h"

#define MACHINE_WORDS 13

/* An address that went from one instance to another is announced: see the
 * start of kinds/addr.c. */
static const struct plan_setting common[] = {
	{"net/ipv4/conf/all/arp_notify", "1"},
	{"net/ipv6/conf/all/ndisc_notify", "1"},
	{"net/ipv6/conf/all/accept_dad", "0"},
	{"net/ipv6/conf/default/accept_dad", "0"},
	{NULL, NULL},
};

static const struct plan_setting deaf[] = {
	{"net/ipv6/conf/default/accept_ra", "0"},
	{NULL, NULL},
};

/* Links inherit these: so they are there before the first is up. */
static const struct plan_setting slaac[] = {
	{"net/ipv6/conf/default/accept_ra", "1"},
	{"net/ipv6/conf/default/router_solicitation_delay", "0"},
	{NULL, NULL},
};

static bool leases(const struct topo_port *p, int family)
{
	size_t i;

	for (i = 0; i < p->naddrs; i++)
		if (p->addrs[i].addr.ip.family == family &&
		    topo_leased(p, &p->addrs[i]))
			return true;
	return false;
}

static void link_of(struct plan_ctx *c, const struct topo_instance *in)
{
	struct res *r;

	plan_loopback(c, in->netns);
	mechanisms[c->node->mechanism]->port(c, in->port, in->netns);
	/* Its own end comes last. */
	r = &c->plan->res[c->plan->n - 1];
	if (!leases(in->port, 4))
		return;
	r->link.leased = true;
	r->link.mtu = 0;
}

static void routes(struct plan_ctx *c, const struct topo_instance *in)
{
	const struct topo_port *p = in->port;
	bool have[2] = {false, false};
	struct res *r;
	size_t i;

	for (i = 0; i < p->naddrs; i++) {
		const struct topo_subnet *s = p->addrs[i].subnet;
		bool *had;

		if (!s || !ip_is_set(&s->gateway) ||
		    topo_leased(p, &p->addrs[i]))
			continue;
		had = &have[s->gateway.family == 6];
		/* Whoever is told an address is told the way out, too. */
		if (*had || leases(p, s->gateway.family))
			continue;
		*had = true;
		r = plan_add(c, RES_ROUTE, in->netns);
		r->route.to.ip.family = s->gateway.family;
		r->route.via = s->gateway;
		r->route.dev = p->ifname;
	}
}

static bool asks_dhcpv6(const struct topo_port *p)
{
	for (size_t i = 0; i < p->naddrs; i++)
		if (p->addrs[i].subnet && topo_leased(p, &p->addrs[i]) &&
		    topo_dhcpv6(p->addrs[i].subnet->ipv6))
			return true;
	return false;
}

/* Of a static one, which is told none. */
static const char *resolvers(struct plan_ctx *c, const struct topo_port *p)
{
	auto_buf struct buf out = {0};
	char text[IP_TEXT_MAX];
	size_t i, k;

	buf_adds(&out, "");
	for (i = 0; i < p->network->nsubnets; i++)
		for (k = 0; k < p->network->subnets[i]->ndns; k++)
			buf_printf(&out, "%s%s", out.len ? "," : "",
				   ip_print(&p->network->subnets[i]->dns[k],
					    text));
	return out.len ? arena_strdup(c->arena, out.data) : NULL;
}

static void machine(struct plan_ctx *c, const struct topo_instance *in)
{
	const char *words[MACHINE_WORDS], *dns;
	struct res_service *s;
	size_t n = 0;

	words[n++] = "labctl";
	words[n++] = "machine";
	words[n++] = "--netns";
	words[n++] = in->netns;
	words[n++] = "--hostname";
	words[n++] = in->name;
	words[n++] = "--device";
	words[n++] = in->port->ifname;
	if (leases(in->port, 4)) {
		words[n++] = "--dhcp";
		words[n++] = "--delay-ms";
		words[n++] = arena_printf(c->arena, "%zu",
					  in->index * MACHINE_WAVE_MS);
	} else if ((dns = resolvers(c, in->port))) {
		words[n++] = "--dns";
		words[n++] = dns;
	}
	if (asks_dhcpv6(in->port))
		words[n++] = "--dhcp6";
	s = plan_service(c, arena_printf(c->arena, "machine-%s", in->uuid),
			 arena_printf(c->arena, "machine %s", in->name), words,
			 n);
	s->netns = in->netns;
}

static void one(struct plan_ctx *c, const struct topo_instance *in)
{
	plan_add(c, RES_NETNS, in->netns);
	plan_settings(c, in->netns, common);
	plan_settings(c, in->netns, leases(in->port, 6) ? slaac : deaf);
	link_of(c, in);
	plan_addresses(c, in->port, in->netns);
	routes(c, in);
	plan_instance_neighbours(c, in);
	if (topo_told(in->port))
		machine(c, in);
}

void plan_instances(struct plan_ctx *c)
{
	size_t i;

	for (i = 0; i < c->lab->ninstances; i++)
		if (c->lab->instances[i].node == c->node)
			one(c, &c->lab->instances[i]);
}
