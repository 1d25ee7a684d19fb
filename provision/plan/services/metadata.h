/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_PLAN_SERVICES_METADATA_H
#define LABCTL_PROVISION_PLAN_SERVICES_METADATA_H

#include "provision/plan/ctx.h"

/* From so many proxies on a node on, the server listens in their namespaces
 * itself: each would take 3 MB and 30 ms to start. */
#define PLAN_PROXIES_MAX 50

/* What instances ask at boot: the node's server, and what leads to it from its
 * routers and DHCP namespaces, which must be in the plan already, with all
 * other rules of routers. */
void plan_metadata(struct plan_ctx *c);

#endif
