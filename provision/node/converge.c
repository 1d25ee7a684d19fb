/* SPDX-License-Identifier: MIT */
/*
 * Look, compare, mend, look again. What counts in the end is what is there:
 * a change that failed but whose effect stands is no failure, one that was
 * accepted but did not last is.
 */
#include <string.h>

#include "lib/clock.h"
#include "provision/node/apply.h"
#include "lib/strmap.h"

static void what_of(struct arena *a, const struct plan *p,
		    struct observe_what *ret)
{
	struct strmap seen = {.arena = a};
	const char **sysctls = arena_array(a, p->n + 1, sizeof(*sysctls));
	const char **names = arena_array(a, p->n + 1, sizeof(*names));
	size_t i;

	*ret = (struct observe_what){.sysctls = sysctls,
				     .names = names,
				     .mark = p->mark,
				     .state_dir = p->state_dir};
	for (i = 0; i < p->n; i++) {
		const struct res *r = &p->res[i];

		if (r->kind == RES_NETNS)
			names[ret->nnames++] = r->netns;
		if (r->kind != RES_SYSCTL || strmap_get(&seen, r->sysctl.key))
			continue;
		strmap_put(&seen, r->sysctl.key, r);
		sysctls[ret->nsysctls++] = r->sysctl.key;
	}
}

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

/* Adds changes that earlier rounds did not have; returns how many. */
static size_t remember(struct arena *a, struct changes *all,
		       const struct changes *more)
{
	struct strmap known = {.arena = a};
	struct change *c;
	size_t i, had = all->n;

	for (i = 0; i < all->n; i++)
		strmap_put(&known, all->items[i].what, &all->items[i]);
	for (i = 0; i < more->n; i++) {
		if (strmap_get(&known, more->items[i].what))
			continue;
		c = arena_push(a, &all->items, &all->n, sizeof(*c));
		*c = more->items[i];
	}
	return all->n - had;
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

int converge_node_here(struct arena *a, const struct plan *p, bool apply,
		       struct convergence *ret, struct err *reterr)
{
	struct failures tried = {0};
	struct changes changes = {0};
	struct observe_what what;
	struct mono t0, t1;
	size_t before = 0, new;
	unsigned round;
	int e;

	*ret = (struct convergence){0};
	what_of(a, p, &what);
	for (round = 0;; round++) {
		struct observed have;

		t0 = clock_mono();
		e = observe(a, &what, &have, reterr);
		if (e < 0)
			return e;
		t1 = clock_mono();
		ret->look_ns += mono_sub(t1, t0);
		changes = (struct changes){0};
		plan_diff(a, p, &have, &changes);
		t0 = clock_mono();
		ret->diff_ns += mono_sub(t0, t1);
		new = remember(a, &ret->changes, &changes);
		if (!changes.n || !apply || round == CONVERGE_ROUNDS)
			break;
		/* The same again: trying once more would not help. */
		if (round && !new &&changes.n == before)
			break;
		before = changes.n;
		e = apply_changes(a, p, &changes, &tried, reterr);
		if (e < 0)
			return e;
		ret->apply_ns += mono_sub(clock_mono(), t0);
	}
	if (apply)
		report_left(a, &changes, &tried, &ret->failed);
	return 0;
}
