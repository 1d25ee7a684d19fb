/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_GATHER_BOOTS_H
#define LABCTL_VERIFY_GATHER_BOOTS_H

/* What is asked on a node, or of the host outside, of what instances boot by
 * and are reached by. */

#include <stddef.h>

#include "lib/arena.h"
#include "lib/doc.h"
#include "lib/mono.h"
#include "verify/evidence.h"

/* A look for the node's agent, and where its answer goes. */
struct boot_ask {
	const char *op, *members;
	unsigned timeout_ms;
	void *to;
	void (*answer)(struct arena *a, const struct doc *d, void *to);
	/* Why there is no answer; the text is in the arena already. */
	void (*failed)(void *to, const char *why);
};

/* Adds all that checks with these needs (enum check_needs) want of a node;
 * NULL: of the host outside. */
void gather_boots(struct arena *a, struct evidence *e,
		  const struct topo_node *n, unsigned needs,
		  struct boot_ask **ret, size_t *ret_n);

/*
 * Pings those again that did not answer all, and did at once not answer at all
 * or soon after a change of role: began is when they were tried last, learned
 * by router until when hosts may still be learning of it. False: none.
 */
bool gather_reach_again(struct arena *a, struct evidence *e,
			const struct mono *learned, struct mono began,
			struct boot_ask *ret);

#endif
