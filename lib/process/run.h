/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_LIB_PROCESS_RUN_H
#define LABCTL_LIB_PROCESS_RUN_H

/* Other people's programs that are run to their end. */

#include "lib/buf.h"
#include "lib/err.h"

/*
 * Runs argv[0], found by PATH, with `in` on its standard input (NULL: nothing)
 * and appends what it prints to out (NULL: that is dropped), max bytes at
 * most. Blocks until it ends: programs must bound their own waits. Returns its
 * exit status, where that is not 0 with what it said first on its standard
 * error in reterr; or a negative errno.
 */
int run_program(const char *const *argv, const char *in, size_t max,
		struct buf *out, struct err *reterr);

#endif
