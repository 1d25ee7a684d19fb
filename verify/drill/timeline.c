/* SPDX-License-Identifier: MIT */
/*
 * From a drill's record to times. All stamps are CLOCK_REALTIME of the nodes:
 * one clock where the nodes are emulated. Of real nodes the differences
 * between two nodes are as good as their clocks' agreement; those within one
 * node (advert, addresses, announcements of the new host) hold anyhow.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/mono.h"
#include "verify/drill/drill.h"
#include "verify/ways.h"

#define ADDRS_MAX ((2 + TOPO_IFACES_MAX) * 4)

/* An address that the active host holds, and whether hosts must learn it. */
struct wanted {
	const char *dev;
	int64_t held; /* when it was in place */
	char text[IP_TEXT_MAX];
	struct ip ip;
	bool learned;
	bool announced;
};

static size_t add(struct wanted *list, size_t n, const char *dev,
		  const struct ipnet *addr, bool learned)
{
	if (n == ADDRS_MAX)
		return n;
	list[n] =
		(struct wanted){.dev = dev, .ip = addr->ip, .learned = learned};
	ipnet_print(addr, list[n].text);
	return n + 1;
}

static size_t wanted_addrs(const struct topo_router *r, size_t host,
			   struct wanted *list)
{
	size_t i, k, n;

	n = add(list, 0, r->ha_ports[host]->ifname, &r->ha.vip, false);
	for (i = 0; r->gateway && i < r->gateway->naddrs; i++)
		n = add(list, n, r->gateway->ifname, &r->gateway->addrs[i].addr,
			true);
	for (i = 0; i < r->nfloatings; i++) {
		struct ipnet one = topo_floating_net(r->floatings[i]);

		n = add(list, n, r->gateway->ifname, &one, true);
	}
	for (i = 0; i < r->nqr; i++)
		for (k = 0; k < r->qr[i]->naddrs; k++)
			n = add(list, n, r->qr[i]->ifname,
				&r->qr[i]->addrs[k].addr, true);
	return n;
}

static bool sent_by(const struct frame *f, const struct topo_router *r,
		    size_t host)
{
	return f->kind == FRAME_ADVERT && f->advert.vrid == r->ha.vrid &&
	       ip_equal(&f->ip_src, &r->ha_ports[host]->addrs[0].addr.ip);
}

/* The first host but the old one that sends adverts after the fault. */
static void find_new(const struct drill *d, const struct drill_router *dr,
		     struct timeline *t)
{
	const struct topo_router *r = dr->router;
	size_t h, i;

	t->now = r->nhosts;
	for (h = 0; h < r->nhosts; h++) {
		const struct seen_frames *seen = &dr->hosts[h].frames;

		for (i = 0; h != dr->old && i < seen->n; i++) {
			const struct frame *f = &seen->frames[i];

			if (f->t < d->down_ns || !sent_by(f, r, h))
				continue;
			if (!t->first_new || f->t < t->first_new) {
				t->first_new = f->t;
				t->now = h;
			}
			break;
		}
	}
}

static void find_last(const struct drill_router *dr, struct timeline *t)
{
	const struct seen_frames *seen = &dr->hosts[t->now].frames;
	size_t i;

	for (i = 0; dr->old < dr->router->nhosts && i < seen->n; i++)
		if (seen->frames[i].t < t->first_new &&
		    sent_by(&seen->frames[i], dr->router, dr->old))
			t->last_old = seen->frames[i].t;
}

/* When the last of the addresses was there; 0 where one was not. */
static void find_addresses(const struct drill *d, const struct drill_host *h,
			   struct wanted *list, size_t n, struct timeline *t)
{
	size_t i, k;

	for (i = 0; i < h->events.n; i++) {
		const struct seen_event *e = &h->events.items[i];

		if (e->t < d->down_ns || strcmp(e->what, "+addr") != 0)
			continue;
		for (k = 0; k < n; k++)
			if (!list[k].held && strcmp(list[k].dev, e->dev) == 0 &&
			    strcmp(list[k].text, e->text) == 0)
				list[k].held = e->t;
	}
	for (k = 0; k < n; k++) {
		if (!list[k].held) {
			t->addresses = 0;
			return;
		}
		if (list[k].held > t->addresses)
			t->addresses = list[k].held;
	}
}

