/* SPDX-License-Identifier: MIT */
/*
 * A drill as it was recorded on a lab: the shipped one, network2 active, its
 * overlay interface down at 0 ms, network1 taking over at 5.6 s. Then in each
 * row one thing went otherwise, and one point must say so.
 */
#include "verify/drill/drill.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/mono.h"
#include "t/lib/healthy.h"
#include "t/lib/tap.h"
#include "verify/drill/figures.h"
#include "verify/drill/router.h"

#define FILE_NAME "t/lib/plain.yaml"
#define DOWN (INT64_C(1700000000) * NS_PER_S)
#define MS(n) (DOWN + (n)*NS_PER_MS)
#define OLD 1 /* network2 */
#define NEW 0

#define NONE_TRIED                                                             \
	"blind connection; blind connection; blind connection; blind "         \
	"connection"
#define NONE_APPLIES                                                           \
	"skip connection; skip connection; skip connection; skip connection"

static struct lab *lab;
static const char *fault = "tunnel";
static const struct topo_router *r;

/* A record, and the evidence that its tables are made from. */
struct record {
	struct drill d;
	struct evidence before, during, e; /* e: after */
};

static void event(struct drill *d, size_t host, int64_t t, const char *what,
		  const char *dev, const struct ipnet *addr)
{
	struct drill_host *h = &d->routers[0].hosts[host];
	char text[IP_TEXT_MAX];
	struct seen_event *e = arena_push(&d->arena, &h->events.items,
					  &h->events.n, sizeof(*e));

	*e = (struct seen_event){t, what, dev, "default via 203.0.113.1"};
	if (addr)
		e->text = arena_strdup(&d->arena, ipnet_print(addr, text));
}

static void addresses(struct drill *d, size_t host, int64_t t, const char *what)
{
	const struct topo_port *ports[] = {r->gateway, r->qr[0], r->qr[1]};
	size_t i, k;

	event(d, host, t, what, r->ha_ports[host]->ifname, &r->ha.vip);
	for (i = 0; i < 3; i++)
		for (k = 0; k < ports[i]->naddrs; k++)
			event(d, host, t + 1000, what, ports[i]->ifname,
			      &ports[i]->addrs[k].addr);
	for (i = 0; i < r->nfloatings; i++) {
		struct ipnet one = topo_floating_net(r->floatings[i]);

		event(d, host, t + 1000, what, r->gateway->ifname, &one);
	}
}

static struct frame *frame(struct drill *d, size_t host)
{
	struct seen_frames *s = &d->routers[0].hosts[host].frames;

	return arena_push(&d->arena, &s->frames, &s->n, sizeof(struct frame));
}

/* As host `at` saw it; our own frames are outgoing. */
static void advert(struct drill *d, size_t at, size_t from, int64_t t)
{
	struct frame *f = frame(d, at);

	*f = healthy_advert(r, from, 0);
	f->t = t;
	f->outgoing = at == from;
}

static void arp(struct drill *d, int64_t t, const struct ip *ip)
{
	struct frame *f = frame(d, NEW);

	f->t = t;
	f->outgoing = true;
	f->kind = FRAME_ARP;
	f->arp.op = 1;
	f->arp.spa = f->arp.tpa = *ip;
}

static void announce(struct drill *d, int64_t t)
{
	const struct topo_port *ports[] = {r->gateway, r->qr[0], r->qr[1]};
	size_t i, k;

	for (i = 0; i < 3; i++)
		for (k = 0; k < ports[i]->naddrs; k++) {
			const struct ip *ip = &ports[i]->addrs[k].addr.ip;
			struct frame *f;

			if (ip->family == 4) {
				arp(d, t, ip);
				continue;
			}
			f = frame(d, NEW);
			f->t = t;
			f->outgoing = true;
			f->kind = FRAME_NA;
			f->na.target = *ip;
			f->na.override = f->na.router = true;
		}
	for (i = 0; i < r->nfloatings; i++)
		arp(d, t, &r->floatings[i]->addr);
}

/* Probes from -1 s to 12 s; those in from..to ms after the fault are lost. */
static void ping(struct drill *d, struct drill_ping *p, int64_t from,
		 int64_t to)
{
	int64_t t;

	p->pings = (struct seen_pings){0};
	for (t = -1000; t < 12000; t += 10) {
		struct seen_probe *k = arena_push(&d->arena, &p->pings.probes,
						  &p->pings.n, sizeof(*k));

		k->sent = MS(t);
		k->rtt = t >= from && t < to ? -1 : 400000;
		k->ttl = 64;
	}
}

