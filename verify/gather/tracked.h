/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_GATHER_TRACKED_H
#define LABCTL_VERIFY_GATHER_TRACKED_H

#include "provision/host/fleet.h"
#include "verify/evidence.h"

/* Asks all nodes at the same time. */
void tracked_gather(struct fleet *f, struct evidence *e);

#endif
