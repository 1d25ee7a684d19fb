/* SPDX-License-Identifier: MIT */
/*
 * Each way of breaking a lab must turn the check that guards it, and no other
 * one, from ok to wrong. What then cannot be looked at may only be blind.
 */
#include "verify/check.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "lib/auto.h"
#include "t/lib/broken.h"
#include "t/lib/broken_dhcpv6.h"
#include "t/lib/broken_gateway.h"
#include "t/lib/broken_groups.h"
#include "t/lib/broken_routers.h"
#include "t/lib/broken_services.h"
#include "t/lib/broken_switch.h"
#include "t/lib/broken_vlan.h"
#include "t/lib/healthy.h"
#include "t/lib/tap.h"

#define FILE_NAME "t/lib/plain.yaml"

static struct lab *lab; /* that is looked at now */
static struct lab *worlds[8];
static const struct broken *const tables[] = {
	broken,        broken_services, broken_routers, broken_groups,
	broken_switch, broken_vlan,     broken_dhcpv6,  broken_gateway};

/* "wrong NAME: SUBJECT; blind NAME: ..." of all that is not ok. */
static void findings(const struct evidence *e, struct buf *out)
{
	auto_arena struct arena a = {0};
	struct points points;
	size_t i;

	check_points(&a, e, NULL, &points);
	for (i = 0; i < points.n; i++) {
		struct verdict v = {.arena = &a};
		auto_buf struct buf title = {0}, command = {0};
		const struct point *p = &points.items[i];

		check_title(p, &title);
		check_judge(e, p, &v);
		if (v.kind == VERDICT_OK)
			continue;
		p->check->command(e, &p->subject, &command);
		if (!command.len || (v.kind == VERDICT_WRONG &&
				     (!v.expected.n || !v.observed.n)))
			buf_adds(out, "without diagnostics: ");
		title.data[title.len - strlen(p->check->what) - 1] = '\0';
		buf_printf(out, "%s%s %s", out->len ? "; " : "",
			   v.kind == VERDICT_WRONG ? "wrong" : "blind",
			   title.data);
	}
}

/* Is it among the findings as wrong, not only as blind? */
static bool names(const char *found, const char *check)
{
	char text[80];

	snprintf(text, sizeof(text), "wrong %s:", check);
	return found && strstr(found, text);
}

static bool broken_names(const char *check)
{
	size_t t, k;

	for (t = 0; t < ARRAY_LEN(tables); t++)
		for (k = 0; tables[t][k].what; k++)
			if (names(tables[t][k].found, check))
				return true;
	return false;
}

static void registry(void)
{
	const struct check *c;
	size_t i, k;

	for (i = 0; (c = check_nth(i)) != NULL; i++) {
		for (k = 0; k < i; k++)
			if (strcmp(check_nth(k)->name, c->name) == 0)
				break;
		ok(k == i && c->scope && c->judge && c->command,
		   "check %s is whole and the only one of its name", c->name);
		ok(broken_names(c->name), "check %s is seen to fail below",
		   c->name);
	}
}

/* Every part of the evidence missing: nothing passes, nothing is wrong. */
static void blindness(void)
{
	auto_(evidence_release) struct evidence e;
	auto_arena struct arena a = {0};
	struct points points;
	size_t i, blind = 0;

	evidence_init(&e, lab);
	check_points(&a, &e, NULL, &points);
	for (i = 0; i < points.n; i++) {
		struct verdict v = {.arena = &a};

		check_judge(&e, &points.items[i], &v);
		blind += v.kind == VERDICT_BLIND && v.blind;
	}
	is_int(blind, points.n, "not having looked is never a pass");
}

/*
 * One part of the evidence missing at a time: every point that stands on it
 * says that it could not look.
 */
static bool is_check(const struct point *p, const char *name)
{
	return strcmp(p->check->name, name) == 0;
}

