/* SPDX-License-Identifier: MIT */
/* Judges of nodes: their agents, interfaces, namespaces and engines. */
#include <string.h>

#include "lib/auto.h"
#include "provision/host/roles.h"
#include "topologies/resolve/given.h"
#include "verify/check.h"
#include "verify/checks/service.h"
#include "verify/checks/sight.h"
#include "verify/command.h"
#include "verify/role.h"
#include "verify/scopes.h"

static void judge_agents(const struct evidence *e, const struct subject *s,
			 struct verdict *v)
{
	const struct observed *o;

	verdict_want(v, "host name %s", s->node->name);
	o = sight_sample(e, s->node, v);
	if (o)
		verdict_saw(v, strcmp(o->hostname, s->node->name) == 0,
			    "host name %s", o->hostname);
}

static void command_agents(const struct evidence *e, const struct subject *s,
			   struct buf *out)
{
	(void)e;
	command_exec(out, s->node, "");
	buf_adds(out, "hostname");
}

static void judge_nics(const struct evidence *e, const struct subject *s,
		       struct verdict *v)
{
	const struct seen_ns *ns = sight_ns(e, s->node, "", v);
	char text[IP_TEXT_MAX];
	const char *where;
	size_t i;

	for (i = 0; ns && i < s->node->nnics; i++) {
		const struct topo_nic *nic = &s->node->nics[i];
		const struct res_link *l = seen_link(ns, nic->ifname);
		bool addr = ip_is_set(&nic->addr.ip), held;

		ipnet_print(&nic->addr, text);
		where = strcmp(nic->dev, nic->ifname) ? nic->dev : "";
		verdict_want(v, "%s (%s) up%s%s%s%s", nic->ifname,
			     nic->phys->name, addr ? ", " : "",
			     addr ? text : "", *where ? " on " : "", where);
		if (!l) {
			verdict_saw(v, false, "%s is not there", nic->ifname);
			continue;
		}
		held = addr && seen_has_addr(ns, nic->dev, &nic->addr);
		verdict_saw(v, l->up && l->running && (held || !addr),
			    "%s %s%s%s%s%s", nic->ifname, sight_up_text(l),
			    addr ? held ? ", " : ", without " : "",
			    addr ? text : "", *where ? " on " : "", where);
	}
}

static void command_nics(const struct evidence *e, const struct subject *s,
			 struct buf *out)
{
	(void)e;
	command_exec(out, s->node, "");
	buf_adds(out, "ip addr show");
}

/* Names of namespaces that are a lab's: by their kind of name. */
static bool lab_like(const char *name)
{
	return strncmp(name, "qrouter-", 8) == 0 ||
	       strncmp(name, "qdhcp-", 6) == 0 || strncmp(name, "vm-", 3) == 0;
}

/* Another lab's namespace is marked as such, and none of our business. */
static bool other_lab(const struct lab *lab, const struct seen_ns *ns)
{
	const struct res_link *lo = seen_link(ns, "lo");

	return lo && lo->alias && strncmp(lo->alias, "labctl:", 7) == 0 &&
	       strcmp(lo->alias, lab->mark) != 0;
}

static void want_ns(struct verdict *v, const struct observed *o,
		    const char *name, const char *of)
{
	verdict_want(v, "%s (%s)", name, of);
	if (!seen_ns(o, name))
		verdict_saw(v, false, "no %s (%s)", name, of);
}

static bool wanted_ns(const struct lab *lab, const struct topo_node *n,
		      const char *name)
{
	size_t i;

	for (i = 0; i < lab->nrouters; i++)
		if (strcmp(lab->routers[i].netns, name) == 0)
			return topo_carries(&lab->routers[i], n);
	for (i = 0; i < lab->ninstances; i++)
		if (strcmp(lab->instances[i].netns, name) == 0)
			return lab->instances[i].node == n;
	for (i = 0; i < lab->nnetworks; i++)
		if (strcmp(lab->networks[i].qdhcp, name) == 0)
			return topo_dhcp_port(&lab->networks[i], n);
	return false;
}

static void judge_namespaces(const struct evidence *e, const struct subject *s,
			     struct verdict *v)
{
	const struct observed *o = sight_sample(e, s->node, v);
	const struct lab *lab = e->lab;
	size_t i;

	if (!o)
		return;
	for (i = 0; i < lab->nrouters; i++)
		if (topo_carries(&lab->routers[i], s->node))
			want_ns(v, o, lab->routers[i].netns,
				lab->routers[i].name);
	for (i = 0; i < lab->ninstances; i++)
		if (lab->instances[i].node == s->node)
			want_ns(v, o, lab->instances[i].netns,
				lab->instances[i].name);
	for (i = 0; i < lab->nnetworks; i++)
		if (topo_dhcp_port(&lab->networks[i], s->node))
			want_ns(v, o, lab->networks[i].qdhcp,
				lab->networks[i].name);
	if (!v->expected.n)
		verdict_want(v, "none");
	for (i = 0; i < o->nns; i++) {
		const char *name = o->ns[i].name;

		if (wanted_ns(lab, s->node, name))
			verdict_saw(v, true, "%s", name);
		else if (lab_like(name) && !other_lab(lab, &o->ns[i]))
			verdict_saw(v, false, "%s, which is not the lab's",
				    name);
	}
}

static void command_namespaces(const struct evidence *e,
			       const struct subject *s, struct buf *out)
{
	(void)e;
	command_exec(out, s->node, "");
	buf_adds(out, "ip netns");
}

/* The engine is one of them: why it does not run is said here. Those that a
 * check of their own speaks of are left to it. */
