/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VRRP_ROOM_H
#define LABCTL_VRRP_ROOM_H

/* A namespace in the engine. */

#include <stdbool.h>
#include <stddef.h>

#include "vrrp/engine.h"
#include "vrrp/kernel/space.h"

struct mend_claim;

/* A namespace, and what is to be done about it. */
struct room {
	struct vrrp_space s;
	struct io io;
	struct mend_claim *claims; /* whose address or route is it? sorted */
	size_t nclaims;
	bool dirty; /* its links or addresses changed since the last review */
	bool gone;  /* its name means another namespace now, or none */
	bool used;
};

#endif
