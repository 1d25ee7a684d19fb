/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_DRILL_FIGURES_H
#define LABCTL_VERIFY_DRILL_FIGURES_H

/*
 * What several drills of one lab measured: for each router and each ping the
 * least, the median and the most of every time. Pure.
 */

#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "verify/drill/drill.h"

#define DRILL_RUNS_MAX 1000

struct figure {
	const char *router;
	const char *key;  /* in JSON, with _us after it */
	const char *what; /* for a person */
	/* Of a ping: its address and where it comes from; else NULL. */
	const char *address, *from;
	int64_t *ns; /* a value for each drill in which it was seen */
	size_t n;
};

struct figures {
	struct arena arena;
	struct figure *items; /* in the order of their first appearance */
	size_t n;
	size_t drills;
};

/* Takes a drill's times in; nothing of it is kept by reference but names of
 * the lab. One without a fault is only counted. */
void figures_add(struct figures *f, const struct drill *d);
void figures_release(struct figures *f);

/* Of a figure that was seen at least once; sorts its values. The median of an
 * even number is the lower of the two in the middle. */
struct spread {
	int64_t min, median, max;
};
struct spread figure_spread(struct figure *f);

#endif
