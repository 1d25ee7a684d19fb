/* SPDX-License-Identifier: MIT */
/*
 * Judges of what an instance was told by DHCP, against what the model has its
 * servers tell; and of the names that it can ask for.
 */
#include <string.h>

#include "lib/auto.h"
#include "lib/mono.h"
#include "provision/plan/services/dhcp.h"
#include "provision/plan/services/radvd.h"
#include "verify/check.h"
#include "verify/checks/sight.h"
#include "verify/command.h"
#include "verify/scopes.h"

static const struct ipnet metadata = {{4, {169, 254, 169, 254}}, 32};

static void add_route(struct lease *l, const struct ipnet *to,
		      const struct ip *via)
{
	if (l->nroutes < LEASE_ROUTES_MAX)
		l->routes[l->nroutes++] = (struct lease_route){
			.to = *to, .via = via ? *via : (struct ip){0}};
}

/* By whom metadata is to be had: beside the server on the node, or the
 * router; or by nobody. */
static const struct ip *metadata_via(const struct lab *lab,
				     const struct topo_subnet *s,
				     const struct topo_port *server)
{
	if ((s->isolated || lab->force_metadata) && server &&
	    (server->node->agents & TOPO_AGENT_METADATA))
		return topo_addr_in(server, s);
	return !s->isolated && ip_is_set(&s->gateway) ? &s->gateway : NULL;
}

static void want_routes(const struct lab *lab, const struct topo_subnet *s,
			const struct topo_port *server, struct lease *l)
{
	static const struct ipnet all = {{4, {0}}, 0};
	const struct topo_network *net = s->network;
	const struct ip *via = metadata_via(lab, s, server);
	struct ip gateway = s->gateway;
	size_t i;

	for (i = 0; i < net->nsubnets; i++)
		if (net->subnets[i] != s &&
		    net->subnets[i]->cidr.ip.family == 4)
			add_route(l, &net->subnets[i]->cidr, NULL);
	for (i = 0; i < s->nhost_routes; i++)
		if (s->host_routes[i].to.len)
			add_route(l, &s->host_routes[i].to,
				  &s->host_routes[i].via);
		else if (!ip_is_set(&gateway))
			gateway = s->host_routes[i].via;
	if (via)
		add_route(l, &metadata, via);
	if (ip_is_set(&gateway))
		add_route(l, &all, &gateway);
}

static void want_dns(const struct topo_subnet *s, struct lease *l)
{
	const struct topo_network *net = s->network;
	const struct ip *ip;
	size_t i;

	for (i = 0; i < s->ndns && l->ndns < LEASE_DNS_MAX; i++)
		l->dns[l->ndns++] = s->dns[i];
	for (i = 0; !s->ndns && i < net->ndhcp && l->ndns < LEASE_DNS_MAX; i++)
		if ((ip = topo_addr_in(net->dhcp_ports[i], s)))
			l->dns[l->ndns++] = *ip;
}

/* The lease that this one of the network's servers gives. */
static void want_lease(const struct lab *lab, const struct topo_addr *lent,
		       const struct topo_port *server, struct lease *ret)
{
	*ret = (struct lease){.addr = lent->addr,
			      .seconds = DHCP_LEASE_S,
			      .mtu = lent->subnet->network->mtu};
	memcpy(ret->domain, DHCP_DOMAIN, sizeof(DHCP_DOMAIN));
	want_dns(lent->subnet, ret);
	want_routes(lab, lent->subnet, server, ret);
}

/* Which of the network's servers has this address in the subnet? */
static const struct topo_port *server_of(const struct topo_addr *lent,
					 const struct ip *server)
{
	const struct topo_network *net = lent->subnet->network;
	size_t i;

	for (i = 0; i < net->ndhcp; i++) {
		const struct ip *ip =
			topo_addr_in(net->dhcp_ports[i], lent->subnet);

		if (ip && ip_equal(ip, server))
			return net->dhcp_ports[i];
	}
	return NULL;
}

static bool has_route(const struct lease *l, const struct lease_route *r)
{
	size_t i;

	for (i = 0; i < l->nroutes; i++)
		if (ipnet_equal(&l->routes[i].to, &r->to) &&
		    ip_equal(&l->routes[i].via, &r->via))
			return true;
	return false;
}

static const char *route_text(struct arena *a, const struct lease_route *r)
{
	char to[IP_TEXT_MAX], via[IP_TEXT_MAX];

	ipnet_print(&r->to, to);
	return ip_is_set(&r->via) ? arena_printf(a, "route %s via %s", to,
						 ip_print(&r->via, via))
				  : arena_printf(a, "route %s on the link", to);
}