static void judge_services(const struct observed *o, struct verdict *v)
{
	const struct seen_ns *own = seen_ns(o, "");
	auto_arena struct arena a = {0};
	size_t i;

	for (i = 0; own && i < own->of[RES_SERVICE].n; i++) {
		const struct res_service *s =
			&own->of[RES_SERVICE].items[i].service;
		const char *why = service_trouble(&a, s);

		if (why && !service_checks_have(s->name))
			verdict_saw(v, false, "service %s does not run: %s",
				    s->name, why);
	}
}

static void judge_engine(const struct evidence *e, const struct subject *s,
			 struct verdict *v)
{
	const struct observed *o = sight_sample(e, s->node, v);
	const struct lab *lab = e->lab;
	bool any = false;
	size_t i;

	if (!o)
		return;
	for (i = 0; i < lab->nrouters && !any; i++)
		any = topo_has_engine(&lab->routers[i]) &&
		      topo_carries(&lab->routers[i], s->node);
	if (!any) {
		verdict_want(v, "keepalived, and who tells of it, run");
		judge_services(o, v);
		return;
	}
	verdict_want(v, "an engine that runs and answers");
	/* Stopped or stuck it has a process all the same. */
	verdict_saw(v, seen_engine(o)->running, "an engine %s",
		    seen_engine(o)->running || seen_engine(o)->pid > 0
			    ? "runs"
			    : "does not run");
	if (seen_engine(o)->error)
		verdict_saw(v, false, "it does not answer: %s",
			    seen_engine(o)->error);
	judge_services(o, v);
	for (i = 0; i < lab->nrouters; i++) {
		const struct topo_router *r = &lab->routers[i];

		if (!topo_ha_port(r, s->node) || !topo_has_engine(r))
			continue;
		verdict_want(v, "it knows %s", r->name);
		if (seen_engine(o)->running && !seen_engine(o)->error)
			verdict_saw(v, role_on(seen_engine(o), r), "it %s %s",
				    role_on(seen_engine(o), r)
					    ? "knows"
					    : "does not know",
				    r->name);
	}
}

static void command_engine(const struct evidence *e, const struct subject *s,
			   struct buf *out)
{
	command_exec(out, s->node, "");
	buf_printf(out, "labctl vrrp state --control /run/labctl/%s/vrrp.sock",
		   e->lab->name);
}

/* --- addresses that are elsewhere ---------------------------------------- */

/* Whom an address belongs to that this place has no business with, or NULL. */
static const char *whose_else(const struct evidence *e,
			      const struct topo_node *n,
			      const struct topo_given *given, size_t ngiven,
			      const struct ip *addr)
{
	size_t i;

	for (i = 0; i < ngiven; i++)
		if (ip_equal(&given[i].addr, addr))
			return topo_node_has(e->lab, n, addr) ? NULL
							      : given[i].whose;
	return NULL;
}

/* A node's own namespace; NULL is the host outside. Others are the agents'. */
static void strays_on(const struct evidence *e, const struct topo_node *n,
		      const struct topo_given *given, size_t ngiven,
		      struct verdict *v)
{
	const struct seen_node *s = n ? &e->nodes[n->index] : &e->host;
	const char *name = n ? n->name : "outside", *whose;
	const struct seen_ns *own;
	char text[IP_TEXT_MAX];
	size_t i;

	if (!s->nsamples) {
		verdict_blind(v, "%s: %s", name, s->error);
		return;
	}
	own = seen_ns(s->samples[s->nsamples - 1], "");
	for (i = 0; own && i < own->of[RES_ADDR].n; i++) {
		const struct res_addr *a = &own->of[RES_ADDR].items[i].addr;

		whose = whose_else(e, n, given, ngiven, &a->addr.ip);
		if (whose)
			verdict_saw(v, false, "%s on %s of %s, and it is %s",
				    ipnet_print(&a->addr, text), a->dev, name,
				    whose);
	}
}

static void judge_strays(const struct evidence *e, const struct subject *s,
			 struct verdict *v)
{
	auto_arena struct arena a = {0};
	struct topo_given *given;
	size_t i, n;

	(void)s;
	topo_given(&a, e->lab, &given, &n);
	verdict_want(v, "no address of the lab's on nodes' own interfaces or "
			"on the host outside");
	for (i = 0; i < e->lab->nnodes; i++)
		strays_on(e, &e->lab->nodes[i], given, n, v);
	strays_on(e, NULL, given, n, v);
}

static void command_strays(const struct evidence *e, const struct subject *s,
			   struct buf *out)
{
	(void)e;
	(void)s;
	buf_adds(out, "labctl exec all -- ip addr; "
		      "labctl exec outside -- ip addr");
}

/* clang-format off */
const struct check node_checks[] = {
	{"agents", scope_nodes, NEEDS_TABLES,
	 "answers by its own name",
	 "every node's agent is present and answers",
	 judge_agents, command_agents},
	{"nics", scope_nodes, NEEDS_TABLES,
	 "has its interfaces up, with their addresses",
	 "the interfaces on the physical networks",
	 judge_nics, command_nics},
	{"namespaces", scope_nodes, NEEDS_TABLES,
	 "has the lab's namespaces and no others",
	 "ip netns: qrouter-UUID on each host of the router, nothing foreign",
	 judge_namespaces, command_namespaces},
	{"engine", scope_engines, NEEDS_TABLES,
	 "has a VRRP engine that answers for its routers",
	 "one engine runs on each network node and knows its routers",
	 judge_engine, command_engine},
	{"strays", scope_lab, NEEDS_TABLES,
	 "has its addresses where they belong and nowhere else",
	 "no node and not the host outside has a router's or instance's address",
	 judge_strays, command_strays},
	{NULL, NULL, NEEDS_TABLES, NULL, NULL, NULL, NULL},
};
/* clang-format on */
