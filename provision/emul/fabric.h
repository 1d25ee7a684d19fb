/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_EMUL_FABRIC_H
#define LABCTL_PROVISION_EMUL_FABRIC_H

/* Between emul_fabric.c (speaks, reaps) and emul_converge.c (makes it so). */

#include "provision/emul/int.h"

/* Abstract: with a leading NUL, in the fabric's network namespace. */
#define EMUL_SOCKET "labctl-fabric"
#define EMUL_SOCKET_LEN (sizeof(sa_family_t) + 1 + sizeof(EMUL_SOCKET) - 1)

struct fabric_node {
	char name[TOPO_NAME_MAX + 1];
	pid_t pid;
	int ctl;
};

struct fabric_key {
	const char *name, *key, *pub;
};

struct fabric {
	unsigned owner;
	int listener;
	struct rtnl *rtnl;
	struct err setup; /* why it cannot work; told to who asks */
	struct arena own; /* keys */
	struct arena spec_arena;
	struct emul_spec spec; /* what was asked for last */
	/* The nodes that run, each made as spec has it. */
	struct fabric_node nodes[TOPO_NODES_MAX + 1];
	size_t nnodes;
	const char *client_key, *client_pub;
	struct fabric_key *keys;
	size_t nkeys;
};

typedef void fabric_tell(void *ctx, char sign, const char *node,
			 const char *what);

/*
 * Makes what runs equal to want (apply), or only tells. When applied, want and
 * its arena a are the fabric's from then on; keys that the fabric knows already
 * win over those in want. Goes on past errors and returns the first.
 */
int fabric_converge(struct fabric *f, struct emul_spec *want, struct arena *a,
		    bool apply, fabric_tell *tell, void *ctx,
		    unsigned *ret_changes, struct err *reterr);

/* Drops the i-th node, whose process is reaped. */
void fabric_forget(struct fabric *f, size_t i);

#endif
