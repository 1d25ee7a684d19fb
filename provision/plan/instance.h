/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_PLAN_INSTANCE_H
#define LABCTL_PROVISION_PLAN_INSTANCE_H

#include "provision/plan/ctx.h"

/* Adds the node's instances: a namespace each, its link, what of its addresses
 * and routes nobody tells it, and the machine where there is something to be
 * told. The bridges must be in the plan already. */
void plan_instances(struct plan_ctx *c);

#endif