static const struct observed **tables(struct evidence *e)
{
	const struct observed **obs =
		arena_array(&e->arena, lab->nnodes, sizeof(*obs));
	size_t i;

	for (i = 0; i < lab->nnodes; i++)
		obs[i] = e->nodes[i].samples[0];
	return obs;
}

/* Everything of the router moves from network2 to network1. */
static void swap_roles(struct evidence *e, const char *old_state)
{
	struct observed *now = healthy_sample(e, "network1", 0);
	struct observed *old = healthy_sample(e, "network2", 0);

	healthy_router(now, r->uuid)->state = "active";
	healthy_router(old, r->uuid)->state = old_state;
	healthy_ns(old, r->netns)->of[RES_ADDR].n = 0;
}

static void record_release(struct record *c)
{
	drill_release(&c->d);
	evidence_release(&c->before);
	evidence_release(&c->during);
	evidence_release(&c->e);
}

static void make(struct record *c)
{
	struct drill *d = &c->d;
	size_t i, k;

	drill_init(d, lab, NULL, fault_find(fault));
	healthy_evidence(&c->before, lab);
	healthy_evidence(&c->during, lab);
	healthy_evidence(&c->e, lab);
	swap_roles(&c->during, "fault");
	swap_roles(&c->e, "backup");
	d->before = tables(&c->before);
	d->during = tables(&c->during);
	d->after = tables(&c->e);
	d->victim = r->hosts[OLD];
	d->down_ns = DOWN;
	d->up_ns = MS(6700);
	d->taken_ns = MS(5700) - DOWN;
	d->routers[0].old = OLD;
	d->routers[0].hit = true;
	if (d->fault->aim(r, OLD, &d->routers[0].aim, NULL) < 0)
		abort();
	for (i = 0; i < 2; i++)
		d->routers[0].hosts[i].error = NULL;
	for (k = 0; k < 2; k++) {
		advert(d, k, OLD, MS(-3200));
		advert(d, k, OLD, MS(-1200));
	}
	addresses(d, OLD, MS(1), "-addr");
	advert(d, NEW, NEW, MS(5610));
	addresses(d, NEW, MS(5611), "+addr");
	event(d, NEW, MS(5612), "+route", r->gateway->ifname, NULL);
	announce(d, MS(5613));
	advert(d, NEW, NEW, MS(7610));
	advert(d, OLD, NEW, MS(7610));
	for (i = 0; i < d->npings; i++)
		ping(d, &d->pings[i], 0, 5620);
	for (i = 0; i < d->nconnections; i++) {
		struct drill_connection *x = &d->connections[i];

		x->error = NULL;
		x->seen = (struct seen_tcp){.open = true,
					    .speaks = true,
					    .fate = drill_fate(d, x, true)};
	}
}

/* --- what went otherwise --------------------------------------------- */

static void nothing(struct record *c)
{
	(void)c;
}

static void late(struct record *c)
{
	struct seen_frames *s = &c->d.routers[0].hosts[NEW].frames;
	size_t i;

	c->d.up_ns = MS(11000);
	for (i = 2; i < s->n; i++)
		s->frames[i].t += 4 * NS_PER_S;
	for (i = 0; i < c->d.routers[0].hosts[NEW].events.n; i++)
		c->d.routers[0].hosts[NEW].events.items[i].t += 4 * NS_PER_S;
}

static void nobody(struct record *c)
{
	c->d.routers[0].hosts[NEW].frames.n = 2;
	c->d.routers[0].hosts[NEW].events.n = 0;
}

static void addresses_late(struct record *c)
{
	struct drill_host *h = &c->d.routers[0].hosts[NEW];
	size_t i;

	for (i = 0; i < h->events.n; i++)
		h->events.items[i].t += 2 * NS_PER_S;
}

static void an_address_less(struct record *c)
{
	c->d.routers[0].hosts[NEW].events.items[2].what = "-addr";
}

static void unannounced(struct record *c)
{
	c->d.routers[0].hosts[NEW].frames.frames[3].arp.spa.b[3]++;
}

static void two_holders(struct record *c)
{
	c->d.during = c->d.before;
}

static void unwatched(struct record *c)
{
	c->d.routers[0].hosts[NEW].error = "no such file";
	c->d.routers[0].hosts[NEW].events.n = 0;
}