static void judge_routes(const struct lease *want, const struct lease *l,
			 struct verdict *v)
{
	size_t i;

	for (i = 0; i < want->nroutes; i++) {
		const char *text = route_text(v->arena, &want->routes[i]);

		verdict_want(v, "%s", text);
		if (!has_route(l, &want->routes[i]))
			verdict_saw(v, false, "no %s", text);
	}
	for (i = 0; i < l->nroutes; i++)
		verdict_saw(v, has_route(want, &l->routes[i]), "%s",
			    route_text(v->arena, &l->routes[i]));
}

static const char *dns_text(struct arena *a, const struct lease *l)
{
	auto_buf struct buf b = {0};
	char text[IP_TEXT_MAX];
	size_t i;

	for (i = 0; i < l->ndns; i++)
		buf_printf(&b, "%s%s", i ? " " : "",
			   ip_print(&l->dns[i], text));
	return b.len ? arena_strdup(a, b.data) : "none";
}

static void judge_server(const struct lease *l, const struct topo_port *server,
			 struct verdict *v)
{
	char text[IP_TEXT_MAX];

	verdict_want(v, "from a DHCP server of the network");
	if (!ip_is_set(&l->server))
		verdict_saw(v, false, "from a server that told no address");
	else
		verdict_saw(v, server, "from %s%s", ip_print(&l->server, text),
			    server ? "" : ", which is not the lab's");
}

/* A client renews at half its lease's time (RFC 2131, section 4.4.5). */
static void judge_age(const struct observed *o, const struct seen_guest *g,
		      struct verdict *v)
{
	int64_t age = (o->real_ns - g->lease.at_ns) / NS_PER_S;
	int64_t due = g->lease.seconds / 2;
	bool stopped = g->client == 'T' || g->client == 't';

	verdict_want(v, "a DHCP client that renews it");
	verdict_saw(v, g->client && !stopped, "a DHCP client %s",
		    !g->client ? "does not run"
		    : stopped  ? "is stopped"
			       : "runs");
	if (age > due + due / 4)
		verdict_saw(v, false,
			    "it is %lld s old and was to be renewed at %lld s",
			    (long long)age, (long long)due);
}

static void judge_lease(const struct evidence *e, const struct subject *s,
			struct verdict *v)
{
	const struct topo_addr *lent = evidence_served(s->instance);
	const struct seen_guest *g = &s->boot->guest;
	const struct observed *o = sight_sample(e, s->node, v);
	char want[IP_TEXT_MAX], text[IP_TEXT_MAX];
	const struct topo_port *server;
	struct lease w;

	if (g->error)
		verdict_blind(v, "%s: %s", s->instance->name, g->error);
	if (g->error || !o)
		return;
	verdict_want(v, "a lease of %s", ipnet_print(&lent->addr, want));
	if (!g->leased) {
		verdict_saw(v, false, "it has no lease");
		return;
	}
	server = server_of(lent, &g->lease.server);
	want_lease(e->lab, lent, server, &w);
	verdict_saw(v, ipnet_equal(&g->lease.addr, &w.addr), "a lease of %s",
		    ipnet_print(&g->lease.addr, text));
	judge_server(&g->lease, server, v);
	verdict_want(v, "for %u s", w.seconds);
	verdict_saw(v, g->lease.seconds == w.seconds, "for %u s",
		    g->lease.seconds);
	verdict_want(v, "MTU %u", w.mtu);
	verdict_saw(v, g->lease.mtu == w.mtu, "MTU %u%s", g->lease.mtu,
		    g->lease.mtu ? "" : " (not told)");
	verdict_want(v, "DNS %s", dns_text(v->arena, &w));
	verdict_saw(v,
		    strcmp(dns_text(v->arena, &g->lease),
			   dns_text(v->arena, &w)) == 0,
		    "DNS %s", dns_text(v->arena, &g->lease));
	judge_routes(&w, &g->lease, v);
	judge_age(o, g, v);
	if (g->lost)
		verdict_saw(v, false, "%s", g->lost);
}

static void command_lease(const struct evidence *e, const struct subject *s,
			  struct buf *out)
{
	(void)e;
	buf_printf(out, "labctl exec %s -- cat /var/log/boot.log",
		   s->instance->name);
}

/* --- resolver ------------------------------------------------------------- */

