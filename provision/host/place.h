/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_HOST_PLACE_H
#define LABCTL_PROVISION_HOST_PLACE_H

/*
 * Where a person wants a command to run: a node, the host outside, an instance
 * (its node and namespace), or a router (the node where it is active, and its
 * namespace). Pure, but for place_find_active().
 */

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/err.h"
#include "topologies/topo.h"

#define PLACE_ALL "all" /* every node; a place of that name goes before */
#define PLACE_CANNOT 3  /* the command's status where its namespace lacks */

struct place {
	const char *name;             /* as it was said */
	const struct topo_node *node; /* NULL: the host outside */
	const char *netns;            /* NULL: the node's own */
	bool machine; /* netns is an instance's, which may be a machine */
	/* Not NULL: node is where this router is active, to be found yet. */
	const struct topo_router *router;
};

/* Names of all places of the lab, nodes first, then the host outside. */
size_t place_names(struct arena *a, const struct lab *lab, const char ***ret);

/* Whether a word means many places: PLACE_ALL, or a pattern as the shell's. */
bool place_is_many(const struct lab *lab, const char *word);

/* Which places it means, in the order of place_names(); the count. */
size_t place_match(struct arena *a, const struct lab *lab, const char *word,
		   const char ***ret);

/*
 * Finds a place by its name; beside a node's, netns or router (NULL: neither)
 * name a namespace there. Returns 0 or -EINVAL, with the nearest right name.
 */
int place_find(const struct lab *lab, const char *name, const char *netns,
	       const char *router, struct place *ret, struct err *reterr);

/*
 * Sets the node of a router's place by asking the engines, timeout_ms each; the
 * lab has been entered. -ENOENT where it is active nowhere, -EEXIST where on
 * more than one node.
 */
int place_find_active(const struct lab *lab, struct place *p,
		      unsigned timeout_ms, struct err *reterr);

/*
 * Appends what the shell there is given to run words (NULL at their end; none:
 * a shell) as they are: "" for a login shell. One word that a shell would cut
 * up, and no program has for a name, is told to be one for sh -c, there.
 */
void place_command(const struct place *p, char *const *words, struct buf *line);

#endif
