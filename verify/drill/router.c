/* SPDX-License-Identifier: MIT */
/*
 * What is judged of each router that a drill watched. A point more of each is
 * a row at the end.
 */
#include "verify/drill/router.h"

#include <string.h>

#include "lib/auto.h"
#include "lib/mono.h"
#include "provision/host/roles.h"
#include "verify/command.h"
#include "verify/drill/weakness.h"
#include "verify/ways.h"

/* Probes sent this long before the fault may be lost to it. */
#define IN_FLIGHT (2 * DRILL_PING_US * NS_PER_US)

/* Adverts of one that could not know, until it has heard the other. */
#define SPLIT_ADVERTS 3

/* A host's namespace of the router in a set of tables, or blind. */
static const struct seen_ns *router_ns(const struct observed **obs,
				       const struct topo_router *r, size_t host,
				       struct verdict *v)
{
	const struct topo_node *n = r->hosts[host];
	const struct observed *o = obs ? obs[n->index] : NULL;
	const struct seen_ns *ns = o ? seen_ns(o, r->netns) : NULL;

	if (!o)
		verdict_blind(v, "%s could not be looked at", n->name);
	else if (!ns)
		verdict_blind(v, "%s has no namespace %s", n->name, r->netns);
	return ns;
}

/* Which hosts say that they are active; a line for each host. */
static size_t roles(const struct drill_router *dr, const struct observed **obs,
		    size_t want, size_t *ret_active, struct verdict *v)
{
	const struct topo_router *r = dr->router;
	size_t h, n = 0;

	for (h = 0; h < r->nhosts; h++) {
		const struct topo_node *node = r->hosts[h];
		const struct observed *o = obs ? obs[node->index] : NULL;
		const struct obs_router *s = role_on(seen_engine(o), r);
		const char *state =
			o && s && !seen_engine(o)->error ? s->state : NULL;
		bool active = state && strcmp(state, "active") == 0;

		if (!state) {
			verdict_blind(v, "%s: its engine could not be asked",
				      node->name);
			continue;
		}
		if (active) {
			n++;
			*ret_active = h;
		}
		verdict_saw(v, want == r->nhosts || active == (h == want),
			    "%s: %s", node->name, state);
	}
	return n;
}

/* How many of so many probes theory lets get lost, there or back. */
static size_t lost_by_chance(const struct drill *d, const struct drill_ping *p,
			     size_t sent)
{
	struct topo_way w = ways_ping(d->lab, p->router, p->instance, &p->dst);

	return topo_losses(sent, ways_round(w).lost);
}

static void judge_before(const struct drill *d, const struct drill_router *dr,
			 const struct timeline *t, struct verdict *v)
{
	size_t i, k, active, n, index = (size_t)(dr - d->routers);

	(void)t;

	verdict_want(v, "active on exactly one of %zu hosts",
		     dr->router->nhosts);
	n = roles(dr, d->before, dr->router->nhosts, &active, v);
	if (n != 1 && !v->blind)
		verdict_saw(v, false, "active on %zu", n);
	for (i = 0; i < d->npings; i++) {
		const struct drill_ping *p = &d->pings[i];
		size_t sent = 0, lost = 0, most;

		if (p->index != index)
			continue;
		if (p->pings.error) {
			verdict_blind(v, "%s", p->pings.error);
			continue;
		}
		for (k = 0; k < p->pings.n; k++) {
			if (d->down_ns &&
			    p->pings.probes[k].sent >= d->down_ns - IN_FLIGHT)
				break;
			sent++;
			lost += p->pings.probes[k].rtt < 0;
		}
		most = lost_by_chance(d, p, sent);
		if (most)
			verdict_want(v,
				     "at most %zu of %zu replies lost before "
				     "the fault, for impaired wires",
				     most, sent);
		else
			verdict_want(v,
				     "a reply to each ping before the fault");
		verdict_saw(v, sent && lost <= most,
			    "%zu of %zu replies from %s", sent - lost, sent,
			    p->instance ? "the instance" : "outside");
	}
}

