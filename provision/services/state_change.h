/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_SERVICES_STATE_CHANGE_H
#define LABCTL_PROVISION_SERVICES_STATE_CHANGE_H

/*
 * What neutron-keepalived-state-change is for Neutron, for all routers of a
 * node that keepalived speaks for: it sees their virtual addresses come and
 * go, and tells of it.
 */

#include <stddef.h>

#include "lib/doc.h"
#include "lib/err.h"
#include "lib/ip.h"

#define STATE_CHANGE_ROUTERS_MAX 2048

/* A router: while vip is in netns it is master. */
struct state_change_router {
	const char *id, *netns;
	struct ipnet vip;
	/* Links that are an IPv6 router's while it is. */
	const char *const *forwarding;
	size_t nforwarding;
};

/* Writes the file that state_change_run() reads. */
void state_change_encode(const struct state_change_router *list, size_t n,
			 struct json *j);

/*
 * Writes each router's state file (SERVICE_HA_CONFS/ID/state: "master" or
 * "backup", as Neutron has it) and tells who connects to the socket, a line for
 * each router and then one for each change. Until SIGTERM; returns 0 then.
 */
int state_change_run(const char *config, const char *socket,
		     struct err *reterr);

#endif
