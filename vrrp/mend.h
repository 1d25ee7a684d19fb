/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VRRP_MEND_H
#define LABCTL_VRRP_MEND_H

/*
 * Standing by what was placed: what others take from an Active is put back,
 * what they give to any other is taken away.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/mono.h"
#include "vrrp/journal.h"

struct engine;
struct mend_claim;
struct room;
struct router;
struct vrrp_notice;

/* Of one router. Zeroed but for at, MONO_NEVER, it is ready to use. */
struct mend {
	struct mono at;           /* when to look, MONO_NEVER: all is well */
	struct mono last;         /* last look */
	int64_t spent_ns;         /* of what may be spent on looks */
	bool fighting;            /* told that somebody undoes what we do */
	struct vrrp_bucket log;   /* of its own: transitions are heard too */
	uint64_t times;           /* something was mended */
	struct buf lacks, strays; /* what could not be mended, a line each */
};

void mend_release(struct mend *m);

/* Says anew whose addresses and routes they are, in all rooms. */
void mend_connect(struct engine *e);

/* n was told of in room; NULL: anything may have changed. */
void mend_heard(struct engine *e, struct room *room,
		const struct vrrp_notice *n);

/* Something of r may not be as it should. */
void mend_suspect(struct engine *e, struct router *r);

/* Looks and mends where it is time, for some milliseconds at most. */
void mend_due(struct engine *e);

#endif