static void took_back(struct record *c)
{
	c->d.after = c->d.before;
}

static void advert_again(struct record *c)
{
	advert(&c->d, OLD, OLD, MS(7000));
}

static void link_still_down(struct record *c)
{
	healthy_link(healthy_sample(&c->e, "network2", 0), "", "eth1")->up =
		false;
}

static void stays_in_fault(struct record *c)
{
	healthy_router(healthy_sample(&c->e, "network2", 0), r->uuid)->state =
		"fault";
}

static void long_silence(struct record *c)
{
	ping(&c->d, &c->d.pings[0], 0, 7900);
}

static void silence_for_ever(struct record *c)
{
	ping(&c->d, &c->d.pings[0], 0, 20000);
}

static void lossy_before(struct record *c)
{
	c->d.pings[0].pings.probes[5].rtt = -1;
}

static void lost_in_flight(struct record *c)
{
	c->d.pings[0].pings.probes[99].rtt = -1;
}

static void all_reset(struct record *c)
{
	size_t i;

	for (i = 0; i < c->d.nconnections; i++)
		c->d.connections[i].seen.fate = TCP_RESET;
}

static void all_go_on(struct record *c)
{
	size_t i;

	for (i = 0; i < c->d.nconnections; i++)
		c->d.connections[i].seen.fate = TCP_GOES_ON;
}

static void one_silent(struct record *c)
{
	c->d.connections[0].seen.fate = TCP_SILENT;
}

static void one_not_open(struct record *c)
{
	c->d.connections[1].seen.open = false;
	c->d.connections[2].error = "network1: connection refused";
}

static void not_hit(struct record *c)
{
	size_t i;

	all_go_on(c);

	c->d.routers[0].hit = false;
	c->d.after = c->d.before;
	for (i = 0; i < c->d.npings; i++)
		ping(&c->d, &c->d.pings[i], 0, 0);
}

static void not_run(struct record *c)
{
	c->d.down_ns = c->d.up_ns = 0;
	c->d.victim = NULL;
	for (size_t i = 0; i < c->d.npings; i++)
		c->d.pings[i].pings.error = "not begun";
	err_set(&c->d.err, -EACCES, "no way");
}

static void spoiled(struct record *c)
{
	c->d.spoiled = "another hand mended the fault";
}

static const struct {
	const char *what;
	void (*how)(struct record *c);
	const char *found;
} rows[] = {
	{"a drill as it should be", nothing, NULL},
	{"the takeover comes late", late, "wrong takeover"},
	{"nobody takes over", nobody,
	 "wrong takeover; blind addresses; blind announced; blind "
	 "stays; " NONE_TRIED},
	{"addresses come long after the advert", addresses_late,
	 "wrong addresses"},
	{"an address does not come", an_address_less, "wrong addresses"},
	{"an address is not announced", unannounced, "wrong announced"},
	{"the old node keeps its addresses", two_holders, "wrong one-holder"},
	{"the new node could not be watched", unwatched,
	 "blind takeover; blind addresses; blind announced"},
	{"the old node takes the role back", took_back, "wrong stays"},
	{"the old node speaks after the heal", advert_again, "wrong stays"},
	{"the link is left down", link_still_down, "wrong restored"},
	{"the old node stays in fault", stays_in_fault, "wrong restored"},
	{"an outage over the bound", long_silence, "wrong outage"},
	{"an outage without an end", silence_for_ever, "wrong outage"},
	{"packets lost before the fault", lossy_before, "wrong before"},
	{"a packet in flight at the fault", lost_in_flight, NULL},
	{"every connection is reset", all_reset,
	 "wrong connection; wrong connection; wrong connection"},
	{"one goes on that nobody carried over", all_go_on, "wrong connection"},
	{"one is silent", one_silent, "wrong connection"},
	{"some were not open", one_not_open,
	 "blind connection; blind connection"},
	{"a router that was active elsewhere", not_hit,
	 "skip takeover; skip addresses; skip announced; skip one-holder; "
	 "skip restored"},
	{"a fault that another hand mended", spoiled,
	 "blind takeover; blind addresses; blind announced; blind one-holder; "
	 "blind restored; blind stays; blind outage; blind outage; "
	 "blind outage; blind outage; blind outage; blind outage; " NONE_TRIED},
	{"a drill that was not carried out", not_run,
	 "blind before; "
	 "blind takeover; blind addresses; blind announced; blind one-holder; "
	 "blind restored; blind stays; blind outage; blind outage; "
	 "blind outage; blind outage; blind outage; blind outage; " NONE_TRIED},
};

