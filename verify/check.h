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
#include "topologies/topo.h"
#include "verify/evidence.h"
#include "verify/verdict.h"

enum check_scope {
	SCOPE_NODE,         /* each node */
	SCOPE_ENGINE,       /* each node that carries routers */
	SCOPE_HA_NETWORK,   /* each hidden HA network */
	SCOPE_NODE_NETWORK, /* each network on each node that has it */
	SCOPE_NODE_VXLAN,   /* those of them that are VXLAN */
	SCOPE_INSTANCE,
	SCOPE_ROUTER,
	SCOPE_ROUTER_HOST, /* each router on each of its hosts */
	SCOPE_TUNNEL,      /* those of them where the HA network is VXLAN */
	SCOPE_OUTSIDE,     /* each external address of each router */
	SCOPE_INSIDE       /* each router address an instance can reach */
};

/* What a point is about; members that the scope has not are NULL. */
struct subject {
	const struct topo_node *node;
	const struct topo_network *network;
	const struct topo_instance *instance;
	const struct topo_router *router;
	const struct topo_port *ha_port; /* of router on node */
	const struct seen_ha *ha;        /* what it captured there */
	const struct seen_tunnel *tunnel;
	const struct seen_ping *ping;
};

/* What a check needs besides the nodes' tables. */
enum check_needs {
	NEEDS_TABLES = 0,
	NEEDS_FRAMES = 1 << 0,
	NEEDS_PINGS = 1 << 1,
	NEEDS_TIME = 1 << 2 /* roles, over at least one interval */
};

struct check {
	const char *name;
	enum check_scope scope;
	unsigned needs;    /* enum check_needs */
	const char *what;  /* "has ...": goes on where the subject ended */
	const char *about; /* for --list: one line, lower case */
	void (*judge)(const struct evidence *e, const struct subject *s,
		      struct verdict *v);
	/* What a student would type to see for himself. */
	void (*command)(const struct evidence *e, const struct subject *s,
			struct buf *out);
};

extern const struct check checks[]; /* ends with a NULL name */

const struct check *check_find(const char *name);

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
 * NULL takes all checks, else those where chosen[i]. */
void check_points(struct arena *a, const struct evidence *e, const bool *chosen,
		  struct points *ret);

/* "NAME: SUBJECT WHAT", in one line without an end. */
void check_title(const struct point *p, struct buf *out);

/* Judges one point; v->arena is set by the caller. */
void check_judge(const struct evidence *e, const struct point *p,
		 struct verdict *v);

#endif