static void judge_takeover(const struct drill *d, const struct drill_router *dr,
			   const struct timeline *t, struct verdict *v)
{
	const struct topo_router *r = dr->router;
	struct drill_bound b = drill_bound(d->lab, d->fault, r);
	int64_t since = t->last_old && !b.notices ? t->last_old : d->down_ns;
	size_t h;

	if (b.notices)
		verdict_want(v,
			     "another host's first advert within %.3f s of the "
			     "fault (two rounds of pings and what they wait, + "
			     "skew; %.3f s granted)",
			     drill_seconds(b.high), drill_seconds(b.slack));
	else
		verdict_want(v,
			     "another host's first advert within %.3f s of the "
			     "last of %s (3 intervals + skew; %.3f s granted)",
			     drill_seconds(b.high), r->hosts[dr->old]->name,
			     drill_seconds(b.slack));
	for (h = 0; h < r->nhosts; h++)
		if (h != dr->old && dr->hosts[h].error)
			verdict_blind(v, "%s: %s", r->hosts[h]->name,
				      dr->hosts[h].error);
	if (t->now < r->nhosts)
		verdict_saw(v, t->first_new - since <= b.high + b.slack,
			    "%s: %.3f s after that, %.3f s after the fault",
			    r->hosts[t->now]->name,
			    drill_seconds(t->first_new - since),
			    drill_seconds(t->first_new - d->down_ns));
	else if (!v->blind)
		verdict_saw(v, false, "none in %.1f s",
			    drill_seconds(d->taken_ns));
	if (t->now < r->nhosts)
		drill_weakness_handover(d, r, t, v);
	else if (d->fault->traits & FAULT_UNSEEN)
		drill_weakness(d, r, t, v);
}

/* What follows the takeover has nothing to stand on without it. */
static bool taken(const struct drill_router *dr, const struct timeline *t,
		  struct verdict *v)
{
	if (t->now == dr->router->nhosts)
		verdict_blind(v, "no other host took over");
	else if (dr->hosts[t->now].error)
		verdict_blind(v, "%s", dr->hosts[t->now].error);
	return v->kind != VERDICT_BLIND;
}

static void after_first(const char *what, int64_t at, const struct timeline *t,
			int64_t most, struct verdict *v)
{
	if (!at)
		verdict_saw(v, false, "%s: not all seen to appear", what);
	else
		verdict_saw(v, at - t->first_new <= most, "%s: %+.1f ms", what,
			    drill_seconds(at - t->first_new) * 1000);
}

static bool has_routes(const struct topo_router *r)
{
	struct ip v4, v6;

	if (!r->gateway)
		return false;
	v4 = topo_next_hop(r->gateway, 4);
	v6 = topo_next_hop(r->gateway, 6);
	return ip_is_set(&v4) || ip_is_set(&v6);
}

static void judge_their_addresses(const struct drill *d,
				  const struct drill_router *dr,
				  const struct timeline *t, struct verdict *v)
{
	struct drill_bound b = drill_bound(d->lab, d->fault, dr->router);
	int64_t together = drill_together_ns(d), most = b.slack + together;

	if (!taken(dr, t, v))
		return;
	if (together)
		verdict_want(v,
			     "all in place within %.0f ms of the first advert "
			     "(%.0f ms of it because %zu routers move at once)",
			     drill_seconds(most) * 1000,
			     drill_seconds(together) * 1000, drill_struck(d));
	else
		verdict_want(v,
			     "all in place within %.0f ms of the first advert",
			     drill_seconds(most) * 1000);
	after_first("addresses", t->addresses, t, most, v);
	if (has_routes(dr->router))
		after_first("default routes", t->routes, t, most, v);
	if (t->routes || !has_routes(dr->router))
		drill_weakness_addresses(dr->router, t, most, v);
}

