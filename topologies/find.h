/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_TOPOLOGIES_FIND_H
#define LABCTL_TOPOLOGIES_FIND_H

/* Which file a person means: one of theirs, or a lab that labctl brings. */

#include <stddef.h>

#include "lib/arena.h"

/*
 * The path that word leads to: itself where there is such a file, else with
 * ".yaml" behind it, else the same two in the folder share (NULL: none). A
 * word with a '/' is a path and never looked for. Where nothing is found, word
 * as it is. In a, or word itself.
 */
const char *topo_find(struct arena *a, const char *word, const char *share);

#define TOPO_SHIPPED_MAX 256 /* of a folder, that are listed */

/* Names of the labs in the folder share, without ".yaml", sorted; the count. */
size_t topo_shipped(struct arena *a, const char *share,
		    const char *const **ret);

#endif
