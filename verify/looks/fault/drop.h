/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_LOOKS_FAULT_DROP_H
#define LABCTL_VERIFY_LOOKS_FAULT_DROP_H

/*
 * Losing all that goes through some interfaces of the process's namespace,
 * while their links stay up.
 */

#include <stddef.h>

#include "lib/err.h"

/*
 * Begins. Returns a descriptor by which it lives: the kernel ends it when that
 * is closed, by whatever death. -EOPNOTSUPP, -ENOENT where the kernel has no
 * such hooks.
 */
int drop_begin(const char *const *devs, size_t n, struct err *reterr);

#endif