static bool on_tables(const struct evidence *e, size_t i, const struct point *p)
{
	const struct topo_node *n = &e->lab->nodes[i];
	const struct subject *s = &p->subject;

	if (p->check->needs & ~(unsigned)NEEDS_TIME)
		return false;
	if (is_check(p, "strays"))
		return true;
	if (s->node)
		return s->node == n;
	return s->router ? topo_carries(s->router, n)
			 : topo_network_on(e->lab, s->network, n);
}

static void lose_tables(struct evidence *e, size_t i)
{
	e->nodes[i].nsamples = 0;
	e->nodes[i].error = "connection refused";
}

static bool on_time(const struct evidence *e, size_t i, const struct point *p)
{
	return p->check->needs == NEEDS_TIME &&
	       topo_ha_port(p->subject.router, &e->lab->nodes[i]);
}

/* The first look succeeded, the others did not. */
static void lose_time(struct evidence *e, size_t i)
{
	e->nodes[i].nsamples = 1;
	e->nodes[i].cut = "connection reset";
}

static bool on_word(const struct evidence *e, size_t i, const struct point *p)
{
	/* Of keepalived's a file tells. */
	if (p->subject.router && !topo_has_engine(p->subject.router))
		return false;
	return (is_check(p, "active") &&
		topo_ha_port(p->subject.router, &e->lab->nodes[i])) ||
	       (is_check(p, "state-file") &&
		p->subject.node == &e->lab->nodes[i]);
}

static void lose_word(struct evidence *e, size_t i)
{
	struct observed *o;

	for (size_t k = 0; k < HEALTHY_SAMPLES; k++) {
		o = healthy_sample(e, e->lab->nodes[i].name, k);
		healthy_engine(&e->arena, o)->error =
			"the VRRP engine does not answer";
	}
}

static bool on_frames(const struct evidence *e, size_t i, const struct point *p)
{
	if (!(p->check->needs & NEEDS_FRAMES) || is_check(p, "advert-tunnel") ||
	    is_check(p, "advert-vlan"))
		return false;
	/* Adverts of a host are looked for at all hosts of the router. */
	return p->subject.ha == &e->ha[i] ||
	       (is_check(p, "advert-fields") &&
		p->subject.router == e->ha[i].router);
}

static void lose_frames(struct evidence *e, size_t i)
{
	e->ha[i].frames = (struct seen_frames){.error = "it is not up"};
}

static void cut_frames(struct evidence *e, size_t i)
{
	e->ha[i].frames.cut = "the interface went down";
}

static void drop_frames(struct evidence *e, size_t i)
{
	e->ha[i].frames.dropped = 7;
}

static bool on_tunnel(const struct evidence *e, size_t i, const struct point *p)
{
	return is_check(p, "strangers") ||
	       ((is_check(p, "advert-tunnel") || is_check(p, "advert-vlan")) &&
		p->subject.tunnel == &e->tunnels[i]);
}

static void lose_tunnel(struct evidence *e, size_t i)
{
	e->tunnels[i].frames = (struct seen_frames){.error = "it is not up"};
}

static void cut_tunnel(struct evidence *e, size_t i)
{
	e->tunnels[i].frames.cut = "the interface went down";
}

static bool on_outside(const struct evidence *e, size_t i,
		       const struct point *p)
{
	return p->subject.ping == &e->outside[i];
}

static void lose_outside(struct evidence *e, size_t i)
{
	e->outside[i].pings = (struct seen_pings){.error = "no agent"};
}

static bool on_inside(const struct evidence *e, size_t i, const struct point *p)
{
	return p->subject.ping == &e->inside[i];
}

static void lose_inside(struct evidence *e, size_t i)
{
	e->inside[i].pings = (struct seen_pings){.error = "no agent"};
}

static bool on_passage(const struct evidence *e, size_t i,
		       const struct point *p)
{
	return p->subject.passage == &e->passages[i];
}

static void lose_passage(struct evidence *e, size_t i)
{
	e->passages[i].error = "no agent";
}

