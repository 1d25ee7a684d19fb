/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_LOOKS_LOOK_H
#define LABCTL_VERIFY_LOOKS_LOOK_H

/*
 * The looks: what an agent can do for verify and the drill, as operations of
 * the agent's protocol. Each has a file of its own here, with the request,
 * the operation and the reader of its answer. All of them are parallel, all
 * take "netns" ("" for the node's own), and all end at once on "stop" and
 * answer with what they have.
 */

#include "provision/node/agent.h"

extern const struct agent_op verify_agent_ops[];

#endif
