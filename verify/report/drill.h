/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_REPORT_DRILL_H
#define LABCTL_VERIFY_REPORT_DRILL_H

/* A drill's record as text: into a buffer, for a command to print. */

#include "lib/buf.h"
#include "lib/doc.h"
#include "verify/drill/drill.h"
#include "verify/drill/figures.h"
#include "verify/report/tap.h"

/*
 * The timeline of each router and each outage as comments, then the points.
 * The plan was written when tap was opened, with drill_points() for each run;
 * run counts from 1, of runs: where there are several, all say which.
 */
void report_drill_tap(const struct drill *d, size_t run, size_t runs,
		      struct tap *tap);

/* A table of comments: least, median and most of each figure, in ms. */
void report_figures_tap(struct figures *f, struct tap *tap);

/* All of it as one JSON document; returns how many points fail. */
size_t report_drill_json(const struct drill *d, struct buf *out);

/*
 * Several drills as one document: begin, add each, end with the figures. add
 * returns how many points fail.
 */
void report_drills_begin(struct json *j, const struct lab *lab,
			 const struct fault *fault, struct buf *out);
size_t report_drills_add(struct json *j, const struct drill *d);
void report_drills_end(struct json *j, struct figures *f, struct buf *out);

#endif
