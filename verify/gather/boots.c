/* SPDX-License-Identifier: MIT */
/*
 * What instances boot by
 * ======================
 * Each look is from where an instance is, beside all the others. One instance
 * of each network on each node waits for DHCP servers that are slow or should
 * not be there; the others have heard enough when the network's own have
 * answered.
 */
#include "verify/gather/boots.h"

#include "lib/auto.h"
#include "lib/buf.h"
#include "provision/plan/services/dhcp.h"
#include "provision/plan/services/radvd.h"
#include "verify/check.h"

#define OFFERS_MS 2000
#define GUEST_MS 1000
#define NAMES_MS 2000
#define EACH_MS 20 /* more, for each instance of the lab */
#define WEB_MS 3000
/* A router that advertised itself lately waits for three seconds. */
#define ADVERTS_MS 5000
#define ADVERTS_SETTLE_MS 700
#define ARP_MS 3500 /* three questions */
#define ARP_SETTLE_MS 200
#define REACH_US 150000
#define REACH_MS 1000

struct asks {
	struct arena *arena;
	struct boot_ask **items;
	size_t *n;
};

static void add(struct asks *k, const struct boot_ask *ask,
		const struct buf *members)
{
	struct boot_ask *q = arena_push(k->arena, k->items, k->n, sizeof(*q));

	*q = *ask;
	q->members = arena_strdup(k->arena, members->data);
}

/* Where hundreds ask at once servers take longer, and some questions are lost;
 * who is answered waits for nothing. */
static unsigned patience_ms(const struct lab *lab, unsigned ms)
{
	return ms + (unsigned)lab->ninstances * EACH_MS;
}

/* Is it the first instance of its network on its node? */
static bool is_first(const struct lab *lab, const struct topo_instance *in)
{
	size_t i;

	for (i = 0; i < in->index; i++)
		if (lab->instances[i].node == in->node &&
		    lab->instances[i].port->network == in->port->network)
			return false;
	return true;
}

/* How long offers are waited for, and how many are enough; 0: none. */
static unsigned offers_ms(const struct lab *lab, const struct topo_instance *in,
			  unsigned *ret_enough)
{
	bool first = is_first(lab, in);

	*ret_enough = first ? 0 : (unsigned)in->port->network->ndhcp;
	return first ? OFFERS_MS : patience_ms(lab, OFFERS_MS);
}

static void offers_answer(struct arena *a, const struct doc *d, void *to)
{
	dhcp_answer(a, d, to);
}

static void offers_failed(void *to, const char *why)
{
	((struct seen_offers *)to)->error = why;
}

static void ask_offers(struct asks *k, const struct lab *lab,
		       struct seen_boot *boot)
{
	const struct topo_instance *in = boot->instance;
	struct dhcp_ask ask = {.netns = in->netns,
			       .dev = in->port->ifname,
			       .mac = in->port->mac};
	auto_buf struct buf b = {0};

	ask.duration_ms = offers_ms(lab, in, &ask.enough);
	dhcp_ask(&ask, &b);
	add(k,
	    &(struct boot_ask){.op = "dhcp",
			       .to = &boot->offers,
			       .timeout_ms = ask.duration_ms,
			       .answer = offers_answer,
			       .failed = offers_failed},
	    &b);
}

static void offers6_answer(struct arena *a, const struct doc *d, void *to)
{
	dhcp6_answer(a, d, to);
}

static void offers6_failed(void *to, const char *why)
{
	((struct seen_offers6 *)to)->error = why;
}

static void ask_offers6(struct asks *k, const struct lab *lab,
			struct seen_boot *boot)
{
	const struct topo_instance *in = boot->instance;
	struct dhcp6_ask ask = {.netns = in->netns,
				.dev = in->port->ifname,
				.mac = in->port->mac,
				.stateless = evidence_asks6(in) ==
					     TOPO_IPV6_STATELESS};
	auto_buf struct buf b = {0};

	ask.duration_ms = offers_ms(lab, in, &ask.enough);
	dhcp6_ask(&ask, &b);
	add(k,
	    &(struct boot_ask){.op = "dhcp6",
			       .to = &boot->offers6,
			       .timeout_ms = ask.duration_ms,
			       .answer = offers6_answer,
			       .failed = offers6_failed},
	    &b);
}

