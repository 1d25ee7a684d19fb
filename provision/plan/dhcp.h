/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_PLAN_DHCP_H
#define LABCTL_PROVISION_PLAN_DHCP_H

#include "provision/plan/ctx.h"

/* Adds what serves DHCP on the node: a namespace and a dnsmasq for each network
 * that has a DHCP port there. Its bridge must be in the plan already. */
void plan_dhcp(struct plan_ctx *c);

#endif
