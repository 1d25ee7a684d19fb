/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_COMMAND_H
#define LABCTL_VERIFY_COMMAND_H

/* The beginnings of commands that a student would type. */

#include "lib/buf.h"
#include "topologies/topo.h"

/* "labctl exec NODE [--netns NS] -- "; netns "" is the node's own. */
void command_exec(struct buf *out, const struct topo_node *n,
		  const char *netns);

#endif
