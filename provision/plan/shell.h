/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_PLAN_SHELL_H
#define LABCTL_PROVISION_PLAN_SHELL_H

/*
 * A plan as the commands that a person would type: what a student reads to
 * see that there is no magic. Pure. The VRRP engine is no command and is left
 * out.
 */

#include "lib/buf.h"
#include "provision/plan/plan.h"

/* Appends the commands to be typed on the node itself. */
void plan_shell(const struct plan *p, struct buf *out);

#endif
