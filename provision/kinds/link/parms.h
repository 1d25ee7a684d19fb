/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_KINDS_LINK_PARMS_H
#define LABCTL_PROVISION_KINDS_LINK_PARMS_H

/*
 * How a link asks for neighbours: what net/ipv4/neigh/DEV and
 * net/ipv6/neigh/DEV have. There are no such files in a user namespace, and
 * yet its root can set all of it (ip ntable): so it is read and set by
 * messages, and called by the files' names.
 */

#include <stdbool.h>

#include "lib/err.h"
#include "lib/kernel/rtnl.h"

struct look;

/* Pushes what a namespace's links have otherwise, as settings. */
int neigh_parms_look(struct look *l, struct err *reterr);

/* Where the link's name begins in such a key. */
#define NEIGH_PARMS_DEV (sizeof("net/ipv4/neigh/") - 1)

/* Is it such a setting; and queues the setting of one. dev is the link's
 * index. */
bool neigh_parms_is(const char *key);
void neigh_parms_set(struct rtnl *r, const char *key, unsigned index,
		     const char *value);

#endif
