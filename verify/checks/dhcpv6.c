/* SPDX-License-Identifier: MIT */
/*
 * Judges of DHCPv6: who answers on an instance's network, and what its client
 * was told, against what the model has its servers tell. That routers say who
 * is to ask, and the prefix, is the advertisements' check.
 */
#include <string.h>

#include "lib/auto.h"
#include "lib/mono.h"
#include "provision/plan/services/dhcp.h"
#include "verify/check.h"
#include "verify/checks/sight.h"
#include "verify/command.h"
#include "verify/scopes.h"

/* --- its servers ---------------------------------------------------------- */

static bool is_port(const struct topo_port *p, const char *duid)
{
	char own[LEASE6_DUID_TEXT];

	return strcmp(lease6_duid_text(&p->mac, own), duid) == 0;
}

/* Which of the network's servers has this DUID, or NULL. */
static const struct topo_port *server_of(const struct topo_network *net,
					 const char *duid)
{
	for (size_t i = 0; i < net->ndhcp; i++)
		if (is_port(net->dhcp_ports[i], duid))
			return net->dhcp_ports[i];
	return NULL;
}

/* Is it one of the addresses that the instance is to be lent? */
static bool is_lent(const struct topo_instance *in, const struct ip *addr)
{
	for (size_t i = 0; i < in->port->naddrs; i++)
		if (evidence_lent6(&in->port->addrs[i]) &&
		    ip_equal(&in->port->addrs[i].addr.ip, addr))
			return true;
	return false;
}

/* --- dhcp6-answer --------------------------------------------------------- */

static void judge_offer(const struct topo_instance *in,
			const struct seen_offer6 *o, struct verdict *v)
{
	const struct topo_port *p = server_of(in->port->network, o->duid);
	char from[IP_TEXT_MAX], addr[IP_TEXT_MAX], mac[MAC_TEXT_MAX];
	bool has = ip_is_set(&o->addr);
	const char *offers;

	ip_print(&o->addr, addr);
	offers = has ? arena_printf(v->arena, "offers %s", addr)
		     : "answers without an address";
	if (!p || !mac_equal(&p->mac, &o->mac))
		verdict_saw(v, false, "%s (MAC %s), which is not the lab's, %s",
			    ip_print(&o->from, from), mac_print(&o->mac, mac),
			    offers);
	else
		verdict_saw(v,
			    evidence_asks6(in) == TOPO_IPV6_STATEFUL
				    ? is_lent(in, &o->addr)
				    : !has,
			    "the server on %s %s", p->node->name, offers);
}

static void judge_answer(const struct evidence *e, const struct subject *s,
			 struct verdict *v)
{
	const struct topo_network *net = s->instance->port->network;
	const struct seen_offers6 *seen = &s->boot->offers6;
	size_t i, k;

	(void)e;
	if (seen->error) {
		verdict_blind(v, "%s: %s", s->node->name, seen->error);
		return;
	}
	for (i = 0; i < net->ndhcp; i++) {
		verdict_want(v, "the server on %s %s", net->dhcp_hosts[i]->name,
			     evidence_asks6(s->instance) == TOPO_IPV6_STATEFUL
				     ? "offers the instance's address"
				     : "answers without an address");
		for (k = 0; k < seen->n; k++)
			if (is_port(net->dhcp_ports[i], seen->items[k].duid))
				break;
		if (k == seen->n)
			verdict_saw(v, false,
				    "the server on %s does not answer",
				    net->dhcp_hosts[i]->name);
	}
	for (k = 0; k < seen->n; k++)
		judge_offer(s->instance, &seen->items[k], v);
}

static void command_answer(const struct evidence *e, const struct subject *s,
			   struct buf *out)
{
	(void)e;
	command_exec(out, s->node, s->instance->netns);
	buf_printf(out, "tcpdump -lnvi %s 'udp port 546 or udp port 547'",
		   s->instance->port->ifname);
}

/* --- lease6 --------------------------------------------------------------- */

static bool has_default(const struct seen_ns *ns, const char *dev)
{
	for (size_t i = 0; i < ns->of[RES_ROUTE].n; i++) {
		const struct res_route *r = &ns->of[RES_ROUTE].items[i].route;

		if (!r->to.len && r->to.ip.family == 6 && !r->table && r->dev &&
		    strcmp(r->dev, dev) == 0)
			return true;
	}
	return false;
}

/* What it is lent is on its interface, and leads out by the router that
 * advertised itself. */
static void judge_addrs(const struct evidence *e, const struct subject *s,
			const struct lease6 *l, struct verdict *v)
{
	const struct topo_port *p = s->instance->port;
	const struct seen_ns *ns = sight_ns(e, s->node, s->instance->netns, v);
	char text[IP_TEXT_MAX];
	struct ipnet on;
	size_t i;
	bool held;

	for (i = 0; i < p->naddrs; i++) {
		if (!evidence_lent6(&p->addrs[i]))
			continue;
		on = (struct ipnet){p->addrs[i].addr.ip, 128};
		verdict_want(v, "a lease of %s for %u s",
			     ip_print(&on.ip, text), LEASE6_SECONDS);
		if (!lease6_has(l, &on.ip))
			verdict_saw(v, false, "no lease of %s", text);
		if (!ns)
			continue;
		held = seen_has_addr(ns, p->ifname, &on);
		verdict_want(v, "%s on %s", ipnet_print(&on, text), p->ifname);
		verdict_saw(v, held, "%s%s on %s", held ? "" : "no ", text,
			    p->ifname);
	}
	for (i = 0; i < l->naddrs; i++)
		verdict_saw(v,
			    is_lent(s->instance, &l->addrs[i].addr) &&
				    l->addrs[i].valid == LEASE6_SECONDS,
			    "a lease of %s for %u s",
			    ip_print(&l->addrs[i].addr, text),
			    l->addrs[i].valid);
	if (!ns)
		return;
	for (i = 0; i < ns->of[RES_ADDR].n; i++) {
		const struct res_addr *a = &ns->of[RES_ADDR].items[i].addr;

		if (a->addr.ip.family == 6 && strcmp(a->dev, p->ifname) == 0 &&
		    !ip_is_link_local(&a->addr.ip) &&
		    !is_lent(s->instance, &a->addr.ip))
			verdict_saw(v, false, "%s, which is not the model's",
				    ipnet_print(&a->addr, text));
	}
	held = has_default(ns, p->ifname);
	verdict_want(v, "a default route");
	verdict_saw(v, held, "%s default route", held ? "a" : "no");
}

