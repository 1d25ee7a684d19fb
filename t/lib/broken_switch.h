/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_T_LIB_BROKEN_SWITCH_H
#define LABCTL_T_LIB_BROKEN_SWITCH_H

/* The ways in which Open vSwitch breaks: as t/lib/broken.h, of the shipped lab
 * that has it. */

#include "t/lib/broken.h"

extern const struct broken broken_switch[];

/* The lab that they speak of, before any of them is used. */
void broken_switch_lab(const struct lab *l);

#endif
