/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_NODE_OVSDB_H
#define LABCTL_PROVISION_NODE_OVSDB_H

#include "lib/err.h"

/*
 * Becomes ovsdb-server with Open vSwitch's database, which is made first where
 * it is not there or cannot be read: all that is in it is the plan's, so it is
 * filled again. Returns only on an error: a negative errno.
 */
int ovsdb_run(struct err *reterr);

#endif