static void findings(const struct drill *d, struct buf *out)
{
	size_t i;

	for (i = 0; i < drill_points(d); i++) {
		auto_buf struct buf title = {0}, command = {0};
		auto_arena struct arena a = {0};
		struct verdict v = {.arena = &a};
		const char *skip, *word;

		drill_title(d, i, &title);
		drill_judge(d, i, &v, &skip);
		drill_command(d, i, &command);
		if (!skip && v.kind == VERDICT_OK)
			continue;
		if (!command.len || !title.len)
			buf_adds(out, "without words: ");
		word = skip                      ? "skip"
		       : v.kind == VERDICT_WRONG ? "wrong"
						 : "blind";
		buf_printf(out, "%s%s %s", out->len ? "; " : "", word,
			   drill_name(d, i));
	}
}

static void times(void)
{
	auto_(record_release) struct record c;
	struct timeline t;
	struct outage o;

	make(&c);
	drill_timeline(&c.d, 0, &t);
	is_int(t.now, NEW, "timeline: the new host");
	is_int(t.last_old - DOWN, -1200 * NS_PER_MS, "last advert of the old");
	is_int(t.first_new - DOWN, 5610 * NS_PER_MS, "first of the new");
	is_int(t.addresses - DOWN, 5611 * NS_PER_MS + 1000, "addresses");
	is_int(t.routes - DOWN, 5612 * NS_PER_MS, "routes");
	is_int(t.announced - DOWN, 5613 * NS_PER_MS, "first announcement");
	is_int(t.gave_up - DOWN, NS_PER_MS + 1000, "given up by the old");
	is_int(t.reply - DOWN, 5620 * NS_PER_MS + 400000, "first reply");
	is_int(t.announcements, t.wanted, "all addresses announced");
	is_int(t.wanted, 5, "five addresses to announce");

	drill_outage(&c.d.pings[0].pings, DOWN, INT64_MAX, &o);
	is_int(o.ns, 5620 * NS_PER_MS, "outage: its length");
	is_int(o.lost, 562, "outage: packets lost");
	is_int(o.sent, 1200, "outage: packets sent");
	ok(!o.open && o.began == DOWN, "outage: began, and ended");
	ping(&c.d, &c.d.pings[0], 11500, 20000);
	drill_outage(&c.d.pings[0].pings, DOWN, INT64_MAX, &o);
	ok(o.open, "outage: without an end");
	is_int(o.ns, 500 * NS_PER_MS, "outage: at least as long as seen");
	ping(&c.d, &c.d.pings[0], 0, 0);
	c.d.pings[0].pings.probes[500].rtt = -1;
	c.d.pings[0].pings.probes[700].rtt = -1;
	c.d.pings[0].pings.probes[701].rtt = -1;
	drill_outage(&c.d.pings[0].pings, DOWN, INT64_MAX, &o);
	is_int(o.ns, 20 * NS_PER_MS, "outage: the longest of several");
	is_int(o.lost, 3, "outage: all that is lost");
	drill_outage(&(struct seen_pings){0}, 0, INT64_MAX, &o);
	ok(!o.ns && !o.sent && !o.open, "outage: of nothing");
}

/* track: [ha], overlay cut: the weakness must be named, nowhere else. */
static void weakness(void)
{
	struct topo_router *w = &lab->routers[0];
	auto_(record_release) struct record c;
	struct verdict v = {0};
	const char *skip;
	bool named = false;
	size_t i;

	w->ha.track = TOPO_TRACK_HA;
	make(&c);
	two_holders(&c);
	v.arena = &c.d.arena;
	for (i = 0; strcmp(drill_name(&c.d, i), "one-holder") != 0; i++)
		;
	drill_judge(&c.d, i, &v, &skip);
	for (i = 0; i < v.observed.n; i++)
		named |= strstr(v.observed.items[i], "track: [ha]") != NULL;
	ok(v.kind == VERDICT_WRONG && named,
	   "with track: [ha] the documented weakness is named");
	w->ha.track = TOPO_TRACK_HA | TOPO_TRACK_TUNNEL;
}

/* --- other faults ---------------------------------------------------- */

/* The old node knows nothing and holds everything until it is joined again,
 * and says so with an advert or two. */
static void keeps(struct record *c)
{
	two_holders(c);
	advert(&c->d, OLD, OLD, MS(6710));
	advert(&c->d, OLD, OLD, MS(6711));
}

