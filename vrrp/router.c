/* SPDX-License-Identifier: MIT */
/*
 * A virtual router in the engine: the core's effects carried out, the world
 * told to the core.
 *
 * The path is up when the namespace is there, the interface runs, is no port of
 * another, has its primary address and a socket, and all that is tracked runs:
 * the interfaces of its addresses too, which must be no ports either, unless
 * the configuration says otherwise. A router whose
 * path is not up is in fault and says why; it claims nothing.
 */
#include "vrrp/router.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/mem.h"
#include "lib/text.h"
#include "vrrp/config/same.h"
#include "vrrp/engine.h"
#include "vrrp/kernel/forward.h"
#include "vrrp/kernel/hunt.h"
#include "vrrp/kernel/place.h"
#include "vrrp/port.h"
#include "vrrp/room.h"
#include "vrrp/scribe.h"

/* Announcements of one router that wait: more would say the same. */
#define LATER_MAX 8u

#define SAY(r, level, fmt, ...)                                                \
	vrrp_journal(&(r)->log, LOG_LEVEL_##level, "%u %s %s: " fmt,           \
		     (r)->cfg->set.vrid, (r)->cfg->dev, (r)->cfg->name,        \
		     __VA_ARGS__)

static void set_list(struct router *r)
{
	size_t i;

	free(r->list);
	r->list = mem_zero(r->cfg->nadvert, 4);
	for (i = 0; i < r->cfg->nadvert; i++)
		memcpy(r->list + i * 4, r->cfg->addrs[i].net.ip.b, 4);
}

/* Tells the core settings that are not as they were. */
static void settle(struct engine *e, struct router *r);

static void well(struct engine *e, void *router)
{
	struct router *r = router;

	SAY(r, INFO, "%s", "its gateways answer again");
	settle(e, r);
}

struct router *router_new(const struct vrrp_router_config *cfg)
{
	struct router *r = mem_zero(1, sizeof(*r));

	r->cfg = cfg;
	r->source_stale = true;
	r->since_real_ns = clock_real_ns();
	vrrp_init(&r->core, &cfg->set);
	set_list(r);
	vrrp_held_init(&r->held, cfg);
	r->mend.account.at = MONO_NEVER;
	health_init(&r->health, r, well);
	health_configure(&r->health, cfg);
	return r;
}

void router_free(struct router *r)
{
	health_release(&r->health);
	scribe_drop(r->file);
	buf_release(&r->mend.lacks);
	buf_release(&r->mend.strays);
	vrrp_held_release(&r->held);
	free(r->track_rooms);
	free(r->list);
	free(r);
}

void router_suspect(struct engine *e, struct router *r)
{
	account_ask(&r->mend.account, clock_mono());
	e->mend_at = mono_min(e->mend_at, r->mend.account.at);
}

int router_listen(struct port *p, struct router **all, size_t n)
{
	size_t i, k = 0;

	for (i = 0; i < n; i++)
		k += all[i]->port == p;
	free(p->groups);
	free(p->routers);
	p->groups = mem_zero(k + 1, sizeof(*p->groups));
	p->routers = mem_zero(k + 1, sizeof(struct router *));
	p->n = 0;
	for (i = 0; i < n; i++) {
		const struct vrrp_settings *set = &all[i]->cfg->set;

		if (all[i]->port != p)
			continue;
		p->routers[p->n] = all[i];
		p->groups[p->n++] = (struct vrrp_group){
			.vrid = set->vrid,
			.version = set->version,
			.family = 4,
			.interval_ns = set->interval_ns,
			.addrs = all[i]->list,
			.naddrs = (unsigned)all[i]->cfg->nadvert,
		};
	}
	return p->fd >= 0 ? port_filter(p, NULL) : 0;
}

/* --- the state file ---------------------------------------------------- */

static void set_state_file(struct engine *e, struct router *r)
{
	if (!r->cfg->state_file)
		return;
	if (!r->file)
		r->file = scribe_file(e->scribe, r->cfg->state_file);
	/* Who reads it knows two words: in fault it is nobody's master. */
	scribe_set(r->file, r->core.state == VRRP_ACTIVE ? "master" : "backup");
}

