/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_NODE_AGENT_LAB_H
#define LABCTL_PROVISION_NODE_AGENT_LAB_H

/*
 * The lab that a session is about. Its text comes once, with the operation
 * "lab"; the agent reads it with the program's own reader and keeps the model,
 * and makes its own plan of it: what a lab file cannot say, nobody can have
 * the agent do.
 */

#include "lib/doc.h"
#include "lib/err.h"
#include "topologies/topo.h"

/*
 * The operation: {"file": for words, "text": the lab's, "node": which of its
 * nodes this one is}. A text that is no lab is -EINVAL with the first finding
 * as FILE:LINE:COLUMN; what was told before then stays.
 */
int agent_lab_op(const struct doc *req, struct json *j, struct err *reterr);

/* What was told, owned here and valid until the next "lab"; -ENOENT where
 * nothing was. */
int agent_lab(const struct lab **ret_lab, const struct topo_node **ret_node,
	      struct err *reterr);

#endif
