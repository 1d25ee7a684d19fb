/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_SYNC_TOLD_H
#define LABCTL_PROVISION_SYNC_TOLD_H

/*
 * What an Active told in one go, from first to last, so that what it did not
 * tell, and so has no more, can go. Of each connection eight bytes are kept:
 * two that are alike by chance are one, and the stale one of them stays until
 * the next time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/kernel/ctstate.h"

#define TOLD_MAX (1u << 20) /* beyond that nobody knows what was not told */

/* Zeroed is empty. */
struct told {
	uint64_t *list;
	size_t n, cap;
	bool sorted, over;
};

void told_clear(struct told *t);
void told_add(struct told *t, const struct ct_state *s);

/* Was it told? True too where more was than is kept. */
bool told_has(struct told *t, const struct ct_state *s);

#endif
