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
 * Whether the kernel's part of it is loaded. That is so in all namespaces or in
 * none; and telling it goes through all netlink sockets of the machine, so
 * whoever looks at many namespaces asks once.
 */
enum xfrmnl_there { XFRMNL_UNASKED, XFRMNL_THERE, XFRMNL_NOT_THERE };

/*
 * The thread's own namespace. All zero where the kernel has no IPsec, or
 * where nobody has asked for its part yet: asking would load a module. *known
 * begins as XFRMNL_UNASKED, and is kept from one namespace to the next.
 */
int xfrmnl_look(enum xfrmnl_there *known, struct xfrmnl *ret,
		struct err *reterr);

/* Removes all states and policies of the namespace of nsfd (-1: the thread's
 * own), and lets pass what no policy speaks of. */
int xfrmnl_flush(int nsfd, struct err *reterr);

#endif
