/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_T_LIB_BROKEN_ROUTERS_H
#define LABCTL_T_LIB_BROKEN_ROUTERS_H

/* The ways in which routers without HA, and those with routes of their own,
 * break: as t/lib/broken.h, of a lab that has them. */

#include "t/lib/broken.h"

extern const char broken_routers_text[]; /* the lab's */
extern const struct broken broken_routers[];

/* The lab that they speak of, before any of them is used. */
void broken_routers_lab(const struct lab *l);

#endif
