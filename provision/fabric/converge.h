/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_FABRIC_CONVERGE_H
#define LABCTL_PROVISION_FABRIC_CONVERGE_H

/* Making what a fabric runs what was asked for. */

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/err.h"
#include "provision/fabric/spec.h"
#include "provision/fabric/work.h"

/*
 * Makes what runs equal to want (apply), or only tells. When applied, want and
 * its arena a are the fabric's from then on, and nodes get the fabric's keys.
 * Goes on past errors and returns the first.
 */
int fabric_converge(struct fabric *f, struct emul_spec *want, struct arena *a,
		    enum fabric_what what, bool apply, fabric_tell *tell,
		    void *ctx, unsigned *ret_changes, struct err *reterr);

/* Drops the i-th node, whose process is reaped. */
void fabric_forget(struct fabric *f, size_t i);

#endif
