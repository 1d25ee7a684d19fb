/* SPDX-License-Identifier: MIT */
/*
 * What is judged of a drill's record. Pure: the record may come from a lab or
 * from a test. As with checks, the points depend on the lab alone, and what
 * was not seen is neither a pass nor a fault of what was looked for.
 */
#include <string.h>

#include "lib/mono.h"
#include "verify/command.h"
#include "verify/drill/drill.h"

#define ROUTER_CHECKS DRILL_OUTAGE /* those before it are of a router */

/* Probes sent this long before the fault may be lost to it. */
#define IN_FLIGHT (2 * DRILL_PING_US * NS_PER_US)

const char *const drill_fault_names[] = {
	[DRILL_TUNNEL] = "tunnel",
	[DRILL_HA] = "ha",
};

const char *const drill_check_names[] = {
	[DRILL_BEFORE] = "before",         [DRILL_TAKEOVER] = "takeover",
	[DRILL_ADDRESSES] = "addresses",   [DRILL_ANNOUNCED] = "announced",
	[DRILL_ONE_HOLDER] = "one-holder", [DRILL_RESTORED] = "restored",
	[DRILL_STAYS] = "stays",           [DRILL_OUTAGE] = "outage",
};
_Static_assert(sizeof(drill_check_names) / sizeof(char *) == DRILL_CHECKS,
	       "a name for each check");

static double seconds(int64_t ns)
{
	return (double)ns / (double)NS_PER_S;
}

size_t drill_points(const struct drill *d)
{
	return d->nrouters * ROUTER_CHECKS + d->npings;
}

enum drill_check drill_point(const struct drill *d, size_t i, size_t *ret_of)
{
	size_t of_routers = d->nrouters * ROUTER_CHECKS;

	if (i >= of_routers) {
		*ret_of = i - of_routers;
		return DRILL_OUTAGE;
	}
	*ret_of = i / ROUTER_CHECKS;
	return (enum drill_check)(i % ROUTER_CHECKS);
}

static void ping_title(const struct drill_ping *p, struct buf *out)
{
	char text[IP_TEXT_MAX];

	buf_printf(out, "%s at %s from %s", p->router->name,
		   ip_print(&p->dst, text),
		   p->instance ? p->instance->name : "outside");
}

void drill_title(const struct drill *d, size_t i, struct buf *out)
{
	static const char *const words[] = {
		[DRILL_BEFORE] = "is active on one node and answers",
		[DRILL_TAKEOVER] = "is taken over within its timers",
		[DRILL_ADDRESSES] = "has its addresses with the first advert",
		[DRILL_ANNOUNCED] = "is announced, each of its addresses",
		[DRILL_ONE_HOLDER] = "is given up by the node that is cut off",
		[DRILL_RESTORED] = "has its node back, as a standby",
		[DRILL_STAYS] = "stays where it went",
	};
	size_t of;
	enum drill_check c = drill_point(d, i, &of);

	buf_printf(out, "%s: ", drill_check_names[c]);
	if (c == DRILL_OUTAGE) {
		ping_title(&d->pings[of], out);
		buf_adds(out, " is out no longer than theory allows");
		return;
	}
	buf_printf(out, "%s %s", d->routers[of].router->name, words[c]);
}

