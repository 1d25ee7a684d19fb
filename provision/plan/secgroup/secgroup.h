/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_PLAN_SECGROUP_SECGROUP_H
#define LABCTL_PROVISION_PLAN_SECGROUP_SECGROUP_H

#include "provision/plan/ctx.h"

/* What is filtered on the way to and from the node's instances. */
void plan_secgroups(struct plan_ctx *c);

#endif
