/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_HOST_CONVERGE_LAB_H
#define LABCTL_PROVISION_HOST_CONVERGE_LAB_H

/*
 * The whole lab at once: every node is told the lab and answers with what
 * was (or would be) changed.
 */

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/err.h"
#include "provision/host/fleet.h"
#include "provision/plan/plan.h"
#include "topologies/topo.h"

#define CONVERGE_TIMEOUT_MS 120000u /* one node's answer */

struct node_change {
	char op; /* '+', '~' or '-' */
	const char *what;
	const char *why; /* NULL: none; of a failure, the reason */
};

struct node_result {
	const char *node;
	int status; /* 0, or why the node could not be asked */
	const char *error;
	struct node_change *changes;
	size_t nchanges;
	struct node_change *failed; /* tried, and still different */
	size_t nfailed;
};

struct converge {
	struct arena arena;
	struct node_result *nodes; /* in the lab's order */
	size_t n;
	size_t changes, failed; /* in all */
};

/* A node has answered; called from one thread at a time. */
typedef void converge_progress(void *ctx, const struct node_result *r);

/*
 * Has every node made as the lab says; apply false only asks. *ret is filled
 * even on failure and freed by converge_release(). Returns 0, or the first
 * error.
 */
int converge_lab(struct fleet *f, bool apply, converge_progress *progress,
		 void *ctx, struct converge *ret, struct err *reterr);

/*
 * The same question to one node, for those who talk to the fleet by
 * themselves: what differs there, its texts in a. lab comes from
 * converge_tell(), once for all nodes.
 */
int converge_look(struct fleet_node *n, const struct buf *lab, struct arena *a,
		  struct node_change **ret, size_t *ret_n, struct err *reterr);

/* Has one node made as the lab says; the first change that failed is an
 * error. */
int converge_one(struct fleet_node *n, const struct lab *lab, struct arena *a,
		 size_t *ret_changes, struct err *reterr);
void converge_tell(const struct lab *lab, struct buf *out);

/* What making a lab from nothing would do: no node is asked. */
void converge_dry(const struct lab *lab, struct converge *ret);

/* The same for those nodes only that could not be asked. */
void converge_fill_dry(struct converge *c, const struct lab *lab);

/* Leaves out what is in order by the time that a node's agent is asked, where
 * the node's own interfaces are seen to first: one that is down or gone. */
void converge_after_wires(struct converge *c, const struct lab *lab,
			  const struct topo_node *node);

void converge_release(struct converge *c);

#endif
