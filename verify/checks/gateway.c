/* SPDX-License-Identifier: MIT */
/*
 * Gateways that a router pings (health_check_interval)
 * ====================================================
 * Only the active node can ping: a standby has no address to ask from. So its
 * engine's word is about the past, from when it was active itself, and nothing
 * at all if it never was. What can be seen from a standby now is who answers
 * ARP and neighbour discovery there. Where the active node is answered by
 * pings, and the standby's question too, what it lost then is back, and a note
 * says what is known and what is not. One round that was lost is none (the
 * engine waits for a second as well); but who lost two has handed over.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/mono.h"
#include "provision/host/roles.h"
#include "verify/check.h"
#include "verify/checks/sight.h"
#include "verify/command.h"
#include "verify/role.h"
#include "verify/scopes.h"

#define CLOCK_MAX 32

/* A gateway as one host sees it. */
struct view {
	const struct seen_gateways *at;
	const struct topo_node *node;
	enum role role;
	const struct obs_router *word; /* its engine's, or NULL */
	const struct obs_gateway *known;
	char name[IP_TEXT_MAX];
	bool there; /* by ARP or neighbour discovery */
};

static const char *by(const struct view *w)
{
	return strchr(w->name, ':') ? "neighbour discovery" : "ARP";
}

static const char *clock_text(int64_t ns, char out[CLOCK_MAX])
{
	time_t t = (time_t)(ns / NS_PER_S);
	struct tm tm;

	if (!gmtime_r(&t, &tm) ||
	    !strftime(out, CLOCK_MAX, "%H:%M:%S UTC", &tm))
		snprintf(out, CLOCK_MAX, "some time ago");
	return out;
}

static void pinging_routers(struct subjects *ret, const struct evidence *e)
{
	for (size_t i = 0; i < e->ngateways; i++) {
		const struct topo_router *r = e->gateways[i].router;
		struct subject *s;

		if (e->gateways[i].host)
			continue;
		s = arena_push(ret->arena, &ret->items, &ret->n, sizeof(*s));
		*s = (struct subject){.name = r->name,
				      .router = r,
				      .gateways = &e->gateways[i]};
	}
}

static struct view view(const struct evidence *e, const struct seen_gateways *g,
			size_t i)
{
	const struct topo_router *r = g->router;
	const struct topo_node *n = r->hosts[g->host];
	const struct observed *o = evidence_last(e, n);
	const struct seen_hops *there = hops_there(g);
	struct view w = {.at = g,
			 .node = n,
			 .role = role_in(o, r),
			 .word = role_on(seen_engine(o), r)};
	size_t k;

	ip_print(&g->ips[i], w.name);
	for (k = 0; w.word && k < w.word->ngateways; k++)
		if (ip_equal(&w.word->gateways[k].ip, &g->ips[i]))
			w.known = &w.word->gateways[k];
	for (k = 0; k < there->n; k++)
		w.there |= ip_equal(&there->answers[k], &g->ips[i]);
	return w;
}

/* Two rounds at least. */
static bool silent(const struct view *w)
{
	return w->known && w->known->silent_ns &&
	       (w->word->sick || w->word->asked_ns > w->known->silent_ns);
}

static bool answered(const struct view *w)
{
	return w->known && w->known->answered_ns >= w->word->since_ns &&
	       w->known->answered_ns && !silent(w);
}

/* Is any host active and answered by gateway i, by pings? */
static bool proved(const struct evidence *e, const struct seen_gateways *first,
		   size_t i)
{
	for (size_t h = 0; h < first->router->nhosts; h++) {
		struct view w = view(e, first + h, i);

		if (w.role == ROLE_ACTIVE && answered(&w))
			return true;
	}
	return false;
}

static const char *slowness(struct arena *a, const struct view *w)
{
	if (!w->known->late_ns)
		return "";
	return arena_printf(a, ", for it answers after %.2f s, too late",
			    (double)w->known->late_ns / (double)NS_PER_S);
}

static void see_active(const struct view *w, struct verdict *v)
{
	char since[CLOCK_MAX];

	if (silent(w))
		verdict_saw(
			v, false,
			"%s (active): %s has answered no ping in time since "
			"%s%s; %s %s",
			w->node->name, w->name,
			clock_text(w->known->silent_ns, since),
			slowness(v->arena, w),
			w->there ? "it answers" : "nor does it answer", by(w));
	else if (!w->there)
		verdict_saw(v, false, "%s (active): %s does not answer %s",
			    w->node->name, w->name, by(w));
	else if (!answered(w))
		verdict_blind(v, "%s (active): %s has not been pinged yet",
			      w->node->name, w->name);
	else
		verdict_saw(v, true, "%s (active): %s answers pings",
			    w->node->name, w->name);
}

static void note(struct verdict *v, const char *text)
{
	v->note = v->note ? arena_printf(v->arena, "%s; %s", v->note, text)
			  : text;
}

