/* SPDX-License-Identifier: MIT */
#include "provision/plan/mechanism.h"

#include "lib/auto.h"

const struct mechanism *const mechanisms[] = {
	[TOPO_LINUXBRIDGE] = &mechanism_linuxbridge,
};
_Static_assert(ARRAY_LEN(mechanisms) == TOPO_LINUXBRIDGE + 1, "mechanisms");
