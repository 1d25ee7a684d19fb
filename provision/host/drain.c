/* SPDX-License-Identifier: MIT */
#include "provision/host/drain.h"

#include <errno.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "provision/host/roles.h"

#define POLL_MS 50

static bool active_on(const struct roles *roles, const struct topo_router *r,
		      const struct topo_node *n)
{
	return topo_carries(r, n) &&
	       role_is_active(role_on(roles_engine(roles, n), r));
}

/* Where the router is by now; true once it is one other node alone. */
static bool settled(const struct roles *roles, const struct topo_node *n,
		    struct drain_router *d)
{
	const struct topo_node *on = NULL;

	d->to = NULL;
	if (roles_active(roles, d->router, &on) != 1 || on == n)
		return false;
	d->to = on;
	return true;
}

static int ask(struct fleet *f, unsigned ms, struct roles *ret,
	       struct err *reterr)
{
	int r = roles_ask(f, ms, ret, reterr);

	/* A node that does not answer leads nothing, as far as is known. */
	return r < 0 && !ret->lab ? r : 0;
}

int drain_resign(struct fleet *f, const struct topo_node *n,
		 volatile int *interrupted, struct arena *a,
		 struct drain_router **ret, size_t *ret_n, struct err *reterr)
{
	unsigned ms = roles_deadline_ms(f->lab);
	struct fleet_node *here = fleet_node(f, n->name);
	struct drain_router *list = NULL, *d;
	const struct doc *answer;
	size_t i, k = 0, left;
	struct mono until;
	int r;

	*ret = NULL;
	*ret_n = 0;
	left = 0;
	if (!here || !here->remote)
		return err_set(reterr, -ENOTCONN, "%s cannot be reached",
			       n->name);
	{
		auto_(roles_release) struct roles roles = {0};

		r = ask(f, ms, &roles, reterr);
		for (i = 0; r == 0 && i < f->lab->nrouters; i++) {
			if (!active_on(&roles, &f->lab->routers[i], n))
				continue;
			d = arena_push(a, &list, &k, sizeof(*d));
			d->router = &f->lab->routers[i];
			left += topo_has_engine(d->router);
		}
	}
	*ret = list;
	*ret_n = k;
	if (r < 0 || !left)
		return r;
	r = remote_call(here->remote, "resign", "", REMOTE_ANSWER_MS, a,
			&answer, reterr);
	if (r < 0)
		return err_prefix(reterr, "%s", n->name);
	until = mono_add(clock_mono(), ms * NS_PER_MS);
	do {
		auto_(roles_release) struct roles roles = {0};

		clock_sleep_ms(POLL_MS);
		if (interrupted && *interrupted)
			return err_set(reterr, -EINTR, "interrupted");
		r = ask(f, ms, &roles, reterr);
		if (r < 0)
			return r;
		for (i = left = 0; i < k; i++)
			left += !settled(&roles, n, &list[i]) &&
				topo_has_engine(list[i].router);
	} while (left && mono_before(clock_mono(), until));
	return 0;
}
