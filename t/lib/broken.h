/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_T_LIB_BROKEN_H
#define LABCTL_T_LIB_BROKEN_H

/* The ways in which the shipped lab breaks, done to healthy evidence. */

#include "verify/evidence.h"

struct broken {
	const char *what;
	void (*how)(struct evidence *e); /* NULL: left as it is */
	/* "wrong CHECK: SUBJECT; blind ..." that it must lead to; or NULL. */
	const char *found;
};

extern const struct broken broken[]; /* ends with a NULL what */

/* The lab that they speak of, before any of them is used. */
void broken_lab(const struct lab *l);

#endif