static bool on_host(const struct evidence *e, size_t i, const struct point *p)
{
	(void)e;
	(void)i;
	return is_check(p, "strays");
}

static void lose_host(struct evidence *e, size_t i)
{
	(void)i;
	e->host.nsamples = 0;
	e->host.error = "no agent";
}

static bool on_left(const struct evidence *e, size_t i, const struct point *p)
{
	(void)e;
	(void)i;
	return p->check->needs & NEEDS_PASSAGES && !is_check(p, "nat-path");
}

static void lose_left(struct evidence *e, size_t i)
{
	(void)i;
	e->left = (struct seen_frames){.error = "no agent"};
}

static bool on_drift(const struct evidence *e, size_t i, const struct point *p)
{
	return p->check->needs & NEEDS_DRIFT &&
	       p->subject.node == &e->lab->nodes[i];
}

static void lose_drift(struct evidence *e, size_t i)
{
	e->nodes[i].drift = (struct seen_drift){.error = "no agent"};
}

static bool on_offers(const struct evidence *e, size_t i, const struct point *p)
{
	return p->check->needs & NEEDS_OFFERS &&
	       p->subject.boot == &e->boots[i];
}

static void lose_offers(struct evidence *e, size_t i)
{
	e->boots[i].offers = (struct seen_offers){.error = "no agent"};
	e->boots[i].offers6 = (struct seen_offers6){.error = "no agent"};
}

static bool on_guest(const struct evidence *e, size_t i, const struct point *p)
{
	return p->check->needs & NEEDS_GUESTS &&
	       p->subject.boot == &e->boots[i];
}

static void lose_guest(struct evidence *e, size_t i)
{
	e->boots[i].guest = (struct seen_guest){.error = "no agent"};
}

static bool on_names(const struct evidence *e, size_t i, const struct point *p)
{
	return p->check->needs & NEEDS_NAMES && p->subject.boot == &e->boots[i];
}

static void lose_names(struct evidence *e, size_t i)
{
	e->boots[i].names = (struct seen_names){.error = "no agent"};
}

static bool on_adverts(const struct evidence *e, size_t i,
		       const struct point *p)
{
	return p->check->needs & NEEDS_ADVERTS &&
	       p->subject.boot == &e->boots[i];
}

static void lose_adverts(struct evidence *e, size_t i)
{
	e->boots[i].adverts = (struct seen_adverts){.error = "no agent"};
}

static bool on_arp(const struct evidence *e, size_t i, const struct point *p)
{
	return p->check->needs & NEEDS_ARP && p->subject.boot == &e->boots[i];
}

static void lose_arp(struct evidence *e, size_t i)
{
	e->boots[i].holders = (struct seen_holders){.error = "no agent"};
}

static bool on_radvd(const struct evidence *e, size_t i, const struct point *p)
{
	return p->check->needs & NEEDS_RADVD &&
	       p->subject.node == &e->lab->nodes[i];
}

static void lose_radvd(struct evidence *e, size_t i)
{
	e->nodes[i].radvd = (struct seen_programs){.error = "no agent"};
}

static bool on_web(const struct evidence *e, size_t i, const struct point *p)
{
	return p->check->needs & NEEDS_WEB && p->subject.boot == &e->boots[i];
}

static void lose_web(struct evidence *e, size_t i)
{
	e->boots[i].metadata = (struct seen_http){.error = "no agent"};
}

static bool on_through(const struct evidence *e, size_t i,
		       const struct point *p)
{
	return is_check(p, "nat-path") &&
	       p->subject.router == e->through[i].router;
}

static void lose_through(struct evidence *e, size_t i)
{
	e->through[i].frames = (struct seen_frames){.error = "no agent"};
}

static bool on_internet(const struct evidence *e, size_t i,
			const struct point *p)
{
	return p->check->needs & NEEDS_OUTSIDE &&
	       p->subject.boot == &e->boots[i];
}

