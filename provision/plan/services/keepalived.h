/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_PLAN_SERVICES_KEEPALIVED_H
#define LABCTL_PROVISION_PLAN_SERVICES_KEEPALIVED_H

#include "provision/plan/ctx.h"

/* A keepalived for each of the node's routers that it speaks for, and who
 * tells of them. */
void plan_keepalived(struct plan_ctx *c);

#endif
