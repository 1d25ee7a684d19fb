/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_PLAN_NAT_H
#define LABCTL_PROVISION_PLAN_NAT_H

#include "provision/plan/ctx.h"

/* The rule sets of a router, the same on each of its hosts. */
void plan_nat(struct plan_ctx *c, const struct topo_router *r);

/* The rules of its floating addresses, which come behind those of the path to
 * the metadata server. */
void plan_floatings(struct plan_ctx *c, const struct topo_router *r);

#endif