static void lose_internet(struct evidence *e, size_t i)
{
	e->boots[i].outside = (struct seen_names){.error = "no agent"};
}

static bool on_reach(const struct evidence *e, size_t i, const struct point *p)
{
	return p->subject.reach == &e->reached[i];
}

static void lose_reach(struct evidence *e, size_t i)
{
	e->reached[i].replies = (struct seen_replies){.error = "no agent"};
}

static bool on_outward(const struct evidence *e, size_t i,
		       const struct point *p)
{
	return is_check(p, "internet-ping") &&
	       p->subject.internet == &e->internet[i];
}

static void lose_ping_of_internet(struct evidence *e, size_t i)
{
	e->internet[i].pings = (struct seen_pings){.error = "no agent"};
}

static bool on_trace(const struct evidence *e, size_t i, const struct point *p)
{
	return is_check(p, "traceroute") &&
	       p->subject.internet == &e->internet[i];
}

static void lose_trace(struct evidence *e, size_t i)
{
	e->internet[i].trace = (struct seen_trace){.error = "no agent"};
}

static bool on_isle(const struct evidence *e, size_t i, const struct point *p)
{
	return p->subject.isle == &e->isles[i];
}

static void lose_isle(struct evidence *e, size_t i)
{
	e->isles[i].frames = (struct seen_frames){.error = "no agent"};
}

static void lose_sender(struct evidence *e, size_t i)
{
	e->isles[i].error = "no agent";
}

#define COUNT(member) offsetof(struct evidence, member)
#define BOOTS (SIZE_MAX - 1)

static void lose_tracked(struct evidence *e, size_t i)
{
	e->tracking[i].items[0].error = "lost";
}

static bool on_tracked(const struct evidence *e, size_t i,
		       const struct point *p)
{
	return p->subject.tracking == &e->tracking[i];
}

static void lose_gateways(struct evidence *e, size_t i)
{
	e->gateways[i].there.error = "lost";
}

/* One that another router's link asked for has no part in it. */
static bool on_gateways(const struct evidence *e, size_t i,
			const struct point *p)
{
	return !e->gateways[i].by &&
	       p->subject.router == e->gateways[i].router &&
	       is_check(p, "gateway");
}

static void lose_tries(struct evidence *e, size_t i)
{
	e->tries[i].error = "lost";
}

static void lose_senders(struct evidence *e, size_t i)
{
	for (size_t k = 0; k < e->tries[i].n; k++) {
		e->tries[i].items[k].error = "lost";
		e->tries[i].items[k].heard = false;
	}
}

static bool on_tries(const struct evidence *e, size_t i, const struct point *p)
{
	return p->subject.tries == &e->tries[i];
}

