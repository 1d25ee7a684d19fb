/* SPDX-License-Identifier: MIT */
/*
 * Look, compare, mend, look again. What counts in the end is what is there:
 * a change that failed but whose effect stands is no failure, one that was
 * accepted but did not last is.
 */
#include <string.h>

#include "lib/clock.h"
#include "lib/map.h"
#include "lib/text.h"
#include "provision/kinds/kind.h"
#include "provision/node/apply.h"
#include "provision/node/diff.h"
#include "provision/node/look.h"

#define COMES_NS (2 * NS_PER_S) /* for what comes a moment later */
#define COMES_LOOK_MS 50

static const struct failure *find_failure(const struct failures *f,
					  const struct change *c)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		if (f->items[i].op == c->op &&
		    strcmp(f->items[i].what, c->what) == 0)
			return &f->items[i];
	return NULL;
}

/* Adds changes that earlier rounds did not have. */
static void remember(struct arena *a, struct changes *all,
		     const struct changes *more)
{
	struct map known = {0};
	struct change *c;
	size_t i;

	for (i = 0; i < all->n; i++)
		map_puts(a, &known, all->items[i].what, &all->items[i]);
	for (i = 0; i < more->n; i++) {
		if (map_gets(&known, more->items[i].what))
			continue;
		c = arena_push(a, &all->items, &all->n, sizeof(*c));
		*c = more->items[i];
	}
}

/* The same, and for the same reasons: a router that takes another role
 * meanwhile wants something else of the same link. */
static bool same_changes(const struct changes *x, const struct changes *y)
{
	size_t i;

	for (i = 0; x->n == y->n && i < x->n; i++)
		if (x->items[i].op != y->items[i].op ||
		    strcmp(x->items[i].what, y->items[i].what) != 0 ||
		    !text_same(x->items[i].why, y->items[i].why))
			return false;
	return x->n == y->n;
}

/* As a supervisor waits before it starts again what has just ended. */
static bool may_come(const struct changes *left, struct mono *until)
{
	size_t i;

	for (i = 0; i < left->n; i++)
		if (left->items[i].op != CHANGE_ADD ||
		    !kind_of(left->items[i].want)->comes)
			return false;
	if (mono_is_never(*until))
		*until = mono_add(clock_mono(), COMES_NS);
	return mono_before(clock_mono(), *until);
}

static void report_left(struct arena *a, const struct changes *left,
			const struct failures *tried, struct failures *ret)
{
	const struct failure *known;
	struct failure *f;
	size_t i;

	for (i = 0; i < left->n; i++) {
		const struct change *c = &left->items[i];

		f = arena_push(a, &ret->items, &ret->n, sizeof(*f));
		f->op = c->op;
		f->what = c->what;
		known = find_failure(tried, c);
		if (known)
			f->why = known->why;
		else if (c->why)
			f->why = arena_printf(a,
					      "it was set and still "
					      "differs: %s",
					      c->why);
		else
			f->why = c->op == CHANGE_REMOVE
					 ? "it was removed and is there again"
					 : "it was made and is gone again";
	}
}

/* What could not be looked at is a difference which nobody mended. */
static void report_unlooked(struct arena *a, const char *why, bool apply,
			    struct convergence *ret)
{
	static const char what[] = "settings that the plan does not name";
	struct failure *f;
	struct change *c;

	c = arena_push(a, &ret->changes.items, &ret->changes.n, sizeof(*c));
	*c = (struct change){.op = CHANGE_MODIFY, .what = what, .why = why};
	if (!apply)
		return;
	f = arena_push(a, &ret->failed.items, &ret->failed.n, sizeof(*f));
	*f = (struct failure){.op = CHANGE_MODIFY, .what = what, .why = why};
}

/* What no plan has costs more to look for than all the rest. */
static bool any_unusual(const struct changes *ch)
{
	size_t i;

	for (i = 0; i < ch->n; i++)
		if (ch->items[i].unusual)
			return true;
	return false;
}

int converge_node_here(struct arena *a, const struct plan *p, bool apply,
		       struct convergence *ret, struct err *reterr)
{
	struct failures tried = {0};
	struct changes changes = {0}, before = {0};
	struct look_what what;
	struct mono t0, t1, until = MONO_NEVER;
	const char *unlooked = NULL;
	unsigned round;
	int r;

	*ret = (struct convergence){0};
	look_what_of(a, p, &what);
	for (round = 0;; round++) {
		struct observed have;

		t0 = clock_mono();
		r = look_node(a, &what, &have, reterr);
		if (r < 0)
			return r;
		t1 = clock_mono();
		unlooked = unlooked ? unlooked : have.unlooked;
		ret->look_ns += mono_sub(t1, t0);
		changes = (struct changes){0};
		plan_diff(a, p, &have, &changes);
		t0 = clock_mono();
		ret->diff_ns += mono_sub(t0, t1);
		remember(a, &ret->changes, &changes);
		if (!changes.n || !apply)
			break;
		if (round && same_changes(&changes, &before) &&
		    may_come(&changes, &until)) {
			clock_sleep_ms(COMES_LOOK_MS);
			round--;
			continue;
		}
		if (round == CONVERGE_ROUNDS)
			break;
		/* Trying once more would not help. */
		if (round && same_changes(&changes, &before))
			break;
		before = changes;
		what.unusual = any_unusual(&changes);
		r = apply_changes(a, p, &changes, &tried, reterr);
		if (r < 0)
			return r;
		ret->apply_ns += mono_sub(clock_mono(), t0);
	}
	if (apply)
		report_left(a, &changes, &tried, &ret->failed);
	if (unlooked)
		report_unlooked(a, unlooked, apply, ret);
	return 0;
}
