/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_PLAN_ENGINE_H
#define LABCTL_PROVISION_PLAN_ENGINE_H

#include "provision/plan/ctx.h"

/* The engine's resource and what it owns, where the node has routers. */
void plan_engine(struct plan_ctx *c);

#endif
