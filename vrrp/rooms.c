/* SPDX-License-Identifier: MIT */
/*
 * Rooms (namespaces) and ports (interfaces) of the engine: which are needed,
 * which are missing, what changed in them. A review passes what changed on to
 * the routers that it concerns; a look finds what no notification tells of.
 */
#include "vrrp/rooms.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/kernel/netns.h"
#include "lib/mem.h"
#include "vrrp/engine.h"
#include "vrrp/hear.h"
#include "vrrp/mend.h"
#include "vrrp/port.h"
#include "vrrp/room.h"
#include "vrrp/router.h"

#define LOOK_NS NS_PER_S
/* A new name in NETNS_DIR is a plain file until it is mounted upon. */
#define SETTLE_NS (20 * NS_PER_MS)

struct whose {
	struct engine *e;
	struct room *room;
};

static void stale_sources(struct port *p)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		p->routers[i]->source_stale = true;
}

/* Would r speak from another address, now that n came or went? What it has it
 * keeps, unless it was chosen for want of a better one. */
static bool other_source(const struct router *r, const struct vrrp_notice *n)
{
	struct vrrp_addr a = vrrp_addr_of(&n->net.ip);
	size_t i;

	if (!r->source.family || vrrp_addr_cmp(&a, &r->source) == 0)
		return true;
	if (r->cfg->set.source.family)
		return vrrp_addr_cmp(&a, &r->cfg->set.source) == 0;
	for (i = 0; i < r->cfg->naddrs; i++) {
		a = vrrp_addr_of(&r->cfg->addrs[i].net.ip);
		if (vrrp_addr_cmp(&a, &r->source) == 0)
			return true;
	}
	return false;
}

/* n is NULL: any may have come or gone. */
static void source_may_change(const struct whose *c,
			      const struct vrrp_notice *n)
{
	size_t i, k;

	for (i = 0; i < c->e->nports; i++) {
		struct port *p = c->e->ports[i];

		if (p->room != c->room || (n && p->ifindex != n->ifindex))
			continue;
		for (k = 0; k < p->n; k++)
			if (!n || other_source(p->routers[k], n)) {
				p->routers[k]->source_stale = true;
				c->room->dirty = true;
			}
	}
}

static void noticed(void *ctx, const struct vrrp_notice *n)
{
	const struct whose *c = ctx;

	mend_heard(c->e, c->room, n);
	/* What routers put there is nobody's primary address. */
	if (!n)
		source_may_change(c, NULL);
	else if (!n->route && n->net.ip.family == 4 &&
		 n->protocol != VRRP_PROTOCOL)
		source_may_change(c, n);
}

static void room_ready(struct engine *e, void *obj)
{
	struct room *room = obj;
	struct whose c = {e, room};
	int r;

	if (!room->s.open)
		return;
	r = vrrp_space_read(&room->s, noticed, &c);
	if (r != 0)
		room->dirty = true;
	if (r < 0)
		room->gone = true;
}

static void room_open(struct engine *e, struct room *room)
{
	room->dirty = true;
	if (vrrp_space_open(&room->s, NULL) < 0)
		return;
	room->io = (struct io){room_ready, room};
	if (engine_watch(e, room->s.watch, EPOLLIN, &room->io, NULL) < 0)
		vrrp_space_close(&room->s);
}

static struct room *room_of(struct engine *e, const char *name)
{
	struct room *room;
	size_t i;

	for (i = 0; i < e->nrooms; i++) {
		room = e->rooms[i];
		if (strcmp(room->s.name, name) != 0)
			continue;
		room->used = true;
		return room;
	}
	room = mem_zero(1, sizeof(*room));
	e->rooms = mem_grow(e->rooms, e->nrooms + 1, sizeof(*e->rooms));
	vrrp_space_init(&room->s, name);
	room->used = true;
	e->rooms[e->nrooms++] = room;
	room_open(e, room);
	return room;
}

static struct port *port_of(struct engine *e, struct room *room,
			    const char *dev)
{
	struct port *p;
	size_t i;

	for (i = 0; i < e->nports; i++) {
		p = e->ports[i];
		if (p->room != room || strcmp(p->dev, dev) != 0)
			continue;
		p->used = true;
		return p;
	}
	p = port_new(room, dev, hear_ready);
	e->ports = mem_grow(e->ports, e->nports + 1, sizeof(*e->ports));
	p->used = true;
	e->ports[e->nports++] = p;
	return p;
}

static void drop_unused(struct engine *e)
{
	size_t i, n = 0;

	for (i = 0; i < e->nports; i++) {
		if (e->ports[i]->used)
			e->ports[n++] = e->ports[i];
		else
			port_free(e->ports[i]);
	}
	e->nports = n;
	for (i = n = 0; i < e->nrooms; i++) {
		if (e->rooms[i]->used) {
			e->rooms[n++] = e->rooms[i];
			continue;
		}
		vrrp_space_release(&e->rooms[i]->s);
		free(e->rooms[i]->claims);
		free(e->rooms[i]);
	}
	e->nrooms = n;
}

