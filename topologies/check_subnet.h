/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_TOPOLOGIES_CHECK_SUBNET_H
#define LABCTL_TOPOLOGIES_CHECK_SUBNET_H

#include "topologies/raw.h"

/* Gives subnets what their file does not say, then judges each. */
void raw_check_subnets(struct raw *raw);

/* Local networks and their DHCP, when instances were checked. */
void raw_check_locals(struct raw *raw);

/* Usable host addresses of a range: without network and broadcast address. */
struct ip raw_first_host(const struct ipnet *n);
struct ip raw_last_host(const struct ipnet *n);

/* An address that must be a host of the subnet; says why where it is not.
 * what: "gateway". */
bool raw_host_in(struct raw *raw, const struct raw_subnet *s,
		 const struct ip *ip, const struct doc *at, const char *what);

#endif
