/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_EMUL_DRAINED_H
#define LABCTL_PROVISION_EMUL_DRAINED_H

#include "lib/err.h"
#include "topologies/topo.h"

/*
 * Which nodes of a lab are drained: a record in its state folder, so that it
 * holds over `up`, restarts of engines and of nodes, and ends with the lab.
 */

/* Marks the nodes of the model that the record names; without one, none. */
void emul_drained_read(struct lab *lab);

/* Writes the record from the model's marks. */
int emul_drained_write(const struct lab *lab, struct err *reterr);

#endif
