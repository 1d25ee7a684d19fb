/* SPDX-License-Identifier: MIT */
/* Judges of the ways that packets go: through routers, to the Internet, and
 * not to other projects. */
#include <string.h>

#include "lib/auto.h"
#include "verify/check.h"
#include "verify/checks/sight.h"
#include "verify/command.h"
#include "verify/role.h"
#include "verify/scopes.h"

/* --- nat-path ------------------------------------------------------------- */

static const char *dev_of(const struct evidence *e, const struct topo_node *n,
			  const char *netns, unsigned ifindex)
{
	const struct observed *o = evidence_last(e, n);
	const struct seen_ns *ns = o ? seen_ns(o, netns) : NULL;

	for (size_t i = 0; ns && i < ns->of[RES_LINK].n; i++)
		if (ns->of[RES_LINK].items[i].link.index == ifindex)
			return ns->of[RES_LINK].items[i].link.name;
	return "an interface that went";
}

/* By which of the router's ports the instance reaches it. */
static const struct topo_port *inner(const struct seen_passage *p)
{
	struct ip own = evidence_own(p);

	for (size_t i = 0; i < p->router->nqr; i++) {
		const struct topo_port *qr = p->router->qr[i];

		for (size_t k = 0; qr->network == p->instance->port->network &&
				   k < qr->naddrs;
		     k++)
			if (ipnet_contains(&qr->addrs[k].addr, &own))
				return qr;
	}
	return NULL;
}

/* What one side of the router is to see. */
struct side {
	const char *dev;
	bool outgoing;
	struct ip src;
	bool seen;
};

/* The router on one host: what of the passage came by. */
static void through_host(const struct evidence *e, const struct seen_through *t,
			 const struct seen_passage *p, struct side *sides,
			 bool active, struct verdict *v)
{
	const struct topo_node *n = t->router->hosts[t->host];
	char text[IP_TEXT_MAX];

	for (size_t i = 0; i < t->frames.n; i++) {
		const struct frame *f = &t->frames.frames[i];
		const char *dev;

		if (!ip_equal(&f->ip_dst, &p->dst))
			continue;
		dev = dev_of(e, n, t->router->netns, f->ifindex);
		if (!active) {
			verdict_saw(v, false, "on %s, a standby: by %s from %s",
				    n->name, dev, ip_print(&f->ip_src, text));
			return;
		}
		for (size_t k = 0; k < 2; k++) {
			struct side *s = &sides[k];

			if (s->outgoing != f->outgoing ||
			    strcmp(dev, s->dev) != 0 || s->seen)
				continue;
			s->seen = true;
			verdict_saw(v, ip_equal(&f->ip_src, &s->src),
				    "on %s from %s", dev,
				    ip_print(&f->ip_src, text));
		}
	}
}

static bool someone_active(const struct evidence *e,
			   const struct topo_router *r)
{
	for (size_t h = 0; h < r->nhosts; h++)
		if (role_of(e, r, r->hosts[h]) == ROLE_ACTIVE)
			return true;
	return false;
}

static void judge_nat_path(const struct evidence *e, const struct subject *s,
			   struct verdict *v)
{
	const struct seen_passage *p = s->passage;
	const struct topo_port *qr = inner(p);
	struct side sides[2] = {
		{qr ? qr->ifname : "-", false, evidence_own(p), false},
		{p->router->gateway->ifname, true, evidence_outside(p), false}};
	char text[IP_TEXT_MAX];
	bool any = false;

