/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_T_LIB_PLAN_OK_H
#define LABCTL_T_LIB_PLAN_OK_H

/*
 * What a plan must not name, whatever the lab's file says: a file outside the
 * places where a lab's things live, a number that no link can have. Returns
 * NULL, or what is wrong, in a.
 */
#include "lib/arena.h"
#include "provision/plan/plan.h"

const char *plan_wrong(struct arena *a, const struct lab *lab,
		       const struct plan *p);

#endif
