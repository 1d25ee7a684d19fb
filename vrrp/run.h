/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VRRP_RUN_H
#define LABCTL_VRRP_RUN_H

/* One engine: all routers of a configuration in one loop. */

#include "lib/err.h"
#include "vrrp/config/config.h"
#include "vrrp/engine.h"

struct vrrp_run {
	int tell_fd;    /* gets VRRP_TELL_ bytes as they come true; or -1 */
	int supervisor; /* its pid, or 0 */
	int text_fd;    /* where a configuration that was read anew is left, for
			 * the supervisor; or -1 */
};

/*
 * Runs until SIGTERM, SIGINT or `stop`: then every Active says priority 0 and
 * gives its addresses up. SIGHUP reads the file again. Takes over *config.
 * Changes the process: signals are blocked, memory is locked and scheduling
 * made real-time where that is allowed. Returns 0, or -errno where it could
 * not begin.
 */
int vrrp_run(struct vrrp_config *config, const struct vrrp_run *how,
	     struct err *reterr);

#endif
