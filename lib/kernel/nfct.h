/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_LIB_KERNEL_NFCT_H
#define LABCTL_LIB_KERNEL_NFCT_H

/* The connections that the kernel tracks, by ctnetlink. */

#include <stdbool.h>
#include <stddef.h>

#include "lib/conn.h"
#include "lib/err.h"
#include "lib/ip.h"

#define NFCT_MAX (1u << 20) /* entries ended in one go */

/*
 * Ends all tracked connections of the namespace of nsfd (-1: the thread's
 * own) that have one of n addresses at either end, before or after
 * translation. What then comes of them is judged as if it were new. The
 * number that went is set on success; one that ended by itself meanwhile is
 * no error. -E2BIG past NFCT_MAX.
 */
int nfct_forget(int nsfd, const struct ip *addrs, size_t n, size_t *ret_gone,
		struct err *reterr);

/* The same for those of which dead() says so; it is told each entry once. */
int nfct_end(int nsfd, bool (*dead)(const struct conn *c, const void *ctx),
	     const void *ctx, size_t *ret_gone, struct err *reterr);

#endif
