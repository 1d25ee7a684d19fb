/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_PLAN_SERVICES_ENGINE_H
#define LABCTL_PROVISION_PLAN_SERVICES_ENGINE_H

#include "provision/plan/ctx.h"

/* The engine's resource and what it owns, where the node has routers. */
void plan_engine(struct plan_ctx *c);

/* The addresses and routes of a router that another engine speaks for. */
void plan_engine_virtual(struct plan_ctx *c, const struct topo_router *r);

#endif
