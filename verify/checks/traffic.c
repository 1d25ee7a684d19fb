/* SPDX-License-Identifier: MIT */
/* Judges of what was seen on the wire: adverts, and replies to pings. */
#include <inttypes.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/mono.h"
#include "verify/check.h"
#include "verify/checks/sight.h"
#include "verify/command.h"
#include "verify/role.h"
#include "verify/scopes.h"
#include "verify/ways.h"
#include "vrrp/core/advert.h"

#define VRRP_VERSION 2 /* what the labs run */
#define VRRP_ADVERT 1  /* the only type there is */
#define SENDERS_MAX 16 /* told apart at one place */
#define GAPS_TOLD 8    /* of one sender */

static double seconds(int64_t ns)
{
	return (double)ns / (double)NS_PER_S;
}

static const struct ip *ha_ip(const struct topo_router *r, size_t h)
{
	return &r->ha_ports[h]->addrs[0].addr.ip;
}

/* Which host has this HA address; nhosts where none has. */
static size_t host_of(const struct topo_router *r, const struct ip *ip)
{
	size_t h;

	for (h = 0; h < r->nhosts; h++)
		if (ip_equal(ha_ip(r, h), ip))
			break;
	return h;
}

/* The router's own adverts: by sender, or by VRID from whomever. */
static bool concerns(const struct topo_router *r, const struct frame *f)
{
	return f->kind == FRAME_ADVERT && (f->advert.vrid == r->ha.vrid ||
					   host_of(r, &f->ip_src) < r->nhosts);
}

/* Senders at one place, in the order of their first advert. */
struct senders {
	struct {
		struct ip ip;
		struct mac mac;
		size_t n;
		int64_t last;
	} items[SENDERS_MAX];
	size_t n;
};

/* Which of them sent it, by its address, or by its MAC too; SENDERS_MAX where
 * there are too many. */
static size_t sender(struct senders *s, const struct frame *f, bool by_mac)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (ip_equal(&s->items[i].ip, &f->ip_src) &&
		    (!by_mac || mac_equal(&s->items[i].mac, &f->src)))
			return i;
	if (i < SENDERS_MAX) {
		s->items[i].ip = f->ip_src;
		s->items[i].mac = f->src;
		s->n++;
	}
	return i;
}

/* False where nothing could be seen; what was seen in part is judged, and
 * cannot pass. */
static bool can_see(const struct seen_frames *f, const struct topo_node *n,
		    struct verdict *v)
{
	if (f->error || f->cut)
		verdict_blind(v, "%s: %s", n->name,
			      f->error ? f->error : f->cut);
	else if (f->dropped)
		verdict_blind(v, "%s: the kernel dropped %lld frames", n->name,
			      (long long)f->dropped);
	return !f->error;
}

/* Was the host active in its first, its last, or in any of its samples? */
enum when { FIRST_AND_LAST, ANY };

static bool was_active(const struct evidence *e, const struct topo_router *r,
		       size_t h, enum when when)
{
	const struct seen_node *s = &e->nodes[r->hosts[h]->index];
	size_t i;

	if (when == FIRST_AND_LAST)
		return s->nsamples &&
		       role_in(s->samples[0], r) == ROLE_ACTIVE &&
		       role_in(s->samples[s->nsamples - 1], r) == ROLE_ACTIVE;
	for (i = 0; i < s->nsamples; i++)
		if (role_in(s->samples[i], r) == ROLE_ACTIVE)
			return true;
	return false;
}

static void want_senders(const struct evidence *e, const struct topo_router *r,
			 struct verdict *v)
{
	char text[IP_TEXT_MAX];
	size_t h, n = 0;

	for (h = 0; h < r->nhosts; h++) {
		if (!was_active(e, r, h, FIRST_AND_LAST))
			continue;
		verdict_want(v, "adverts from %s (%s, active)",
			     ip_print(ha_ip(r, h), text), r->hosts[h]->name);
		n++;
	}
	if (n)
		return;
	verdict_want(v, "adverts from one host of %s", r->name);
	verdict_blind(v, "no host of %s is active", r->name);
}

/* One sender: the active host, or who it is that speaks in its place. */
static void judge_sender(const struct evidence *e, const struct subject *s,
			 const struct senders *senders, size_t k,
			 struct verdict *v)
{
	const struct topo_router *r = s->router;
	const struct ip *ip = &senders->items[k].ip;
	const struct mac *mac = &senders->items[k].mac;
	char text[IP_TEXT_MAX], mac_text[MAC_TEXT_MAX];
	size_t h = host_of(r, ip);

