/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_NODE_APPLY_H
#define LABCTL_PROVISION_NODE_APPLY_H

/* Making a node be as its plan says. */

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/err.h"
#include "provision/res.h"

/* Looks and mendings one after the other, before what is left is reported. */
#define CONVERGE_ROUNDS 3

/* A change that could not be made, with the reason. */
struct failure {
	enum change_op op;
	const char *what, *why;
};

struct failures {
	struct failure *items;
	size_t n;
};

/*
 * Carries changes out in their order. One that fails is put on the list and
 * does not stop the others. Memory comes from a. An error is only returned
 * where nothing could be tried at all.
 */
int apply_changes(struct arena *a, const struct plan *p,
		  const struct changes *changes, struct failures *ret,
		  struct err *reterr);

struct convergence {
	struct changes changes; /* what differed; all rounds */
	struct failures failed; /* what still differs after the last look */
	int64_t look_ns, diff_ns, apply_ns; /* time spent in each */
};

/*
 * Looks at this node and compares it with the plan; with apply, mends what
 * differs and looks again, as often as it helps and CONVERGE_ROUNDS allow.
 * Where nothing differs, nothing is written and nobody looks twice.
 */
int converge_node_here(struct arena *a, const struct plan *p, bool apply,
		       struct convergence *ret, struct err *reterr);

#endif
