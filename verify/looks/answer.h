/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_LOOKS_ANSWER_H
#define LABCTL_VERIFY_LOOKS_ANSWER_H

/* What agents answer to the operations of verify/look.h, as evidence. Pure.
 * Nothing in an answer is believed to be of the right form or size; what is
 * kept is in a. */

#include "lib/arena.h"
#include "lib/doc.h"
#include "verify/evidence.h"

void answer_frames(struct arena *a, const struct doc *d,
		   struct seen_frames *ret);
void answer_probes(struct arena *a, const struct doc *d,
		   struct seen_pings *ret);

#endif
