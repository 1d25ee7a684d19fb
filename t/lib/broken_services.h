/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_T_LIB_BROKEN_SERVICES_H
#define LABCTL_T_LIB_BROKEN_SERVICES_H

/* The ways in which what instances boot by breaks: as t/lib/broken.h, of a lab
 * that has it. */

#include "t/lib/broken.h"

extern const char broken_services_text[]; /* the lab's */
extern const struct broken broken_services[];

/* The lab that they speak of, before any of them is used. */
void broken_services_lab(const struct lab *l);

#endif