	if (h < r->nhosts && mac_equal(mac, &r->ha_ports[h]->mac)) {
		verdict_saw(v, was_active(e, r, h, ANY), "%zu from %s (%s)",
			    senders->items[k].n, ip_print(ip, text),
			    r->hosts[h]->name);
		return;
	}
	verdict_saw(v, false,
		    "a stranger: %zu from %s, MAC %s, heard on %s%s%s",
		    senders->items[k].n, ip_print(ip, text),
		    mac_print(mac, mac_text), s->node->name,
		    h < r->nhosts ? "; the address is that of " : "",
		    h < r->nhosts ? r->hosts[h]->name : "");
}

static void judge_adverts(const struct evidence *e, const struct subject *s,
			  struct verdict *v)
{
	const struct seen_frames *seen = &s->ha->frames;
	const struct topo_router *r = s->router;
	struct senders senders = {0};
	char text[IP_TEXT_MAX];
	size_t i, k, h;

	if (!can_see(seen, s->node, v))
		return;
	/* With nobody active it may be a stranger that keeps them all down. */
	want_senders(e, r, v);
	for (i = 0; i < seen->n; i++) {
		if (!concerns(r, &seen->frames[i]))
			continue;
		k = sender(&senders, &seen->frames[i], true);
		if (k < SENDERS_MAX)
			senders.items[k].n++;
	}
	for (k = 0; k < senders.n; k++)
		judge_sender(e, s, &senders, k, v);
	for (h = 0; h < r->nhosts; h++) {
		if (!was_active(e, r, h, FIRST_AND_LAST))
			continue;
		for (k = 0; k < senders.n; k++)
			if (ip_equal(&senders.items[k].ip, ha_ip(r, h)))
				break;
		if (k == senders.n)
			verdict_saw(v, false, "none from %s (%s) in %.1f s",
				    ip_print(ha_ip(r, h), text),
				    r->hosts[h]->name,
				    seconds(seen->to - seen->from));
	}
}

static void command_adverts(const struct evidence *e, const struct subject *s,
			    struct buf *out)
{
	(void)e;
	command_exec(out, s->node, s->router->netns);
	buf_printf(out, "tcpdump -lnvi %s ip proto 112", s->ha_port->ifname);
}

/* An advert's fields in the order in which tcpdump has them. */
static void fields_text(const struct frame *f, struct buf *out)
{
	const struct frame_advert *a = &f->advert;
	char text[IP_TEXT_MAX];
	unsigned i;

	buf_printf(out, "to %s, ttl %u, ", ip_print(&f->ip_dst, text), f->ttl);
	buf_printf(out, "VRRPv%u, vrid %u, prio %u, intvl %g s, addrs",
		   a->version, a->vrid, a->priority, a->adver_cs / 100.0);
	for (i = 0; i < a->naddrs && i < DECODE_ADVERT_ADDRS; i++)
		buf_printf(out, " %s",
			   ip_is_set(&a->addrs[i])
				   ? ip_print(&a->addrs[i], text)
				   : "(cut)");
	if (a->fault)
		buf_printf(out, "; refused by receivers: %s", a->fault);
}

/* What the lab's adverts are, as a frame to print and to compare with. */
static struct frame wanted_advert(const struct topo_router *r,
				  const struct topo_node *host)
{
	struct frame f = {.ttl = VRRP_TTL, .kind = FRAME_ADVERT};

	f.ip_dst = ip_v4(0xe0000012); /* 224.0.0.18 */
	f.advert = (struct frame_advert){.version = VRRP_VERSION,
					 .type = VRRP_ADVERT,
					 .vrid = r->ha.vrid,
					 .priority = topo_priority(r, host),
					 .adver_cs = r->ha.adver_cs,
					 .naddrs = 1};
	f.advert.addrs[0] = r->ha.vip.ip;
	return f;
}

static bool same_fields(const struct frame *a, const struct frame *b)
{
	return ip_equal(&a->ip_dst, &b->ip_dst) && a->ttl == b->ttl &&
	       a->advert.version == b->advert.version &&
	       a->advert.type == b->advert.type &&
	       a->advert.vrid == b->advert.vrid &&
	       a->advert.priority == b->advert.priority &&
	       a->advert.adver_cs == b->advert.adver_cs &&
	       a->advert.naddrs == b->advert.naddrs &&
	       ip_equal(&a->advert.addrs[0], &b->advert.addrs[0]) &&
	       !a->advert.fault;
}

