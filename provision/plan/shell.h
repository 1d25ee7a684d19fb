/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_PLAN_SHELL_H
#define LABCTL_PROVISION_PLAN_SHELL_H

/*
 * A plan as the commands that a person would type: what a student reads to
 * see that there is no magic, and what the benchmark runs to be compared
 * with. Pure. The VRRP engine is no command and is left out.
 */

#include "lib/buf.h"
#include "provision/plan/plan.h"
#include "topologies/topo.h"

/* Appends the commands to be typed on the node itself. */
void plan_shell(const struct plan *p, struct buf *out);

/*
 * Appends a script that builds the whole lab on one machine with single `ip`
 * commands and without SSH: a network namespace for each node, for the host
 * outside and for the fabric, each with the lab's name before its own; then
 * every node's plan. With `down`, the script that removes it.
 */
void plan_shell_local(const struct lab *lab, struct buf *out);
void plan_shell_local_down(const struct lab *lab, struct buf *out);

#endif
