/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_GATHER_HOPS_H
#define LABCTL_VERIFY_GATHER_HOPS_H

#include "verify/gather/boots.h"

/* Adds what is asked of gateways on a node. */
void gather_hops(struct arena *a, struct evidence *e, const struct topo_node *n,
		 struct boot_ask **ret, size_t *ret_n);

#endif
