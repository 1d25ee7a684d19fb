/* SPDX-License-Identifier: MIT */
#include "vrrp/config/same.h"

#include <string.h>

bool config_same_forwarding(const struct vrrp_router_config *a,
			    const struct vrrp_router_config *b)
{
	size_t i;

	if (a->nforwarding != b->nforwarding)
		return false;
	for (i = 0; i < a->nforwarding; i++)
		if (strcmp(a->forwarding[i], b->forwarding[i]) != 0)
			return false;
	return true;
}

bool config_same_placement(const struct vrrp_router_config *a,
			   const struct vrrp_router_config *b)
{
	size_t i;

	if (a->naddrs != b->naddrs || a->nroutes != b->nroutes)
		return false;
	for (i = 0; i < a->naddrs; i++)
		if (!ipnet_equal(&a->addrs[i].net, &b->addrs[i].net) ||
		    strcmp(a->addrs[i].dev, b->addrs[i].dev) != 0)
			return false;
	for (i = 0; i < a->nroutes; i++)
		if (!ipnet_equal(&a->routes[i].to, &b->routes[i].to) ||
		    !ip_equal(&a->routes[i].via, &b->routes[i].via) ||
		    strcmp(a->routes[i].dev, b->routes[i].dev) != 0)
			return false;
	return true;
}

bool config_same_settings(const struct vrrp_settings *a,
			  const struct vrrp_settings *b)
{
	return a->priority == b->priority && a->preempt == b->preempt &&
	       vrrp_addr_cmp(&a->source, &b->source) == 0 &&
	       a->interval_ns == b->interval_ns &&
	       a->promote_delay_ns == b->promote_delay_ns &&
	       a->announce_rounds == b->announce_rounds &&
	       a->refresh_ns == b->refresh_ns &&
	       a->second_burst_ns == b->second_burst_ns;
}
