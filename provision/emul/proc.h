/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_EMUL_PROC_H
#define LABCTL_PROVISION_EMUL_PROC_H

#include <stddef.h>
#include <sys/types.h>

#include "lib/arena.h"
#include "lib/err.h"
#include "provision/emul/title.h"

/* Which of our processes run. */

#define EMUL_GONE_MS 30000 /* until killed processes are gone */

struct emul_proc {
	pid_t pid;
	pid_t ppid;
	struct emul_argv argv;
};

/* Fabrics of this user made from this PID namespace, and their nodes. lab
 * NULL: of all labs. */
int emul_scan(struct arena *a, const char *lab, struct emul_proc **ret,
	      size_t *ret_n, struct err *reterr);

/* A pidfd of a process that is still what the scan saw; -ESRCH where not. */
int emul_pidfd(const struct emul_proc *p);

/* The processes that descend from pid, itself included; their number. */
size_t emul_tree(struct arena *a, pid_t pid, pid_t **ret);

/* Kills by pidfd and waits until it is gone, or EMUL_GONE_MS: -ETIMEDOUT. */
int emul_kill(int pidfd);

#endif
