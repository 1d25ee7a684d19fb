/* SPDX-License-Identifier: MIT */
/* Judges of routers: their role, and what each host has of them. */
#include <linux/rtnetlink.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/mono.h"
#include "provision/host/roles.h"
#include "verify/check.h"
#include "verify/checks/sight.h"
#include "verify/command.h"
#include "verify/role.h"
#include "verify/scopes.h"

#define STATES_MAX 64 /* looks of one host that are told apart */

/* "backup", or "backup, then active" where it changed while looking. */
static void tell_states(const struct evidence *e, const struct topo_router *r,
			const struct topo_node *n, struct buf *out)
{
	const struct seen_node *s = &e->nodes[n->index];
	const char *before = NULL;
	size_t i;

	for (i = 0; i < s->nsamples && i < STATES_MAX; i++) {
		const char *word = role_word(s->samples[i], r);

		if (before && strcmp(before, word) == 0)
			continue;
		buf_printf(out, "%s%s", before ? ", then " : "", word);
		before = word;
	}
}

/* How many hosts were active in a round, and whether all could be asked. */
static size_t count_active(const struct evidence *e,
			   const struct topo_router *r, size_t round,
			   size_t *ret_host)
{
	size_t h, n = 0;

	for (h = 0; h < r->nhosts; h++) {
		const struct seen_node *s = &e->nodes[r->hosts[h]->index];

		if (round < s->nsamples &&
		    role_in(s->samples[round], r) == ROLE_ACTIVE) {
			n++;
			*ret_host = h;
		}
	}
	return n;
}

static size_t rounds_of(const struct evidence *e, const struct topo_router *r,
			struct verdict *v)
{
	size_t h, n = SIZE_MAX;

	for (h = 0; h < r->nhosts; h++) {
		const struct topo_node *node = r->hosts[h];
		const struct seen_node *s = &e->nodes[node->index];
		const struct observed *o = sight_sample(e, node, v);

		if (!o)
			continue;
		if (s->cut)
			verdict_blind(v, "%s, after %zu looks: %s", node->name,
				      s->nsamples, s->cut);
		if (role_in(o, r) == ROLE_UNKNOWN)
			verdict_blind(v, "%s: %s", node->name, role_word(o, r));
		if (s->nsamples < n)
			n = s->nsamples;
	}
	return n == SIZE_MAX ? 0 : n;
}

static void host_line(const struct evidence *e, const struct topo_router *r,
		      size_t h, bool good, struct verdict *v)
{
	auto_buf struct buf b = {0};

	tell_states(e, r, r->hosts[h], &b);
	verdict_saw(v, good, "%s: %s", r->hosts[h]->name,
		    b.len ? b.data : "not seen");
}

/* Standing by means backup: a host in fault could not take over. */
static bool host_good(const struct evidence *e, const struct topo_router *r,
		      size_t h)
{
	const struct observed *o = evidence_last(e, r->hosts[h]);
	const struct obs_router *s = role_on(seen_engine(o), r);

	if (!o || role_in(o, r) == ROLE_UNKNOWN)
		return true; /* told as blind */
	return strcmp(s->state, "active") == 0 ||
	       strcmp(s->state, "backup") == 0;
}

static void judge_active(const struct evidence *e, const struct subject *s,
			 struct verdict *v)
{
	const struct topo_router *r = s->router;
	size_t rounds, i, h, n, first = 0, host = 0, bad = 0, last = 0;

	verdict_want(v,
		     "active on exactly one of its %zu hosts, backup on "
		     "the others",
		     r->nhosts);
	if (r->nhosts < 2)
		verdict_saw(v, false, "%zu hosts", r->nhosts);
	rounds = rounds_of(e, r, v);
	for (h = 0; h < r->nhosts; h++)
		host_line(e, r, h, host_good(e, r, h), v);
	for (i = 0; i < rounds; i++) {
		n = last = count_active(e, r, i, &host);
		if (i == 0)
			first = host;
		/* Where a host is not known, only too many is sure. */
		if (n > 1 || (n == 0 && !v->blind))
			bad++;
		if (n == 1 && host != first)
			verdict_saw(v, false, "the role moved from %s to %s",
				    r->hosts[first]->name,
				    r->hosts[host]->name);
	}
	if (!rounds)
		return;
	if (bad)
		verdict_saw(v, false,
			    "not exactly one active in %zu of %zu "
			    "looks%s",
			    bad, rounds,
			    last == 1 ? "; it would have held at the last"
				      : "");
	if (bad && e->waited_ns)
		verdict_saw(v, false, "after waiting %.1f s for it",
			    (double)e->waited_ns / (double)NS_PER_S);
}

