/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_FABRIC_CONVERGE_H
#define LABCTL_PROVISION_FABRIC_CONVERGE_H

/* What a fabric runs, and making that what was asked for. */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lib/arena.h"
#include "lib/err.h"
#include "lib/kernel/rtnl.h"
#include "provision/fabric/keys.h"
#include "provision/fabric/spec.h"
#include "topologies/topo.h"

struct fabric_node {
	char name[TOPO_NAME_MAX + 1];
	pid_t pid;
	int ctl;
};

struct fabric {
	unsigned owner;
	int listener;
	struct rtnl *rtnl;
	struct err setup; /* why it cannot work; told to who asks */
	struct arena spec_arena;
	struct emul_spec spec; /* what was asked for last */
	/* The nodes that run, each made as spec has it. */
	struct fabric_node nodes[TOPO_NODES_MAX + 1];
	size_t nnodes;
	struct arena own; /* keys */
	struct emul_keys keys;
};

typedef void fabric_tell(void *ctx, char sign, const char *node,
			 const char *what);

/*
 * Makes what runs equal to want (apply), or only tells. When applied, want and
 * its arena a are the fabric's from then on, and nodes get the fabric's keys.
 * Goes on past errors and returns the first.
 */
int fabric_converge(struct fabric *f, struct emul_spec *want, struct arena *a,
		    bool apply, fabric_tell *tell, void *ctx,
		    unsigned *ret_changes, struct err *reterr);

/* Drops the i-th node, whose process is reaped. */
void fabric_forget(struct fabric *f, size_t i);

#endif
