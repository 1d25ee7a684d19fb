/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_CHECKS_SIGHT_H
#define LABCTL_VERIFY_CHECKS_SIGHT_H

/* What a judge has to see before it can judge; else its verdict is blind. */

#include "verify/evidence.h"
#include "verify/verdict.h"

/* The node's latest sample; without one the verdict is blind, and NULL. */
const struct observed *sight_sample(const struct evidence *e,
				    const struct topo_node *n,
				    struct verdict *v);

/* The same for a namespace in it. */
const struct seen_ns *sight_ns(const struct evidence *e,
			       const struct topo_node *n, const char *netns,
			       struct verdict *v);

/* "up", "down", or "up, but without a carrier". */
const char *sight_up_text(const struct res_link *l);

#endif
