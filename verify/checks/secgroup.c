/* SPDX-License-Identifier: MIT */
/*
 * Security groups: what they let through, tried; whose addresses instances send
 * with, tried; and on each node the rules, sets and zones that it stands on, in
 * both families.
 */
#include <stdio.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/parse.h"
#include "provision/kinds/rules/compile.h"
#include "provision/kinds/rules/filter_text.h"
#include "provision/plan/plan.h"
#include "provision/plan/secgroup/port.h"
#include "provision/plan/secgroup/sets.h"
#include "topologies/secgroup/secgroup.h"
#include "verify/check.h"
#include "verify/checks/sight.h"
#include "verify/command.h"
#include "verify/scopes.h"

#define WORDS_MAX 8

/* --- subjects -------------------------------------------------------------
 */

static void add(struct subjects *out, struct subject s, const char *name)
{
	struct subject *slot =
		arena_push(out->arena, &out->items, &out->n, sizeof(*slot));

	s.name = name;
	*slot = s;
}

static void reaches(struct subjects *ret, const struct evidence *e)
{
	char text[IP_TEXT_MAX];

	for (size_t i = 0; i < e->ntries; i++) {
		const struct seen_tries *t = &e->tries[i];
		struct subject s = {.tries = t, .instance = t->to};
		const char *from = "outside";

		if (!t->to)
			continue;
		s.node = t->to->node;
		if (t->from)
			from = t->from->name;
		else if (t->floating)
			from = arena_printf(ret->arena, "outside by %s",
					    ip_print(&t->floating->addr, text));
		add(ret, s,
		    arena_printf(ret->arena, "from %s to %s, IPv%d", from,
				 t->to->name, t->family));
	}
}

static void senders(struct subjects *ret, const struct evidence *e)
{
	for (size_t i = 0; i < e->ntries; i++) {
		const struct seen_tries *t = &e->tries[i];
		struct subject s = {.tries = t, .instance = t->from};

		if (t->to)
			continue;
		s.node = t->from->node;
		add(ret, s,
		    arena_printf(ret->arena, "%s on %s", t->from->name,
				 s.node->name));
	}
}

static void filtering(struct subjects *ret, const struct evidence *e)
{
	for (size_t i = 0; i < e->lab->nnodes; i++) {
		struct subject s = {.node = &e->lab->nodes[i]};

		if (topo_filters(e->lab, s.node))
			add(ret, s, s.node->name);
	}
}

static void filtered_networks(struct subjects *ret, const struct evidence *e)
{
	const struct lab *lab = e->lab;

	for (size_t i = 0; i < lab->nnodes; i++)
		for (size_t k = 0; k < lab->nnetworks; k++) {
			struct subject s = {.node = &lab->nodes[i],
					    .network = &lab->networks[k]};
			bool any = false;

			for (size_t m = 0; m < lab->ninstances; m++)
				any = any ||
				      (lab->instances[m].node == s.node &&
				       lab->instances[m].port->network ==
					       s.network &&
				       lab->instances[m].port->filtered);
			if (any)
				add(ret, s,
				    arena_printf(ret->arena, "%s on %s",
						 s.network->name,
						 s.node->name));
		}
}

/* --- what was tried -------------------------------------------------------
 */

static const char *listed(const struct seen_tries *t, struct arena *a,
			  bool (*is)(const struct seen_try *x))
{
	auto_buf struct buf b = {0};

	for (size_t i = 0; i < t->n; i++)
		if (is(&t->items[i]))
			buf_printf(&b, "%s%s", b.len ? ", " : "",
				   t->items[i].what);
	return b.len ? arena_strndup(a, b.data, b.len) : "none";
}

static bool is_let(const struct seen_try *x)
{
	return x->let;
}

static bool is_refused(const struct seen_try *x)
{
	return !x->let;
}

static bool was_heard(const struct seen_try *x)
{
	return x->heard;
}

static void judge_tries(const struct evidence *e, const struct subject *s,
			struct verdict *v)
{
	const struct seen_tries *t = s->tries;
	bool repeated = false;
	size_t i;