static void judge_advert_fields(const struct evidence *e,
				const struct subject *s, struct verdict *v)
{
	const struct topo_router *r = s->router;
	const struct seen_ha *all = &e->ha[e->ha_of[r->index]];
	const struct ip *own = ha_ip(r, s->ha->host);
	struct frame want = wanted_advert(r, r->hosts[s->ha->host]);
	auto_buf struct buf text = {0};
	size_t h, i, n = 0, bad = 0;

	fields_text(&want, &text);
	verdict_want(v, "%s", text.data);
	for (h = 0; h < r->nhosts; h++) {
		const struct seen_frames *seen = &all[h].frames;

		/* A host's adverts can be seen at all of them, and be another's
		 * than here at any. */
		can_see(seen, r->hosts[h], v);
		for (i = 0; i < seen->n; i++) {
			const struct frame *f = &seen->frames[i];

			if (f->kind != FRAME_ADVERT ||
			    !ip_equal(&f->ip_src, own))
				continue;
			n++;
			if (same_fields(f, &want) || bad++)
				continue;
			buf_reset(&text);
			fields_text(f, &text);
			verdict_saw(v, false, "%s, as seen on %s", text.data,
				    r->hosts[h]->name);
		}
	}
	if (n)
		verdict_saw(v, !bad, "%zu of %zu adverts as they should be",
			    n - bad, n);
	else if (role_of(e, r, s->node) != ROLE_STANDBY)
		verdict_blind(v, "%s sent no advert that could be judged",
			      s->node->name);
}

/*
 * One advert has no interval, but the silence around it may be too long. Where
 * another sender's interval was measured nothing more is to be known: a second
 * sender is the check of adverts' finding.
 */
static void lone(const struct seen_frames *seen, const struct senders *s,
		 size_t k, int64_t most, struct verdict *v)
{
	int64_t before = s->items[k].last - seen->from;
	int64_t after = seen->to - s->items[k].last;
	char text[IP_TEXT_MAX];

	if (s->items[k].n != 1)
		return;
	ip_print(&s->items[k].ip, text);
	if (before > most || after > most)
		verdict_saw(v, false,
			    "over %.3f s: silence about the only "
			    "advert from %s",
			    seconds(before > after ? before : after), text);
	else if (!v->observed.n)
		verdict_blind(v, "only one advert from %s in %.1f s", text,
			      seconds(seen->to - seen->from));
}

static void judge_advert_interval(const struct evidence *e,
				  const struct subject *s, struct verdict *v)
{
	const struct seen_frames *seen = &s->ha->frames;
	const struct topo_router *r = s->router;
	struct topo_way way = ways_adverts(e->lab, r);
	int64_t want = evidence_interval_ns(r);
	int64_t slack = EVIDENCE_SLACK(want) + 2 * way.jitter_ns;
	/* What is lost on the way makes a gap of several intervals. */
	int64_t more = want * (int64_t)topo_losses_in_a_row(way.lost);
	struct senders senders = {0};
	char text[IP_TEXT_MAX];
	size_t i, k;

	if (!can_see(seen, s->node, v))
		return;
	verdict_want(v, "%.3f s (up to %.3f s off)%s", seconds(want),
		     seconds(slack),
		     more ? ", or several of them: wires lose some" : "");
	for (i = 0; i < seen->n; i++) {
		const struct frame *f = &seen->frames[i];
		int64_t gap;

		if (!concerns(r, f))
			continue;
		k = sender(&senders, f, false);
		if (k == SENDERS_MAX)
			continue;
		gap = f->t - senders.items[k].last;
		senders.items[k].last = f->t;
		if (senders.items[k].n++ == 0)
			continue;
		/* Enough of those that are right; all that are wrong. */
		if (gap < want - slack || gap > want + slack + more ||
		    senders.items[k].n < GAPS_TOLD)
			verdict_saw(v,
				    gap >= want - slack &&
					    gap <= want + slack + more,
				    "%.3f s, from %s", seconds(gap),
				    ip_print(&f->ip_src, text));
	}
	for (k = 0; k < senders.n; k++)
		lone(seen, &senders, k, want + slack + more, v);
	if (!senders.n)
		verdict_blind(v, "%s saw no advert in %.1f s", s->node->name,
			      seconds(seen->to - seen->from));
}

/*
 * Is it this host's advert for the router? Each project's HA network has the
 * same addresses: what is in another one of them is another router's.
 */
