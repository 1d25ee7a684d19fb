/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_DRILL_WEAKNESS_H
#define LABCTL_VERIFY_DRILL_WEAKNESS_H

#include "verify/drill/drill.h"
#include "verify/verdict.h"

/* Where v is wrong by what a router is known to do wrong after the drill's
 * fault: says so, and what cures it. */
void drill_weakness(const struct drill *d, const struct topo_router *r,
		    struct verdict *v);

/* For sentences. */
static inline double drill_seconds(int64_t ns)
{
	return (double)ns / (double)NS_PER_S;
}

#endif