	(void)e;
	if (t->error) {
		verdict_blind(v, "%s: %s", s->node->name, t->error);
		return;
	}
	verdict_want(v, "arrives: %s; does not: %s",
		     listed(t, v->arena, is_let),
		     listed(t, v->arena, is_refused));
	for (i = 0; i < t->n; i++) {
		const struct seen_try *x = &t->items[i];

		repeated = repeated || (x->repeated && x->heard);
		if (x->error)
			verdict_blind(v, "%s: %s", x->what, x->error);
		else if (x->heard != x->let)
			verdict_saw(v, false, "%s %s", x->what,
				    x->heard ? "arrives" : "does not arrive");
	}
	verdict_saw(v, true, "arrives: %s", listed(t, v->arena, was_heard));
	if (repeated && v->kind == VERDICT_OK)
		v->note = "something did not arrive at first; it did when "
			  "tried again";
}

static void chain_command(const struct topo_instance *in, char way, int family,
			  struct buf *out)
{
	command_exec(out, in->node, "");
	buf_printf(out, "%s -S %s-%c%.10s",
		   family == 6 ? "ip6tables" : "iptables",
		   secgroup_agent(in->node), way, in->port->uuid);
}

static void command_reach(const struct evidence *e, const struct subject *s,
			  struct buf *out)
{
	(void)e;
	chain_command(s->instance, 'i', s->tries->family, out);
}

static void command_spoof(const struct evidence *e, const struct subject *s,
			  struct buf *out)
{
	(void)e;
	chain_command(s->instance, 's', 4, out);
}

/* --- rules, sets, zones ---------------------------------------------------
 */

/* The node's filters as they were seen, or NULL. */
static const struct res_filter *seen_filter(const struct evidence *e,
					    const struct subject *s,
					    struct verdict *v)
{
	static const struct res_filter none;
	const struct seen_ns *ns = sight_ns(e, s->node, "", v);

	if (!ns)
		return NULL;
	return ns->of[RES_FILTER].n ? &ns->of[RES_FILTER].items[0].filter
				    : &none;
}

static const char *or_none(const char *text)
{
	return text ? text : "";
}

static void rules_of(const char *family, const char *want, const char *have,
		     struct verdict *v)
{
	auto_buf struct buf words = {0};

	if (rules_differ(want, or_none(have), WORDS_MAX, &words))
		verdict_saw(v, false, "%s: %s", family, words.data);
	else
		verdict_saw(v, true, "%s: as wanted", family);
}

static void judge_rules(const struct evidence *e, const struct subject *s,
			struct verdict *v)
{
	const struct res_filter *have = seen_filter(e, s, v), *want = NULL;
	auto_arena struct arena a = {0};
	struct plan p = {0};

	if (!have)
		return;
	plan_build(&a, e->lab, s->node, &p);
	for (size_t i = 0; i < p.n; i++)
		if (p.res[i].kind == RES_FILTER)
			want = &p.res[i].filter;
	if (!want)
		return;
	verdict_want(v, "the rules of its instances' groups, and no other");
	rules_of("IPv4", want->text4, have->text4, v);
	rules_of("IPv6", want->text6, have->text6, v);
	rules_of("frames", want->bridge, have->bridge, v);
}

static void command_rules(const struct evidence *e, const struct subject *s,
			  struct buf *out)
{
	(void)e;
	command_exec(out, s->node, "");
	buf_adds(out, "sh -c 'iptables-save; ip6tables-save; ebtables-save'");
}

static void judge_members(const struct evidence *e, const struct subject *s,
			  struct verdict *v)
{
	const struct res_filter *have = seen_filter(e, s, v);
	auto_arena struct arena a = {0};
	auto_buf struct buf words = {0};
	const char *want;

	if (!have)
		return;
	want = secgroup_sets(&a, e->lab, s->node);
	verdict_want(v, "sets with the addresses of the groups' members");
	if (filter_sets_differ(want, or_none(have->sets), WORDS_MAX, &words))
		verdict_saw(v, false, "%s", words.data);
	else
		verdict_saw(v, true, "as wanted");
}

static void command_members(const struct evidence *e, const struct subject *s,
			    struct buf *out)
{
	(void)e;
	command_exec(out, s->node, "");
	buf_adds(out, "ipset list");
}

