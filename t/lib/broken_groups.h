/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_T_LIB_BROKEN_GROUPS_H
#define LABCTL_T_LIB_BROKEN_GROUPS_H

/* The ways in which security groups break: as t/lib/broken.h, of a lab that
 * has some. */

#include "t/lib/broken.h"

extern const char broken_groups_text[]; /* the lab's */
extern const struct broken broken_groups[];

/* The lab that they speak of, before any of them is used. */
void broken_groups_lab(const struct lab *l);

#endif