static void command_active(const struct evidence *e, const struct subject *s,
			   struct buf *out)
{
	(void)s;
	buf_printf(out, "labctl status %s", e->lab->name);
}

/* Of keepalived's the address tells, as it did whoever wrote the file. */
static void judge_by_address(const struct seen_ns *ns, const struct subject *s,
			     const struct obs_router *r, struct verdict *v)
{
	bool there = seen_has_addr(ns, s->ha_port->ifname, &s->router->ha.vip);
	const char *want = there ? "master" : "backup";

	verdict_want(v, "%s (the virtual address is %sthere)", want,
		     there ? "" : "not ");
	verdict_saw(v, r && r->file && strcmp(r->file, want) == 0, "%s",
		    r && r->file ? r->file : "no file");
}

static void judge_state_file(const struct evidence *e, const struct subject *s,
			     struct verdict *v)
{
	const struct observed *o = sight_sample(e, s->node, v);
	const struct obs_router *r = role_on(seen_engine(o), s->router);
	const char *want, *have;
	size_t len;

	if (!o)
		return;
	if (!topo_has_engine(s->router)) {
		const struct seen_ns *ns =
			sight_ns(e, s->node, s->router->netns, v);

		if (ns)
			judge_by_address(ns, s, r, v);
		return;
	}
	if (role_in(o, s->router) == ROLE_UNKNOWN || !r) {
		verdict_blind(v, "%s: %s", s->node->name,
			      role_word(o, s->router));
		return;
	}
	want = strcmp(r->state, "active") == 0 ? "master" : "backup";
	have = r->file ? r->file : "";
	len = strcspn(have, "\r\n");
	verdict_want(v, "%s (its engine says %s)", want, r->state);
	verdict_saw(v, strlen(want) == len && strncmp(want, have, len) == 0,
		    "%s%.*s", r->file ? "" : "no file", (int)len, have);
}

static void command_state_file(const struct evidence *e,
			       const struct subject *s, struct buf *out)
{
	(void)e;
	command_exec(out, s->node, "");
	buf_printf(out, "cat /var/lib/neutron/ha_confs/%s/state",
		   s->router->uuid);
}

static void port(const struct seen_ns *ns, const struct topo_port *p,
		 struct verdict *v)
{
	char want[MAC_TEXT_MAX], seen[MAC_TEXT_MAX];
	const struct res_link *l = seen_link(ns, p->ifname);
	/* qr and qg are the same on all hosts: a standby must be silent. */
	bool silent = p->kind != TOPO_PORT_HA;

	verdict_want(v, "%s up, MAC %s%s", p->ifname, mac_print(&p->mac, want),
		     silent ? ", addr_gen_mode none" : "");
	if (!l) {
		verdict_saw(v, false, "%s is not there", p->ifname);
		return;
	}
	verdict_saw(v,
		    l->up && l->running && mac_equal(&l->mac, &p->mac) &&
			    (!silent || l->addr_gen_none),
		    "%s %s%s, MAC %s%s", p->ifname, l->up ? "up" : "down",
		    l->up && !l->running ? " without carrier" : "",
		    mac_print(&l->mac, seen),
		    !silent            ? ""
		    : l->addr_gen_none ? ", addr_gen_mode none"
				       : ", makes IPv6 addresses of its own");
}

/* Calls fn for each of the router's ports on the subject's node. */
#define FOREACH_PORT(p, i, s)                                                  \
	for ((i) = 0; (i) < (s)->router->nqr + 2; (i)++)                       \
		if (((p) = nth_port((s), (i))) != NULL)

static const struct topo_port *nth_port(const struct subject *s, size_t i)
{
	if (i == 0)
		return s->ha_port;
	if (i == 1)
		return s->router->gateway;
	return s->router->qr[i - 2];
}

