/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_EMUL_IMPAIRED_H
#define LABCTL_PROVISION_EMUL_IMPAIRED_H

#include "lib/err.h"

struct lab;

/*
 * What a person said of a lab's wires beside its file (labctl impair): a record
 * in the lab's state folder, in the file's own words. Read, it is laid over the
 * lab's links; of one that is not there or not right nothing is.
 */
void emul_impaired_read(struct lab *lab);
int emul_impaired_write(const struct lab *lab, struct err *reterr);

#endif