static void judge_announced(const struct drill *d,
			    const struct drill_router *dr,
			    const struct timeline *t, struct verdict *v)
{
	(void)d;
	if (!taken(dr, t, v))
		return;
	verdict_want(v,
		     "a gratuitous ARP or neighbour advertisement for each "
		     "of %zu addresses",
		     t->wanted);
	verdict_saw(v, t->announcements == t->wanted, "for %zu of them",
		    t->announcements);
}

/*
 * Who is to be active at the end. Where both claimed the role it is the one
 * that has precedence when they hear each other again: with equal priorities
 * the higher address (RFC 9568 6.4.3).
 */
static size_t rightful(const struct drill *d, const struct drill_router *dr,
		       const struct timeline *t)
{
	const struct topo_router *r = dr->router;

	if (!dr->hit)
		return dr->old;
	if (!(d->fault->traits & FAULT_SPLITS) || t->now == r->nhosts)
		return t->now;
	if (topo_priority(r, r->hosts[dr->old]) !=
	    topo_priority(r, r->hosts[t->now]))
		return topo_priority(r, r->hosts[dr->old]) >
				       topo_priority(r, r->hosts[t->now])
			       ? dr->old
			       : t->now;
	return ip_cmp(&r->ha_ports[dr->old]->addrs[0].addr.ip,
		      &r->ha_ports[t->now]->addrs[0].addr.ip) > 0
		       ? dr->old
		       : t->now;
}

/* Virtual addresses of the router that a host has: a wrong line for each. */
static size_t holds_any(const struct drill_router *dr,
			const struct observed **obs, size_t host,
			struct verdict *v)
{
	const struct topo_router *r = dr->router;
	const struct seen_ns *ns = router_ns(obs, r, host, v);
	char text[IP_TEXT_MAX];
	size_t i, n = 0;

	for (i = 0; ns && i < ns->of[RES_ADDR].n; i++) {
		const struct res_addr *a = &ns->of[RES_ADDR].items[i].addr;

		if (strncmp(a->dev, "qr-", 3) != 0 &&
		    strncmp(a->dev, "qg-", 3) != 0 &&
		    !ip_equal(&a->addr.ip, &r->ha.vip.ip))
			continue;
		verdict_saw(v, false, "%s on %s", ipnet_print(&a->addr, text),
			    a->dev);
		n++;
	}
	return n;
}

static void judge_one_holder(const struct drill *d,
			     const struct drill_router *dr,
			     const struct timeline *t, struct verdict *v)
{
	const struct topo_router *r = dr->router;
	bool keeps = d->fault->traits & FAULT_KEEPS;
	size_t host = dr->old;

	if (keeps && t->now == r->nhosts) {
		verdict_blind(v, "no other host took over");
		return;
	}
	if (keeps && rightful(d, dr, t) == dr->old)
		host = t->now;
	verdict_want(v, "no virtual address on %s %s", r->hosts[host]->name,
		     keeps ? "once all hear each other again" : "meanwhile");
	if (holds_any(dr, keeps ? d->after : d->during, host, v) &&
	    !(d->fault->traits & FAULT_SPLITS))
		drill_weakness(d, r, t, v);
}

static void judge_restored(const struct drill *d, const struct drill_router *dr,
			   const struct timeline *t, struct verdict *v)
{
	const struct topo_node *n = dr->router->hosts[dr->old];
	const struct observed *o = d->after ? d->after[n->index] : NULL;
	const char *dev = dr->aim.dev ? dr->aim.dev : "";
	const struct obs_router *s = role_on(seen_engine(o), dr->router);
	const struct res_link *l = fault_link(&dr->aim, o);

	if (!o) {
		verdict_blind(v, "%s could not be looked at", n->name);
		return;
	}
	if (*dev) {
		verdict_want(v, "%s up on %s", dev, n->name);
		verdict_saw(v, l && l->up && l->running, "%s %s", dev,
			    !l           ? "is not there"
			    : !l->up     ? "down"
			    : l->running ? "up"
					 : "up, but without a carrier");
	}
	if (!s || seen_engine(o)->error) {
		verdict_blind(v, "%s: its engine could not be asked", n->name);
		return;
	}
	/* Where it has the role again, the next point says so. */
	if (t->now == dr->router->nhosts || strcmp(s->state, "active") == 0) {
		if (!*dev) {
			verdict_want(v, "an engine that answers");
			verdict_saw(v, true, "%s there", s->state);
		}
		return;
	}
	verdict_want(v, "backup there");
	verdict_saw(v, strcmp(s->state, "backup") == 0, "%s there", s->state);
}

