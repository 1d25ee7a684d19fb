/* SPDX-License-Identifier: MIT */
/*
 * Judges of what instances boot by: DHCP on each of its nodes.
 */
#include "verify/checks/service.h"

#include <string.h>

#include "lib/auto.h"
#include "provision/services/service.h"
#include "verify/check.h"
#include "verify/checks/plug.h"
#include "verify/checks/sight.h"
#include "verify/command.h"
#include "verify/scopes.h"

#define DHCP_SERVICE "dhcp-"

bool service_checks_have(const char *name)
{
	return strncmp(name, DHCP_SERVICE, strlen(DHCP_SERVICE)) == 0;
}

/* --- dhcp-port ------------------------------------------------------------ */

static const struct res_service *service_of(const struct observed *o,
					    const char *prefix,
					    const char *uuid)
{
	const struct seen_ns *own = seen_ns(o, "");
	size_t i, n = strlen(prefix);

	for (i = 0; own && i < own->of[RES_SERVICE].n; i++) {
		const struct res_service *s =
			&own->of[RES_SERVICE].items[i].service;

		if (strncmp(s->name, prefix, n) == 0 &&
		    strcmp(s->name + n, uuid) == 0)
			return s;
	}
	return NULL;
}

/* The port's end in its namespace; its tap and the cable in between. */
static void judge_port(const struct seen_ns *root, const struct seen_ns *ns,
		       const struct topo_port *p, struct verdict *v)
{
	const struct res_link *l = seen_link(ns, p->ifname);
	char text[IP_TEXT_MAX], want[MAC_TEXT_MAX], mac[MAC_TEXT_MAX];
	size_t i;
	bool held;

	verdict_want(v, "%s up, MAC %s", p->ifname, mac_print(&p->mac, want));
	if (!l)
		verdict_saw(v, false, "%s is not there", p->ifname);
	else
		verdict_saw(v,
			    l->up && l->running && mac_equal(&l->mac, &p->mac),
			    "%s %s, MAC %s", p->ifname, sight_up_text(l),
			    mac_print(&l->mac, mac));
	for (i = 0; l && i < p->naddrs; i++) {
		held = seen_has_addr(ns, p->ifname, &p->addrs[i].addr);
		ipnet_print(&p->addrs[i].addr, text);
		verdict_want(v, "%s", text);
		verdict_saw(v, held, "%s%s", held ? "" : "no ", text);
	}
	plug_port(root, ns, p->node, p, v);
}

static void judge_dhcp_port(const struct evidence *e, const struct subject *s,
			    struct verdict *v)
{
	const struct topo_port *p = topo_dhcp_port(s->network, s->node);
	const struct observed *o = sight_sample(e, s->node, v);
	const struct res_service *server;
	const struct seen_ns *ns;
	const char *why;

	if (!o)
		return;
	verdict_want(v, "a dnsmasq that runs");
	server = service_of(o, DHCP_SERVICE, s->network->uuid);
	why = server ? service_trouble(v->arena, server) : "was never begun";
	verdict_saw(v, !why, "dnsmasq %s%s", why ? "does not run: " : "runs",
		    why ? why : "");
	ns = sight_ns(e, s->node, s->network->qdhcp, v);
	if (ns)
		judge_port(seen_ns(o, ""), ns, p, v);
}

static void command_dhcp_port(const struct evidence *e, const struct subject *s,
			      struct buf *out)
{
	(void)e;
	command_exec(out, s->node, s->network->qdhcp);
	buf_printf(out, "sh -c 'ip addr; ps ax | grep %s'", s->network->uuid);
}

/* --- dhcp-answer ---------------------------------------------------------- */

/* Which of the network's servers is it, by either of its addresses? */
static const struct topo_port *server_of(const struct topo_network *net,
					 const struct seen_offer *o)
{
	size_t i, k;

	for (i = 0; i < net->ndhcp; i++)
		for (k = 0; k < net->dhcp_ports[i]->naddrs; k++)
			if (ip_equal(&net->dhcp_ports[i]->addrs[k].addr.ip,
				     &o->server) &&
			    mac_equal(&net->dhcp_ports[i]->mac, &o->from))
				return net->dhcp_ports[i];
	return NULL;
}

static void judge_offer(const struct topo_network *net,
			const struct topo_addr *lent,
			const struct seen_offer *o, struct verdict *v)
{
	const struct topo_port *p = server_of(net, o);
	char server[IP_TEXT_MAX] = "an unnamed server", addr[IP_TEXT_MAX];
	char mac[MAC_TEXT_MAX];

	if (ip_is_set(&o->server))
		ip_print(&o->server, server);
	ip_print(&o->addr, addr);
	if (p)
		verdict_saw(v, ip_equal(&o->addr, &lent->addr.ip),
			    "%s offers %s", server, addr);
	else
		verdict_saw(v, false,
			    "%s (MAC %s), which is not the lab's, offers %s",
			    server, mac_print(&o->from, mac), addr);
}

static void judge_dhcp_answer(const struct evidence *e, const struct subject *s,
			      struct verdict *v)
{
	const struct topo_network *net = s->instance->port->network;
	const struct topo_addr *lent = evidence_served(s->instance);
	const struct seen_offers *seen = &s->boot->offers;
	char server[IP_TEXT_MAX], addr[IP_TEXT_MAX];
	const struct ip *ip;
	size_t i, k;

	(void)e;
	if (seen->error) {
		verdict_blind(v, "%s: %s", s->node->name, seen->error);
		return;
	}
	ip_print(&lent->addr.ip, addr);
	for (i = 0; i < net->ndhcp; i++) {
		ip = topo_addr_in(net->dhcp_ports[i], lent->subnet);
		if (!ip)
			continue;
		verdict_want(v, "%s on %s offers %s", ip_print(ip, server),
			     net->dhcp_hosts[i]->name, addr);
		for (k = 0; k < seen->n; k++)
			if (server_of(net, &seen->items[k]) ==
			    net->dhcp_ports[i])
				break;
		if (k == seen->n)
			verdict_saw(v, false, "%s on %s does not answer",
				    server, net->dhcp_hosts[i]->name);
	}
	for (k = 0; k < seen->n; k++)
		judge_offer(net, lent, &seen->items[k], v);
}

static void command_dhcp_answer(const struct evidence *e,
				const struct subject *s, struct buf *out)
{
	(void)e;
	command_exec(out, s->node, s->instance->netns);
	buf_printf(out, "busybox udhcpc -i %s -n -q -s /bin/true",
		   s->instance->port->ifname);
}

/* clang-format off */
const struct check service_checks[] = {
	{"dhcp-port", scope_dhcp_ports, NEEDS_TABLES,
	 "serves DHCP from a port of its own",
	 "qdhcp-UUID on each DHCP node: port, addresses, tap and a live dnsmasq",
	 judge_dhcp_port, command_dhcp_port},
	{"dhcp-answer", scope_served, NEEDS_OFFERS,
	 "is offered its address by each DHCP server, and by no other",
	 "a DHCPDISCOVER of each instance: the network's servers, a rogue's MAC",
	 judge_dhcp_answer, command_dhcp_answer},
	{NULL, NULL, NEEDS_TABLES, NULL, NULL, NULL, NULL},
};
/* clang-format on */
