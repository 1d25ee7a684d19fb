/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_PLAN_RADVD_H
#define LABCTL_PROVISION_PLAN_RADVD_H

#include "provision/plan/ctx.h"

/* Whether a router advertises itself to hosts on any of its networks. */
bool plan_router_advertises(const struct topo_router *r);

/* The router's radvd, if it has one, and the rules that keep a standby from
 * being heard. */
void plan_radvd(struct plan_ctx *c, const struct topo_router *r);

#endif