/* A host's namespace of the router in a set of tables, or blind. */
static const struct obs_ns *router_ns(const struct observed **obs,
				      const struct topo_router *r, size_t host,
				      struct verdict *v)
{
	const struct topo_node *n = r->hosts[host];
	const struct observed *o = obs ? obs[n->index] : NULL;
	const struct obs_ns *ns = o ? obs_ns(o, r->netns) : NULL;

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
		const struct obs_router *s = evidence_router(o, r);
		const char *state =
			o && s && !o->engine_error ? s->state : NULL;
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

static void judge_before(const struct drill *d, const struct drill_router *dr,
			 size_t index, struct verdict *v)
{
	size_t i, k, active, n;

	verdict_want(v, "active on exactly one of %zu hosts",
		     dr->router->nhosts);
	n = roles(dr, d->before, dr->router->nhosts, &active, v);
	if (n != 1 && !v->blind)
		verdict_saw(v, false, "active on %zu", n);
	for (i = 0; i < d->npings; i++) {
		const struct drill_ping *p = &d->pings[i];
		size_t sent = 0, lost = 0;

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
		verdict_want(v, "a reply to each ping before the fault");
		verdict_saw(v, sent && lost == 0, "%zu of %zu replies from %s",
			    sent - lost, sent,
			    p->instance ? "the instance" : "outside");
	}
}

static void judge_takeover(const struct drill *d, const struct drill_router *dr,
			   const struct timeline *t, struct verdict *v)
{
	const struct topo_router *r = dr->router;
	struct drill_bound b = drill_bound(r);
	int64_t since = t->last_old ? t->last_old : d->down_ns;
	size_t h;

	verdict_want(v,
		     "another host's first advert within %.3f s of the "
		     "last of %s (3 intervals + skew; %.3f s granted)",
		     seconds(b.high), r->hosts[dr->old]->name,
		     seconds(b.slack));
	for (h = 0; h < r->nhosts; h++)
		if (h != dr->old && dr->hosts[h].error)
			verdict_blind(v, "%s: %s", r->hosts[h]->name,
				      dr->hosts[h].error);
	if (t->now < r->nhosts)
		verdict_saw(v, t->first_new - since <= b.high + b.slack,
			    "%s: %.3f s after that, %.3f s after the fault",
			    r->hosts[t->now]->name,
			    seconds(t->first_new - since),
			    seconds(t->first_new - d->down_ns));
	else if (!v->blind)
		verdict_saw(v, false, "none in %.1f s", seconds(d->taken_ns));
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
			    seconds(at - t->first_new) * 1000);
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

static void judge_their_addresses(const struct drill_router *dr,
				  const struct timeline *t, struct verdict *v)
{
	struct drill_bound b = drill_bound(dr->router);

	if (!taken(dr, t, v))
		return;
	verdict_want(v, "all in place within %.0f ms of the first advert",
		     seconds(b.slack) * 1000);
	after_first("addresses", t->addresses, t, b.slack, v);
	if (has_routes(dr->router))
		after_first("default routes", t->routes, t, b.slack, v);
}

static void judge_announced(const struct drill_router *dr,
			    const struct timeline *t, struct verdict *v)
{
	if (!taken(dr, t, v))
		return;
	verdict_want(v,
		     "a gratuitous ARP or neighbour advertisement for each "
		     "of %zu addresses",
		     t->wanted);
	verdict_saw(v, t->announcements == t->wanted, "for %zu of them",
		    t->announcements);
}

static bool is_weak(const struct drill *d, const struct topo_router *r)
{
	return d->fault == DRILL_TUNNEL && !(r->ha.track & TOPO_TRACK_TUNNEL);
}

static void name_weakness(struct verdict *v)
{
	verdict_saw(v, false,
		    "the documented weakness: with track: [ha] a "
		    "node whose overlay is cut keeps its addresses and may "
		    "take the role back; track: [ha, tunnel] cures it");
}

static void judge_one_holder(const struct drill *d,
			     const struct drill_router *dr, struct verdict *v)
{
	const struct topo_router *r = dr->router;
	const char *node = r->hosts[dr->old]->name;
	const struct obs_ns *ns = router_ns(d->during, r, dr->old, v);
	char text[IP_TEXT_MAX];
	size_t i, n = 0;

	if (!ns)
		return;
	verdict_want(v, "no virtual address on %s while it is cut off", node);
	for (i = 0; i < ns->naddrs; i++) {
		const struct obs_addr *a = &ns->addrs[i];

		if (strncmp(a->dev, "qr-", 3) != 0 &&
		    strncmp(a->dev, "qg-", 3) != 0 &&
		    !ip_equal(&a->addr.ip, &r->ha.vip.ip))
			continue;
		verdict_saw(v, false, "%s on %s", ipnet_print(&a->addr, text),
			    a->dev);
		n++;
	}
	if (n && is_weak(d, r))
		name_weakness(v);
}

static const char *fault_dev(const struct drill *d,
			     const struct drill_router *dr)
{
	const struct topo_nic *nic;

	if (d->fault == DRILL_HA)
		return dr->router->ha_ports[dr->old]->ifname;
	nic = topo_nic(dr->router->hosts[dr->old], TOPO_TUNNEL);
	return nic ? nic->ifname : "";
}

static void judge_restored(const struct drill *d, const struct drill_router *dr,
			   const struct timeline *t, struct verdict *v)
{
	const struct topo_node *n = dr->router->hosts[dr->old];
	const struct observed *o = d->after ? d->after[n->index] : NULL;
	const char *dev = fault_dev(d, dr);
	const struct obs_router *s = evidence_router(o, dr->router);
	const struct obs_link *l;
	const struct obs_ns *ns;

	if (!o) {
		verdict_blind(v, "%s could not be looked at", n->name);
		return;
	}
	ns = obs_ns(o, d->fault == DRILL_HA ? dr->router->netns : "");
	l = ns ? obs_link(ns, dev) : NULL;
	verdict_want(v, "%s up on %s", dev, n->name);
	verdict_saw(v, l && l->up && l->running, "%s %s", dev,
		    !l           ? "is not there"
		    : !l->up     ? "down"
		    : l->running ? "up"
				 : "up, but without a carrier");
	if (!s || o->engine_error) {
		verdict_blind(v, "%s: its engine could not be asked", n->name);
		return;
	}
	/* Where it has the role again, the next point says so. */
	if (t->now == dr->router->nhosts || strcmp(s->state, "active") == 0)
		return;
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
	size_t want = dr->hit ? t->now : dr->old, active = r->nhosts;
	size_t n, again;

	if (dr->hit && t->now == r->nhosts) {
		verdict_blind(v, "no other host took over");
		return;
	}
	verdict_want(v, "%s active, and nobody else", r->hosts[want]->name);
	n = roles(dr, d->after, want, &active, v);
	again = dr->hit ? sent_again(d, dr) : 0;
	if (again)
		verdict_saw(v, false, "%s sent %zu adverts after the heal",
			    r->hosts[dr->old]->name, again);
	if (v->kind == VERDICT_WRONG && n && dr->hit && is_weak(d, r))
		name_weakness(v);
}

static void judge_outage(const struct drill *d, const struct drill_ping *p,
			 struct verdict *v)
{
	struct drill_bound b = drill_bound(p->router);
	bool hit = d->routers[p->index].hit;
	int64_t most = hit ? b.high + b.slack : b.slack;
	struct outage o;

