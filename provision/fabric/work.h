/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_FABRIC_WORK_H
#define LABCTL_PROVISION_FABRIC_WORK_H

/* What a fabric runs; and one request while it is carried out, as converge.c
 * and who works for it share it. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/arena.h"
#include "lib/err.h"
#include "lib/kernel/rtnl.h"
#include "provision/fabric/keys.h"
#include "provision/fabric/net.h"
#include "provision/fabric/spec.h"
#include "topologies/topo.h"

struct nfnl;

/* What of a spec a request is about. */
enum fabric_what {
	FABRIC_ALL,
	FABRIC_WIRES /* only what wires do to frames */
};

struct fabric_node {
	char name[TOPO_NAME_MAX + 1];
	pid_t pid;
	int ctl;
};

struct fabric {
	unsigned owner;
	int listener;
	struct rtnl *rtnl;
	struct nfnl *nf;  /* NULL: no rule was ever needed */
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

/* What is known of one wanted node. */
struct state {
	const struct emul_node *node;
	pid_t pid; /* 0: does not run */
	int ctl;
	bool fresh;   /* started now */
	bool told;    /* why it starts anew */
	bool ordered; /* APPLY was sent */
	unsigned drift;
	uint32_t missing; /* nics that lack */
	uint32_t turned;  /* nics whose wire is made worse or plain now */
	bool stopped;     /* its sshd answers nobody */
	unsigned laid;    /* mounts over its folders */
};

struct work {
	struct fabric *f;
	const struct emul_spec *want;
	enum fabric_what what;
	bool apply;
	fabric_tell *tell;
	void *ctx;
	unsigned changes;
	struct arena arena;
	struct emul_links links; /* and those that this batch makes */
	struct state *states;
	struct err first; /* the first error; work goes on */
};

/* Tells of a change, and counts it. */
void work_note(struct work *w, char sign, const char *node, const char *fmt,
	       ...) __attribute__((format(printf, 4, 5)));
void work_failed(struct work *w, const struct err *e);

/* Sends what is queued. */
void work_commit(struct work *w);

/* A bridge's index, or 0; and one for a bridge that this batch makes. */
int work_bridge(const struct work *w, const char *name);
int work_new_bridge(struct work *w, const char *name);

#endif