static void find_routes(const struct drill *d, const struct topo_router *r,
			const struct drill_host *h, struct timeline *t)
{
	size_t i;

	for (i = 0; r->gateway && i < h->events.n; i++) {
		const struct seen_event *e = &h->events.items[i];

		if (e->t >= d->down_ns && (!d->up_ns || e->t < d->up_ns) &&
		    strcmp(e->what, "+route") == 0 &&
		    strncmp(e->text, "default", 7) == 0 &&
		    strcmp(e->dev, r->gateway->ifname) == 0)
			t->routes = e->t;
	}
}

static void find_announcements(const struct drill *d,
			       const struct drill_host *h, struct wanted *list,
			       size_t n, struct timeline *t)
{
	struct ip ip;
	size_t i, k;

	for (i = 0; i < h->frames.n; i++) {
		const struct frame *f = &h->frames.frames[i];

		if (f->t < d->down_ns || !f->outgoing ||
		    !frame_is_announcement(f, &ip))
			continue;
		for (k = 0; k < n; k++)
			if (list[k].learned && ip_equal(&list[k].ip, &ip))
				break;
		if (k == n)
			continue;
		if (!t->announced)
			t->announced = f->t;
		list[k].announced = true;
	}
	for (k = 0; k < n; k++) {
		t->wanted += list[k].learned;
		t->announcements += list[k].announced;
	}
}

/* The old host's last address of the router gone, before the heal. */
static void find_gave_up(const struct drill *d, const struct drill_router *dr,
			 struct timeline *t)
{
	struct wanted list[ADDRS_MAX];
	const struct drill_host *h = &dr->hosts[dr->old];
	size_t i, k, n = wanted_addrs(dr->router, dr->old, list), gone = 0;
	int64_t last = 0;

	for (i = 0; i < h->events.n; i++) {
		const struct seen_event *e = &h->events.items[i];

		if (e->t < d->down_ns || (d->up_ns && e->t >= d->up_ns) ||
		    strcmp(e->what, "-addr") != 0)
			continue;
		for (k = 0; k < n; k++)
			if (!list[k].held && strcmp(list[k].dev, e->dev) == 0 &&
			    strcmp(list[k].text, e->text) == 0) {
				list[k].held = last = e->t;
				gone++;
			}
	}
	if (gone == n)
		t->gave_up = last;
}

/* When anybody was first answered again. */
static void find_reply(const struct drill *d, size_t router, struct timeline *t)
{
	size_t i, k;

	for (i = 0; i < d->npings; i++) {
		const struct seen_pings *p = &d->pings[i].pings;
		struct outage o;

		if (d->pings[i].index != router)
			continue;
		drill_outage(p, d->down_ns, d->up_ns ? d->up_ns : INT64_MAX,
			     &o);
		if (!o.began || o.open)
			continue;
		for (k = 0; k < p->n; k++)
			if (p->probes[k].sent >= o.began + o.ns &&
			    p->probes[k].rtt >= 0)
				break;
		if (k < p->n &&
		    (!t->reply ||
		     p->probes[k].sent + p->probes[k].rtt < t->reply))
			t->reply = p->probes[k].sent + p->probes[k].rtt;
	}
}

void drill_timeline(const struct drill *d, size_t router, struct timeline *ret)
{
	const struct drill_router *dr = &d->routers[router];
	struct wanted list[ADDRS_MAX];
	size_t n;

	*ret = (struct timeline){.old = dr->old, .now = dr->router->nhosts};
	if (!d->down_ns)
		return;
	find_new(d, dr, ret);
	if (dr->old < dr->router->nhosts)
		find_gave_up(d, dr, ret);
	find_reply(d, router, ret);
	if (ret->now == dr->router->nhosts)
		return;
	find_last(dr, ret);
	n = wanted_addrs(dr->router, ret->now, list);
	find_addresses(d, &dr->hosts[ret->now], list, n, ret);
	find_routes(d, dr->router, &dr->hosts[ret->now], ret);
	find_announcements(d, &dr->hosts[ret->now], list, n, ret);
}

