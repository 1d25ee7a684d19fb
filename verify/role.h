/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_ROLE_H
#define LABCTL_VERIFY_ROLE_H

/* A router's role on one of its hosts, by its engine's word. Pure. */

#include "verify/evidence.h"

enum role {
	ROLE_UNKNOWN, /* its engine does not answer or does not know it */
	ROLE_ACTIVE,
	ROLE_STANDBY, /* backup, fault or initialize: holds no address */
};

/* In one sample of the host's node; o may be NULL. */
enum role role_in(const struct observed *o, const struct topo_router *r);

/*
 * The role to judge addresses and routes by: the engine's latest word; where
 * it does not answer, standby if another host is active, for one may be.
 */
enum role role_of(const struct evidence *e, const struct topo_router *r,
		  const struct topo_node *n);

/* The engine's word for it, or why there is none; o is there. */
const char *role_word(const struct observed *o, const struct topo_router *r);

#endif