void router_hear_file(struct router *r)
{
	char why[160];

	if (!r->file)
		return;
	scribe_why(r->file, why, sizeof(why));
	if (*why)
		SAY(r, WARN, "%s: %s; it is tried again", r->cfg->state_file,
		    why);
}

/* --- effects ----------------------------------------------------------- */

static void send_advert(struct router *r, uint8_t priority)
{
	const struct vrrp_router_config *c = r->cfg;
	const struct vrrp_advert a = {
		.version = c->set.version,
		.vrid = c->set.vrid,
		.priority = priority,
		.interval_ns = c->set.interval_ns,
		.family = 4,
		.naddrs = (unsigned)c->nadvert,
		.src = r->source,
		.addrs = r->list,
	};
	int e = port_send(r->port, &a, c->csum);

	if (e < 0 && r->send_errors++ % 100 == 0)
		SAY(r, WARN, "advert not sent: %s", strerror(-e));
}

static void forward(struct router *r, bool on)
{
	struct err e;

	if (vrrp_forward(&r->room->s, r->cfg, on, &e) < 0) {
		r->place_errors++;
		SAY(r, WARN, "%s", e.msg);
	}
}

static void add_addresses(struct engine *e, struct router *r)
{
	struct err err;

	if (!r->room->s.open)
		return;
	/* First: the kernel answers for an address from its first moment on,
	 * and hosts remember whether that was a router. */
	forward(r, true);
	if (vrrp_place_add(&r->room->s, r->cfg, &r->held, &err) < 0) {
		r->place_errors++;
		SAY(r, WARN, "%s", err.msg);
		router_suspect(e, r);
	}
}

static void remove_addresses(struct router *r,
			     const struct vrrp_router_config *keep)
{
	struct err e;

	if (!r->room->s.open)
		return;
	if (vrrp_place_remove(&r->room->s, r->cfg, &r->held, keep, &e) < 0) {
		r->place_errors++;
		SAY(r, WARN, "%s", e.msg);
	}
	/* Last: a standby that is no router there reports no group of
	 * routers' by MLD, also when its links come up again. */
	if (!keep || !config_same_forwarding(r->cfg, keep))
		forward(r, false);
}

static void announce(struct router *r, enum vrrp_which which)
{
	if (r->room->s.open && r->core.state == VRRP_ACTIVE)
		r->announce_errors +=
			vrrp_place_announce(&r->room->s, r->cfg, which);
}

/* Its turn has come; what can wait does so until no router's must. */
static void announce_first(struct engine *e, struct router *r)
{
	announce(r, VRRP_FIRST);
	if (!r->rest)
		e->rest++;
	r->rest = true;
}

static void tell_state(struct engine *e, struct router *r,
		       const struct vrrp_effect *fx)
{
	r->why = fx->why;
	set_state_file(e, r);
	health_follow(&r->health, fx->state == VRRP_ACTIVE);
	if (fx->why == VRRP_WHY_PEER_YIELDS ||
	    fx->why == VRRP_WHY_NO_SUCCESSOR) {
		SAY(r, WARN, "still active: %s", vrrp_why_text[fx->why]);
		return;
	}
	r->since_real_ns = clock_real_ns();
	SAY(r, INFO, "%s -> %s: %s", vrrp_state_name[r->told],
	    vrrp_state_name[fx->state],
	    fx->state == VRRP_FAULT ? r->path_why : vrrp_why_text[fx->why]);
	r->told = fx->state;
	if (e->told)
		e->told(e, r);
}

static void carry_out(struct engine *e, struct router *r,
		      const struct vrrp_effect *fx)
{
	switch (fx->kind) {
	case VRRP_FX_ADVERT:
		send_advert(r, fx->priority);
		break;
	case VRRP_FX_ADD:
		add_addresses(e, r);
		break;
	case VRRP_FX_REMOVE:
		remove_addresses(r, NULL);
		break;
	case VRRP_FX_ANNOUNCE:
		if (!r->again)
			announce_first(e, r);
		else if (r->later < LATER_MAX)
			r->later++;
		break;
	case VRRP_FX_STATE:
		tell_state(e, r, fx);
		break;
	}
}