static int by_time(const void *a, const void *b)
{
	const struct drill_moment *x = a, *y = b;

	return x->t < y->t ? -1 : x->t > y->t;
}

size_t drill_moments(const struct drill *d, const struct drill_router *dr,
		     const struct timeline *t,
		     struct drill_moment ret[DRILL_MOMENTS_MAX])
{
	const struct topo_router *r = dr->router;
	const char *old = t->old < r->nhosts ? r->hosts[t->old]->name : NULL;
	const char *now = t->now < r->nhosts ? r->hosts[t->now]->name : NULL;
	const struct drill_moment all[] = {
		{t->last_old, "last_old_advert", "last advert of", old},
		{d->down_ns, "fault", d->fault->struck, old},
		{t->gave_up, "gave_up", "addresses given up by", old},
		{t->first_new, "first_new_advert", "first advert of", now},
		{t->addresses, "addresses", "addresses in place on", now},
		{t->routes, "routes", "default routes in place on", now},
		{t->announced, "announced", "first gratuitous ARP of", now},
		{t->reply, "first_reply", "first reply to a ping", NULL},
		{d->up_ns, "healed", d->fault->mended, old},
	};
	size_t i, n = 0;

	for (i = 0; i < ARRAY_LEN(all); i++)
		if (all[i].t && all[i].what)
			ret[n++] = all[i];
	qsort(ret, n, sizeof(*ret), by_time);
	return n;
}

void drill_outage(const struct seen_pings *p, int64_t from, int64_t to,
		  struct outage *ret)
{
	int64_t began = 0, last = 0;
	size_t i;

	*ret = (struct outage){0};
	for (i = 0; i < p->n; i++) {
		const struct seen_probe *k = &p->probes[i];

		if (k->sent < from || k->sent >= to)
			continue;
		ret->sent++;
		last = k->sent;
		if (k->rtt < 0) {
			ret->lost++;
			if (!began)
				began = k->sent;
			continue;
		}
		if (began && k->sent - began > ret->ns) {
			ret->ns = k->sent - began;
			ret->began = began;
		}
		began = 0;
	}
	/* A silence that has not ended is at least as long as it was seen. */
	if (began && last + DRILL_PING_US * NS_PER_US - began > ret->ns) {
		ret->ns = last + DRILL_PING_US * NS_PER_US - began;
		ret->began = began;
		ret->open = true;
	}
}

size_t drill_struck(const struct drill *d)
{
	size_t i, n = 0;

	for (i = 0; i < d->nrouters; i++)
		n += d->routers[i].hit;
	return n;
}

int64_t drill_together_ns(const struct drill *d)
{
	size_t n = drill_struck(d);

	return n > DRILL_FEW ? (int64_t)(n - DRILL_FEW) * DRILL_EACH_NS : 0;
}

int64_t drill_ping_extra(const struct lab *lab, const struct drill_ping *p)
{
	struct topo_way w =
		ways_round(ways_ping(lab, p->router, p->instance, &p->dst));

	return w.delay_ns + (int64_t)topo_losses_in_a_row(w.lost) *
				    DRILL_PING_US * NS_PER_US;
}

struct drill_bound drill_bound(const struct lab *lab, const struct fault *f,
			       const struct topo_router *r)
{
	struct topo_way adverts = ways_adverts(lab, r);
	int64_t interval = evidence_interval_ns(r);
	int64_t skew = topo_skew_ns(&r->ha);
	int64_t slack = interval / 2;
	struct fault_notice own;

	/*
	 * A machine that plays many, and perhaps removes another lab at the
	 * same time, holds the kernel's one lock for all networks for a
	 * quarter of a second; an interval too many is still seen.
	 */
	if (slack < DRILL_SLACK_LEAST_NS)
		slack = DRILL_SLACK_LEAST_NS;
	if (f->notices && f->notices(r, &own))
		return (struct drill_bound){own.low,      own.high + skew,
					    slack,        adverts.delay_ns,
					    adverts.lost, true};
	return (struct drill_bound){2 * interval + skew,
				    topo_master_down_ns(&r->ha),
				    slack,
				    adverts.delay_ns,
				    adverts.lost,
				    false};
}
