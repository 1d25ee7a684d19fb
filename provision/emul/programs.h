/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_EMUL_PROGRAMS_H
#define LABCTL_PROVISION_EMUL_PROGRAMS_H

/* Programs of others that labs run, where a lab wants them. */

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/err.h"
#include "topologies/topo.h"

struct emul_program {
	const char *name;
	const char *package; /* of Debian */
	const char *labs;    /* which labs want it: "labs with DHCP" */
	bool (*wanted)(const struct lab *lab);
};

extern const struct emul_program emul_programs[];
extern const size_t emul_nprograms;

/* Where a program is on a node's way, or NULL. */
const char *emul_find_program(struct arena *a, const char *name);

/* -ENOENT with words where the lab wants one that is not here. */
int emul_lacks(const struct lab *lab, struct err *reterr);

/* A node with Linux bridges and a network of that type on it; *ret_net NULL:
 * there is none. Such types need what the kernel has for them. */
const struct topo_node *emul_bridges(const struct lab *lab, enum topo_type type,
				     const struct topo_network **ret_net);

#endif
