/* SPDX-License-Identifier: MIT */
/*
 * Mending
 * =======
 * The kernel tells of every address and route that comes and goes. What is
 * only the echo of our own doing is passed over; anything else about an
 * address or route of a router makes it suspect, and a suspect is looked at
 * in the same turn of the loop: vrrp_mend() asks the kernel and mends with one
 * send.
 *
 * Another program may undo that at once, and so on: looks are paid from an
 * account (account.h). Where it is empty that is said, once.
 */
#include "vrrp/mend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/mem.h"
#include "vrrp/engine.h"
#include "vrrp/kernel/hunt.h"
#include "vrrp/notice.h"
#include "vrrp/room.h"
#include "vrrp/router.h"

#define RETRY_NS NS_PER_S /* what could not be mended */
#define TURN_NS (5 * NS_PER_MS)

struct mend_claim {
	struct ip ip; /* an address, or where a route leads */
	bool route;
	size_t i; /* in the router's configuration */
	struct router *r;
};

static void release(struct mend *m)
{
	buf_release(&m->lacks);
	buf_release(&m->strays);
}

/* --- whose is it ------------------------------------------------------- */

static int by_ip(const void *a, const void *b)
{
	const struct mend_claim *x = a, *y = b;

	if (x->route != y->route)
		return x->route ? 1 : -1;
	return ip_cmp(&x->ip, &y->ip);
}

static void claim(struct room *room, struct router *r)
{
	const struct vrrp_router_config *c = r->cfg;
	struct mend_claim *at;
	size_t i;

	at = mem_grow(room->claims, room->nclaims + c->naddrs + c->nroutes + 1,
		      sizeof(*at));
	room->claims = at;
	for (i = 0; i < c->naddrs; i++)
		at[room->nclaims++] = (struct mend_claim){
			.ip = c->addrs[i].net.ip, .i = i, .r = r};
	for (i = 0; i < c->nroutes; i++)
		at[room->nclaims++] =
			(struct mend_claim){.ip = c->routes[i].to.ip,
					    .route = true,
					    .i = i,
					    .r = r};
}

void mend_connect(struct engine *e)
{
	size_t i;

	for (i = 0; i < e->nrooms; i++)
		e->rooms[i]->nclaims = 0;
	for (i = 0; i < e->n; i++)
		claim(e->routers[i]->room, e->routers[i]);
	for (i = 0; i < e->nrooms; i++)
		if (e->rooms[i]->nclaims)
			qsort(e->rooms[i]->claims, e->rooms[i]->nclaims,
			      sizeof(struct mend_claim), by_ip);
}

