/* SPDX-License-Identifier: MIT */
#include "cmd/show_tables.h"

#include <string.h>

#include "lib/auto.h"

/* Appends to a list of words. */
static const char *more(struct table *t, const char *list, const char *word)
{
	return arena_printf(&t->arena, "%s%s%s", list, *list ? ", " : "", word);
}

static const char *addresses(struct table *t, const struct topo_port *p)
{
	char text[IP_TEXT_MAX];
	const char *list = "";

	for (size_t i = 0; i < p->naddrs; i++)
		list = more(t, list, ipnet_print(&p->addrs[i].addr, text));
	return list;
}

static void agent(struct table *t, const struct topo_node *n, const char *what)
{
	table_add(t, n->name);
	table_add(t, what);
}

void show_agents(const struct lab *lab, struct table *t)
{
	static const char *const heads[] = {"HOST", "AGENT", NULL};
	static const struct {
		unsigned bit;
		const char *what;
	} all[] = {
		{TOPO_AGENT_L3, "L3 agent"},
		{TOPO_AGENT_DHCP, "DHCP agent"},
		{TOPO_AGENT_METADATA, "Metadata agent"},
	};

	table_init(t, heads);
	for (size_t i = 0; i < lab->nnodes; i++) {
		const struct topo_node *n = &lab->nodes[i];

		if (n->role != TOPO_CONTROLLER)
			agent(t, n, "Linux bridge agent");
		for (size_t k = 0; k < ARRAY_LEN(all); k++)
			if (n->agents & all[k].bit)
				agent(t, n, all[k].what);
	}
}

void show_networks(const struct lab *lab, struct table *t)
{
	static const char *const heads[] = {"NETWORK",  "ID",   "TYPE",
					    ">SEGMENT", ">MTU", "PROJECT",
					    "SUBNETS",  NULL};
	char text[IP_TEXT_MAX];

	table_init(t, heads);
	for (size_t i = 0; i < lab->nnetworks; i++) {
		const struct topo_network *n = &lab->networks[i];
		const char *subnets = "";

		for (size_t k = 0; k < n->nsubnets; k++)
			subnets = more(t, subnets,
				       ipnet_print(&n->subnets[k]->cidr, text));
		table_add(t, n->name);
		table_add(t, n->uuid);
		table_add(t, topo_type_names[n->type]);
		table_add(t, topo_segment(n) ? arena_printf(&t->arena, "%u",
							    topo_segment(n))
					     : "");
		table_add(t, arena_printf(&t->arena, "%u", n->mtu));
		table_add(t, n->project ? n->project : "");
		table_add(t, subnets);
	}
}

void show_routers(const struct lab *lab, struct table *t)
{
	static const char *const heads[] = {"ROUTER", "ID",      "PROJECT",
					    "HA",     "GATEWAY", "SUBNETS",
					    "HOSTS",  NULL};

	table_init(t, heads);
	for (size_t i = 0; i < lab->nrouters; i++) {
		const struct topo_router *r = &lab->routers[i];
		const char *hosts = "", *subnets = "";

		for (size_t k = 0; k < r->nhosts; k++)
			hosts = more(t, hosts, r->hosts[k]->name);
		for (size_t k = 0; k < r->nqr; k++)
			if (r->qr[k]->naddrs && r->qr[k]->addrs[0].subnet)
				subnets = more(t, subnets,
					       r->qr[k]->addrs[0].subnet->name);
		table_add(t, r->name);
		table_add(t, r->uuid);
		table_add(t, r->project);
		table_add(t, r->is_ha ? arena_printf(&t->arena, "VRID %u",
						     r->ha.vrid)
				      : "no");
		table_add(t, r->gateway ? addresses(t, r->gateway) : "");
		table_add(t, subnets);
		table_add(t, hosts);
	}
}

void show_instances(const struct lab *lab, struct table *t)
{
	static const char *const heads[] = {"INSTANCE", "ID",        "NODE",
					    "NETWORK",  "ADDRESSES", "FLOATING",
					    NULL};
	char text[IP_TEXT_MAX];

	table_init(t, heads);
	for (size_t i = 0; i < lab->ninstances; i++) {
		const struct topo_instance *in = &lab->instances[i];

		table_add(t, in->name);
		table_add(t, in->uuid);
		table_add(t, in->node->name);
		table_add(t, in->port->network->name);
		table_add(t, addresses(t, in->port));
		table_add(t, in->floating ? ip_print(&in->floating->addr, text)
					  : "");
	}
}

static bool is_of(const struct topo_port *p, const char *name)
{
	return !name || strcmp(p->network->name, name) == 0 ||
	       (p->router && strcmp(p->router->name, name) == 0) ||
	       (p->instance && strcmp(p->instance->name, name) == 0) ||
	       (p->node && strcmp(p->node->name, name) == 0);
}

void show_ports(const struct lab *lab, const char *of, struct table *t)
{
	static const char *const heads[] = {"PORT",      "ID", "MAC", "NETWORK",
					    "ADDRESSES", "OF", "ON",  NULL};
	char text[MAC_TEXT_MAX];

	table_init(t, heads);
	for (size_t i = 0; i < lab->nports; i++) {
		const struct topo_port *p = &lab->ports[i];

		if (!is_of(p, of))
			continue;
		table_add(t,
			  p->kind == TOPO_PORT_INSTANCE ? p->tap : p->ifname);
		table_add(t, p->uuid);
		table_add(t, mac_print(&p->mac, text));
		table_add(t, p->network->name);
		table_add(t, addresses(t, p));
		table_add(t, p->router     ? p->router->name
			     : p->instance ? p->instance->name
					   : "DHCP");
		table_add(t, p->node       ? p->node->name
			     : p->instance ? p->instance->node->name
					   : "each of its hosts");
	}
}
