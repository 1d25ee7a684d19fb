/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_PLAN_SERVICES_HA_CONFS_H
#define LABCTL_PROVISION_PLAN_SERVICES_HA_CONFS_H

/* A router's files where Neutron has them. */

#include "provision/plan/ctx.h"

/* The router's keepalived.conf on the node, as Neutron writes it: without an
 * end of line behind the last. From a; the node must be one of its hosts. */
const char *plan_keepalived_conf(struct arena *a, const struct topo_router *r,
				 const struct topo_node *node);

/* Those files, of a router that is highly available. */
void plan_ha_confs(struct plan_ctx *c, const struct topo_router *r);

#endif
