/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_EMUL_START_H
#define LABCTL_PROVISION_EMUL_START_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/err.h"

#define EMUL_FABRIC_FD 3 /* the first connection, inherited by exec */
#define EMUL_LOCK_FD 4   /* the lab's lock, until it can be found */

/* Starts a fabric (privileged: see space.h); *ret_fd is the first connection
 * to it. */
int emul_start(const char *lab, bool privileged, pid_t *ret_pid, int *ret_pidfd,
	       int *ret_fd, struct err *reterr);

#endif
