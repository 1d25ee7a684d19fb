/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_T_LIB_BROKEN_DHCPV6_H
#define LABCTL_T_LIB_BROKEN_DHCPV6_H

/* The ways in which DHCPv6 breaks: as t/lib/broken.h, of a lab that has both of
 * its modes. */

#include "t/lib/broken.h"

extern const char broken_dhcpv6_text[]; /* the lab's */
extern const struct broken broken_dhcpv6[];

/* The lab that they speak of, before any of them is used. */
void broken_dhcpv6_lab(const struct lab *l);

#endif