static void keeps_for_ever(struct record *c)
{
	keeps(c);
	healthy_addr_add(&c->e, healthy_sample(&c->e, "network2", 0), r->netns,
			 r->gateway->ifname, "203.0.113.21/24");
}

static void keeps_talking(struct record *c)
{
	keeps(c);
	advert(&c->d, OLD, OLD, MS(8710));
	advert(&c->d, OLD, OLD, MS(10710));
}

/* network2 has the higher address: once both are heard the role is its own. */
static void goes_back(struct record *c)
{
	two_holders(c);
	took_back(c);
	healthy_ns(healthy_sample(&c->before, "network1", 0), r->netns)
		->of[RES_ADDR]
		.n = 0;
	advert(&c->d, OLD, OLD, MS(6710));
	advert(&c->d, OLD, OLD, MS(8710));
	advert(&c->d, OLD, OLD, MS(10710));
	advert(&c->d, OLD, OLD, MS(12710));
}

static void goes_back_half(struct record *c)
{
	goes_back(c);
	healthy_addr_add(&c->before, healthy_sample(&c->before, "network1", 0),
			 r->netns, r->gateway->ifname, "203.0.113.21/24");
}

static void engine_gone(struct record *c)
{
	healthy_engine(&c->e.arena, healthy_sample(&c->e, "network2", 0))
		->error = "no such file";
}

static void node_gone(struct record *c)
{
	c->d.after[r->hosts[OLD]->index] = NULL;
}

static void nothing_moves(struct record *c)
{
	nobody(c);
	two_holders(c);
	took_back(c);
}

static const struct {
	const char *fault, *what;
	void (*how)(struct record *c);
	const char *found;
} others[] = {
	{"ha", "the ha interface down", nothing, NULL},
	{"engine-kill", "as it should be", nothing, NULL},
	{"engine-kill", "its addresses stay", two_holders, "wrong one-holder"},
	{"engine-kill", "the engine stays dead", engine_gone,
	 "blind restored; blind stays"},
	{"engine-kill", "nobody takes over", nobody,
	 "wrong takeover; blind addresses; blind announced; blind "
	 "stays; " NONE_TRIED},
	{"node-kill", "as it should be", nothing, NULL},
	{"node-kill", "the node does not come back", node_gone,
	 "blind one-holder; blind restored; blind stays"},
	{"node-kill", "it speaks as if nothing had been", advert_again,
	 "wrong stays"},
	{"node-pause", "it holds all until it goes on", keeps, NULL},
	{"node-pause", "it holds an address for ever", keeps_for_ever,
	 "wrong one-holder"},
	{"node-pause", "it goes on speaking", keeps_talking, "wrong stays"},
	{"node-pause", "the outage is too long", long_silence, "wrong outage"},
	{"gateway-loss", "as with a health check", nothing, NULL},
	{"gateway-loss", "nobody notices", nothing_moves,
	 "wrong takeover; blind addresses; blind announced; "
	 "wrong one-holder; blind stays; " NONE_TRIED},
	{"partition", "the one with precedence has it again", goes_back,
	 NONE_APPLIES},
	{"partition", "the other holds an address for ever", goes_back_half,
	 "wrong one-holder; " NONE_APPLIES},
	{"partition", "the wrong one has it afterwards", nothing,
	 "wrong stays; " NONE_APPLIES},
};

/* Says a verdict of this check what is known of the router? */
static bool names(const struct drill *d, const char *check, const char *word)
{
	auto_arena struct arena a = {0};
	struct verdict v = {.arena = &a};
	const char *skip;
	bool named = false;
	size_t i;

	for (i = 0; strcmp(drill_name(d, i), check) != 0; i++)
		;
	drill_judge(d, i, &v, &skip);
	for (i = 0; i < v.observed.n; i++)
		named |= strstr(v.observed.items[i], word) != NULL;
	return v.kind == VERDICT_WRONG && named;
}

static void other_faults(void)
{
	auto_(record_release) struct record c;
	const struct fault *f;
	size_t i;

	for (i = 0; i < ARRAY_LEN(others); i++) {
		auto_(record_release) struct record one;
		auto_buf struct buf found = {0};

		fault = others[i].fault;
		make(&one);
		others[i].how(&one);
		findings(&one.d, &found);
		is(found.data, others[i].found, "%s: %s", others[i].fault,
		   others[i].what);
	}
	for (i = 0; (f = fault_nth(i)) != NULL; i++)
		ok(f->name && f->about && f->struck && f->aim &&
			   (f->op || f->traits & FAULT_KILLS_NODE),
		   "%s has what a fault needs", f->name);
	fault = "gateway-loss";
	make(&c);
	nothing_moves(&c);
	ok(names(&c.d, "takeover", "gateway"),
	   "gateway-loss: why nobody noticed is named");
	fault = "tunnel";
}

