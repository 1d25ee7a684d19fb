/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_PLAN_SERVICES_SYNC_H
#define LABCTL_PROVISION_PLAN_SERVICES_SYNC_H

#include "provision/plan/ctx.h"

/* What carries connections of the node's routers to their standbys: one
 * service for all that want it. */
void plan_sync(struct plan_ctx *c);

#endif
