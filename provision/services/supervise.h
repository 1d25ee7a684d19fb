/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_SERVICES_SUPERVISE_H
#define LABCTL_PROVISION_SERVICES_SUPERVISE_H

/*
 * The node's supervisor: one process for a lab's services on a node. Here is
 * how it is asked, by a socket in the lab's state folder; supervise_loop.h is
 * the process itself.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/doc.h"
#include "lib/err.h"
#include "provision/res.h"

#define SUPERVISE_SOCKET "services.sock"
#define SUPERVISE_LOCK "services.lock"

#define SUPERVISE_START_MS 10000 /* until a new supervisor listens */
#define SUPERVISE_ASK_MS 15000   /* for an answer: a service may have to end */
#define SUPERVISE_LOOK_MS 1000   /* for the answer to "state" */
#define SUPERVISE_LINE_MAX (16u << 20)
#define SUPERVISE_SERVICES_MAX 65536
#define SUPERVISE_AT_ONCE 64 /* services: it hears nobody else meanwhile */

struct seen_services {
	bool running;      /* the supervisor answers */
	const char *error; /* why it could not be asked, or NULL */
	struct res *items; /* services, as the kind has them */
	size_t n;
};

/* Looks; memory comes from a. */
void supervise_look(struct arena *a, const char *state_dir,
		    struct seen_services *ret);

/* The supervisor's own process, answer or not; 0 where there is none. */
int supervise_pid(const char *state_dir);

/* Whether there is one that answers; if need be after it was told to go on, or
 * to make its socket anew. One that does not is killed. */
bool supervise_well(struct arena *a, const char *state_dir);

const struct res_service *seen_service(const struct seen_services *s,
				       const char *name);

/*
 * Has the service run so: starts the supervisor where none is; writes files
 * that differ; starts, reloads or restarts as need be. again: restart it even
 * where nothing differs, because what it stands on was made anew.
 */
int supervise_set(const char *state_dir, const struct res_service *want,
		  bool again, struct err *reterr);

/*
 * The same of services that are not there yet, in few messages: for each r is
 * 0, or -errno with err.
 */
struct supervise_set {
	const struct res_service *want;
	int r;
	struct err err;
};

void supervise_set_all(const char *state_dir, struct supervise_set *sets,
		       size_t n);

/*
 * Starts the supervisor where none is, for one who will ask it soon and has
 * something to do meanwhile. Returns what begun() then waits for, or -1 where
 * there is nothing to wait for.
 */
int supervise_begin(const char *state_dir);
void supervise_begun(int fd);

/* Ends a service and removes its files; -ENOENT is none. */
int supervise_drop(const char *state_dir, const char *name, struct err *reterr);

/* Ends all services and the supervisor; 0 also where there is none. */
int supervise_stop(const char *state_dir, struct err *reterr);

#endif
