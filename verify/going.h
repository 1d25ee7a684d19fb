/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_GOING_H
#define LABCTL_VERIFY_GOING_H

/* A look that goes on at an agent until it is stopped. */

#include <stdbool.h>

#include "lib/arena.h"
#include "lib/doc.h"
#include "lib/err.h"
#include "provision/host/fleet.h"

#define GOING_ANSWER_MS 10000 /* for an answer, after it was stopped */

struct going {
	struct fleet_node *node;
	unsigned id, stop_id;
	bool on, stopping;
};

/* Sends the request to a node of the fleet by its name, which reterr has. */
int going_begin(struct going *ret, struct fleet *f, const char *node,
		const char *op, const char *members, struct err *reterr);

/* Asks it to end; going_end() takes the answer, with or without that. */
void going_stop(struct going *g);
int going_end(struct going *g, struct arena *a, const struct doc **ret,
	      struct err *reterr);

#endif
