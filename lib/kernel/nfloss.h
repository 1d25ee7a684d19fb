/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_LIB_KERNEL_NFLOSS_H
#define LABCTL_LIB_KERNEL_NFLOSS_H

/*
 * Frames that are lost by chance as they come in on a link, by nf_tables: where
 * the kernel has no netem.
 */

#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/err.h"
#include "lib/kernel/nfnl.h"

struct nfloss {
	const char *dev;
	uint32_t ppm; /* of a million frames */
};

/* These, and no others, lose frames in the namespace of n: what it has of the
 * family netdev goes. None at all removes the table. */
int nfloss_set(struct nfnl *n, const struct nfloss *list, size_t k,
	       struct err *reterr);

/* The share of each link of which there is a rule, in the arena. */
int nfloss_look(struct nfnl *n, struct arena *a, struct nfloss **ret,
		size_t *ret_n, struct err *reterr);

#endif
