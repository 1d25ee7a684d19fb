/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_DRILL_ROUTER_H
#define LABCTL_VERIFY_DRILL_ROUTER_H

#include <stddef.h>

#include "lib/buf.h"
#include "verify/drill/drill.h"
#include "verify/verdict.h"

/* A check of each router. */
struct drill_check {
	const char *name, *what;
	enum {
		DRILL_ALWAYS = 0,
		/* Only where the router's active host was cut off. */
		DRILL_IF_HIT = 1 << 0,
		/* Of what was there before: needs no fault. */
		DRILL_BEFORE = 1 << 1
	} when;
	void (*judge)(const struct drill *d, const struct drill_router *dr,
		      const struct timeline *t, struct verdict *v);
	/* Where a fault was aimed at it; NULL: labctl status. */
	void (*command)(const struct drill *d, const struct drill_router *dr,
			struct buf *out);
};

/* Those of each router, in the order of their points. */
extern const struct drill_check drill_checks[];
extern const size_t drill_nchecks;

#endif