static const struct part {
	const char *what;
	/* Where in the evidence; 0: one for each node, SIZE_MAX: one, BOOTS:
	 * one for each instance. */
	size_t count;
	void (*lose)(struct evidence *e, size_t i);
	bool (*concerns)(const struct evidence *e, size_t i,
			 const struct point *p);
} parts[] = {
	{"a node's tables", 0, lose_tables, on_tables},
	{"all samples but the first", 0, lose_time, on_time},
	{"an engine's word", 0, lose_word, on_word},
	{"a capture on an ha interface", COUNT(nha), lose_frames, on_frames},
	{"half of such a capture", COUNT(nha), cut_frames, on_frames},
	{"frames of such a capture", COUNT(nha), drop_frames, on_frames},
	{"a capture on a tunnel", COUNT(ntunnels), lose_tunnel, on_tunnel},
	{"half of a capture on a tunnel", COUNT(ntunnels), cut_tunnel,
	 on_tunnel},
	{"a ping from outside", COUNT(noutside), lose_outside, on_outside},
	{"a ping from inside", COUNT(ninside), lose_inside, on_inside},
	{"a passage's sender", COUNT(npassages), lose_passage, on_passage},
	{"the host outside", SIZE_MAX, lose_left, on_left},
	{"its tables", SIZE_MAX, lose_host, on_host},
	{"a capture in a router", COUNT(nthrough), lose_through, on_through},
	{"a ping of the Internet", COUNT(ninternet), lose_ping_of_internet,
	 on_outward},
	{"a trace", COUNT(ninternet), lose_trace, on_trace},
	{"a capture in a project", COUNT(nisles), lose_isle, on_isle},
	{"other projects' packets", COUNT(nisles), lose_sender, on_isle},
	{"a node's drift", 0, lose_drift, on_drift},
	{"offers of DHCP servers", BOOTS, lose_offers, on_offers},
	{"a machine's word", BOOTS, lose_guest, on_guest},
	{"answers of DNS servers", BOOTS, lose_names, on_names},
	{"what is heard of routers", BOOTS, lose_adverts, on_adverts},
	{"who answers ARP", BOOTS, lose_arp, on_arp},
	{"where radvd runs", 0, lose_radvd, on_radvd},
	{"answers of the metadata service", BOOTS, lose_web, on_web},
	{"answers about the Internet", BOOTS, lose_internet, on_internet},
	{"pings of instances from outside", COUNT(nreached), lose_reach,
	 on_reach},
	{"where packets are to arrive", COUNT(ntries), lose_tries, on_tries},
	{"what sends packets", COUNT(ntries), lose_senders, on_tries},
	{"what is tracked", COUNT(ntracking), lose_tracked, on_tracked},
	{"which gateways are there", COUNT(ngateways), lose_gateways,
	 on_gateways},
};

static size_t part_count(const struct part *p, const struct evidence *e)
{
	size_t n;

	if (p->count == SIZE_MAX)
		return 1;
	if (p->count == BOOTS)
		return e->lab->ninstances;
	if (!p->count)
		return e->lab->nnodes;
	memcpy(&n, (const char *)e + p->count, sizeof(n));
	return n;
}

/* Returns how many points were concerned; missed names those that did not say
 * that they could not look. */
static size_t lose_one(const struct part *part, size_t i, bool *seen,
		       struct buf *missed)
{
	auto_(evidence_release) struct evidence e;
	auto_arena struct arena a = {0};
	struct points points;
	size_t k, c, n = 0;

	healthy_evidence(&e, lab);
	check_points(&a, &e, NULL, &points);
	part->lose(&e, i);
	for (k = 0; k < points.n; k++) {
		struct verdict v = {.arena = &a};

		if (!part->concerns(&e, i, &points.items[k]))
			continue;
		n++;
		for (c = 0; check_nth(c) != points.items[k].check; c++)
			;
		seen[c] = true;
		check_judge(&e, &points.items[k], &v);
		if (v.kind != VERDICT_OK && v.blind)
			continue;
		buf_adds(missed, missed->len ? "; " : "");
		check_title(&points.items[k], missed);
	}
	return n;
}

static void blind_parts(void)
{
	bool seen[128] = {false};
	const struct check *c;
	size_t p, i, l, n, concerned;

	for (p = 0; p < ARRAY_LEN(parts); p++) {
		auto_buf struct buf missed = {0};

		for (l = concerned = 0; l < ARRAY_LEN(worlds); l++) {
			auto_(evidence_release) struct evidence e;

			lab = worlds[l];
			evidence_init(&e, lab);
			n = part_count(&parts[p], &e);
			for (i = 0; i < n; i++)
				concerned +=
					lose_one(&parts[p], i, seen, &missed);
		}
		ok(concerned, "without %s: %zu points", parts[p].what,
		   concerned);
		is(missed.data, NULL, "without %s none of them passes",
		   parts[p].what);
	}
	for (i = 0; (c = check_nth(i)) != NULL; i++)
		ok(seen[i], "check %s was made blind by a part", c->name);
}

