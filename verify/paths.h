/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_PATHS_H
#define LABCTL_VERIFY_PATHS_H

/*
 * Looks that go on beside all the others, begun and ended by the main thread:
 * what passes through routers, the way to the Internet, and whether
 * projects are out of one another's reach.
 */

#include "provision/host/fleet.h"
#include "verify/evidence.h"

struct paths;

/* Begins what checks with these needs (enum check_needs) want; the result is
 * for paths_end() and may be NULL. */
struct paths *paths_begin(struct fleet *f, struct evidence *e, unsigned needs);

/* Takes all answers. */
void paths_end(struct paths *p);

#endif
