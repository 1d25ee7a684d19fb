/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_T_LIB_BROKEN_VLAN_H
#define LABCTL_T_LIB_BROKEN_VLAN_H

/* The ways in which VLANs break: as t/lib/broken.h, of a lab that has them on
 * both mechanisms. */

#include "t/lib/broken.h"

extern const struct broken broken_vlan[];
extern const char broken_vlan_text[];

/* The lab that they speak of, before any of them is used. */
void broken_vlan_lab(const struct lab *l);

#endif
