/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_FABRIC_LAID_H
#define LABCTL_PROVISION_FABRIC_LAID_H

/*
 * What root in a node laid over the folders that the node stands on: a mount
 * over its state or its programs hides them from all that runs there, until
 * it is taken away. Used by the node's PID 1.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/err.h"

struct laid {
	int fd;        /* mountinfo, open before anybody can hide it */
	uint64_t *ids; /* of the mounts that the node was made with */
	size_t n;
};

/* Notes what is there now. */
int laid_note(struct laid *l, struct arena *a, struct err *reterr);

/* How many mounts were laid over folders that matter since; apply takes them
 * away. ret_lost: one that the node was made with has gone. */
int laid_look(const struct laid *l, bool apply, unsigned *ret_over,
	      bool *ret_lost, struct err *reterr);

#endif
