/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_PLAN_SERVICES_RADVD_H
#define LABCTL_PROVISION_PLAN_SERVICES_RADVD_H

#include "provision/plan/ctx.h"

/* radvd.conf(5), as Neutron has it; a router's lifetime is three times the
 * longest interval, and prefixes have radvd's own. */
#define RADVD_RDNSS_MAX 3
#define RADVD_MIN_INTERVAL_S 30
#define RADVD_MAX_INTERVAL_S 100
#define RADVD_LIFETIME_S (3 * RADVD_MAX_INTERVAL_S)
#define RADVD_VALID_S 86400
#define RADVD_PREFERRED_S 14400

/* Whether a router's port advertises it. */
bool plan_port_advertises(const struct topo_port *qr);

/* Whether a router advertises itself to hosts on any of its networks. */
bool plan_router_advertises(const struct topo_router *r);

/* The router's radvd, if it has one, and the rules that keep a standby from
 * being heard, which each router with HA has. */
void plan_radvd(struct plan_ctx *c, const struct topo_router *r);

#endif
