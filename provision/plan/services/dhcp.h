/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_PLAN_SERVICES_DHCP_H
#define LABCTL_PROVISION_PLAN_SERVICES_DHCP_H

#include "provision/plan/ctx.h"

#define DHCP_LEASE_S 86400 /* how long an address is lent, as in Neutron */
#define DHCP_DOMAIN "openstacklocal"

/* Adds what serves DHCP on the node: a namespace and a dnsmasq for each network
 * that has a DHCP port there. Its bridge must be in the plan already. */
void plan_dhcp(struct plan_ctx *c);

#endif