	if (p->error)
		verdict_blind(v, "%s: %s", s->node->name, p->error);
	for (size_t k = 0; k < 2; k++)
		verdict_want(v, "on %s from %s", sides[k].dev,
			     ip_print(&sides[k].src, text));
	for (size_t i = 0; i < e->nthrough && !p->error; i++) {
		const struct seen_through *t = &e->through[i];
		const struct topo_node *n = t->router->hosts[t->host];
		bool active;

		if (t->router != p->router)
			continue;
		active = role_of(e, p->router, n) == ROLE_ACTIVE;
		if (t->frames.error) {
			verdict_blind(v, "%s: %s", n->name, t->frames.error);
			continue;
		}
		/* With nobody active, who it goes by is not told by roles. */
		if (!active && !someone_active(e, p->router))
			continue;
		through_host(e, t, p, sides, active, v);
		any |= active;
	}
	for (size_t k = 0; k < 2; k++) {
		/* Whether anything goes by is other points' business. */
		if (!sides[k].seen && any)
			verdict_blind(v, "nothing was seen on %s",
				      sides[k].dev);
	}
	if (!any && !p->error)
		verdict_blind(v, "no host of %s is active", p->router->name);
}

static void command_nat_path(const struct evidence *e, const struct subject *s,
			     struct buf *out)
{
	const struct topo_router *r = s->router;

	(void)e;
	command_exec(out, r->hosts[0], r->netns);
	buf_printf(out, "tcpdump -lni any host %s", "198.18.0.1");
}

/* --- standby-rules -------------------------------------------------------- */

static const struct res_rules *rules_of(const struct seen_ns *ns)
{
	for (size_t i = 0; i < ns->of[RES_RULES].n; i++)
		if (!ns->of[RES_RULES].items[i].rules.table)
			return &ns->of[RES_RULES].items[i].rules;
	return NULL;
}

static const char *or_none(const char *text)
{
	return text ? text : "";
}

static size_t count_rules(const char *text)
{
	size_t n = strncmp(text, "-A ", 3) == 0;

	for (; (text = strstr(text, "\n-A ")); text++)
		n++;
	return n;
}

/* The first line of a that begins so and is not in b; its length, 0 where there
 * is none. */
static int first_only(const char *begins, const char *a, const char *b,
		      const char **ret)
{
	size_t n = strlen(begins), len;

	for (; *a; a += len + (a[len] == '\n')) {
		const char *at = b;

		len = strcspn(a, "\n");
		if (strncmp(a, begins, n) != 0)
			continue;
		while ((at = strstr(at, begins)) &&
		       (strncmp(at, a, len) != 0 ||
			(at[len] != '\n' && at[len] != '\0')))
			at++;
		if (!at) {
			*ret = a;
			return (int)len;
		}
	}
	return 0;
}

static void tell_difference(const char *node, const char *have,
			    const char *want, struct verdict *v)
{
	const struct {
		const char *begins, *a, *b, *verb;
	} tries[] = {
		{"-A ", want, have, "lacks"},
		{"-A ", have, want, "has"},
		{":", have, want, "has"}, /* a chain, a policy */
		{":", want, have, "lacks"},
	};
	const char *line = NULL;
	size_t i;
	int len;

	for (i = 0; i < ARRAY_LEN(tries); i++) {
		len = first_only(tries[i].begins, tries[i].a, tries[i].b,
				 &line);
		if (len) {
			verdict_saw(v, false, "%s %s %.*s", node, tries[i].verb,
				    len, line);
			return;
		}
	}
	verdict_saw(v, false, "%s has them in another order", node);
}

static void judge_standby_rules(const struct evidence *e,
				const struct subject *s, struct verdict *v)
{
	const struct topo_router *r = s->router;
	const struct res_rules *first = NULL;
	const char *of = NULL;
	size_t h, k;

	/* The active node's are those to be like, where one is. */
	for (k = 0; k < 2; k++)
		for (h = 0; h < r->nhosts && !of; h++) {
			const struct observed *o =
				evidence_last(e, r->hosts[h]);
			const struct seen_ns *ns =
				o ? seen_ns(o, r->netns) : NULL;

			if (!ns || (k == 0 &&
				    role_of(e, r, r->hosts[h]) != ROLE_ACTIVE))
				continue;
			of = r->hosts[h]->name;
			first = rules_of(ns);
		}
	verdict_want(v, "the rules of %s on all its hosts", of ? of : "one");
	for (h = 0; h < r->nhosts; h++) {
		const char *name = r->hosts[h]->name;
		const struct seen_ns *ns =
			sight_ns(e, r->hosts[h], r->netns, v);
		const struct res_rules *have = ns ? rules_of(ns) : NULL;
		const char *a4 = or_none(first ? first->text4 : NULL);
		const char *a6 = or_none(first ? first->text6 : NULL);
		const char *b4 = or_none(have ? have->text4 : NULL);
		const char *b6 = or_none(have ? have->text6 : NULL);

		if (!ns)
			continue;
		if (strcmp(a4, b4) != 0)
			tell_difference(name, b4, a4, v);
		if (strcmp(a6, b6) != 0)
			tell_difference(name, b6, a6, v);
		if (strcmp(a4, b4) == 0 && strcmp(a6, b6) == 0)
			verdict_saw(v, true, "%s: %zu rules", name,
				    count_rules(b4) + count_rules(b6));
	}
}

