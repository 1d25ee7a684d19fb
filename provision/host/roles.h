/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_HOST_ROLES_H
#define LABCTL_PROVISION_HOST_ROLES_H

/*
 * Who is Active: the word of the engines of a lab, asked all at once, read
 * once, looked up here by all who want to know.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/err.h"
#include "provision/host/fleet.h"
#include "provision/services/service.h"
#include "topologies/topo.h"

/* A service of a node; trouble: why it should run and does not, or NULL. */
struct roles_service {
	const char *name, *trouble;
	bool running;
};

/* What was asked of a node. */
struct roles_node {
	bool seen;       /* the node was asked and has answered */
	int64_t real_ns; /* its CLOCK_REALTIME then */
	struct seen_engine engine;
	struct roles_service *services; /* where they were asked for */
	size_t nservices;
};

struct roles {
	const struct lab *lab;
	struct arena arena;
	struct arena *arenas;     /* one for each node */
	struct roles_node *nodes; /* as lab->nodes */
};

/*
 * Asks the engine of one node by its remote, for timeout_ms at most; memory
 * comes from a.
 */
int roles_ask_one(struct remote *r, const struct lab *lab, unsigned timeout_ms,
		  struct arena *a, struct seen_engine *ret, struct err *reterr);

/*
 * Asks all network nodes of the fleet. Each fleet node's status tells what
 * became of it; returns 0 or the first error. *ret is filled in any case and
 * freed by roles_release().
 */
int roles_ask(struct fleet *f, unsigned timeout_ms, struct roles *ret,
	      struct err *reterr);

/* The same with what each node's supervisor says of its services. */
int roles_ask_services(struct fleet *f, unsigned timeout_ms, struct roles *ret,
		       struct err *reterr);
void roles_release(struct roles *r);

/* What an engine says of the router, or NULL; e is of one of its hosts, or
 * NULL. The one look-up of a role. A router that is not highly available is
 * active where it is, whoever answers; of keepalived's its state file tells. */
const struct obs_router *role_on(const struct seen_engine *e,
				 const struct topo_router *r);
bool role_is_active(const struct obs_router *s);

/* What a node answered, or NULL. */
const struct roles_node *roles_node(const struct roles *r,
				    const struct topo_node *n);

/* What its engine said, or NULL. */
const struct seen_engine *roles_engine(const struct roles *r,
				       const struct topo_node *n);

/* How many of its hosts hold the router; *ret (may be NULL) is the last. */
size_t roles_active(const struct roles *r, const struct topo_router *router,
		    const struct topo_node **ret);

/*
 * How long a router may take from its engines' start to one Active, in
 * milliseconds: the longest master-down time of the lab plus one interval, and
 * what hundreds of them take that do so at the same time.
 */
unsigned roles_deadline_ms(const struct lab *lab);

/* When roles have settled. */
enum roles_until {
	ROLES_ONE_ACTIVE, /* each router has one; who does not answer, holds
			     none */
	ROLES_ALL_SETTLED /* and all its other hosts are Backup: every engine
			     must answer */
};

/*
 * Asks again and again until roles have settled. -ETIMEDOUT after timeout_ms
 * (reterr names the first router that has not), -EINTR when *interrupted (may
 * be NULL) is set, with ROLES_ALL_SETTLED also the error of a node that cannot
 * be asked. *ret holds what was seen last in any case.
 */
int roles_wait(struct fleet *f, enum roles_until until, unsigned timeout_ms,
	       volatile int *interrupted, struct roles *ret,
	       struct err *reterr);

#endif