static void guest_answered(struct arena *a, const struct doc *d, void *to)
{
	guest_answer(a, d, to);
}

static void guest_failed(void *to, const char *why)
{
	((struct seen_guest *)to)->error = why;
}

static void ask_guest(struct asks *k, struct seen_boot *boot)
{
	auto_buf struct buf b = {0};

	guest_ask(boot->instance->netns, &b);
	add(k,
	    &(struct boot_ask){.op = "guest",
			       .to = &boot->guest,
			       .timeout_ms = GUEST_MS,
			       .answer = guest_answered,
			       .failed = guest_failed},
	    &b);
}

static void names_answered(struct arena *a, const struct doc *d, void *to)
{
	dns_answer(a, d, to);
}

static void names_failed(void *to, const char *why)
{
	((struct seen_names *)to)->error = why;
}

static void ask_dns(struct asks *k, const struct lab *lab, struct dns_ask *ask,
		    struct seen_names *to)
{
	auto_buf struct buf b = {0};

	ask->timeout_ms = patience_ms(lab, NAMES_MS);
	dns_ask(ask, &b);
	add(k,
	    &(struct boot_ask){.op = "dns",
			       .to = to,
			       .timeout_ms = ask->timeout_ms,
			       .answer = names_answered,
			       .failed = names_failed},
	    &b);
}

static void ask_names(struct asks *k, const struct lab *lab,
		      struct seen_boot *boot)
{
	const struct topo_instance *in = boot->instance;
	const struct topo_addr *lent = evidence_served(in);
	const struct topo_network *net = in->port->network;
	struct ip servers[TOPO_NODES_MAX];
	struct dns_ask ask = {
		.netns = in->netns,
		.name = arena_printf(k->arena, "%s." DHCP_DOMAIN, in->name),
		.servers = servers};
	size_t i, m;

	for (i = 0; i < net->ndhcp; i++)
		for (m = 0; m < net->dhcp_ports[i]->naddrs; m++)
			if (net->dhcp_ports[i]->addrs[m].subnet == lent->subnet)
				servers[ask.n++] =
					net->dhcp_ports[i]->addrs[m].addr.ip;
	ask_dns(k, lab, &ask, &boot->names);
}

static void ask_outside(struct asks *k, const struct lab *lab,
			struct seen_boot *boot)
{
	struct ip servers[DNS_SERVERS_MAX];
	struct dns_ask ask = {.netns = boot->instance->netns,
			      .name = EVIDENCE_NAME,
			      .servers = servers};

	ask.n = evidence_played_dns(boot->instance, servers, DNS_SERVERS_MAX);
	ask_dns(k, lab, &ask, &boot->outside);
}

static void adverts_answer(struct arena *a, const struct doc *d, void *to)
{
	ra_answer(a, d, to);
}

static void adverts_failed(void *to, const char *why)
{
	((struct seen_adverts *)to)->error = why;
}

/* One instance of a network hears for all of them. */
static void ask_adverts(struct asks *k, struct seen_boot *boot)
{
	const struct topo_instance *in = boot->instance;
	struct ra_ask ask = {.netns = in->netns,
			     .dev = in->port->ifname,
			     .mac = in->port->mac,
			     .duration_ms = ADVERTS_MS,
			     .settle_ms = ADVERTS_SETTLE_MS};
	auto_buf struct buf b = {0};

	ra_ask(&ask, &b);
	add(k,
	    &(struct boot_ask){.op = "ra",
			       .to = &boot->adverts,
			       .timeout_ms = ADVERTS_MS,
			       .answer = adverts_answer,
			       .failed = adverts_failed},
	    &b);
}

static void holders_answer(struct arena *a, const struct doc *d, void *to)
{
	arp_answer(a, d, to);
}

static void holders_failed(void *to, const char *why)
{
	((struct seen_holders *)to)->error = why;
}

/* One instance of a network asks for all of it. */
static void ask_holders(struct asks *k, const struct lab *lab,
			struct seen_boot *boot)
{
	const struct topo_instance *in = boot->instance;
	const struct topo_port *of[ARP_TARGETS_MAX];
	struct arp_target targets[ARP_TARGETS_MAX];
	struct arp_ask ask = {.netns = in->netns,
			      .dev = in->port->ifname,
			      .mac = in->port->mac,
			      .targets = targets,
			      .duration_ms = ARP_MS,
			      .settle_ms = ARP_SETTLE_MS};
	auto_buf struct buf b = {0};

