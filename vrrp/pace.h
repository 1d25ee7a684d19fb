/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VRRP_PACE_H
#define LABCTL_VRRP_PACE_H

/*
 * How often may be done what can wait. A broadcast costs its sender by how
 * many hear it, and in a lab of hundreds of routers that is milliseconds for
 * each router; when all say again what they said, adverts would come too late.
 * So such work gets a share of the time: after each piece there is a pause as
 * many times as long as it took.
 */

#include <stdbool.h>

#include "lib/mono.h"

#define PACE_PAUSE 7 /* an eighth of the time */

struct pace {
	struct mono next; /* not before; begins as zero */
};

static inline bool pace_may(const struct pace *p, struct mono now)
{
	return !mono_before(now, p->next);
}

/* A piece of work was done. */
static inline void pace_took(struct pace *p, struct mono begun,
			     struct mono ended)
{
	p->next = mono_add(ended, mono_sub(ended, begun) * PACE_PAUSE);
}

#endif
