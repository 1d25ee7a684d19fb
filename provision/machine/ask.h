/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_MACHINE_ASK_H
#define LABCTL_PROVISION_MACHINE_ASK_H

#include "lib/arena.h"
#include "lib/err.h"
#include "provision/machine/lease.h"

/*
 * The lease of the machine in a network namespace of this node: -ENOENT where
 * there is no machine, or no lease. Memory comes from a.
 */
int machine_lease(struct arena *a, const char *netns, struct lease *ret,
		  struct err *reterr);

#endif
