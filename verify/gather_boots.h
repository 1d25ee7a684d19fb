/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_GATHER_BOOTS_H
#define LABCTL_VERIFY_GATHER_BOOTS_H

/* What is asked on a node of what its instances boot by. */

#include <stddef.h>

#include "lib/arena.h"
#include "lib/doc.h"
#include "verify/evidence.h"

/* A look for the node's agent, and where its answer goes. */
struct boot_ask {
	const char *op, *members;
	unsigned timeout_ms;
	struct seen_boot *boot;
	void (*answer)(struct arena *a, const struct doc *d,
		       struct seen_boot *boot);
	/* Why there is no answer; the text is in the arena already. */
	void (*failed)(struct seen_boot *boot, const char *why);
};

/* Adds all that checks with these needs (enum check_needs) want of a node. */
void gather_boots(struct arena *a, struct evidence *e,
		  const struct topo_node *n, unsigned needs,
		  struct boot_ask **ret, size_t *ret_n);

#endif
