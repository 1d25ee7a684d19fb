/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_DRILL_WEAKNESS_H
#define LABCTL_VERIFY_DRILL_WEAKNESS_H

#include "verify/drill/drill.h"
#include "verify/verdict.h"

/* Whether it is keepalived's router, whose weaknesses are to be seen. */
bool drill_shows_keepalived(const struct topo_router *r);

/* Where v is wrong by what a router is known to do wrong after the drill's
 * fault: says so, and what cures it. Of keepalived's it is then a note. */
void drill_weakness(const struct drill *d, const struct topo_router *r,
		    const struct timeline *t, struct verdict *v);

/* The same of a silence that was over_ns longer than theory allows. */
void drill_weakness_outage(const struct drill *d, const struct topo_router *r,
			   const struct timeline *t, int64_t over_ns,
			   struct verdict *v);

/* keepalived's addresses, which are an interval late; slack is granted. */
void drill_weakness_addresses(const struct topo_router *r,
			      const struct timeline *t, int64_t slack,
			      struct verdict *v);

/* keepalived's outage where it hands over by itself. */
void drill_weakness_handover(const struct drill *d, const struct topo_router *r,
			     const struct timeline *t, struct verdict *v);

/* For sentences. */
static inline double drill_seconds(int64_t ns)
{
	return (double)ns / (double)NS_PER_S;
}

#endif
