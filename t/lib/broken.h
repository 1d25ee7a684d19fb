/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_T_LIB_BROKEN_H
#define LABCTL_T_LIB_BROKEN_H

/* The ways in which the shipped lab breaks, done to healthy evidence. */

#include "verify/evidence.h"

/* Of a lab's text: two hosts and a compute node; a provider network and, up to
 * its subnets, the external network on it. */
/* clang-format off */
#define BROKEN_NODES \
	"nodes:\n" \
	"  network1: {role: network}\n" \
	"  network2: {role: network}\n" \
	"  compute1: {role: compute}\n"
#define BROKEN_WAY_OUT \
	"physical:\n" \
	"  management: {cidr: 10.0.0.0/24}\n" \
	"  tunnel: {cidr: 10.0.1.0/24}\n" \
	"  provider: {}\n" \
	"networks:\n" \
	"  ext:\n" \
	"    external: true\n" \
	"    type: flat\n" \
	"    physical: provider\n" \
	"    subnets:\n"
/* clang-format on */

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