/* It asks nobody; what it knew, when it was active, may be old. */
static void see_standby(const struct view *w, bool elsewhere, struct verdict *v)
{
	char since[CLOCK_MAX];
	const char *text;

	if (!silent(w)) {
		verdict_saw(v, w->there, "%s (standby, pings nobody): %s %s %s",
			    w->node->name, w->name,
			    w->there ? "answers" : "does not answer", by(w));
		return;
	}
	text = arena_printf(
		v->arena,
		"%s (standby, pings nobody now): %s answered no ping in time "
		"from %s on, until the role was handed over%s; %s %s now",
		w->node->name, w->name, clock_text(w->known->silent_ns, since),
		slowness(v->arena, w),
		w->there ? "it answers" : "it does not answer", by(w));
	verdict_saw(v, w->there && elsewhere, "%s", text);
	if (w->there && elsewhere)
		note(v, arena_printf(v->arena, "%s: %s", w->at->router->name,
				     text));
}

static void see_host(const struct evidence *e, const struct seen_gateways *g,
		     size_t i, bool elsewhere, struct verdict *v)
{
	struct view w = view(e, g, i);
	const struct observed *o = sight_sample(e, w.node, v);

	if (hops_there(g)->error) {
		verdict_blind(v, "%s: %s", w.node->name, hops_there(g)->error);
		return;
	}
	if (!o)
		return;
	if (w.role == ROLE_UNKNOWN || !w.word || !w.known)
		verdict_blind(v, "%s: %s", w.node->name,
			      w.role == ROLE_UNKNOWN
				      ? role_word(o, g->router)
				      : "its engine does not tell of gateways");
	else if (w.role == ROLE_ACTIVE)
		see_active(&w, v);
	else
		see_standby(&w, elsewhere, v);
}

/* keepalived's script tells nobody: a ping of the same from the same place. */
static void see_keepalived(const struct evidence *e,
			   const struct seen_gateways *g, size_t i,
			   struct verdict *v)
{
	const struct seen_pings *p = &g->pings[i];
	struct view w = view(e, g, i);
	const struct observed *o = sight_sample(e, w.node, v);
	size_t k, n = 0;

	if (hops_there(g)->error) {
		verdict_blind(v, "%s: %s", w.node->name, hops_there(g)->error);
		return;
	}
	if (!o)
		return;
	if (w.role != ROLE_ACTIVE) {
		see_standby(&w, false, v);
		return;
	}
	if (p->error) {
		verdict_blind(v, "%s: %s", w.node->name, p->error);
		return;
	}
	for (k = 0; k < p->n; k++)
		n += p->probes[k].rtt >= 0;
	/* Without addresses there is no way: it was no Active then. */
	if (!n && p->send_error) {
		verdict_blind(v,
			      "%s: its role moved while it was looked at: %s",
			      w.node->name, p->send_error);
		return;
	}
	verdict_saw(v, n && w.there,
		    "%s (active): %s %s pings as the health script's, %s %s",
		    w.node->name, w.name, n ? "answers" : "does not answer",
		    !n == !w.there ? "and" : "but",
		    w.there ? by(&w)
			    : arena_printf(v->arena, "not %s", by(&w)));
}

static void judge(const struct evidence *e, const struct subject *s,
		  struct verdict *v)
{
	const struct topo_router *r = s->router;
	const struct seen_gateways *first = s->gateways;
	size_t active = 0, h, i;

	verdict_want(v, "each gateway answers the active node's pings, and "
			"is there for the standbys");
	for (h = 0; h < r->nhosts; h++)
		active += role_in(evidence_last(e, r->hosts[h]), r) ==
			  ROLE_ACTIVE;
	for (i = 0; i < first->n; i++)
		for (h = 0; h < r->nhosts; h++)
			if (topo_has_engine(r))
				see_host(e, first + h, i, proved(e, first, i),
					 v);
			else
				see_keepalived(e, first + h, i, v);
	if (!active && !v->blind)
		verdict_blind(v, "no node was active, so nobody pinged");
	if (v->kind != VERDICT_OK)
		v->note = NULL;
}

static void command(const struct evidence *e, const struct subject *s,
		    struct buf *out)
{
	const struct topo_router *r = s->router;
	const struct topo_node *n = r->hosts[0];
	char text[IP_TEXT_MAX];

	for (size_t h = 0; h < r->nhosts; h++)
		if (role_in(evidence_last(e, r->hosts[h]), r) == ROLE_ACTIVE)
			n = r->hosts[h];
	command_exec(out, n, r->netns);
	buf_printf(out, "ping -c 2 -w 2 %s",
		   ip_print(&s->gateways->ips[0], text));
}

/* clang-format off */
const struct check gateway_checks[] = {
	{"gateway", pinging_routers, NEEDS_TIME | NEEDS_GATEWAYS,
	 "is answered by the gateways that it pings",
	 "the health check's gateways: pings of the active node, ARP of others",
	 judge, command},
	{NULL, NULL, NEEDS_TABLES, NULL, NULL, NULL, NULL},
};
/* clang-format on */
