/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_LIB_KERNEL_XFRMNL_H
#define LABCTL_LIB_KERNEL_XFRMNL_H

/* What of IPsec stands in a network namespace, in numbers, and its removal. */

#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"

struct xfrmnl {
	uint32_t states, policies;
	bool blocks; /* what no policy speaks of is blocked, in some direction
		      */
};

/*
 * The thread's own namespace. All zero where the kernel has no IPsec, or
 * where nobody has asked for its part yet: asking would load a module.
 */
int xfrmnl_look(struct xfrmnl *ret, struct err *reterr);

/* Removes all states and policies of the namespace of nsfd (-1: the thread's
 * own), and lets pass what no policy speaks of. */
int xfrmnl_flush(int nsfd, struct err *reterr);

#endif
