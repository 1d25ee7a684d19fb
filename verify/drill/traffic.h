/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_DRILL_TRAFFIC_H
#define LABCTL_VERIFY_DRILL_TRAFFIC_H

#include "verify/drill/drill.h"
#include "verify/verdict.h"

/* Whether a ping was without an answer no longer than theory allows. */
void drill_judge_outage(const struct drill *d, const struct drill_ping *p,
			struct verdict *v);

/* Whether a connection's fate is the one that the model has for it; and why
 * that cannot be told, or NULL. */
void drill_judge_connection(const struct drill *d,
			    const struct drill_connection *c,
			    struct verdict *v);
const char *drill_not_tried(const struct drill *d,
			    const struct drill_connection *c);

#endif
