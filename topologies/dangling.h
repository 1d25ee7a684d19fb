/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_TOPOLOGIES_DANGLING_H
#define LABCTL_TOPOLOGIES_DANGLING_H

#include "topologies/raw.h"

/* A reference to nothing, with the nearest thing there is; items are pointers
 * to structs that begin with their name. */
void raw_dangling(struct raw *raw, const struct raw_ref *ref, const char *kind,
		  const void *items, size_t n);

#endif