static void judge_server(const struct topo_network *net, const struct lease6 *l,
			 struct verdict *v)
{
	const struct topo_port *p = server_of(net, l->duid);

	verdict_want(v, "from a DHCPv6 server of the network");
	if (p)
		verdict_saw(v, true, "from the server on %s", p->node->name);
	else
		verdict_saw(v, false,
			    "from a server that is not the lab's, with the "
			    "DUID %s",
			    *l->duid ? l->duid : "of none");
}

static const char *dns_text(struct arena *a, const struct lease6 *l)
{
	auto_buf struct buf b = {0};
	char text[IP_TEXT_MAX];
	size_t i;

	for (i = 0; i < l->ndns; i++)
		buf_printf(&b, "%s%s", i ? " " : "",
			   ip_print(&l->dns[i], text));
	return b.len ? arena_strdup(a, b.data) : "none";
}

static void judge_told(const struct topo_instance *in,
		       const struct seen_guest *g, struct verdict *v)
{
	struct lease6 want = {0};
	char text[IP_TEXT_MAX];
	size_t i;

	want.ndns = evidence_dns6(in, want.dns, LEASE_DNS_MAX);
	verdict_want(v, "DNS %s", dns_text(v->arena, &want));
	verdict_saw(v,
		    strcmp(dns_text(v->arena, &g->lease6),
			   dns_text(v->arena, &want)) == 0,
		    "DNS %s", dns_text(v->arena, &g->lease6));
	verdict_want(v, "domain " DHCP_DOMAIN);
	verdict_saw(v, strcmp(g->lease6.domain, DHCP_DOMAIN) == 0, "domain %s",
		    *g->lease6.domain ? g->lease6.domain : "none");
	for (i = 0; i < want.ndns; i++) {
		const char *line = arena_printf(v->arena, "nameserver %s\n",
						ip_print(&want.dns[i], text));

		if (!strstr(g->resolv, line))
			verdict_saw(v, false,
				    "resolv.conf is without nameserver %s",
				    text);
	}
}

static void judge_client(const struct observed *o, const struct seen_guest *g,
			 bool stateful, struct verdict *v)
{
	int64_t age = (o->real_ns - g->lease6.at_ns) / NS_PER_S;
	/* What is told without an address is to be asked for once a day. */
	int64_t due = stateful ? LEASE6_RENEW_S : DHCP_LEASE_S;
	bool stopped = g->client6 == 'T' || g->client6 == 't';

	/* It has no more to do where it was told all. */
	if (stateful) {
		verdict_want(v, "a DHCPv6 client that renews it");
		verdict_saw(v, g->client6 && !stopped, "a DHCPv6 client %s",
			    !g->client6 ? "does not run"
			    : stopped   ? "is stopped"
					: "runs");
	}
	if (age > due + due / 4)
		verdict_saw(v, false,
			    "it is %lld s old and was to be renewed at %lld s",
			    (long long)age, (long long)due);
}

static void judge_lease6(const struct evidence *e, const struct subject *s,
			 struct verdict *v)
{
	const struct seen_guest *g = &s->boot->guest;
	const struct observed *o = sight_sample(e, s->node, v);
	bool stateful;

	if (g->error)
		verdict_blind(v, "%s: %s", s->instance->name, g->error);
	if (g->error || !o)
		return;
	verdict_want(v, "an answer of a DHCPv6 server");
	if (!g->leased6) {
		verdict_saw(v, false, "it has none");
		return;
	}
	stateful = evidence_asks6(s->instance) == TOPO_IPV6_STATEFUL;
	judge_server(s->instance->port->network, &g->lease6, v);
	if (stateful)
		judge_addrs(e, s, &g->lease6, v);
	else
		verdict_saw(v, !g->lease6.naddrs, "an answer %s address",
			    g->lease6.naddrs ? "with an" : "without an");
	judge_told(s->instance, g, v);
	judge_client(o, g, stateful, v);
}

static void command_lease6(const struct evidence *e, const struct subject *s,
			   struct buf *out)
{
	(void)e;
	buf_printf(out, "labctl exec %s -- cat /var/log/boot.log",
		   s->instance->name);
}

/* clang-format off */
const struct check dhcpv6_checks[] = {
	{"dhcp6-answer", scope_asking6, NEEDS_OFFERS,
	 "is answered by each DHCPv6 server as the file says, and by no other",
	 "a Solicit, or Information-request, of each instance: servers, a rogue",
	 judge_answer, command_answer},
	{"lease6", scope_asking6, NEEDS_GUESTS,
	 "was told by DHCPv6 what the file says",
	 "DHCPv6: address, time, DNS, a server of the lab's, a live client",
	 judge_lease6, command_lease6},
	{NULL, NULL, NEEDS_TABLES, NULL, NULL, NULL, NULL},
};
/* clang-format on */
