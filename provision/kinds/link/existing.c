/* SPDX-License-Identifier: MIT */
/* An interface that is there: the lab sets what it needs of it, and neither
 * makes, marks nor removes it. */
#include "provision/kinds/link/link.h"

const struct link_type link_existing = {
	.name = "existing",
};
