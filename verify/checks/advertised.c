/* SPDX-License-Identifier: MIT */
/*
 * Judges of router advertisements: what instances hear, where radvd runs, and
 * the addresses that instances make of it.
 */
#include <string.h>

#include "lib/auto.h"
#include "provision/plan/services/radvd.h"
#include "verify/check.h"
#include "verify/checks/sight.h"
#include "verify/command.h"
#include "verify/role.h"
#include "verify/scopes.h"

/* --- ra ------------------------------------------------------------------- */

/* What the router's configuration has it say from this port. */
static void want_advert(const struct topo_port *qr, struct seen_advert *ret)
{
	size_t k, m;

	*ret = (struct seen_advert){.hops = 255,
				    .lifetime = RADVD_LIFETIME_S,
				    .mtu = qr->network->mtu};
	for (k = 0; k < qr->naddrs; k++) {
		const struct topo_subnet *s = qr->addrs[k].subnet;

		if (!s || s->ipv6 == TOPO_IPV6_NONE ||
		    ret->nprefixes == RA_PREFIXES_MAX)
			continue;
		ret->managed |= s->ipv6 == TOPO_IPV6_STATEFUL;
		ret->other |= s->ipv6 == TOPO_IPV6_STATELESS;
		ret->prefixes[ret->nprefixes++] = (struct ra_prefix){
			.prefix = {ipnet_network(&s->cidr), s->cidr.len},
			.onlink = true,
			.autonomous = s->ipv6 != TOPO_IPV6_STATEFUL,
			.valid = RADVD_VALID_S,
			.preferred = RADVD_PREFERRED_S};
		for (m = 0; s->ipv6 == TOPO_IPV6_SLAAC && m < s->ndns &&
			    m < RADVD_RDNSS_MAX && ret->ndns < RA_DNS_MAX;
		     m++)
			ret->dns[ret->ndns++] = s->dns[m];
	}
}

static const char *prefix_text(struct arena *a, const struct ra_prefix *p)
{
	char text[IP_TEXT_MAX];

	return arena_printf(
		a, "prefix %s%s%s for %u and %u s",
		ipnet_print(&p->prefix, text), p->onlink ? ", on the link" : "",
		p->autonomous ? ", for addresses" : "", p->valid, p->preferred);
}

static const char *flags_text(struct arena *a, const struct seen_advert *x)
{
	return arena_printf(a,
			    "lifetime %u s, MTU %u, flags%s%s%s, hop limit "
			    "%u",
			    x->lifetime, x->mtu, x->managed ? " M" : "",
			    x->other ? " O" : "",
			    x->managed || x->other ? "" : " none", x->hops);
}

static const char *rdnss_text(struct arena *a, const struct seen_advert *x)
{
	auto_buf struct buf b = {0};
	char text[IP_TEXT_MAX];
	size_t i;

	for (i = 0; i < x->ndns; i++)
		buf_printf(&b, " %s", ip_print(&x->dns[i], text));
	return arena_printf(a, "DNS%s", b.len ? b.data : " none");
}

/* Is this line one of the advertisement's prefixes? */
static bool has_prefix(struct arena *a, const struct seen_advert *x,
		       const char *line)
{
	size_t i;

	for (i = 0; i < x->nprefixes; i++)
		if (strcmp(prefix_text(a, &x->prefixes[i]), line) == 0)
			return true;
	return false;
}

static void judge_advert(const struct seen_advert *want,
			 const struct seen_advert *x, struct verdict *v)
{
	struct arena *a = v->arena;
	const char *line = flags_text(a, x);
	size_t i;

	verdict_saw(v, strcmp(line, flags_text(a, want)) == 0, "%s", line);
	for (i = 0; i < x->nprefixes; i++) {
		line = prefix_text(a, &x->prefixes[i]);
		verdict_saw(v, has_prefix(a, want, line), "%s", line);
	}
	for (i = 0; i < want->nprefixes; i++) {
		line = prefix_text(a, &want->prefixes[i]);
		if (!has_prefix(a, x, line))
			verdict_saw(v, false, "no %s", line);
	}
	line = rdnss_text(a, x);
	verdict_saw(v, strcmp(line, rdnss_text(a, want)) == 0, "%s", line);
}

/* The router's own port there, by whose address it advertises itself. */
static const struct topo_port *sender_on(const struct lab *lab,
					 const struct topo_network *net,
					 const struct seen_advert *x)
{
	size_t i, k;

	for (i = 0; i < lab->nrouters; i++)
		for (k = 0; k < lab->routers[i].nqr; k++) {
			const struct topo_port *qr = lab->routers[i].qr[k];
			struct ip ll = ip_link_local(&qr->mac);

			if (qr->network == net && ip_equal(&ll, &x->from) &&
			    mac_equal(&qr->mac, &x->mac))
				return qr;
		}
	return NULL;
}