void router_finish(struct engine *e, struct router *r)
{
	if (r->done == r->todo.n)
		return;
	while (r->done < r->todo.n)
		carry_out(e, r, &r->todo.fx[r->done++]);
	e->pending--;
}

/* Another event comes before all was done that the last one asked for. */
static void finish_in_haste(struct engine *e, struct router *r)
{
	const struct vrrp_effect *fx;

	if (r->done == r->todo.n)
		return;
	while (r->done < r->todo.n) {
		fx = &r->todo.fx[r->done++];
		if (fx->kind != VRRP_FX_ANNOUNCE || r->again) {
			carry_out(e, r, fx);
		} else if (!r->soon) {
			r->soon = true;
			e->soon++;
		}
	}
	e->pending--;
}

static void not_soon(struct engine *e, struct router *r)
{
	e->soon -= r->soon;
	r->soon = false;
}

static void no_rest(struct engine *e, struct router *r)
{
	e->rest -= r->rest;
	r->rest = false;
}

void router_announce(struct engine *e, struct router *r)
{
	if (r->soon) {
		not_soon(e, r);
		announce_first(e, r);
	} else if (r->rest) {
		no_rest(e, r);
		announce(r, VRRP_REST);
	} else {
		r->later--;
		announce(r, VRRP_ALL);
	}
}

/* What was announced a moment ago, and is only said again? */
static bool says_again(const struct router *r, const struct vrrp_event *ev)
{
	unsigned i;

	for (i = 0; i < r->todo.n; i++)
		if (r->todo.fx[i].kind == VRRP_FX_ADD ||
		    r->todo.fx[i].kind == VRRP_FX_STATE)
			return false;
	return ev->kind == VRRP_EV_TIMER;
}

void router_finish_all(struct engine *e)
{
	size_t i;

	for (i = 0; e->pending && i < e->n; i++)
		router_finish(e, e->routers[i]);
}

void router_step(struct engine *e, struct router *r, struct mono now,
		 const struct vrrp_event *ev)
{
	finish_in_haste(e, r);
	vrrp_step(&r->core, now, ev, &r->todo);
	r->again = says_again(r, ev);
	r->done = 0;
	/* When many take over at once all adverts go before any address. */
	while (r->done < r->todo.n &&
	       r->todo.fx[r->done].kind == VRRP_FX_ADVERT)
		carry_out(e, r, &r->todo.fx[r->done++]);
	if (r->done < r->todo.n)
		e->pending++;
}

void router_stop(struct engine *e, struct router *r)
{
	const struct vrrp_event ev = {.kind = VRRP_EV_STOP};

	if (!r->started)
		return;
	router_step(e, r, clock_mono(), &ev);
	router_finish(e, r);
	not_soon(e, r);
	no_rest(e, r);
	r->later = 0;
	r->started = false;
}

/* --- the ground -------------------------------------------------------- */

void router_meet_room(struct router *r, bool everywhere)
{
	struct err err;
	bool had = false;
	size_t i;

	if (!r->room->s.open)
		return;
	vrrp_held_release(&r->held);
	vrrp_held_init(&r->held, r->cfg);
	if (vrrp_hunt(&r->room->s, r->cfg, &r->held, everywhere, &had, &err) <
	    0)
		SAY(r, WARN, "%s", err.msg);
	forward(r, false);
	for (i = 0; i < r->cfg->naddrs; i++)
		if (r->held.stood[i]) {
			char text[IP_TEXT_MAX];

			SAY(r, INFO, "%s stood on %s before: left alone",
			    ipnet_print(&r->cfg->addrs[i].net, text),
			    r->cfg->addrs[i].dev);
		}
	if (!had)
		return;
	r->heir = true;
	SAY(r, WARN, "%s", "removed addresses that were left over");
}

void router_begin(struct engine *e, struct router *r, bool everywhere)
{
	router_meet_room(r, everywhere);
	set_state_file(e, r);
}