/* --- keepalived ------------------------------------------------------ */

/* It hands over by an advert of priority 0, after the fault. */
static void hands_over(struct record *c)
{
	struct drill_host *h = &c->d.routers[0].hosts[OLD];

	advert(&c->d, NEW, OLD, MS(4800));
	/* It comes to be before the new one's, which were told of first. */
	for (size_t i = 0; i < h->events.n; i++)
		h->events.items[i].t += 4800 * NS_PER_MS;
}

/* In version 2.2 addresses come with the advert, in the documents an interval
 * later. */
static void an_interval_late(struct record *c)
{
	addresses_late(c);
	c->d.up_ns = MS(9000);
}

static void two_intervals_late(struct record *c)
{
	an_interval_late(c);
	addresses_late(c);
}

/* The one that stood still goes on, and has the role again. */
static void takes_the_role(struct record *c)
{
	goes_back(c);
	c->d.during = c->d.before;
}

static void two_in_the_end(struct record *c)
{
	keeps_talking(c);
	healthy_router(healthy_sample(&c->e, "network2", 0), r->uuid)->state =
		"active";
}

/* And it gives nothing up. */
static void trap(struct record *c)
{
	two_holders(c);
	c->d.routers[0].hosts[OLD].events.n = 0;
}

static const struct {
	const char *fault, *what;
	void (*how)(struct record *c);
	const char *found;
	const char *check, *note; /* that a point which holds must have */
} kept[] = {
	{"gateway-loss", "it is nothing that it notices", nothing_moves,
	 "skip addresses; skip announced; skip stays; " NONE_APPLIES,
	 "takeover", "VRRP watches the path"},
	{"gateway-loss", "it hands over, and nobody has the addresses for long",
	 hands_over, NULL, "takeover", "nobody held them for 810 ms"},
	{"ha", "its addresses come at once", nothing, NULL, "addresses",
	 "seen here: +1.0 ms"},
	{"ha", "its addresses come an interval late", an_interval_late, NULL,
	 "addresses", "seen here: +2001.0 ms"},
	{"ha", "or later than that", two_intervals_late, "wrong addresses",
	 NULL, NULL},
	{"ha", "one of them is missing", an_address_less, "wrong addresses",
	 NULL, NULL},
	{"ha", "nobody takes over", nobody,
	 "wrong takeover; blind addresses; blind announced; blind "
	 "stays; " NONE_TRIED,
	 NULL, NULL},
	{"tunnel", "the trap", two_holders, NULL, "one-holder",
	 "keeps its addresses"},
	{"tunnel", "for how long", trap, NULL, "one-holder",
	 "two held its addresses for"},
	{"tunnel", "nobody takes over", nobody,
	 "wrong takeover; blind addresses; blind announced; blind "
	 "stays; " NONE_TRIED,
	 NULL, NULL},
	{"node-pause", "it goes on as if nothing had been", takes_the_role,
	 NULL, "stays", "takes the role back"},
	{"node-pause", "two are active in the end", two_in_the_end,
	 "wrong stays", NULL, NULL},
	{"partition", "some look for it at the wrong one", long_silence,
	 "wrong stays; " NONE_APPLIES, "outage", "until its next refresh"},
	{"partition", "and do so for ever", silence_for_ever,
	 "wrong stays; wrong outage; " NONE_APPLIES, NULL, NULL},
	{"engine-kill", "the outage is too long", long_silence, "wrong outage",
	 NULL, NULL},
};

static const char *note_of(const struct drill *d, const char *check,
			   struct arena *a)
{
	struct verdict v = {.arena = a};
	const char *skip;
	size_t i;

	for (i = 0; strcmp(drill_name(d, i), check) != 0; i++)
		;
	drill_judge(d, i, &v, &skip);
	return v.kind == VERDICT_OK && v.note ? v.note : "";
}

static void by_file(struct evidence *e)
{
	for (size_t k = 0; k < r->nhosts; k++)
		healthy_router(healthy_sample(e, r->hosts[k]->name, 0), r->uuid)
			->by_file = true;
}