/* A router with several subnets there has a port for each, and advertises
 * itself from each. */
static void judge_port(const struct evidence *e, const struct subject *s,
		       const struct topo_port *qr, struct verdict *v)
{
	const struct seen_adverts *seen = &s->boot->adverts;
	struct seen_advert want;
	bool heard = false;
	size_t i;

	want_advert(qr, &want);
	verdict_want(v, "%s", flags_text(v->arena, &want));
	for (i = 0; i < want.nprefixes; i++)
		verdict_want(v, "%s", prefix_text(v->arena, &want.prefixes[i]));
	verdict_want(v, "%s", rdnss_text(v->arena, &want));
	for (i = 0; i < seen->n; i++)
		if (sender_on(e->lab, s->network, &seen->items[i]) == qr) {
			heard = true;
			judge_advert(&want, &seen->items[i], v);
		}
	if (!heard)
		verdict_saw(v, false, "%s hears none of %s from %s",
			    s->instance->name, s->router->name, qr->ifname);
}

static void judge_ra(const struct evidence *e, const struct subject *s,
		     struct verdict *v)
{
	const struct seen_adverts *seen = &s->boot->adverts;
	char from[IP_TEXT_MAX], mac[MAC_TEXT_MAX];
	size_t i;

	if (seen->error) {
		verdict_blind(v, "%s: %s", s->instance->name, seen->error);
		return;
	}
	for (i = 0; i < s->router->nqr; i++)
		if (s->router->qr[i]->network == s->network &&
		    plan_port_advertises(s->router->qr[i]))
			judge_port(e, s, s->router->qr[i], v);
	for (i = 0; i < seen->n; i++) {
		const struct seen_advert *x = &seen->items[i];

		if (!sender_on(e->lab, s->network, x))
			verdict_saw(v, false,
				    "%s (MAC %s), which is not the lab's, "
				    "advertises itself",
				    ip_print(&x->from, from),
				    mac_print(&x->mac, mac));
	}
}

static void command_ra(const struct evidence *e, const struct subject *s,
		       struct buf *out)
{
	(void)e;
	command_exec(out, s->node, s->instance->netns);
	buf_printf(out, "tcpdump -lnvi %s 'icmp6[0] = 134'",
		   s->instance->port->ifname);
}

/* --- radvd ---------------------------------------------------------------- */

static void judge_radvd(const struct evidence *e, const struct subject *s,
			struct verdict *v)
{
	const struct seen_programs *seen = &e->nodes[s->node->index].radvd;
	const struct observed *o = sight_sample(e, s->node, v);
	bool active, runs = false, stopped = false;
	size_t i;

	if (seen->error)
		verdict_blind(v, "%s: %s", s->node->name, seen->error);
	if (!o || seen->error)
		return;
	active = role_of(e, s->router, s->node) == ROLE_ACTIVE;
	for (i = 0; i < seen->n; i++)
		if (strcmp(seen->items[i].netns, s->router->netns) == 0) {
			runs = true;
			stopped |= seen->items[i].state == 'T' ||
				   seen->items[i].state == 't';
		}
	verdict_want(v, active ? "radvd runs: the node is active"
			       : "no radvd: the node is a standby");
	verdict_saw(v, runs == active && !stopped, "%s",
		    !runs     ? "no radvd"
		    : stopped ? "radvd is stopped"
			      : "radvd runs");
}

static void command_radvd(const struct evidence *e, const struct subject *s,
			  struct buf *out)
{
	(void)e;
	command_exec(out, s->node, "");
	buf_printf(out, "ip netns pids %s", s->router->netns);
}

/* --- ipv6-router ---------------------------------------------------------- */

/* The kernel answers for neighbours as a router, or as a host: who learned its
 * default route from one that is a host then drops it (RFC 4861, section
 * 7.2.5). */
static void judge_ipv6_router(const struct evidence *e, const struct subject *s,
			      struct verdict *v)
{
	const struct seen_ns *ns = sight_ns(e, s->node, s->router->netns, v);
	const struct res_link *l;
	bool active;

	if (!ns)
		return;
	active = role_of(e, s->router, s->node) == ROLE_ACTIVE;
	for (size_t i = 0; i < s->router->nqr; i++) {
		const struct topo_port *qr = s->router->qr[i];

		if (!plan_port_advertises(qr))
			continue;
		verdict_want(v,
			     active ? "%s is a router's: it forwards IPv6"
				    : "%s as on a standby",
			     qr->ifname);
		l = seen_link(ns, qr->ifname);
		/* That it is there is other checks' to tell. */
		verdict_saw(v, !active || !l || l->ipv6_router, "%s %s IPv6",
			    qr->ifname,
			    l && l->ipv6_router ? "forwards"
						: "does not forward");
	}
}

