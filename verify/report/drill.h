/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_REPORT_DRILL_H
#define LABCTL_VERIFY_REPORT_DRILL_H

/* A drill's record as text: into a buffer, for a command to print. */

#include "lib/buf.h"
#include "verify/drill/drill.h"
#include "verify/report/tap.h"

/* The timeline of each router and each outage as comments, then the points.
 * The plan was written when tap was opened, with drill_points(). */
void report_drill_tap(const struct drill *d, struct tap *tap);

/* All of it as one JSON document; returns how many points fail. */
size_t report_drill_json(const struct drill *d, struct buf *out);

#endif