/* Two projects, whose HA networks have the same addresses; three hosts; no
 * learning but flood entries; a network on one node alone. */
static const char two_projects[] =
	"lab: two\n"
	"l2_population: true\n"
	"nodes:\n"
	"  controller: {role: controller}\n"
	"  network1: {role: network}\n"
	"  network2: {role: network}\n"
	"  network3: {role: network}\n"
	"  compute1: {role: compute}\n" BROKEN_WAY_OUT
	"      ext4: {cidr: 203.0.113.0/24, gateway: 203.0.113.1}\n"
	"  a:\n"
	"    project: one\n"
	"    type: vxlan\n"
	"    subnets: {a4: {cidr: 10.1.0.0/24, gateway: 10.1.0.1}}\n"
	"  b:\n"
	"    project: two\n"
	"    type: vxlan\n"
	"    subnets: {b4: {cidr: 10.1.0.0/24, gateway: 10.1.0.1}}\n"
	"routers:\n"
	"  ra: {project: one, gateway: ext, interfaces: [a4]}\n"
	"  rb: {project: two, gateway: ext, interfaces: [b4]}\n"
	"instances:\n"
	"  ia: {node: compute1, network: a}\n"
	"  ib: {node: compute1, network: b}\n";

/* A healthy lab of another shape passes everywhere. */
static void passes(const char *what, const char *path, const char *text)
{
	auto_(topo_errors_release) struct topo_errors errs = {0};
	auto_(evidence_release) struct evidence e;
	auto_buf struct buf found = {0};
	struct lab *other = NULL;
	int r = text ? topo_load_text(path, text, strlen(text), &other, &errs)
		     : topo_load(path, &other, &errs);

	if (!ok(r == 0, "%s: loaded%s%s", what, errs.n ? ": " : "",
		errs.n ? errs.items[0].msg : ""))
		return;
	healthy_evidence(&e, other);
	findings(&e, &found);
	is(found.data, NULL, "%s passes", what);
	lab_free(other);
}

/* With the kernel's datapath ports have no pair of links: what is on br-int is
 * in the namespace. */
static void internal_ports(void)
{
	auto_(topo_errors_release) struct topo_errors errs = {0};
	auto_(evidence_release) struct evidence e;
	auto_buf struct buf found = {0};
	const char *qr, *qg, *netns;
	struct lab *other;
	struct observed *o;

	if (!ok(topo_load("topologies/l3ha-ovs.yaml", &other, &errs) == 0,
		"internal ports: loaded"))
		return;
	topo_settle(other, true);
	qr = other->routers[0].qr[0]->ifname;
	qg = other->routers[0].gateway->ifname;
	netns = other->routers[0].netns;
	healthy_evidence(&e, other);
	findings(&e, &found);
	is(found.data, NULL, "internal ports pass");
	EACH_SAMPLE(&e, "network1", o)
	healthy_ovs(o, qr)->tag = 7;
	EACH_SAMPLE(&e, "network2", o)
	healthy_link(o, netns, qg)->name = "away";
	findings(&e, &found);
	is(found.data,
	   "blind mtu: ext-net on network2; "
	   "wrong tags: ext-net on network2; "
	   "wrong tags: demo-net on network1; "
	   "wrong ports: demo-router on network2; "
	   "blind addresses: demo-router on network2; "
	   "blind nat-path: from demo-instance1 by demo-router, IPv4; "
	   "blind nat-path: from demo-instance2 by demo-router, IPv4",
	   "one with a wrong tag, one without its link");
	lab_free(other);
}

static void breakages(const struct broken *table)
{
	size_t i;

	for (i = 0; table[i].what; i++) {
		auto_(evidence_release) struct evidence e;
		auto_buf struct buf found = {0};

		healthy_evidence(&e, lab);
		if (table[i].how)
			table[i].how(&e);
		findings(&e, &found);
		is(found.data, table[i].found, "%s", table[i].what);
	}
}