	if (p->pings.error) {
		verdict_blind(v, "%s", p->pings.error);
		return;
	}
	if (hit)
		verdict_want(v,
			     "at most %.3f s (theory: %.3f to %.3f s; "
			     "%.3f s granted)",
			     seconds(most), seconds(b.low), seconds(b.high),
			     seconds(b.slack));
	else
		verdict_want(v, "at most %.3f s: its node was not cut off",
			     seconds(most));
	drill_outage(&p->pings, d->down_ns, INT64_MAX, &o);
	if (!o.sent) {
		verdict_blind(v, "no ping was sent after the fault");
		return;
	}
	verdict_saw(v, o.ns <= most && !o.open,
		    "%.3f s, %zu of %zu packets lost%s", seconds(o.ns), o.lost,
		    o.sent, o.open ? ", and no reply any more" : "");
	if (p->pings.duplicates)
		verdict_saw(v, true, "%lld replies came twice",
			    (long long)p->pings.duplicates);
}

/* Why a check of a router has nothing to say, or NULL. */
static const char *skipped(const struct drill *d, enum drill_check c,
			   const struct drill_router *dr)
{
	if (c == DRILL_BEFORE || c == DRILL_STAYS || dr->hit || !d->victim)
		return NULL;
	return "its active host was not the one cut off";
}

void drill_judge(const struct drill *d, size_t i, struct verdict *v,
		 const char **ret_skip)
{
	size_t of;
	enum drill_check c = drill_point(d, i, &of);
	const struct drill_router *dr =
		c == DRILL_OUTAGE ? NULL : &d->routers[of];
	struct timeline t;

	*ret_skip = NULL;
	if (c != DRILL_BEFORE && !d->down_ns) {
		verdict_blind(v, "the drill was not carried out: %s",
			      d->err.code ? d->err.msg : "no fault was made");
		return;
	}
	if (c == DRILL_OUTAGE) {
		judge_outage(d, &d->pings[of], v);
		return;
	}
	*ret_skip = skipped(d, c, dr);
	if (*ret_skip)
		return;
	if (c == DRILL_BEFORE) {
		judge_before(d, dr, of, v);
		return;
	}
	if (dr->old == dr->router->nhosts) {
		verdict_blind(v, "it was not active on exactly one node");
		return;
	}
	drill_timeline(d, of, &t);
	switch (c) {
	case DRILL_TAKEOVER:
		judge_takeover(d, dr, &t, v);
		break;
	case DRILL_ADDRESSES:
		judge_their_addresses(dr, &t, v);
		break;
	case DRILL_ANNOUNCED:
		judge_announced(dr, &t, v);
		break;
	case DRILL_ONE_HOLDER:
		judge_one_holder(d, dr, v);
		break;
	case DRILL_RESTORED:
		judge_restored(d, dr, &t, v);
		break;
	case DRILL_STAYS:
		judge_stays(d, dr, &t, v);
		break;
	case DRILL_BEFORE:
	case DRILL_OUTAGE:
	case DRILL_CHECKS:
		break;
	}
}

void drill_command(const struct drill *d, size_t i, struct buf *out)
{
	size_t of;
	enum drill_check c = drill_point(d, i, &of);
	const struct drill_router *dr;
	char text[IP_TEXT_MAX];

	if (c == DRILL_OUTAGE) {
		const struct drill_ping *p = &d->pings[of];

		if (p->instance)
			command_exec(out, p->instance->node,
				     p->instance->netns);
		else
			buf_adds(out, "labctl exec outside -- ");
		buf_printf(out, "ping -D -i 0.01 %s", ip_print(&p->dst, text));
		return;
	}
	dr = &d->routers[of];
	if (c == DRILL_ONE_HOLDER && dr->old < dr->router->nhosts) {
		command_exec(out, dr->router->hosts[dr->old],
			     dr->router->netns);
		buf_adds(out, "ip addr show");
	} else if (c == DRILL_RESTORED && dr->old < dr->router->nhosts) {
		command_exec(out, dr->router->hosts[dr->old],
			     d->fault == DRILL_HA ? dr->router->netns : "");
		buf_printf(out, "ip link show %s", fault_dev(d, dr));
	} else {
		buf_printf(out, "labctl status %s", d->lab->name);
	}
}