static bool in_tunnel(const struct lab *lab, const struct frame *f,
		      const struct topo_router *r, size_t h)
{
	size_t i;

	if (f->kind != FRAME_ADVERT || !ip_equal(&f->ip_src, ha_ip(r, h)))
		return false;
	for (i = 0; i < lab->nnetworks; i++)
		if (lab->networks[i].ha &&
		    evidence_told_of(f, &lab->networks[i]))
			return &lab->networks[i] == r->ha_network;
	return true;
}

/* "from 10.0.1.21 in VNI 2", "in VLAN 101", "untagged". */
static const char *way(struct verdict *v, const struct ip *outer,
		       enum topo_type type, uint32_t segment)
{
	char text[IP_TEXT_MAX];

	if (type != TOPO_VLAN)
		return arena_printf(v->arena, "from %s in %s %u",
				    ip_is_set(outer) ? ip_print(outer, text)
						     : "-",
				    type == TOPO_GRE ? "key" : "VNI", segment);
	if (!segment)
		return "untagged";
	return arena_printf(v->arena, "in VLAN %u", segment);
}

static const char *seen_way(struct verdict *v, const struct frame *f)
{
	if (!f->tunnel)
		return way(v, NULL, TOPO_VLAN, f->vlan);
	return way(v, &f->outer_src, f->tunnel, f->vni);
}

/* What came by of one host's adverts. */
static void tunnel_host(const struct lab *lab, const struct subject *s,
			size_t h, struct verdict *v)
{
	const struct seen_frames *seen = &s->tunnel->frames;
	const struct topo_router *r = s->router;
	const struct topo_network *net = r->ha_network;
	const struct topo_nic *nic = topo_carrier(r->hosts[h], net);
	const struct frame *odd = NULL;
	const char *right;
	size_t i, n = 0;

	right = way(v, nic ? &nic->addr.ip : &(struct ip){0}, net->type,
		    topo_segment(net));
	verdict_want(v, "adverts of %s %s", r->hosts[h]->name, right);
	for (i = 0; i < seen->n; i++) {
		const struct frame *f = &seen->frames[i];

		if (!in_tunnel(lab, f, r, h))
			continue;
		n++;
		if (!evidence_told_of(f, net) ||
		    (nic && !ip_equal(&f->outer_src, &nic->addr.ip)))
			odd = f;
	}
	if (odd)
		verdict_saw(v, false, "an advert of %s %s", r->hosts[h]->name,
			    seen_way(v, odd));
	else if (n)
		verdict_saw(v, true, "%zu of %s %s", n, r->hosts[h]->name,
			    right);
	else
		verdict_saw(v, false, "none of %s in %.1f s", r->hosts[h]->name,
			    seconds(seen->to - seen->from));
}

static void judge_advert_tunnel(const struct evidence *e,
				const struct subject *s, struct verdict *v)
{
	const struct topo_router *r = s->router;
	size_t h, n = 0;

	if (!can_see(&s->tunnel->frames, s->node, v))
		return;
	for (h = 0; h < r->nhosts; h++)
		if (was_active(e, r, h, FIRST_AND_LAST)) {
			tunnel_host(e->lab, s, h, v);
			n++;
		}
	if (!n)
		verdict_blind(v, "no host of %s is active", r->name);
}

static void command_advert_tunnel(const struct evidence *e,
				  const struct subject *s, struct buf *out)
{
	struct arena a = {0};

	command_exec(out, s->node, "");
	buf_printf(out, "tcpdump -lnevi %s '%s'",
		   s->tunnel ? s->tunnel->nic->ifname : "-",
		   evidence_tunnel_filter(&a, e->lab));
	arena_release(&a);
}

static size_t replies(const struct seen_pings *p)
{
	size_t i, n = 0;

	for (i = 0; i < p->n; i++)
		n += p->probes[i].rtt >= 0;
	return n;
}

