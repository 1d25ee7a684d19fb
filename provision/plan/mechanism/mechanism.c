/* SPDX-License-Identifier: MIT */
#include "provision/plan/mechanism/mechanism.h"

const struct mechanism *const mechanisms[] = {
#define ADDRESS_OF(NAME, name, types) &mechanism_##name,
	TOPO_MECHANISM_LIST(ADDRESS_OF)
#undef ADDRESS_OF
};
