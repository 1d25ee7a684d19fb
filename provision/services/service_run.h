/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_SERVICES_SERVICE_RUN_H
#define LABCTL_PROVISION_SERVICES_SERVICE_RUN_H

/* Having a service run as wanted, and an end of it. */

#include <stdbool.h>
#include <stddef.h>

#include "lib/err.h"
#include "provision/services/service.h"

#define ENGINE_START_MS 10000 /* until the engine answers */
#define ENGINE_STOP_MS 5000   /* from "stop" to the end of the process */

/*
 * Has the supervisor run it so. again: what it stands on was made anew. ids
 * are routers for the VRRP engine to take up again; that one is waited for
 * until it answers.
 */
int service_run(const char *state_dir, const struct res_service *want,
		bool again, const char *const *ids, size_t nids,
		struct err *reterr);

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