/* Lines of a text, each of which must be in the other. */
static void judge_lines(const char *text, const char *other, const char *says,
			struct verdict *v)
{
	auto_buf struct buf copy = {0};
	char *line, *save;

	buf_adds(&copy, text);
	for (line = strtok_r(copy.len ? copy.data : NULL, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		const char *at = strstr(other, line);
		bool whole = at && (at == other || at[-1] == '\n') &&
			     strchr("\n", at[strlen(line)]);

		if (says)
			verdict_want(v, "%s", line);
		if (says && !whole)
			verdict_saw(v, false, "%s%s", says, line);
		else if (!says)
			verdict_saw(v, whole, "%s", line);
	}
}

static bool has_own(const struct topo_port *p, const struct ip *ip)
{
	for (size_t i = 0; i < p->naddrs; i++)
		if (ip_equal(&p->addrs[i].addr.ip, ip))
			return true;
	return false;
}

/* The address that it is lent, and others of its own beside it. */
static void judge_name(const struct topo_instance *in,
		       const struct seen_name *n, struct verdict *v)
{
	const struct topo_addr *lent = evidence_served(in);
	const char *name = in->name;
	bool told = false;
	char server[IP_TEXT_MAX], addr[IP_TEXT_MAX];
	size_t i;

	ip_print(&n->server, server);
	verdict_want(v, "%s says that %s is %s", server, name,
		     ip_print(&lent->addr.ip, addr));
	if (n->error)
		verdict_saw(v, false, "%s: %s", server, n->error);
	else if (!n->naddrs)
		verdict_saw(v, false, "%s knows no %s", server, name);
	for (i = 0; !n->error && i < n->naddrs; i++) {
		told = told || ip_equal(&n->addrs[i], &lent->addr.ip);
		verdict_saw(v, has_own(in->port, &n->addrs[i]),
			    "%s says that %s is %s", server, name,
			    ip_print(&n->addrs[i], addr));
	}
	if (!n->error && n->naddrs && !told)
		verdict_saw(v, false, "%s does not say that %s is %s", server,
			    name, ip_print(&lent->addr.ip, addr));
}

/* What its resolv.conf says: its lease's servers, then those that routers
 * name. */
static void want_resolv(const struct topo_instance *in, const struct lease *w,
			struct buf *out)
{
	struct ip all[LEASE_DNS_MAX + RADVD_RDNSS_MAX];
	char text[IP_TEXT_MAX];
	size_t i, n = evidence_dns(in, all, ARRAY_LEN(all));

	lease_resolv(w, out);
	for (i = 0; i < n; i++)
		if (all[i].family == 6)
			buf_printf(out, "nameserver %s\n",
				   ip_print(&all[i], text));
}

static void judge_resolver(const struct evidence *e, const struct subject *s,
			   struct verdict *v)
{
	const struct topo_addr *lent = evidence_served(s->instance);
	const struct seen_guest *g = &s->boot->guest;
	const struct seen_names *names = &s->boot->names;
	auto_buf struct buf want = {0};
	struct lease w;
	size_t i;

	if (g->error || names->error) {
		verdict_blind(v, "%s: %s", s->instance->name,
			      g->error ? g->error : names->error);
		return;
	}
	want_lease(e->lab, lent, NULL, &w);
	want_resolv(s->instance, &w, &want);
	judge_lines(want.data, g->resolv, "resolv.conf is without ", v);
	judge_lines(g->resolv, want.data, NULL, v);
	for (i = 0; i < names->n; i++)
		judge_name(s->instance, &names->items[i], v);
}

static void command_resolver(const struct evidence *e, const struct subject *s,
			     struct buf *out)
{
	(void)e;
	buf_printf(out,
		   "labctl exec %s -- sh -c 'cat /etc/resolv.conf; "
		   "getent hosts %s'",
		   s->instance->name, s->instance->name);
}

/* clang-format off */
const struct check lease_checks[] = {
	{"lease", scope_leased, NEEDS_GUESTS,
	 "has the lease that the file says",
	 "address, MTU, DNS, routes, time, a server of the lab's, a live client",
	 judge_lease, command_lease},
	{"resolver", scope_leased, NEEDS_GUESTS | NEEDS_NAMES,
	 "has its DNS servers, and they know its name",
	 "resolv.conf of each instance, and its name asked of each dnsmasq",
	 judge_resolver, command_resolver},
	{NULL, NULL, NEEDS_TABLES, NULL, NULL, NULL, NULL},
};
/* clang-format on */