/* --- the path ---------------------------------------------------------- */

/* ip: is IP spoken there, not only by what it is a port of? */
static bool runs(const struct room *room, const char *dev, bool ip, char *why,
		 size_t size)
{
	const struct vrrp_link *link;

	if (!room->s.open || room->gone) {
		snprintf(why, size, "%s",
			 room->gone ? "network namespace gone" : room->s.why);
		return false;
	}
	link = vrrp_space_link(&room->s, dev);
	if (link && link->running && !(ip && link->port))
		return true;
	snprintf(why, size, "%s %s", dev,
		 !link            ? "does not exist"
		 : !link->up      ? "is down"
		 : !link->running ? "has no carrier"
				  : "is a port of another interface");
	return false;
}

static bool has_source(struct router *r)
{
	const struct ip want = {
		.family = r->cfg->set.source.family,
		.b = {r->cfg->set.source.b[0], r->cfg->set.source.b[1],
		      r->cfg->set.source.b[2], r->cfg->set.source.b[3]}};
	char text[IP_TEXT_MAX];

	if (r->source_stale) {
		r->source_stale = false;
		if (vrrp_space_source(&r->room->s, r->port->ifindex, r->cfg,
				      &r->source) < 0)
			r->source = (struct vrrp_addr){0};
	}
	if (r->source.family)
		return true;
	if (want.family)
		snprintf(r->path_why, sizeof(r->path_why),
			 "%s has no address %s", r->cfg->dev,
			 ip_print(&want, text));
	else
		snprintf(r->path_why, sizeof(r->path_why),
			 "%s has no IPv4 address", r->cfg->dev);
	return false;
}

static bool path_is_up(struct router *r, bool *ret_can_send)
{
	size_t i;

	/* What lost its name may still be wired. */
	*ret_can_send = (r->room->gone || r->port->lost) && r->port->fd >= 0 &&
			r->source.family;
	if (!runs(r->room, r->cfg->dev, true, r->path_why, sizeof(r->path_why)))
		return false;
	if (r->port->fd < 0) {
		snprintf(r->path_why, sizeof(r->path_why), "%s", r->port->why);
		return false;
	}
	if (!has_source(r))
		return false;
	*ret_can_send = true;
	for (i = 0; r->cfg->track_addresses && i < r->cfg->naddrs; i++)
		if ((i == 0 || strcmp(r->cfg->addrs[i].dev,
				      r->cfg->addrs[i - 1].dev) != 0) &&
		    !runs(r->room, r->cfg->addrs[i].dev, true, r->path_why,
			  sizeof(r->path_why)))
			return false;
	for (i = 0; i < r->cfg->ntracks; i++)
		if (!runs(r->track_rooms[i], r->cfg->tracks[i].dev, false,
			  r->path_why, sizeof(r->path_why)))
			return false;
	if (r->failing) {
		snprintf(r->path_why, sizeof(r->path_why), "%s", r->health.why);
		return false;
	}
	r->path_why[0] = '\0';
	return true;
}

/* True where an interface of the addresses came up since last time, or got
 * another MAC address: hosts must learn it. */
static bool rewired(struct router *r)
{
	const struct vrrp_link *link;
	unsigned n = 0, sum = 0;
	const char *last = "";
	bool more;
	size_t i, k;

	for (i = 0; i < r->cfg->naddrs; i++) {
		if (strcmp(last, r->cfg->addrs[i].dev) == 0)
			continue;
		last = r->cfg->addrs[i].dev;
		link = vrrp_space_link(&r->room->s, last);
		if (link && link->running) {
			n++;
			sum = sum * 31 + link->ifindex;
			for (k = 0; k < sizeof(link->mac); k++)
				sum = sum * 31 + link->mac[k];
		}
	}
	more = n >= r->wired_n && sum != r->wired_sum;
	r->wired_n = n;
	r->wired_sum = sum;
	return more;
}

static void settings_of(struct router *r, struct vrrp_settings *ret)
{
	*ret = r->cfg->set;
	if (r->source.family)
		ret->source = r->source;
	health_settings(&r->health, ret);
}

