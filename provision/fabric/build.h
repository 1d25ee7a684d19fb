/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_FABRIC_BUILD_H
#define LABCTL_PROVISION_FABRIC_BUILD_H

#include <stdbool.h>

#include "lib/arena.h"
#include "lib/err.h"
#include "provision/fabric/spec.h"

/* From the model, whose texts it copies; keys are left NULL. Pure. */
int emul_spec_build(struct arena *a, const struct lab *lab,
		    struct emul_spec *ret, struct err *reterr);

const struct emul_node *emul_spec_node(const struct emul_spec *s,
				       const char *name);

/* Whether a node made for one is right for the other; keys aside. */
bool emul_node_same(const struct emul_node *a, const struct emul_node *b);

#endif
