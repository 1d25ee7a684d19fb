/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_EMUL_SAID_H
#define LABCTL_PROVISION_EMUL_SAID_H

#include "lib/err.h"
#include "topologies/topo.h"

/*
 * What people said of a lab beside its file: records in its state folder, so
 * that they hold over `up`, restarts of engines and of nodes, and end with the
 * lab. Which nodes are drained (labctl drain): a name a line. What wires do
 * (labctl impair): a text in the file's own words. Another command may write
 * them at any time, but for who has the lab's lock.
 */

/*
 * Marks the model's nodes and lays over its links what the records say now, in
 * place of what they said before; without a record, and of one that is not
 * right, nothing is said.
 */
void emul_said_read(struct lab *lab);

/* Write them from the model. */
int emul_drained_write(const struct lab *lab, struct err *reterr);
int emul_impaired_write(const struct lab *lab, struct err *reterr);

#endif