	if (evidence_hears(lab, in->port->network) != in)
		return;
	ask.n = evidence_asked(lab, in, targets, of);
	if (!ask.n)
		return;
	arp_ask(&ask, &b);
	add(k,
	    &(struct boot_ask){.op = "arp",
			       .to = &boot->holders,
			       .timeout_ms = ARP_MS,
			       .answer = holders_answer,
			       .failed = holders_failed},
	    &b);
}

static bool hears(const struct lab *lab, const struct topo_instance *in)
{
	size_t i, k;

	if (evidence_hears(lab, in->port->network) != in)
		return false;
	for (i = 0; i < lab->nrouters; i++)
		for (k = 0; k < lab->routers[i].nqr; k++)
			if (lab->routers[i].qr[k]->network ==
				    in->port->network &&
			    plan_port_advertises(lab->routers[i].qr[k]))
				return true;
	return false;
}

/* Instances of a node that one look asks for. */
struct webs {
	struct seen_http **to;
	size_t n;
};

static void webs_answer(struct arena *a, const struct doc *d, void *to)
{
	struct webs *w = to;
	struct seen_http *said = arena_array(a, w->n, sizeof(*said));
	size_t i;

	http_answer(a, d, said, w->n);
	for (i = 0; i < w->n; i++)
		*w->to[i] = said[i];
}

static void webs_failed(void *to, const char *why)
{
	struct webs *w = to;
	size_t i;

	for (i = 0; i < w->n; i++)
		w->to[i]->error = why;
}

/* All of the node's instances by one look. */
static void ask_metadata(struct asks *k, struct evidence *e,
			 const struct topo_node *n)
{
	static const struct ip server = {4, {169, 254, 169, 254}};
	struct webs *w = arena_alloc(k->arena, sizeof(*w));
	const char **from =
		arena_array(k->arena, e->lab->ninstances + 1, sizeof(*from));
	struct http_ask ask = {.server = server,
			       .paths = evidence_metadata_paths,
			       .npaths = METADATA_ASKED,
			       .from = from,
			       .timeout_ms = WEB_MS};
	auto_buf struct buf b = {0};
	size_t i;

	w->to = arena_array(k->arena, e->lab->ninstances + 1, sizeof(*w->to));
	for (i = 0; i < e->lab->ninstances && w->n < HTTP_FROM_MAX; i++) {
		const struct topo_instance *in = &e->lab->instances[i];

		if (in->node != n || !evidence_has_metadata(e->lab, in))
			continue;
		from[w->n] = in->netns;
		w->to[w->n++] = &e->boots[i].metadata;
	}
	ask.n = w->n;
	if (!w->n)
		return;
	http_ask(&ask, &b);
	add(k,
	    &(struct boot_ask){.op = "http",
			       .to = w,
			       .timeout_ms =
				       WEB_MS *
				       (1 + METADATA_ASKED * (unsigned)w->n /
						    HTTP_AT_ONCE),
			       .answer = webs_answer,
			       .failed = webs_failed},
	    &b);
}

static void radvd_answer(struct arena *a, const struct doc *d, void *to)
{
	programs_answer(a, d, to);
}

static void radvd_failed(void *to, const char *why)
{
	((struct seen_programs *)to)->error = why;
}

static void ask_radvd(struct asks *k, struct evidence *e,
		      const struct topo_node *n)
{
	auto_buf struct buf b = {0};

	programs_ask("radvd", &b);
	add(k,
	    &(struct boot_ask){.op = "programs",
			       .to = &e->nodes[n->index].radvd,
			       .timeout_ms = GUEST_MS,
			       .answer = radvd_answer,
			       .failed = radvd_failed},
	    &b);
}

/* --- from outside --------------------------------------------------------- */

struct reaches {
	struct seen_reach **to;
	struct ip *dsts;
	size_t n;
};

static void reaches_answer(struct arena *a, const struct doc *d, void *to)
{
	struct reaches *r = to;
	struct seen_replies *all = arena_array(a, r->n, sizeof(*all));
	size_t i;

	sweep_answer(a, d, all, r->n);
	for (i = 0; i < r->n; i++) {
		r->to[i]->replies = all[i];
		r->to[i]->tries++;
	}
}