static void command_standby_rules(const struct evidence *e,
				  const struct subject *s, struct buf *out)
{
	(void)e;
	buf_printf(out,
		   "labctl exec 'network*' -- ip netns exec %s "
		   "iptables-save",
		   s->router->netns);
}

/* --- internet, traceroute ------------------------------------------------- */

static void judge_internet(const struct evidence *e, const struct subject *s,
			   struct verdict *v)
{
	const struct seen_internet *t = s->internet;
	char text[IP_TEXT_MAX];
	size_t i, n = 0;

	(void)e;
	if (t->pings.error)
		verdict_blind(v, "%s: %s", s->node->name, t->pings.error);
	ip_print(&t->dst, text);
	verdict_want(v, "replies of %s, which is %s", EVIDENCE_NAME, text);
	if (t->pings.error)
		return;
	for (i = 0; i < t->pings.n; i++)
		n += t->pings.probes[i].rtt >= 0;
	/* What is lost now and then, other points tell. */
	verdict_saw(v, n > 0, "%zu of %zu replies", n, t->pings.n);
}

static void command_internet(const struct evidence *e, const struct subject *s,
			     struct buf *out)
{
	(void)e;
	buf_printf(out, "labctl exec %s -- ping -c %d " EVIDENCE_NAME,
		   s->instance->name, EVIDENCE_PROBES);
}

/* The router's address on the instance's side. */
static const struct ip *near_side(const struct seen_internet *t)
{
	const struct topo_port *p = t->instance->port;

	for (size_t i = 0; i < p->naddrs; i++)
		if (p->addrs[i].subnet &&
		    p->addrs[i].subnet->gateway.family == 4)
			return &p->addrs[i].subnet->gateway;
	return NULL;
}

static void judge_traceroute(const struct evidence *e, const struct subject *s,
			     struct verdict *v)
{
	const struct seen_internet *t = s->internet;
	const struct ip *near = near_side(t);
	char text[IP_TEXT_MAX];
	size_t i;

	(void)e;
	if (t->trace.error) {
		verdict_blind(v, "%s: %s", s->node->name, t->trace.error);
		return;
	}
	verdict_want(v, "1: %s, the router", near ? ip_print(near, text) : "-");
	verdict_want(v, "2: %s, outside", ip_print(&t->dst, text));
	for (i = 0; i < t->trace.n; i++) {
		const struct seen_hop *h = &t->trace.hops[i];
		const struct ip *want = i == 0 ? near : &t->dst;

		if (ip_is_set(&h->from))
			verdict_saw(v,
				    i < 2 && want && ip_equal(&h->from, want) &&
					    h->end == (i == 1),
				    "%zu: %s", i + 1, ip_print(&h->from, text));
		else
			verdict_saw(v, false, "%zu: nobody answers", i + 1);
		if (i && h->end)
			break;
	}
}

static void command_traceroute(const struct evidence *e,
			       const struct subject *s, struct buf *out)
{
	(void)e;
	buf_printf(out, "labctl exec %s -- traceroute -n " EVIDENCE_NAME,
		   s->instance->name);
}

/* --- isolation ------------------------------------------------------------ */

/* Whether a neighbour in the same network sent it: where projects have the same
 * addresses, what one of them sends to another's comes to its own. */
