/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_CHECK_H
#define LABCTL_VERIFY_CHECK_H

/*
 * The registry of checks. A check has a stable name and a scope; with a lab,
 * the scope gives its subjects, each of which is one test point. Which points
 * there are depends on the lab alone, never on what was seen, so that the
 * plan can be told before anything is looked at. Judging is pure.
 */

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/buf.h"
#include "verify/evidence.h"
#include "verify/scopes.h"
#include "verify/verdict.h"

/* What a check needs besides the nodes' tables. */
enum check_needs {
	NEEDS_TABLES = 0,
	NEEDS_FRAMES = 1 << 0,
	NEEDS_PINGS = 1 << 1,
	NEEDS_TIME = 1 << 2,     /* roles, over at least one interval */
	NEEDS_PASSAGES = 1 << 4, /* packets through routers */
	NEEDS_OFFERS = 1 << 5,   /* of DHCP servers */
	NEEDS_GUESTS = 1 << 6,   /* what machines were told */
	NEEDS_NAMES = 1 << 7,    /* answers of DNS servers */
	NEEDS_WEB = 1 << 8,      /* what the metadata service tells machines */
	NEEDS_ADVERTS = 1 << 9,  /* of routers, as instances hear them */
	NEEDS_RADVD = 1 << 10,   /* where radvd runs */
	NEEDS_REACH = 1 << 11,   /* instances pinged from outside */
	NEEDS_OUTSIDE = 1 << 12, /* names of the Internet */
	NEEDS_TRIES = 1 << 16,   /* what security groups let through */
	NEEDS_ARP = 1 << 18,     /* who answers instances' ARP */
	NEEDS_TRACKED = 1 << 17, /* how many connections are tracked */
	NEEDS_GATEWAYS =
		1 << 13, /* which gateways are there, of those pinged */
	NEEDS_INTERNET = 1 << 14, /* an Internet host, and the way there */
	NEEDS_ISLES = 1 << 15, /* other projects' packets, which do not come */
	NEEDS_DRIFT = 1 << 3   /* what the agents would change */
};

struct check {
	const char *name;
	scope_fn *scope;
	unsigned needs;    /* enum check_needs */
	const char *what;  /* "has ...": goes on where the subject ended */
	const char *about; /* for --list: one line, lower case */
	void (*judge)(const struct evidence *e, const struct subject *s,
		      struct verdict *v);
	/* What a student would type to see for himself. */
	void (*command)(const struct evidence *e, const struct subject *s,
			struct buf *out);
};

/* Check i in the order of points; NULL past the last one. */
const struct check *check_nth(size_t i);

/* One test point. */
struct point {
	const struct check *check;
	struct subject subject;
};

struct points {
	struct point *items;
	size_t n;
};

/* What all of these points' checks need together. */
unsigned check_needs(const struct points *p);

/* All points of a lab, in order. evidence comes from evidence_init(). chosen
 * NULL takes all checks, else those where chosen[i], i as of check_nth(). */
void check_points(struct arena *a, const struct evidence *e, const bool *chosen,
		  struct points *ret);

/* "NAME: SUBJECT WHAT", in one line without an end. */
void check_title(const struct point *p, struct buf *out);

/* Judges one point; v->arena is set by the caller. */
void check_judge(const struct evidence *e, const struct point *p,
		 struct verdict *v);

#endif