static bool is_port(const struct subject *s, const char *ifname)
{
	const struct topo_port *p;
	size_t i;

	FOREACH_PORT(p, i, s)
	if (strcmp(p->ifname, ifname) == 0)
		return true;
	return false;
}

static bool port_like(const char *name)
{
	return strncmp(name, "ha-", 3) == 0 || strncmp(name, "qr-", 3) == 0 ||
	       strncmp(name, "qg-", 3) == 0;
}

static void judge_ports(const struct evidence *e, const struct subject *s,
			struct verdict *v)
{
	const struct seen_ns *ns = sight_ns(e, s->node, s->router->netns, v);
	const struct topo_port *p;
	size_t i;

	if (!ns)
		return;
	FOREACH_PORT(p, i, s)
	port(ns, p, v);
	for (i = 0; i < ns->of[RES_LINK].n; i++)
		if (port_like(ns->of[RES_LINK].items[i].link.name) &&
		    !is_port(s, ns->of[RES_LINK].items[i].link.name))
			verdict_saw(v, false, "%s, which is not the router's",
				    ns->of[RES_LINK].items[i].link.name);
}

static void command_ports(const struct evidence *e, const struct subject *s,
			  struct buf *out)
{
	(void)e;
	command_exec(out, s->node, s->router->netns);
	buf_adds(out, "ip -d link show");
}

/* Whose HA address is it? */
static const char *ha_owner(const struct topo_router *r, const struct ip *ip)
{
	size_t h;

	for (h = 0; h < r->nhosts; h++)
		if (ip_equal(&r->ha_ports[h]->addrs[0].addr.ip, ip))
			return r->hosts[h]->name;
	return "nobody";
}

static void judge_ha_address(const struct evidence *e, const struct subject *s,
			     struct verdict *v)
{
	const struct seen_ns *ns = sight_ns(e, s->node, s->router->netns, v);
	const struct ipnet *own = &s->ha_port->addrs[0].addr;
	char text[IP_TEXT_MAX];
	bool found = false;
	size_t i;

	if (!ns)
		return;
	if (!seen_link(ns, s->ha_port->ifname)) {
		verdict_blind(v, "no interface %s", s->ha_port->ifname);
		return;
	}
	verdict_want(v, "%s on %s, and no other host's", ipnet_print(own, text),
		     s->ha_port->ifname);
	for (i = 0; i < ns->of[RES_ADDR].n; i++) {
		const struct res_addr *a = &ns->of[RES_ADDR].items[i].addr;
		bool mine = ipnet_equal(&a->addr, own);

		/* The VIP is for the check of addresses. */
		if (strcmp(a->dev, s->ha_port->ifname) != 0 ||
		    a->addr.ip.family != 4 ||
		    ip_equal(&a->addr.ip, &s->router->ha.vip.ip))
			continue;
		found |= mine;
		verdict_saw(v, mine, "%s (%s)", ipnet_print(&a->addr, text),
			    mine ? "its own"
				 : ha_owner(s->router, &a->addr.ip));
	}
	if (!found)
		verdict_saw(v, false, "no %s", ipnet_print(own, text));
}

/* One address that the active node must hold. */
static void must_hold(const struct seen_ns *ns, const char *dev,
		      const struct ipnet *addr, struct verdict *v)
{
	char text[IP_TEXT_MAX];

	verdict_want(v, "%s on %s", ipnet_print(addr, text), dev);
	if (seen_link(ns, dev) && !seen_has_addr(ns, dev, addr))
		verdict_saw(v, false, "no %s on %s", text, dev);
}

static void hold_floatings(const struct seen_ns *ns, const struct subject *s,
			   const struct topo_port *p, struct verdict *v)
{
	const struct topo_router *r = s->router;

	for (size_t i = 0; p == r->gateway && i < r->nfloatings; i++) {
		struct ipnet one = topo_floating_net(r->floatings[i]);

		must_hold(ns, p->ifname, &one, v);
	}
}