static void command_ipv6_router(const struct evidence *e,
				const struct subject *s, struct buf *out)
{
	(void)e;
	command_exec(out, s->node, s->router->netns);
	buf_adds(out, "sh -c 'sysctl net.ipv6.conf | grep forwarding'");
}

/* --- slaac ---------------------------------------------------------------- */

/* The router that advertises the prefix, by its own address on the link. */
static struct ip next_hop(const struct lab *lab, const struct topo_addr *a)
{
	size_t i, k, m;

	for (i = 0; i < lab->nrouters; i++)
		for (k = 0; k < lab->routers[i].nqr; k++) {
			const struct topo_port *qr = lab->routers[i].qr[k];

			for (m = 0; m < qr->naddrs; m++)
				if (qr->addrs[m].subnet == a->subnet)
					return ip_link_local(&qr->mac);
		}
	return (struct ip){0};
}

static bool has_default(const struct seen_ns *ns, const struct ip *via,
			const char *dev)
{
	size_t i;

	for (i = 0; i < ns->of[RES_ROUTE].n; i++) {
		const struct res_route *r = &ns->of[RES_ROUTE].items[i].route;

		if (!r->to.len && !r->table && ip_equal(&r->via, via) &&
		    r->dev && strcmp(r->dev, dev) == 0)
			return true;
	}
	return false;
}

static bool is_models(const struct topo_port *p, const struct ipnet *addr)
{
	size_t i;

	for (i = 0; i < p->naddrs; i++)
		if (ipnet_equal(&p->addrs[i].addr, addr))
			return true;
	return false;
}

static void judge_slaac(const struct evidence *e, const struct subject *s,
			struct verdict *v)
{
	const struct topo_port *p = s->instance->port;
	const struct seen_ns *ns = sight_ns(e, s->node, s->instance->netns, v);
	char text[IP_TEXT_MAX];
	struct ip via;
	bool there;
	size_t i;

	if (!ns)
		return;
	for (i = 0; i < p->naddrs; i++) {
		if (!evidence_advertised(s->instance, &p->addrs[i]))
			continue;
		ipnet_print(&p->addrs[i].addr, text);
		there = seen_has_addr(ns, p->ifname, &p->addrs[i].addr);
		verdict_want(v, "%s, of its MAC", text);
		verdict_saw(v, there, "%s%s", there ? "" : "no ", text);
		via = next_hop(e->lab, &p->addrs[i]);
		if (!ip_is_set(&via))
			continue;
		there = has_default(ns, &via, p->ifname);
		verdict_want(v, "default route via %s", ip_print(&via, text));
		verdict_saw(v, there, "%s via %s",
			    there ? "default route" : "no default route", text);
	}
	for (i = 0; i < ns->of[RES_ADDR].n; i++) {
		const struct res_addr *a = &ns->of[RES_ADDR].items[i].addr;

		if (a->addr.ip.family == 6 && strcmp(a->dev, p->ifname) == 0 &&
		    !ip_is_link_local(&a->addr.ip) && !is_models(p, &a->addr))
			verdict_saw(v, false, "%s, which is not the model's",
				    ipnet_print(&a->addr, text));
	}
}

static void command_slaac(const struct evidence *e, const struct subject *s,
			  struct buf *out)
{
	(void)e;
	command_exec(out, s->node, s->instance->netns);
	buf_adds(out, "sh -c 'ip -6 addr; ip -6 route'");
}

/* clang-format off */
const struct check advertised_checks[] = {
	{"ra", scope_advertised, NEEDS_ADVERTS,
	 "advertises itself as the file says, and nobody else does",
	 "router advertisements: sender, lifetime, MTU, flags, prefixes, DNS",
	 judge_ra, command_ra},
	{"radvd", scope_advertisers, NEEDS_RADVD,
	 "runs radvd if it is active, and only then",
	 "radvd in the router's namespace on each of its hosts",
	 judge_radvd, command_radvd},
	{"ipv6-router", scope_advertisers, NEEDS_TABLES,
	 "answers as an IPv6 router if it is active",
	 "forwarding of IPv6 on the active node's interfaces that advertise",
	 judge_ipv6_router, command_ipv6_router},
	{"slaac", scope_slaac, NEEDS_TABLES,
	 "has the IPv6 address that follows from its MAC",
	 "EUI-64 address and default route by advertisements, and no others",
	 judge_slaac, command_slaac},
	{NULL, NULL, NEEDS_TABLES, NULL, NULL, NULL, NULL},
};
/* clang-format on */
