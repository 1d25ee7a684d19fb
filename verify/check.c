/* SPDX-License-Identifier: MIT */
/*
 * The checks
 * ==========
 * What the reference documents verify by hand, in their order, and then the
 * plumbing that they take for granted. A point is judged from the evidence
 * alone: expected from the model, observed from what the nodes told, side by
 * side. Each check looks at one thing and keeps out of the others', so that a
 * fault is named by its own check: what cannot be judged because something
 * else is missing says "could not look", which is a failure too, but another.
 *
 * Checks stand in verify/checks/, a file for each subject, which ends in the
 * table of its checks. Adding a check is two functions and a row there;
 * adding a subject is a file and a line here.
 */
#include "verify/check.h"

#include "lib/auto.h"

/* The order of points. */
#define TABLES(X)                                                              \
	X(node_checks)                                                         \
	X(wire_checks)                                                         \
	X(switch_checks)                                                       \
	X(answers_checks)                                                      \
	X(router_checks)                                                       \
	X(route_checks)                                                        \
	X(gateway_checks)                                                      \
	X(traffic_checks)                                                      \
	X(stranger_checks)                                                     \
	X(passage_checks)                                                      \
	X(nat_checks)                                                          \
	X(path_checks)                                                         \
	X(service_checks)                                                      \
	X(lease_checks)                                                        \
	X(dhcpv6_checks)                                                       \
	X(advertised_checks)                                                   \
	X(outer_checks)                                                        \
	X(secgroup_checks)                                                     \
	X(tracked_checks)                                                      \
	X(drift_checks)

#define DECLARE(table) extern const struct check table[];
TABLES(DECLARE)

#define LIST(table) table,
static const struct check *const tables[] = {TABLES(LIST)};

const struct check *check_nth(size_t i)
{
	const struct check *c;
	size_t t;

	for (t = 0; t < ARRAY_LEN(tables); t++)
		for (c = tables[t]; c->name; c++)
			if (i-- == 0)
				return c;
	return NULL;
}

static void add_points(struct arena *a, const struct check *c,
		       const struct evidence *e, struct points *ret)
{
	struct subjects s = {.arena = a};
	struct point *p;
	size_t i;

	c->scope(&s, e);
	for (i = 0; i < s.n; i++) {
		p = arena_push(a, &ret->items, &ret->n, sizeof(*p));
		p->check = c;
		p->subject = s.items[i];
	}
}

void check_points(struct arena *a, const struct evidence *e, const bool *chosen,
		  struct points *ret)
{
	const struct check *c;
	size_t i;

	*ret = (struct points){0};
	for (i = 0; (c = check_nth(i)) != NULL; i++)
		if (!chosen || chosen[i])
			add_points(a, c, e, ret);
}

unsigned check_needs(const struct points *p)
{
	unsigned needs = NEEDS_TABLES;
	size_t i;

	for (i = 0; i < p->n; i++)
		needs |= p->items[i].check->needs;
	return needs;
}

void check_title(const struct point *p, struct buf *out)
{
	buf_printf(out, "%s: %s %s", p->check->name, p->subject.name,
		   p->check->what);
}

void check_judge(const struct evidence *e, const struct point *p,
		 struct verdict *v)
{
	p->check->judge(e, &p->subject, v);
}
