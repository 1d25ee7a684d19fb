/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_FABRIC_WORSE_H
#define LABCTL_PROVISION_FABRIC_WORSE_H

/*
 * Wires that are worse than a wire on one machine: with delay, jitter, loss, a
 * rate. What a kernel can do of that is tried, and told before anything is
 * changed.
 */

#include <stdbool.h>
#include <stddef.h>

#include "lib/err.h"
#include "provision/fabric/spec.h"

struct work;

enum worse_can {
	WORSE_NETEM = 1 << 0, /* all of it */
	WORSE_TBF = 1 << 1,   /* without it: rate */
	WORSE_LOSS = 1 << 2,  /* likewise: loss, by nf_tables */
};

/* What this kernel can, tried in a network namespace of a child's own; as far
 * as it may make one. */
unsigned worse_can(void);

bool worse_is(const struct emul_nic *n);

/* What is missing for a wire, in words, or NULL. Pure. */
const char *worse_lacks(const struct topo_impair *i, unsigned can);

/* -EOPNOTSUPP, with the first wire that cannot be made so. */
int worse_refuse(const char *wire, const struct topo_impair *i, unsigned can,
		 struct err *reterr);
int worse_refuse_all(const struct emul_spec *s, struct err *reterr);

/*
 * A worse wire ends in a bridge of its own, which is joined to the physical
 * network's by a veth pair: so there is a sending end in each direction, where
 * frames wait and get lost.
 *
 * In this order: the bridges (queued); the node's wires are plugged into
 * worse_plug(); what no wire needs is removed and all that waits is set.
 */
void worse_bridges(struct work *w);
const char *worse_plug(const struct work *w, size_t node, size_t nic,
		       char name[IFNAME_MAX]);
void worse_finish(struct work *w);

#endif