/* The first claim that fits, or where it would be. */
static size_t first_claim(const struct room *room, const struct mend_claim *key)
{
	size_t low = 0, high = room->nclaims, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (by_ip(&room->claims[mid], key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* --- is it ours -------------------------------------------------------- */

/* Is this address, told of so, what r wants to be told? */
static bool address_is_right(struct router *r, size_t i,
			     const struct vrrp_notice *n)
{
	bool here = r->held.addrs[i] == n->ifindex;
	bool marked = n->protocol == VRRP_PROTOCOL || !vrrp_space_marks();

	if (r->core.state != VRRP_ACTIVE)
		return n->gone && !r->held.stood[i];
	return !n->gone && here && marked &&
	       n->net.len == r->cfg->addrs[i].net.len;
}

static bool route_is_right(const struct router *r, size_t i,
			   const struct vrrp_notice *n)
{
	const struct vrrp_vroute *v = &r->cfg->routes[i];

	if (r->core.state != VRRP_ACTIVE || n->net.len != v->to.len)
		return true;
	return !n->gone && n->protocol == VRRP_PROTOCOL &&
	       n->ifindex == r->held.routes[i] && ip_equal(&n->via, &v->via);
}

/* An owner's address that somebody gives it is its own from then on; known
 * before the router may become Active and add it. */
static void know_owner(struct router *r, size_t i, const struct vrrp_notice *n)
{
	const struct vrrp_link *link;

	if (r->cfg->set.priority != VRRP_PRIORITY_OWNER || n->gone ||
	    n->protocol == VRRP_PROTOCOL || !vrrp_space_marks())
		return;
	link = vrrp_space_link(&r->room->s, r->cfg->addrs[i].dev);
	if (link && link->ifindex == n->ifindex)
		r->held.stood[i] = true;
}

void mend_heard(struct engine *e, struct room *room,
		const struct vrrp_notice *n)
{
	struct mend_claim key;
	size_t i;

	if (!n) {
		for (i = 0; i < e->n; i++)
			if (e->routers[i]->room == room)
				router_suspect(e, e->routers[i]);
		return;
	}
	key = (struct mend_claim){.ip = n->net.ip, .route = n->route};
	for (i = first_claim(room, &key);
	     i < room->nclaims && by_ip(&room->claims[i], &key) == 0; i++) {
		struct router *r = room->claims[i].r;
		size_t k = room->claims[i].i;

		if (!n->route)
			know_owner(r, k, n);
		if (n->route ? !route_is_right(r, k, n)
			     : !address_is_right(r, k, n))
			router_suspect(e, r);
	}
}

/* --- mending ----------------------------------------------------------- */

static void say(struct router *r, struct vrrp_bucket *b, const char *what,
		const char *how, unsigned more)
{
	char and_more[32] = "";

	if (more)
		snprintf(and_more, sizeof(and_more), " and %u more", more);
	vrrp_journal(b, LOG_LEVEL_WARN, "%u %s %s: %.*s%s %s", r->cfg->set.vrid,
		     r->cfg->dev, r->cfg->name, (int)strcspn(what, "\n"), what,
		     and_more, how);
}

static void tell(struct router *r, const struct vrrp_mended *did)
{
	struct mend *m = &r->mend;
	unsigned n = did->put_back + did->removed;

	if (m->fighting && m->account.spent_ns <= ACCOUNT_NS / 2)
		m->fighting = false;
	if (!n)
		return;
	m->times++;
	if (m->fighting)
		return;
	if (account_empty(&m->account)) {
		m->fighting = true;
		m->log = (struct vrrp_bucket){0};
		say(r, &m->log, did->what.data,
		    "is changed again and again by others: mended four times a "
		    "second at most",
		    n - 1);
		return;
	}
	say(r, &m->log, did->what.data,
	    did->put_back ? "was changed by others: put right"
			  : "is not to be here now: removed",
	    n - 1);
}

static void mend_one(struct router *r)
{
	struct vrrp_mended did;
	struct err err;

	r->mend.account.at = MONO_NEVER;
	if (!r->room->s.open || r->room->gone)
		return;
	account_pay(&r->mend.account, clock_mono());
	if (vrrp_mend(&r->room->s, r->cfg, &r->held,
		      r->core.state == VRRP_ACTIVE, &did, &err) < 0) {
		r->place_errors++;
		vrrp_journal(&r->log, LOG_LEVEL_WARN, "%s: %s", r->cfg->name,
			     err.msg);
	}
	tell(r, &did);
	/* Who asked meanwhile got no answer. */
	if (did.put_back && r->core.state == VRRP_ACTIVE)
		r->announce_errors +=
			vrrp_place_announce(&r->room->s, r->cfg, VRRP_ALL);
	release(&r->mend);
	r->mend.lacks = did.lacks;
	r->mend.strays = did.strays;
	buf_release(&did.what);
	if (r->mend.lacks.len || r->mend.strays.len)
		r->mend.account.at = mono_add(clock_mono(), RETRY_NS);
}

void mend_due(struct engine *e)
{
	struct mono now = clock_mono(), until = mono_add(now, TURN_NS);
	size_t i;

	if (mono_before(now, e->mend_at))
		return;
	e->mend_at = MONO_NEVER;
	for (i = 0; i < e->n; i++) {
		struct router *r = e->routers[i];

		/* Its own doing comes first; then the next turn is soon. */
		if (!mono_before(now, r->mend.account.at) &&
		    r->done == r->todo.n && mono_before(clock_mono(), until))
			mend_one(r);
		e->mend_at = mono_min(e->mend_at, r->mend.account.at);
	}
}
