/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_NODE_AGENT_H
#define LABCTL_PROVISION_NODE_AGENT_H

/* clang-format off */
/*
 * The agent: `labctl agent` on a node, speaking over stdin and stdout, one
 * JSON document (which is YAML) on each line.
 *
 *   agent:  {"labctl-agent": 2, "version": "0.1.0", "host": "n1", "pid": 7}
 *   labctl: {"id": 1, "op": "lab", "text": "lab: demo\n...", "node": "n1"}
 *   agent:  {"id": 1, "ok": true}
 *   labctl: {"id": 2, "op": "converge", "apply": true}
 *   agent:  {"id": 2, "ok": true, "changes": [...], "failed": [...], ...}
 *   or      {"id": 2, "ok": false, "error": "why", "errno": 22}
 *
 * No plan travels: the agent makes its own from the lab's text, so that both
 * ends must be the same program, which the protocol's number stands for.
 *
 * Operations marked parallel run in a child of their own, so that captures
 * and pings go on beside one another and may change namespace freely; the
 * others run in the agent, one after the other. {"op": "stop", "of": N} asks
 * the parallel operation with id N to finish now and answer with what it has.
 * End of input ends the agent and all its children.
 */
/* clang-format on */

#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"
#include "lib/doc.h"
#include "lib/err.h"

#define AGENT_PROTOCOL 2
#define AGENT_LINE_MAX (16u << 20) /* bytes of a request or an answer */
/* Parallel operations at a time: a drill has two for each router of a node. */
#define AGENT_CHILDREN_MAX 2100

/*
 * Does one operation: reads its arguments from req, writes its results as
 * members of the answer object j is in. Returns 0, or a negative errno with
 * reterr; what was written is dropped then.
 */
typedef int agent_fn(const struct doc *req, struct json *j, struct err *reterr);

struct agent_op {
	const char *name;
	agent_fn *fn;
	bool parallel;
	/* Or NULL: done in the agent, each time before such a child is made,
	 * for what its children shall find ready. */
	void (*before)(void);
};

/*
 * Serves until end of input. ops ends with a NULL name. Returns 0, or a
 * negative errno where the other side does not speak the protocol.
 */
int agent_serve(int in, int out, const struct agent_op *ops,
		struct err *reterr);

/* In a parallel operation: a descriptor that turns readable on "stop". */
int agent_stop_fd(void);

/* Operations that provision has: lab, observe, converge, roles. */
extern const struct agent_op agent_provision_ops[];

#endif