int main(void)
{
	auto_(topo_errors_release) struct topo_errors errs = {0};
	size_t i;

	if (!ok(topo_load(FILE_NAME, &lab, &errs) == 0, "load " FILE_NAME))
		return tap_done();
	worlds[0] = lab;
	if (!ok(topo_load_text("served.yaml", broken_services_text,
			       strlen(broken_services_text), &worlds[1],
			       &errs) == 0,
		"load the lab with services%s%s", errs.n ? ": " : "",
		errs.n ? errs.items[0].msg : ""))
		return tap_done();
	if (!ok(topo_load_text("routers.yaml", broken_routers_text,
			       strlen(broken_routers_text), &worlds[2],
			       &errs) == 0,
		"load the lab with routers%s%s", errs.n ? ": " : "",
		errs.n ? errs.items[0].msg : ""))
		return tap_done();
	if (!ok(topo_load_text("groups.yaml", broken_groups_text,
			       strlen(broken_groups_text), &worlds[3],
			       &errs) == 0,
		"load the lab with groups%s%s", errs.n ? ": " : "",
		errs.n ? errs.items[0].msg : ""))
		return tap_done();
	if (!ok(topo_load("topologies/l3ha-ovs.yaml", &worlds[4], &errs) == 0,
		"load the lab with Open vSwitch"))
		return tap_done();
	if (!ok(topo_load_text("vlans.yaml", broken_vlan_text,
			       strlen(broken_vlan_text), &worlds[5],
			       &errs) == 0,
		"load the lab with VLANs%s%s", errs.n ? ": " : "",
		errs.n ? errs.items[0].msg : ""))
		return tap_done();
	if (!ok(topo_load_text("dhcpv6.yaml", broken_dhcpv6_text,
			       strlen(broken_dhcpv6_text), &worlds[6],
			       &errs) == 0,
		"load the lab with DHCPv6%s%s", errs.n ? ": " : "",
		errs.n ? errs.items[0].msg : ""))
		return tap_done();
	if (!ok(topo_load_text("gateways.yaml", broken_gateway_text,
			       strlen(broken_gateway_text), &worlds[7],
			       &errs) == 0,
		"load the lab with gateways that are pinged%s%s",
		errs.n ? ": " : "", errs.n ? errs.items[0].msg : ""))
		return tap_done();
	if (!ok(lab->nrouters == 1 && lab->routers[0].nhosts == 2 &&
			lab->ninstances == 2,
		"the lab that the breakages speak of"))
		return tap_done();
	broken_lab(worlds[0]);
	broken_services_lab(worlds[1]);
	broken_routers_lab(worlds[2]);
	broken_groups_lab(worlds[3]);
	broken_switch_lab(worlds[4]);
	broken_vlan_lab(worlds[5]);
	broken_dhcpv6_lab(worlds[6]);
	broken_gateway_lab(worlds[7]);
	registry();
	for (i = 0; i < ARRAY_LEN(tables); i++) {
		lab = worlds[i];
		breakages(tables[i]);
		blindness();
	}
	blind_parts();
	passes("the shipped lab", "topologies/l3ha-linuxbridge.yaml", NULL);
	passes("another one", "topologies/vrrp-rapid.yaml", NULL);
	passes("the one with Open vSwitch", "topologies/l3ha-ovs.yaml", NULL);
	passes("the one with VLANs", "topologies/ovs-vlan.yaml", NULL);
	passes("the smallest one", "topologies/minimal.yaml", NULL);
	passes("a class", "topologies/classroom.yaml", NULL);
	passes("a lab of two projects", "two.yaml", two_projects);
	internal_ports();
	lab_free(worlds[0]);
	lab_free(worlds[1]);
	lab_free(worlds[2]);
	lab_free(worlds[3]);
	lab_free(worlds[4]);
	lab_free(worlds[5]);
	lab_free(worlds[6]);
	lab_free(worlds[7]);
	return tap_done();
}