static void reaches_failed(void *to, const char *why)
{
	struct reaches *r = to;
	size_t i;

	for (i = 0; i < r->n; i++)
		r->to[i]->replies.error = why;
}

static struct reaches *reaches_new(struct arena *a, const struct evidence *e)
{
	struct reaches *r = arena_alloc(a, sizeof(*r));

	r->to = arena_array(a, e->nreached + 1, sizeof(*r->to));
	r->dsts = arena_array(a, e->nreached + 1, sizeof(*r->dsts));
	return r;
}

static void reaches_add(struct reaches *r, struct seen_reach *s)
{
	if (r->n == SWEEP_DSTS_MAX)
		return;
	r->dsts[r->n] = s->dst;
	r->to[r->n++] = s;
}

static void reaches_ask(struct arena *a, struct reaches *r,
			struct boot_ask *ret)
{
	struct sweep_ask ask = {.netns = "",
				.dsts = r->dsts,
				.n = r->n,
				.count = EVIDENCE_PROBES,
				.interval_us = REACH_US,
				.timeout_ms = REACH_MS};
	auto_buf struct buf b = {0};

	sweep_ask(&ask, &b);
	*ret = (struct boot_ask){
		.op = "sweep",
		.members = arena_strdup(a, b.data),
		.timeout_ms = EVIDENCE_PROBES * REACH_US / 1000 + REACH_MS,
		.to = r,
		.answer = reaches_answer,
		.failed = reaches_failed};
}

static void ask_reached(struct asks *k, struct evidence *e)
{
	struct reaches *r = reaches_new(k->arena, e);
	size_t i;

	for (i = 0; i < e->nreached; i++)
		reaches_add(r, &e->reached[i]);
	if (r->n)
		reaches_ask(k->arena, r,
			    arena_push(k->arena, k->items, k->n,
				       sizeof(struct boot_ask)));
}

bool gather_reach_again(struct arena *a, struct evidence *e,
			const struct mono *learned, struct mono began,
			struct boot_ask *ret)
{
	struct reaches *r = reaches_new(a, e);
	size_t i;

	for (i = 0; i < e->nreached; i++) {
		struct seen_reach *s = &e->reached[i];

		if (!s->tries || s->replies.error ||
		    s->replies.n == EVIDENCE_PROBES)
			continue;
		if (s->tries == 1 ||
		    (learned && mono_before(began, learned[s->router->index])))
			reaches_add(r, s);
	}
	if (r->n)
		reaches_ask(a, r, ret);
	return r->n;
}

void gather_boots(struct arena *a, struct evidence *e,
		  const struct topo_node *n, unsigned needs,
		  struct boot_ask **ret, size_t *ret_n)
{
	struct asks k = {a, ret, ret_n};
	size_t i;

	if (!n) {
		if (needs & NEEDS_REACH)
			ask_reached(&k, e);
		return;
	}
	if (needs & NEEDS_WEB)
		ask_metadata(&k, e, n);
	if (needs & NEEDS_RADVD)
		ask_radvd(&k, e, n);

	for (i = 0; i < e->lab->ninstances; i++) {
		struct seen_boot *boot = &e->boots[i];
		bool six;

		if (boot->instance->node != n)
			continue;
		if ((needs & NEEDS_ADVERTS) && hears(e->lab, boot->instance))
			ask_adverts(&k, boot);
		six = evidence_asks6(boot->instance) != TOPO_IPV6_NONE;
		if ((needs & NEEDS_OFFERS) && six)
			ask_offers6(&k, e->lab, boot);
		if ((needs & NEEDS_GUESTS) && !boot->instance->is_static &&
		    (six || evidence_served(boot->instance)))
			ask_guest(&k, boot);
		if (needs & NEEDS_ARP)
			ask_holders(&k, e->lab, boot);
		if (!evidence_served(boot->instance))
			continue;
		if (needs & NEEDS_OFFERS)
			ask_offers(&k, e->lab, boot);
		if (boot->instance->is_static)
			continue;
		if (needs & NEEDS_NAMES)
			ask_names(&k, e->lab, boot);
		if ((needs & NEEDS_OUTSIDE) &&
		    evidence_resolves(e->lab, boot->instance))
			ask_outside(&k, e->lab, boot);
	}
}