/* What is known to go wrong is a note with what was measured, what would follow
 * is passed over, and what is worse is wrong. */
static void keepalived(void)
{
	struct topo_router *w = &lab->routers[0];
	unsigned track = w->ha.track;
	unsigned refresh = w->ha.garp_refresh_s;

	for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
		auto_(record_release) struct record c;
		auto_arena struct arena a = {0};
		auto_buf struct buf found = {0};

		fault = kept[i].fault;
		w->ha.health_ms = kept[i].how == hands_over ? 2000 : 0;
		w->ha.garp_refresh_s =
			kept[i].how == silence_for_ever ? 2 : refresh;
		make(&c);
		kept[i].how(&c);
		w->ha.engine = TOPO_ENGINE_KEEPALIVED;
		w->ha.track = TOPO_TRACK_HA;
		by_file(&c.before);
		by_file(&c.during);
		by_file(&c.e);
		findings(&c.d, &found);
		is(found.data, kept[i].found, "keepalived, %s: %s",
		   kept[i].fault, kept[i].what);
		if (kept[i].note)
			ok(strstr(note_of(&c.d, kept[i].check, &a),
				  kept[i].note) != NULL,
			   "which %s notes: %s", kept[i].check,
			   note_of(&c.d, kept[i].check, &a));
		w->ha.engine = TOPO_ENGINE_LABCTL;
		w->ha.track = track;
	}
	w->ha.garp_refresh_s = refresh;
	w->ha.health_ms = 0;
	fault = "tunnel";
}

/* Who pings its gateways notices their loss: then it is a fault as others. */
static void health_checked(void)
{
	struct topo_router *w = &lab->routers[0];
	auto_(record_release) struct record good, bad, none;
	auto_buf struct buf found = {0}, wrong = {0};
	struct drill_bound b;

	fault = "gateway-loss";
	w->ha.health_ms = 2000;
	b = drill_bound(lab, fault_find(fault), w);
	is_int(b.low / NS_PER_MS, 3000,
	       "health check: an interval and a second");
	is_int(b.high / NS_PER_MS, 5804, "two, a second and the skew at most");
	make(&good);
	findings(&good.d, &found);
	is(found.data, NULL, "health check: gateway-loss is taken over");
	make(&bad);
	late(&bad);
	findings(&bad.d, &wrong);
	is(wrong.data, "wrong takeover", "health check: late is late");
	make(&none);
	nothing_moves(&none);
	ok(!names(&none.d, "takeover", "VRRP watches"),
	   "health check: there is no such weakness to name");
	w->ha.health_ms = 30000;
	b = drill_bound(lab, fault_find(fault), w);
	is_int(b.high / NS_PER_MS, 61804, "as documented, a minute or more");
	w->ha.health_ms = 200;
	b = drill_bound(lab, fault_find(fault), w);
	is_int(b.low / NS_PER_MS, 400, "our engine waits no longer than that");
	w->ha.engine = TOPO_ENGINE_KEEPALIVED;
	b = drill_bound(lab, fault_find(fault), w);
	is_int(b.low / NS_PER_MS, 1200, "Neutron's script a second");
	w->ha.engine = TOPO_ENGINE_LABCTL;
	w->ha.health_ms = 0;
	fault = "tunnel";
}

/* With sync_connections the one that would be reset goes on, or is wrong. */
static void synced(void)
{
	struct topo_router *w = &lab->routers[0];
	auto_(record_release) struct record good, bad;
	auto_buf struct buf found = {0}, wrong = {0};

	w->ha.sync = true;
	make(&good);
	findings(&good.d, &found);
	is(found.data, NULL, "sync_connections: all four go on");
	make(&bad);
	bad.d.connections[3].seen.fate = TCP_RESET;
	findings(&bad.d, &wrong);
	is(wrong.data, "wrong connection",
	   "sync_connections: none may be reset");
	w->ha.sync = false;
}

/* As if n routers had been struck, all as the first. */
static void many(struct record *c, size_t n)
{
	struct drill_router *all =
		arena_array(&c->d.arena, n, sizeof(struct drill_router));
	size_t i;

	for (i = 0; i < n; i++)
		all[i] = c->d.routers[0];
	c->d.routers = all;
	c->d.nrouters = n;
}

static bool says(const struct verdict *v, const char *words)
{
	size_t i;

	for (i = 0; i < v->expected.n; i++)
		if (strstr(v->expected.items[i], words))
			return true;
	return false;
}