static bool from_own(const struct evidence *e, const struct seen_isle *t,
		     const struct frame *f)
{
	for (size_t i = 0; i < e->lab->ninstances; i++) {
		const struct topo_port *p = e->lab->instances[i].port;

		if (p->network == t->instance->port->network &&
		    mac_equal(&p->mac, &f->src))
			return true;
	}
	return false;
}

/* By IPv6 a project's router lets in whoever comes from outside, and so another
 * project's too. */
static bool from_outside(const struct evidence *e, const struct seen_isle *t,
			 const struct frame *f)
{
	for (size_t i = 0; t->dst.family == 6 && i < e->lab->nrouters; i++) {
		const struct topo_router *r = &e->lab->routers[i];

		for (size_t q = 0; topo_external_ip(r, 6) && q < r->nqr; q++)
			if (r->qr[q]->network == t->instance->port->network &&
			    mac_equal(&r->qr[q]->mac, &f->src))
				return true;
	}
	return false;
}

static void judge_isolation(const struct evidence *e, const struct subject *s,
			    struct verdict *v)
{
	const struct seen_isle *t = s->isle;
	size_t i, own = 0, others = 0;
	char text[IP_TEXT_MAX];

	verdict_want(v, "nothing of other projects at %s%s",
		     ip_print(&t->dst, text),
		     t->dst.family == 6 ? ", but by its own router" : "");
	if (t->error)
		verdict_blind(v, "not all could send: %s", t->error);
	if (t->frames.error || t->own.error) {
		verdict_blind(v, "%s: %s", s->node->name,
			      t->frames.error ? t->frames.error : t->own.error);
		return;
	}
	for (i = 0; i < t->frames.n; i++) {
		const struct frame *f = &t->frames.frames[i];
		char mac[MAC_TEXT_MAX];

		/* By its loopback, where nobody else's comes. */
		if (ip_equal(&f->ip_src, &t->dst) && f->ifindex == 1) {
			own++;
		} else if (!f->outgoing && !from_own(e, t, f) &&
			   !from_outside(e, t, f) && !others++) {
			verdict_saw(v, false, "a packet from %s, MAC %s",
				    ip_print(&f->ip_src, text),
				    mac_print(&f->src, mac));
		}
	}
	if (!own)
		verdict_blind(v, "not even its own packets were seen");
	else if (!others)
		verdict_saw(v, true, "nothing");
}

static void command_isolation(const struct evidence *e, const struct subject *s,
			      struct buf *out)
{
	char text[IP_TEXT_MAX];

	for (size_t i = 0; i < e->nisles; i++)
		if (&e->isles[i] != s->isle &&
		    e->isles[i].dst.family == s->isle->dst.family) {
			buf_printf(out, "labctl exec %s -- ping -c %d %s",
				   e->isles[i].instance->name, EVIDENCE_PROBES,
				   ip_print(&s->isle->dst, text));
			return;
		}
}

/* clang-format off */
const struct check path_checks[] = {
	{"nat-path", scope_through, NEEDS_PASSAGES,
	 "has its own address on qr, and the one outside on qg",
	 "addresses before and after translation, captured in the router",
	 judge_nat_path, command_nat_path},
	{"standby-rules", scope_ha_routers, NEEDS_TABLES,
	 "has the same rules on all its hosts",
	 "a standby's rules, which no packet can try, as the active node's",
	 judge_standby_rules, command_standby_rules},
	{"internet-ping", scope_internet, NEEDS_INTERNET,
	 "reaches " EVIDENCE_NAME,
	 "an Internet host, pinged from an instance behind each router",
	 judge_internet, command_internet},
	{"traceroute", scope_internet, NEEDS_INTERNET,
	 "goes by the router, and then outside",
	 "the way to that host, as traceroute tells it",
	 judge_traceroute, command_traceroute},
	{"isolation", scope_isles, NEEDS_ISLES,
	 "is out of other projects' reach",
	 "an instance of each project, tried from all other projects",
	 judge_isolation, command_isolation},
	{NULL, NULL, NEEDS_TABLES, NULL, NULL, NULL, NULL},
};
/* clang-format on */
