/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_NODE_REPLAY_H
#define LABCTL_PROVISION_NODE_REPLAY_H

#include "lib/err.h"

#define REPLAY_BRIDGES_MAX 64 /* files that are read of the folder */

/*
 * Keeps the flows of Open vSwitch's bridges: each file of the folder is named
 * for a bridge and holds its flows, for ovs-ofctl. They are put in place at
 * once, at SIGHUP, and whenever ovs-vswitchd has made the bridge's socket
 * anew, since it forgets them when it ends. Returns only on an error of this
 * process: a negative errno.
 */
int replay_flows(const char *folder, struct err *reterr);

#endif
