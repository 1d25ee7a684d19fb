/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_PLAN_SERVICE_H
#define LABCTL_PROVISION_PLAN_SERVICE_H

#include <stddef.h>

#include "provision/plan/ctx.h"

/*
 * Adds a service of the node that runs these n words, which are copied; the
 * texts stay the caller's. The rest is the caller's to set, before anything
 * else is added to the plan.
 */
struct res_service *plan_service(struct plan_ctx *c, const char *name,
				 const char *title, const char *const *words,
				 size_t n);

/* Its one file. */
void plan_service_file(struct plan_ctx *c, struct res_service *s,
		       const char *path, const char *text);

/* The whole path of a file in the lab's state folder on the node. */
const char *plan_state_file(struct plan_ctx *c, const char *name);

#endif
