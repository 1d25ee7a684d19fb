/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_T_LIB_BROKEN_GATEWAY_H
#define LABCTL_T_LIB_BROKEN_GATEWAY_H

/* The ways in which gateways that routers ping are lost: as t/lib/broken.h, of
 * a lab with a router of each engine's. */

#include "t/lib/broken.h"

extern const char broken_gateway_text[]; /* the lab's */
extern const struct broken broken_gateway[];

/* The lab that they speak of, before any of them is used. */
void broken_gateway_lab(const struct lab *l);

#endif
