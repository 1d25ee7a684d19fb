/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_NODE_DIFF_H
#define LABCTL_PROVISION_NODE_DIFF_H

/* The difference between what should be and what is, and what kinds need to
 * find theirs. Pure. */

#include <stdbool.h>

#include "lib/arena.h"
#include "provision/res.h"
#include "provision/seen.h"

/* The changes that make `have` what the plan says. */
void plan_diff(struct arena *a, const struct plan *p,
	       const struct observed *have, struct changes *ret);

/* --- for the kinds --- */

struct diff;

struct arena *diff_arena(const struct diff *d);
const struct plan *diff_plan(const struct diff *d);
const struct observed *diff_have(const struct diff *d);

/* A namespace as it was seen, or NULL. */
const struct seen_ns *diff_ns(struct diff *d, const char *netns);

/* What was seen, what is wanted, of the same kind, place and id; or NULL. */
const struct res *diff_seen(struct diff *d, const struct res *r);
const struct res *diff_wanted(struct diff *d, const struct res *r);

/* Whether what is there is to be removed. */
bool diff_goes(struct diff *d, const struct res *have);

/* Notes that a resource is made anew, and so is all that stands on it. */
void diff_anew(struct diff *d, const struct res *r);
bool diff_is_anew(struct diff *d, const struct res *r);

/* Whether an alias is the lab's mark. */
bool diff_ours(const struct diff *d, const char *alias);

/* Changes. Each is valid until the next one. */
struct change *diff_add(struct diff *d, const struct res *want);
struct change *diff_modify(struct diff *d, const struct res *want,
			   const char *why, ...)
	__attribute__((format(printf, 3, 4)));
void diff_remove(struct diff *d, const struct res *have);

/* Adds what is missing, or stands on a link that is made anew. */
void diff_on_link(struct diff *d, const struct res *want,
		  const struct res *have);

#endif
