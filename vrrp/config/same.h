/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VRRP_CONFIG_SAME_H
#define LABCTL_VRRP_CONFIG_SAME_H

/* What two configurations of one router have alike. */

#include <stdbool.h>

#include "vrrp/config/config.h"

/* Addresses and routes, each with its interface. */
bool config_same_placement(const struct vrrp_router_config *a,
			   const struct vrrp_router_config *b);

/* The interfaces that are a router's while it is Active. */
bool config_same_forwarding(const struct vrrp_router_config *a,
			    const struct vrrp_router_config *b);

/* What the core may be told of while it runs. */
bool config_same_settings(const struct vrrp_settings *a,
			  const struct vrrp_settings *b);

#endif
