/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_SYNC_SYNC_H
#define LABCTL_PROVISION_SYNC_SYNC_H

/*
 * Connections carried from the Active of a router to its standbys: one process
 * for all routers of a node; see sync.c.
 */

#include "lib/err.h"

#define SYNC_PORT 3781

/*
 * Carries connections by the file config until SIGTERM:
 *   {"roles": FOLDER of the engine's control socket, "routers":
 *    [{"id", "netns", "dev", "address", "peers": [ADDRESS, ...]}]}
 */
int sync_run(const char *config, struct err *reterr);

#endif
