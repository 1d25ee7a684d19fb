/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_WAY_H
#define LABCTL_PROVISION_WAY_H

/*
 * How the nodes of a lab are reached from here. Between host/, which talks to
 * nodes, and emul/, which has them: neither knows the other.
 */

#include <sys/types.h>

#include "lib/arena.h"
#include "lib/err.h"
#include "provision/target.h"
#include "topologies/topo.h"

struct emul_lab;

struct ways {
	const struct lab *lab;
	const struct emul_lab *runs; /* NULL: that cannot be told */
};

struct way {
	struct remote_target target; /* name NULL: by pid */
	pid_t pid;
};

/* Looks what runs of an entered lab; all of it is a's. */
void ways_look(struct arena *a, const struct lab *lab, struct ways *ret);

/* The way to a node, or to the host outside (NULL). -EHOSTDOWN at once where
 * it does not run: it would take a connection's whole deadline to say so. */
int way_find(struct arena *a, const struct ways *w,
	     const struct topo_node *node, struct way *ret, struct err *reterr);

/* The node's name, or that of the host outside (NULL). */
const char *way_name(const struct topo_node *node);

#endif
