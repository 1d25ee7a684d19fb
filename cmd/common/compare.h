/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_CMD_COMMON_COMPARE_H
#define LABCTL_CMD_COMMON_COMPARE_H

/*
 * The same drill with each VRRP engine, one after the other on one lab, and
 * their timelines and points side by side.
 */

#include <stdbool.h>

#include "topologies/topo.h"

/*
 * Brings the lab up with each engine, has `labctl failover` drill it, and
 * brings it up again as it was, whatever happened. only: the router that is
 * meant, or NULL for all; fault: its name. Prints the table, or with json both
 * drills' documents. Returns the exit status.
 */
int compare_engines(const struct lab *lab, const struct topo_router *only,
		    const char *fault, bool json);

#endif