/* What n routers at once are granted more, and who is granted it. */
static void together(void)
{
	static const struct {
		size_t n;
		int64_t more_ms;
		bool takeover, addresses, outage;
	} at[] = {
		{1, 0, false, false, false},
		{DRILL_FEW, 0, false, false, false},
		{DRILL_FEW + 1, 5, false, false, false},
		{30, 100, false, false, true},
		{210, 1000, false, false, true},
		{211, 1005, false, true, true},
	};
	size_t i, k;

	for (i = 0; i < ARRAY_LEN(at); i++) {
		auto_(record_release) struct record c, slow;

		make(&c);
		addresses_late(&c); /* by 2.001 s, of 1 s */
		c.d.up_ns = MS(11000);
		long_silence(&c); /* by 0.096 s */
		many(&c, at[i].n);
		make(&slow);
		late(&slow);
		many(&slow, at[i].n);
		is_int(drill_together_ns(&c.d) / NS_PER_MS, at[i].more_ms,
		       "%zu at once: ms granted more", at[i].n);
		for (k = 0; k < drill_points(&c.d); k++) {
			auto_arena struct arena a = {0};
			struct verdict v = {.arena = &a};
			const char *name = drill_name(&c.d, k), *skip;
			bool address = strcmp(name, "addresses") == 0;

			if (k >= drill_nchecks && k != at[i].n * drill_nchecks)
				continue;
			drill_judge(strcmp(name, "takeover") == 0 ? &slow.d
								  : &c.d,
				    k, &v, &skip);
			if (strcmp(name, "takeover") == 0)
				is_int(v.kind == VERDICT_OK, at[i].takeover,
				       "%zu at once: a late advert", at[i].n);
			else if (address)
				is_int(v.kind == VERDICT_OK, at[i].addresses,
				       "%zu at once: late addresses", at[i].n);
			else if (strcmp(name, "outage") == 0)
				is_int(v.kind == VERDICT_OK, at[i].outage,
				       "%zu at once: a long outage", at[i].n);
			if (address || strcmp(name, "outage") == 0)
				is_int(says(&v, "routers move at once"),
				       at[i].more_ms > 0,
				       "%zu at once: %s says so", at[i].n,
				       name);
		}
	}
}

/* --- figures --------------------------------------------------------- */

static void figures(void)
{
	static const int64_t shift[] = {40, 10, 30, 20};
	struct figures f = {0};
	struct spread s;
	size_t i, k;

	for (i = 0; i < ARRAY_LEN(shift); i++) {
		auto_(record_release) struct record c;

		make(&c);
		c.d.down_ns -= shift[i] * NS_PER_MS;
		figures_add(&f, &c.d);
	}
	{
		auto_(record_release) struct record c;

		make(&c);
		not_run(&c);
		figures_add(&f, &c.d);
	}
	is_int(f.drills, 5, "figures: of five drills");
	for (i = 0; strcmp(f.items[i].key, "detection") != 0; i++)
		;
	is_int(f.items[i].n, 4, "figures: seen in four");
	s = figure_spread(&f.items[i]);
	is_int(s.min / NS_PER_MS, 5620, "figures: the least");
	is_int(s.median / NS_PER_MS, 5630, "figures: the median");
	is_int(s.max / NS_PER_MS, 5650, "figures: the most");
	for (k = i = 0; i < f.n; i++)
		k += f.items[i].address != NULL;
	is_int(k, 6, "figures: the outage of each ping");
	figures_release(&f);
}

int main(void)
{
	auto_(topo_errors_release) struct topo_errors errs = {0};
	struct drill_bound b;
	size_t i;

	if (!ok(topo_load(FILE_NAME, &lab, &errs) == 0, "load " FILE_NAME))
		return tap_done();
	r = &lab->routers[0];
	b = drill_bound(lab, fault_find(fault), r);
	is_int(b.low, INT64_C(4804687500), "bound: 2 x 2 s + 206/256 s");
	is_int(b.high, INT64_C(6804687500), "bound: 3 x 2 s + 206/256 s");
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		auto_(record_release) struct record c;
		auto_buf struct buf found = {0};

		make(&c);
		rows[i].how(&c);
		findings(&c.d, &found);
		is(found.data, rows[i].found, "%s", rows[i].what);
	}
	times();
	weakness();
	other_faults();
	keepalived();
	health_checked();
	synced();
	together();
	figures();
	lab_free(lab);
	return tap_done();
}
