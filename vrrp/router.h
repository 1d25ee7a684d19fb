/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VRRP_ROUTER_H
#define LABCTL_VRRP_ROUTER_H

/* A virtual router's life in the engine. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/mono.h"
#include "vrrp/account.h"
#include "vrrp/config/config.h"
#include "vrrp/core/advert.h"
#include "vrrp/core/fsm.h"
#include "vrrp/health.h"
#include "vrrp/journal.h"
#include "vrrp/kernel/place.h"

struct engine;
struct port;
struct room;
struct scribe_file;

/* What was to be mended of a router. */
struct mend {
	struct account account;
	bool fighting;            /* told that somebody undoes what we do */
	struct vrrp_bucket log;   /* of its own: transitions are heard too */
	uint64_t times;           /* something was mended */
	struct buf lacks, strays; /* what could not be mended, a line each */
};

struct router {
	const struct vrrp_router_config *cfg;
	struct vrrp core;
	struct room *room;
	struct port *port;
	struct room **track_rooms; /* one for each of cfg->tracks */
	uint8_t *list;             /* advertised addresses, four bytes each */
	struct vrrp_held held;
	struct mend mend;
	struct health health;
	bool failing; /* it hands over, as its gateways do not answer */
	struct scribe_file *file; /* its state file, once there was a word */
	struct vrrp_effects todo;
	unsigned done;  /* effects of todo carried out */
	bool again;     /* todo only says again what was announced */
	bool soon;      /* an announcement is due that had to be put off */
	bool rest;      /* and of one that was sent, the part that can wait */
	unsigned later; /* and so many that can wait */
	bool started;
	bool heir; /* this node held its addresses until now: others may still
		      send here, and their holder must announce them again */
	bool path_up, can_send;
	bool source_stale;       /* look which address is the primary one */
	struct vrrp_addr source; /* family 0: it has none */
	unsigned wired_n;        /* interfaces of its addresses that run, */
	unsigned wired_sum;      /* which, and their MAC addresses */
	enum vrrp_state told;    /* the state that was last told */
	enum vrrp_why why;
	char path_why[160];
	int64_t since_real_ns;
	uint64_t drops[VRRP_DROP_N];
	uint64_t other_list, send_errors, announce_errors, place_errors;
	struct vrrp_bucket log;
};

struct router *router_new(const struct vrrp_router_config *cfg);
void router_free(struct router *r);
/* Asks its gateways where it is time, and hands over where they are silent;
 * and hears whose turn it is meanwhile. */
void router_probe(struct engine *e, struct router *r);
void router_heard(struct engine *e, struct router *r,
		  const struct vrrp_addr *source);
/* Has cfg, which names the same virtual router, replace what r has. */
void router_configure(struct engine *e, struct router *r,
		      const struct vrrp_router_config *cfg);
/* The first things of a new router that is connected: takes what a dead
 * engine left away before any router claims anything. everywhere: no router
 * of its namespace is Active. */
void router_begin(struct engine *e, struct router *r, bool everywhere);
/* The same for one whose namespace has come anew. */
void router_meet_room(struct router *r, bool everywhere);
/* A step of the core; adverts go out at once, the rest by router_finish(). */
void router_step(struct engine *e, struct router *r, struct mono now,
		 const struct vrrp_event *ev);
void router_finish(struct engine *e, struct router *r);
/* One announcement that was put off, or that can wait. */
void router_announce(struct engine *e, struct router *r);
/* The same for all that wait. */
void router_finish_all(struct engine *e);
/* Something of r may not be as it should: it is looked at (mend.h). */
void router_suspect(struct engine *e, struct router *r);
/* Looks at links and addresses anew and tells the core what changed. */
void router_review(struct engine *e, struct router *r);
/* Stops it; the effects are carried out when this returns. */
void router_stop(struct engine *e, struct router *r);
/* Sets which routers listen at p; again when one's addresses change. */
int router_listen(struct port *p, struct router **all, size_t n);
/* Tells the journal what the state file complains of. */
void router_hear_file(struct router *r);

#endif
