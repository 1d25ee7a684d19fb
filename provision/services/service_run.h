/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_SERVICES_SERVICE_RUN_H
#define LABCTL_PROVISION_SERVICES_SERVICE_RUN_H

/* Having a service run as wanted, and an end of it. */

#include <stdbool.h>
#include <stddef.h>

#include "lib/err.h"
#include "provision/services/service.h"

#define ENGINE_START_MS 30000 /* until the engine answers */
#define ENGINE_STOP_MS 5000   /* from "stop" to the end of the process */

/* A service to run, or to run otherwise. */
struct service_job {
	const struct res_service *want;
	bool there; /* it runs, and something is other than it should be */
	bool again; /* what it stands on was made anew */
	/* Routers for the VRRP engine to take up again. */
	const char *const *ids;
	size_t nids;
	int r; /* set: 0, or -errno with err */
	struct err err;
};

/*
 * Has the supervisor run them so, all that are not there yet at once. The VRRP
 * engine begins first, and is waited for at the end until it answers.
 */
void service_run(const char *state_dir, struct service_job *jobs, size_t n);

/*
 * Waits until all routers of the VRRP engine hold what they should, which it
 * sees to by itself: -EIO where one does not within ENGINE_HOLD_MS, with what
 * it is without.
 */
#define ENGINE_HOLD_MS 2500 /* it tries again each second */
int service_hold(const char *state_dir, struct err *reterr);

/* Ends it; with the last one go the supervisor and the state folder. */
int service_remove(const char *state_dir, const char *name, struct err *reterr);

#endif
