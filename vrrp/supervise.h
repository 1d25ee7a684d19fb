/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VRRP_SUPERVISE_H
#define LABCTL_VRRP_SUPERVISE_H

/* The process above the engine. */

#include <stdbool.h>

#include "lib/err.h"
#include "vrrp/config/config.h"

/*
 * Runs an engine for *config (taken over; its path absolute) under a
 * supervisor: should the engine die, its virtual addresses are removed, the
 * others are told by priority 0, and it is started again. Should the
 * supervisor die, the engine stops in good order.
 *
 * With detach the caller's process returns 0 once the control socket answers,
 * and both go on in the background, with their log beside that socket.
 * Returns in every process that comes of it, to be ended by its main():
 * 0, or -errno with the reason; -ECANCELED and an empty reason where another
 * of them will say it.
 */
int vrrp_supervise(struct vrrp_config *config, bool detach, struct err *reterr);

#endif
