/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_CMD_COMMON_MANY_H
#define LABCTL_CMD_COMMON_MANY_H

/* The same thing in many places at once, each line with its place before it. */

#include <stddef.h>

#include "lib/err.h"

#define MANY_AT_ONCE 32 /* processes of one call */

/* What is done for place i, in a process of its own: its exit status. */
typedef int many_fn(void *ctx, size_t i);

/*
 * Calls fn for each place and passes on what it writes on stdout and stderr,
 * line by line as it comes, after "NAME: ". SIGINT and SIGTERM are passed on to
 * all. Returns the highest exit status, or -errno. Not with threads running.
 */
int many_run(const char *const *names, size_t n, many_fn *fn, void *ctx,
	     struct err *reterr);

#endif
