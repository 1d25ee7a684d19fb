/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_GATHER_TRIES_H
#define LABCTL_VERIFY_GATHER_TRIES_H

#include "provision/host/fleet.h"
#include "verify/evidence.h"

/* Tries all that there is to try, and again what did not arrive though it
 * should. */
void tries_gather(struct fleet *f, struct evidence *e);

#endif