static bool is_virtual(const struct subject *s, const struct topo_port *p,
		       const struct ipnet *addr)
{
	struct ipnet ll = {.ip = ip_link_local(&p->mac), .len = 64};
	size_t i;

	if (p->kind == TOPO_PORT_HA)
		return ipnet_equal(addr, &s->router->ha.vip);
	for (i = 0; i < p->naddrs; i++)
		if (ipnet_equal(&p->addrs[i].addr, addr))
			return true;
	for (i = 0; p->kind == TOPO_PORT_QG && i < s->router->nfloatings; i++) {
		struct ipnet one = topo_floating_net(s->router->floatings[i]);

		if (ipnet_equal(&one, addr))
			return true;
	}
	return ipnet_equal(addr, &ll);
}

/* Judges what the port's interface holds, each address by itself. */
static void held(const struct seen_ns *ns, const struct subject *s,
		 const struct topo_port *p, bool active, struct verdict *v)
{
	char text[IP_TEXT_MAX];
	size_t i;

	for (i = 0; i < ns->of[RES_ADDR].n; i++) {
		const struct res_addr *a = &ns->of[RES_ADDR].items[i].addr;
		bool good;

		if (strcmp(a->dev, p->ifname) != 0)
			continue;
		/* Other HA addresses are for the check of those. */
		if (p->kind == TOPO_PORT_HA &&
		    !ip_equal(&a->addr.ip, &s->router->ha.vip.ip))
			continue;
		good = active && is_virtual(s, p, &a->addr) && !a->tentative;
		verdict_saw(v, good, "%s on %s%s", ipnet_print(&a->addr, text),
			    p->ifname, a->tentative ? ", tentative" : "");
	}
}

static void judge_addresses(const struct evidence *e, const struct subject *s,
			    struct verdict *v)
{
	const struct seen_ns *ns = sight_ns(e, s->node, s->router->netns, v);
	enum role role = role_of(e, s->router, s->node);
	const struct topo_port *p;
	size_t i, k;

	if (!ns)
		return;
	if (role == ROLE_UNKNOWN) {
		verdict_blind(v, "%s: its role is not known: %s", s->node->name,
			      role_word(evidence_last(e, s->node), s->router));
		return;
	}
	FOREACH_PORT(p, i, s)
	{
		struct ipnet ll = {.ip = ip_link_local(&p->mac), .len = 64};

		if (!seen_link(ns, p->ifname)) {
			verdict_blind(v, "no interface %s", p->ifname);
			continue;
		}
		if (role == ROLE_ACTIVE && p->kind == TOPO_PORT_HA)
			must_hold(ns, p->ifname, &s->router->ha.vip, v);
		else if (role == ROLE_ACTIVE) {
			for (k = 0; k < p->naddrs; k++)
				must_hold(ns, p->ifname, &p->addrs[k].addr, v);
			must_hold(ns, p->ifname, &ll, v);
			hold_floatings(ns, s, p, v);
		} else {
			verdict_want(v, "no %saddress on %s (standby)",
				     p->kind == TOPO_PORT_HA ? "virtual " : "",
				     p->ifname);
		}
		held(ns, s, p, role == ROLE_ACTIVE, v);
	}
}

static void command_addresses(const struct evidence *e, const struct subject *s,
			      struct buf *out)
{
	(void)e;
	command_exec(out, s->node, s->router->netns);
	buf_adds(out, "ip addr show");
}

/* clang-format off */
const struct check router_checks[] = {
	{"active", scope_ha_routers, NEEDS_TIME,
	 "is active on exactly one node",
	 "one active and the rest standby, sampled over time",
	 judge_active, command_active},
	{"state-file", scope_hosts, NEEDS_TABLES,
	 "has its role in its state file",
	 "the state file says master or backup, as the engine does",
	 judge_state_file, command_state_file},
	{"ports", scope_placed, NEEDS_TABLES,
	 "has its ha, qr and qg interfaces",
	 "a router's interfaces with their own MACs, up and plugged in",
	 judge_ports, command_ports},
	{"ha-address", scope_hosts, NEEDS_TABLES,
	 "has an HA address of its own",
	 "one address of 169.254.192.0/18 on each host, all different",
	 judge_ha_address, command_addresses},
	{"addresses", scope_placed, NEEDS_TABLES,
	 "holds the addresses of its role",
	 "all virtual addresses on the active node, none on a standby",
	 judge_addresses, command_addresses},
	{NULL, NULL, NEEDS_TABLES, NULL, NULL, NULL, NULL},
};
/* clang-format on */