static void tell_pings(const struct seen_pings *p, const char *when,
		       unsigned least, struct verdict *v)
{
	int64_t best = INT64_MAX, worst = 0;
	size_t i, n = replies(p);
	uint8_t ttl = 0;

	for (i = 0; i < p->n; i++) {
		if (p->probes[i].rtt < 0)
			continue;
		ttl = p->probes[i].ttl;
		if (p->probes[i].rtt < best)
			best = p->probes[i].rtt;
		if (p->probes[i].rtt > worst)
			worst = p->probes[i].rtt;
	}
	if (n)
		verdict_saw(v, n >= least,
			    "%zu of %zu replies%s, ttl %u, %.2f to %.2f ms", n,
			    p->n, when, ttl, (double)best / (double)NS_PER_MS,
			    (double)worst / (double)NS_PER_MS);
	else
		verdict_saw(v, false, "none of %zu replies%s", p->n, when);
	if (p->send_error)
		verdict_saw(v, false, "sending failed%s: %s", when,
			    p->send_error);
	/* Two that hold one address both answer. */
	if (p->duplicates)
		verdict_saw(v, false, "%" PRId64 " replies came twice%s",
			    p->duplicates, when);
}

static void judge_ping(const struct evidence *e, const struct subject *s,
		       struct verdict *v)
{
	const struct seen_ping *p = s->ping;
	struct topo_way way =
		ways_ping(e->lab, p->router, p->instance, &p->dst);
	unsigned least = ways_replies(EVIDENCE_PROBES, way);
	int64_t later;

	if (p->pings.error) {
		verdict_blind(v, "%s", p->pings.error);
		return;
	}
	verdict_want(v, "%u of %d replies%s", least, EVIDENCE_PROBES,
		     least < EVIDENCE_PROBES ? " or more: wires lose some"
					     : "");
	if (!p->repeated || p->again.error || !p->pings.n || !p->again.n) {
		tell_pings(&p->pings, "", least, v);
		return;
	}
	if (replies(&p->again) < least)
		tell_pings(&p->pings, " at first", least, v);
	tell_pings(&p->again, " when tried again", least, v);
	later = p->again.probes[0].sent - p->pings.probes[0].sent;
	if (v->kind == VERDICT_OK)
		v->note =
			arena_printf(v->arena,
				     "some replies were missing at first; all "
				     "came when tried again %.1f s later",
				     seconds(later));
}

static void command_ping_outside(const struct evidence *e,
				 const struct subject *s, struct buf *out)
{
	char text[IP_TEXT_MAX];

	(void)e;
	buf_printf(out, "labctl exec outside -- ping -c %d %s", EVIDENCE_PROBES,
		   ip_print(&s->ping->dst, text));
}

static void command_ping_inside(const struct evidence *e,
				const struct subject *s, struct buf *out)
{
	char text[IP_TEXT_MAX];

	(void)e;
	command_exec(out, s->node, s->instance->netns);
	buf_printf(out, "ping -c %d %s", EVIDENCE_PROBES,
		   ip_print(&s->ping->dst, text));
}

/* clang-format off */
const struct check traffic_checks[] = {
	{"adverts", scope_hosts, NEEDS_FRAMES | NEEDS_TIME,
	 "hears the active node's adverts only",
	 "VRRP adverts on each ha interface, from one sender",
	 judge_adverts, command_adverts},
	{"advert-fields", scope_hosts, NEEDS_FRAMES,
	 "sends adverts as the lab has them",
	 "source, TTL, VRID, priority, version, interval, address of adverts",
	 judge_advert_fields, command_adverts},
	{"advert-interval", scope_hosts, NEEDS_FRAMES,
	 "hears adverts at the interval",
	 "time between adverts, measured",
	 judge_advert_interval, command_adverts},
	{"advert-tunnel", scope_tunnels, NEEDS_FRAMES | NEEDS_TIME,
	 "has its adverts inside the overlay",
	 "the same adverts in the right VNI or key on the tunnel interface",
	 judge_advert_tunnel, command_advert_tunnel},
	{"advert-vlan", scope_tagged, NEEDS_FRAMES | NEEDS_TIME,
	 "has its adverts tagged on the wire",
	 "the same adverts in the right VLAN on the provider network",
	 judge_advert_tunnel, command_advert_tunnel},
	{"outside-ping", scope_outside, NEEDS_PINGS,
	 "answers from outside, 4 of 4",
	 "the router's gateway address from the external network",
	 judge_ping, command_ping_outside},
	{"instance-ping", scope_inside, NEEDS_PINGS,
	 "is reached, 4 of 4",
	 "the router's address from each instance on its networks",
	 judge_ping, command_ping_inside},
	{"hairpin", scope_hairpins, NEEDS_PINGS,
	 "answers inside too, 4 of 4",
	 "a floating address of each router, from an instance behind it",
	 judge_ping, command_ping_inside},
	{NULL, NULL, NEEDS_TABLES, NULL, NULL, NULL, NULL},
};
/* clang-format on */
