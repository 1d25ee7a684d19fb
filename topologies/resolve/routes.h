/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_TOPOLOGIES_RESOLVE_ROUTES_H
#define LABCTL_TOPOLOGIES_RESOLVE_ROUTES_H

#include "topologies/raw.h"

/* Routers' own routes, and what `ha` of all routers may not say. Routers are
 * checked. */
void raw_check_routes(struct raw *raw);

#endif
