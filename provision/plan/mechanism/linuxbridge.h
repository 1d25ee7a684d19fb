/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_PLAN_MECHANISM_LINUXBRIDGE_H
#define LABCTL_PROVISION_PLAN_MECHANISM_LINUXBRIDGE_H

/* The Linux bridge mechanism's types, each in a file. */

#include "provision/plan/mechanism/mechanism.h"

extern const struct uplink linuxbridge_flat, linuxbridge_vlan,
	linuxbridge_vxlan;

#endif
