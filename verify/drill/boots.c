/* SPDX-License-Identifier: MIT */
/*
 * What instances boot by, after the role went to another node: verify's own
 * checks, of the instances behind the drill's routers. Before they look, each
 * of these instances' DHCP clients is told to renew its lease, as it would by
 * itself half a day later.
 */
#include <string.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "verify/drill/ops.h"
#include "verify/gather/gather.h"

#define RENEW_MS 5000 /* for all to have renewed */

static const char lease_check[] = "lease", lease6_check[] = "lease6";
static const char *const checks[] = {lease_check, lease6_check, "ra",
				     "radvd",     "slaac",      "metadata"};

static bool is_chosen(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(checks); i++)
		if (strcmp(checks[i], name) == 0)
			return true;
	return false;
}

static bool is_drilled(const struct drill *d, const struct topo_router *r)
{
	size_t i;

	for (i = 0; i < d->nrouters; i++)
		if (d->routers[i].router == r)
			return true;
	return false;
}

/* Behind one of the drill's routers? */
static bool is_behind(const struct drill *d, const struct topo_network *net)
{
	size_t i, k;

	for (i = 0; i < d->nrouters; i++)
		for (k = 0; k < d->routers[i].router->nqr; k++)
			if (d->routers[i].router->qr[k]->network == net)
				return true;
	return false;
}

void drill_boots_init(struct drill *d)
{
	struct points all;
	const struct check *c;
	bool *chosen;
	size_t i, n = 0;

	d->boots = arena_alloc(&d->arena, sizeof(*d->boots));
	evidence_init(d->boots, d->lab);
	while (check_nth(n))
		n++;
	chosen = arena_array(&d->arena, n + 1, sizeof(*chosen));
	for (i = 0; (c = check_nth(i)); i++)
		chosen[i] = is_chosen(c->name);
	check_points(&d->arena, d->boots, chosen, &all);
	for (i = 0; i < all.n; i++) {
		const struct subject *s = &all.items[i].subject;

		if (s->router
			    ? is_drilled(d, s->router)
			    : s->instance &&
				      is_behind(d, s->instance->port->network))
			*(struct point *)arena_push(
				&d->arena, &d->booted.items, &d->booted.n,
				sizeof(struct point)) = all.items[i];
	}
}

/* One check's; an instance with leases of both has two points. */
static bool is_of(const struct point *p, const char *check)
{
	return strcmp(p->check->name, check) == 0;
}

static bool is_lease(const struct point *p)
{
	return is_of(p, lease_check) || is_of(p, lease6_check);
}

/* The nodes' agents wait until all have, or a while. */
static int renew_node(struct fleet_node *n, void *ctx, struct err *reterr)
{
	const struct drill *d = ctx;
	auto_arena struct arena a = {0};
	const char **machines =
		arena_array(&a, d->booted.n + 1, sizeof(*machines));
	auto_buf struct buf b = {0};
	const struct doc *answer;
	size_t i, some = 0;

	for (i = 0; i < d->booted.n; i++) {
		const struct point *p = &d->booted.items[i];

		if (is_lease(p) && p->subject.node == n->node)
			machines[some++] = p->subject.instance->netns;
	}
	renew_ask(machines, some, RENEW_MS, &b);
	return some ? remote_call(n->remote, "renew", b.data,
				  RENEW_MS + REMOTE_ANSWER_MS, &a, &answer,
				  reterr)
		    : 0;
}

void drill_boots_run(struct drill_run *r)
{
	struct drill *d = r->d;

	if (!d->booted.n)
		return;
	d->renew_ns = clock_real_ns();
	/* Who was not told has not renewed: its point says so. */
	(void)fleet_each(r->f, renew_node, d, NULL);
	if (!*r->interrupted)
		gather(r->f, d->boots, check_needs(&d->booted));
}

void drill_boots_judge(const struct drill *d, size_t i, struct verdict *v)
{
	const struct point *p = &d->booted.items[i];
	const struct seen_guest *g;
	int64_t at;
	bool held;

	check_judge(d->boots, p, v);
	if (!is_lease(p))
		return;
	g = &p->subject.boot->guest;
	held = is_of(p, lease_check) ? g->leased : g->leased6;
	at = is_of(p, lease_check) ? g->lease.at_ns : g->lease6.at_ns;
	/* What is told without an address has no time that could run out. */
	if (!is_of(p, lease_check) &&
	    evidence_asks6(p->subject.instance) == TOPO_IPV6_STATELESS)
		return;
	verdict_want(v, "renewed after the failover");
	if (!g->error && held)
		verdict_saw(v, at >= d->renew_ns, "%s",
			    at >= d->renew_ns
				    ? "renewed after the failover"
				    : "not renewed when it was asked to");
}