/* The zone that a text's first rule for frames by `in` ("-i BRIDGE ") gives
 * them; -1: none does. Rules are taken in order, and the first that fits
 * counts. */
static long zone_of(const char *text, const char *in)
{
	const char *line, *end, *zone;
	auto_arena struct arena a = {0};
	int64_t v;

	for (line = or_none(text); *line; line = *end ? end + 1 : end) {
		const char *copy;

		end = line + strcspn(line, "\n");
		copy = arena_strndup(&a, line, (size_t)(end - line));
		zone = strstr(copy, "-j CT --zone ");
		if (!zone || strncmp(copy, "-A ", 3) != 0)
			continue;
		/* A rule for an interface is about that interface. */
		if (!strstr(copy, in) &&
		    (strstr(copy, " -i ") || strstr(copy, "--physdev-in")))
			continue;
		zone += strlen("-j CT --zone ");
		return parse_begins(&zone, &v) ? (long)v : -1;
	}
	return -1;
}

static void zone_by(const struct res_filter *have, const char *in,
		    const char *name, long want, struct verdict *v)
{
	const char *const texts[] = {have->text4, have->text6};

	verdict_want(v, "connections of %s in zone %ld", name, want);
	for (int i = 0; i < 2; i++) {
		long zone = zone_of(texts[i], in);

		if (zone < 0)
			verdict_saw(v, false,
				    "%s, IPv%d: in no zone of its "
				    "own",
				    name, i ? 6 : 4);
		else
			verdict_saw(v, zone == want, "%s, IPv%d: in zone %ld",
				    name, i ? 6 : 4, zone);
	}
}

/* Of a port with a bridge of its own: by either side of it. */
static void own_zone(const struct res_filter *have, const struct topo_port *p,
		     struct verdict *v)
{
	const char *const prefixes[] = {"tap", "qvb"};
	char name[IFNAME_MAX], in[IFNAME_MAX + 16];

	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
		topo_port_link(p, prefixes[i], name);
		snprintf(in, sizeof(in), "--physdev-in %s ", name);
		zone_by(have, in, name, (long)secgroup_zone(p), v);
	}
}

static void judge_zone(const struct evidence *e, const struct subject *s,
		       struct verdict *v)
{
	const struct res_filter *have = seen_filter(e, s, v);
	const char *bridge = s->network->bridge;
	char in[IFNAME_MAX + 4];
	bool done = false;

	snprintf(in, sizeof(in), "-i %s ", bridge);
	for (size_t i = 0; have && !done && i < e->lab->ninstances; i++) {
		const struct topo_port *p = e->lab->instances[i].port;

		if (p->node != s->node || p->network != s->network ||
		    !p->filtered)
			continue;
		done = !p->hybrid;
		if (done)
			zone_by(have, in, bridge, (long)secgroup_zone(p), v);
		else
			own_zone(have, p, v);
	}
}

static void command_zone(const struct evidence *e, const struct subject *s,
			 struct buf *out)
{
	(void)e;
	command_exec(out, s->node, "");
	buf_adds(out, "iptables -t raw -S");
}

/* clang-format off */
const struct check secgroup_checks[] = {
	{"groups", reaches, NEEDS_TRIES,
	 "has what the groups let through, and nothing else",
	 "packets to each filtered instance, allowed and not, from all sides",
	 judge_tries, command_reach},
	{"spoofing", senders, NEEDS_TRIES,
	 "sends with its own addresses only",
	 "frames with another's MAC, IP, ARP; as a DHCP server, as a router",
	 judge_tries, command_spoof},
	{"group-rules", filtering, NEEDS_TABLES,
	 "has the rules of its instances' groups",
	 "chains of security groups on each compute node, IPv4, IPv6, frames",
	 judge_rules, command_rules},
	{"group-members", filtering, NEEDS_TABLES,
	 "knows the members of the groups that its rules name",
	 "the sets of addresses of groups that rules refer to",
	 judge_members, command_members},
	{"group-zone", filtered_networks, NEEDS_TABLES,
	 "has its connections tracked in a zone of its own",
	 "connection tracking of each network, apart from all others",
	 judge_zone, command_zone},
	{NULL, NULL, NEEDS_TABLES, NULL, NULL, NULL, NULL},
};
/* clang-format on */