/* Adverts that the old host sent after it was joined again. */
static size_t sent_again(const struct drill *d, const struct drill_router *dr)
{
	const struct seen_frames *seen = &dr->hosts[dr->old].frames;
	const struct topo_router *r = dr->router;
	size_t i, n = 0;

	for (i = 0; d->up_ns && i < seen->n; i++) {
		const struct frame *f = &seen->frames[i];

		n += f->kind == FRAME_ADVERT && f->t > d->up_ns &&
		     f->advert.vrid == r->ha.vrid &&
		     ip_equal(&f->ip_src,
			      &r->ha_ports[dr->old]->addrs[0].addr.ip);
	}
	return n;
}

static void judge_stays(const struct drill *d, const struct drill_router *dr,
			const struct timeline *t, struct verdict *v)
{
	const struct topo_router *r = dr->router;
	size_t want = rightful(d, dr, t), active = r->nhosts;
	size_t n, again;

	if (dr->hit && t->now == r->nhosts) {
		verdict_blind(v, "no other host took over");
		return;
	}
	verdict_want(v, "%s active, and nobody else", r->hosts[want]->name);
	n = roles(dr, d->after, want, &active, v);
	if (dr->hit && dr->hosts[dr->old].error)
		verdict_blind(v, "%s: %s", r->hosts[dr->old]->name,
			      dr->hosts[dr->old].error);
	again = dr->hit && want != dr->old ? sent_again(d, dr) : 0;
	/* It says once more that it is there, and that it yields. */
	if (again <= SPLIT_ADVERTS && d->fault->traits & FAULT_KEEPS &&
	    !(d->fault->traits & FAULT_KILLS_NODE))
		again = 0;
	if (again)
		verdict_saw(v, false, "%s sent %zu adverts after the heal",
			    r->hosts[dr->old]->name, again);
	/* That two of them hear each other and go on is nobody's weakness. */
	if (n == 1 && dr->hit && !(d->fault->traits & FAULT_SPLITS))
		drill_weakness(d, r, t, v);
}

static void command_old_addresses(const struct drill *d,
				  const struct drill_router *dr,
				  struct buf *out)
{
	(void)d;
	command_exec(out, dr->router->hosts[dr->old], dr->router->netns);
	buf_adds(out, "ip addr show");
}

static void command_old_link(const struct drill *d,
			     const struct drill_router *dr, struct buf *out)
{
	(void)d;
	command_exec(out, dr->router->hosts[dr->old], dr->aim.netns);
	buf_printf(out, "ip link show %s", dr->aim.dev);
}

/* clang-format off */
const struct drill_check drill_checks[] = {
	{"before", "is active on one node and answers",
	 DRILL_BEFORE, judge_before, NULL},
	{"takeover", "is taken over within its timers",
	 DRILL_IF_HIT, judge_takeover, NULL},
	{"addresses", "has its addresses with the first advert",
	 DRILL_IF_HIT, judge_their_addresses, NULL},
	{"announced", "is announced, each of its addresses",
	 DRILL_IF_HIT, judge_announced, NULL},
	{"one-holder", "is given up by the node that was struck",
	 DRILL_IF_HIT, judge_one_holder, command_old_addresses},
	{"restored", "has its node back, as a standby",
	 DRILL_IF_HIT, judge_restored, command_old_link},
	{"stays", "stays where it belongs",
	 DRILL_ALWAYS, judge_stays, NULL},
};
/* clang-format on */

const size_t drill_nchecks = ARRAY_LEN(drill_checks);
