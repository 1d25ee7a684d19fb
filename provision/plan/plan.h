/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_PLAN_PLAN_H
#define LABCTL_PROVISION_PLAN_PLAN_H

/*
 * The desired state of one node, as data: what must exist there, in the one
 * order in which it can be made; removal is that order reversed. Pure.
 */

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/doc.h"
#include "lib/err.h"
#include "provision/res.h"
#include "topologies/topo.h"

/* The plan of a node (all of it: an empty one removes what is there). The
 * plan points into the lab, which must live as long. */
void plan_build(struct arena *a, const struct lab *lab,
		const struct topo_node *node, struct plan *ret);

/* The plan of which nothing is left of a lab: what carries its mark goes. The
 * name must outlive the plan; -EINVAL where it can name no lab. */
int plan_none(struct arena *a, const char *lab, struct plan *ret,
	      struct err *reterr);

/* Appends the plan as text, one resource on a line, for people and diff(1). */
void plan_print(const struct plan *p, struct buf *out);

#endif