void rooms_connect(struct engine *e)
{
	const struct vrrp_track *t;
	struct router *r;
	size_t i, j;

	for (i = 0; i < e->nrooms; i++)
		e->rooms[i]->used = false;
	for (i = 0; i < e->nports; i++)
		e->ports[i]->used = false;
	for (i = 0; i < e->n; i++) {
		r = e->routers[i];
		r->room = room_of(e, r->cfg->netns);
		r->port = port_of(e, r->room, r->cfg->dev);
		free(r->track_rooms);
		r->track_rooms =
			mem_zero(r->cfg->ntracks + 1, sizeof(struct room *));
		for (j = 0; j < r->cfg->ntracks; j++) {
			t = &r->cfg->tracks[j];
			r->track_rooms[j] = room_of(e, t->netns);
		}
	}
	drop_unused(e);
	mend_connect(e);
	for (i = 0; i < e->nports; i++)
		router_listen(e->ports[i], e->routers, e->n);
	for (i = 0; i < e->nrooms; i++)
		e->rooms[i]->dirty = true;
}

/* --- review ------------------------------------------------------------ */

static bool concerns(const struct router *r)
{
	size_t i;

	if (!r->started || r->room->dirty || r->source_stale)
		return true;
	for (i = 0; i < r->cfg->ntracks; i++)
		if (r->track_rooms[i]->dirty)
			return true;
	return false;
}

static void look_again(struct engine *e, int64_t in_ns)
{
	e->look_at = mono_min(e->look_at, mono_add(clock_mono(), in_ns));
}

static void review_port(struct engine *e, struct port *p)
{
	if (port_review(e, p))
		stale_sources(p);
}

void rooms_review(struct engine *e)
{
	bool any = false, gone = false;
	size_t i;

	for (i = 0; i < e->nrooms; i++) {
		any |= e->rooms[i]->dirty;
		gone |= e->rooms[i]->gone;
	}
	if (!any)
		return;
	for (i = 0; i < e->nports; i++) {
		review_port(e, e->ports[i]);
		if (e->ports[i]->why[0])
			look_again(e, LOOK_NS);
	}
	for (i = 0; i < e->n; i++)
		if (concerns(e->routers[i]))
			router_review(e, e->routers[i]);
	/* Those that were kept for last words. */
	for (i = 0; i < e->nports; i++)
		if (e->ports[i]->lost)
			review_port(e, e->ports[i]);
	for (i = 0; i < e->nrooms; i++)
		e->rooms[i]->dirty = false;
	if (!gone)
		return;
	/* Addresses first leave what is about to be let go. */
	router_finish_all(e);
	for (i = 0; i < e->nrooms; i++) {
		if (!e->rooms[i]->gone)
			continue;
		vrrp_space_close(&e->rooms[i]->s);
		e->rooms[i]->gone = false;
		e->rooms[i]->dirty = true;
	}
	for (i = 0; i < e->nports; i++)
		review_port(e, e->ports[i]);
	look_again(e, 0);
}

/* A namespace has come under routers that were without; none is Active. */
static void met(struct engine *e, const struct room *room)
{
	size_t i;

	for (i = 0; room->s.open && i < e->n; i++)
		if (e->routers[i]->room == room)
			router_meet_room(e->routers[i], true);
}

void rooms_look(struct engine *e)
{
	struct room *room;
	bool missing = e->names < 0;
	size_t i;

	e->look_at = MONO_NEVER;
	for (i = 0; i < e->nrooms; i++) {
		room = e->rooms[i];
		if (room->s.open && !vrrp_space_stands(&room->s)) {
			room->gone = true;
			room->dirty = true;
		} else if (!room->s.open) {
			room_open(e, room);
			missing |= !room->s.open;
			met(e, room);
		}
	}
	for (i = 0; i < e->nports; i++) {
		/* What could not be opened is tried again. */
		if (!e->ports[i]->why[0])
			continue;
		e->ports[i]->room->dirty = true;
	}
	if (missing)
		look_again(e, LOOK_NS);
}

static void names_ready(struct engine *e, void *obj)
{
	char in[4096] __attribute__((aligned(8)));

	(void)obj;
	while (read(e->names, in, sizeof(in)) > 0)
		;
	look_again(e, SETTLE_NS);
}

void rooms_watch_names(struct engine *e)
{
	e->names = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (e->names < 0)
		return;
	e->names_io = (struct io){names_ready, e};
	if (inotify_add_watch(e->names, NETNS_DIR,
			      IN_CREATE | IN_DELETE | IN_MOVE) < 0 ||
	    engine_watch(e, e->names, EPOLLIN, &e->names_io, NULL) < 0) {
		/* Without it, or its folder, a look every second does. */
		close(e->names);
		e->names = -1;
	}
}
