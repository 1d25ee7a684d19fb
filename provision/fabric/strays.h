/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_FABRIC_STRAYS_H
#define LABCTL_PROVISION_FABRIC_STRAYS_H

/*
 * Addresses that the lab gives to a router, an instance or a server, in a
 * node's own namespace, where they take what is sent to them. No agent calls
 * the interfaces there the lab's, and the host outside has no agent; it is the
 * fabric that made them.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lib/arena.h"
#include "lib/err.h"
#include "provision/fabric/spec.h"

struct emul_stray {
	struct ipnet addr;
	int index;
	const char *whose; /* the spec's */
	const char *dev;
};

/*
 * The host outside speaks to each router's address: their places in the
 * kernel's table of neighbours, one for the machine, are reserved there, as
 * agents do in nodes. What is reserved stays as it is.
 */
int emul_reserve(const struct emul_spec *s, const struct emul_node *outside,
		 pid_t pid, struct err *reterr);

/* Those of a node that runs as pid; with apply they are removed. */
int emul_strays(struct arena *a, const struct emul_spec *s,
		const struct emul_node *n, pid_t pid, bool apply,
		struct emul_stray **ret, size_t *ret_n, struct err *reterr);

#endif
