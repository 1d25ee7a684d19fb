/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_SERVICES_SUPERVISE_LOOP_H
#define LABCTL_PROVISION_SERVICES_SUPERVISE_LOOP_H

/*
 * The supervisor itself: runs until it is told to stop, by SIGTERM or on its
 * socket in dir, the lab's state folder; ends all services then. Once it
 * listens it writes "+" to tell and closes it; what keeps it from that is "-"
 * and the reason. Returns 0, or -errno with reterr.
 */

#include "lib/err.h"

int supervise_run(const char *dir, int tell, struct err *reterr);

#endif