void router_review(struct engine *e, struct router *r)
{
	struct vrrp_settings set;
	struct vrrp_event ev = {.kind = VRRP_EV_PATH};
	bool was_up = r->path_up, can_send, again;

	r->path_up = path_is_up(r, &can_send);
	again = rewired(r);
	if (vrrp_held_astray(&r->held, &r->room->s, r->cfg))
		router_suspect(e, r);
	settings_of(r, &set);
	if (r->source.family &&
	    vrrp_addr_cmp(&set.source, &r->core.set.source) != 0) {
		struct vrrp_event change = {.kind = VRRP_EV_SETTINGS,
					    .settings = &set};

		router_step(e, r, clock_mono(), &change);
	}
	ev.path_up = r->path_up;
	ev.can_send = can_send;
	if (!r->started)
		ev.kind = VRRP_EV_START;
	if (!r->started || was_up != r->path_up)
		router_step(e, r, clock_mono(), &ev);
	else if (again && r->core.state == VRRP_ACTIVE) {
		ev.kind = VRRP_EV_WIRED;
		router_step(e, r, clock_mono(), &ev);
	}
	r->started = true;
	/* As one that leaves: an Active elsewhere announces again, and where
	 * there is none a Backup need not wait for three intervals. */
	if (r->heir && r->core.state == VRRP_BACKUP) {
		r->heir = false;
		send_advert(r, VRRP_PRIORITY_STOP);
	}
}

/* --- health ------------------------------------------------------------ */

void router_probe(struct engine *e, struct router *r)
{
	if (!health_due(e, &r->health, r->room->s.nsfd))
		return;
	r->failing = true;
	router_review(e, r);
	router_finish(e, r); /* its reason is told before it goes */
	settle(e, r);
	r->failing = false;
	router_review(e, r);
	router_finish(e, r);
}

void router_heard(struct engine *e, struct router *r,
		  const struct vrrp_addr *source)
{
	if (vrrp_health_heard(&r->health.core, source))
		settle(e, r);
}

/* --- reload ------------------------------------------------------------ */

static void settle(struct engine *e, struct router *r)
{
	struct vrrp_settings set;
	const struct vrrp_event ev = {.kind = VRRP_EV_SETTINGS,
				      .settings = &set};

	settings_of(r, &set);
	if (!config_same_settings(&set, &r->core.set))
		router_step(e, r, clock_mono(), &ev);
}

void router_configure(struct engine *e, struct router *r,
		      const struct vrrp_router_config *cfg)
{
	const struct vrrp_router_config *old = r->cfg;
	bool moved = !config_same_placement(old, cfg);
	bool other_file = !text_same(old->state_file, cfg->state_file);
	bool active = r->core.state == VRRP_ACTIVE;
	struct vrrp_event ev = {.kind = VRRP_EV_SETTINGS};
	struct vrrp_settings set;

	router_finish(e, r);
	/* Away with what is no longer wanted, and with what should never
	 * have been here: a reload mends what was changed by hand. */
	remove_addresses(r, active ? cfg : NULL);
	vrrp_held_follow(&r->held, old, cfg);
	r->cfg = cfg;
	if (moved && r->room->s.open)
		(void)vrrp_hunt_new(&r->room->s, cfg, old, &r->held, NULL);
	set_list(r);
	if (vrrp_addr_cmp(&old->set.source, &cfg->set.source) != 0)
		r->source_stale = true;
	health_configure(&r->health, cfg);
	health_follow(&r->health, active);
	settings_of(r, &set);
	ev.settings = &set;
	if (!config_same_settings(&set, &r->core.set))
		router_step(e, r, clock_mono(), &ev);
	if (active && moved) {
		ev.kind = VRRP_EV_WIRED;
		router_step(e, r, clock_mono(), &ev);
	} else if (active) {
		add_addresses(e, r);
	}
	if (other_file) {
		scribe_drop(r->file);
		r->file = NULL;
		set_state_file(e, r);
	}
}
