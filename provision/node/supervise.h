/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_NODE_SUPERVISE_H
#define LABCTL_PROVISION_NODE_SUPERVISE_H

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
#include "provision/service.h"

#define SUPERVISE_SOCKET "services.sock"
#define SUPERVISE_LOCK "services.lock"

#define SUPERVISE_START_MS 10000 /* until a new supervisor listens */
#define SUPERVISE_ASK_MS 15000   /* for an answer: a service may have to end */
#define SUPERVISE_LOOK_MS 1000   /* for the answer to "state" */
#define SUPERVISE_LINE_MAX (16u << 20)

/* A file of a service as it was last told to read it. */
struct seen_service_file {
	const char *path, *digest;
};

/* A service as the supervisor tells of it. */
struct seen_service {
	const char *name;
	const char *shape; /* service_shape() */
	bool running;
	bool wanted; /* false: its router is not active here */
	int64_t pid;
	int64_t since_ns; /* CLOCK_REALTIME of its start or its end */
	unsigned restarts;
	const char *exit; /* how it last ended, in words; NULL: it did not */
	const char *said; /* the last of its words then, or NULL */
	struct seen_service_file *files;
	size_t nfiles;
};

struct seen_services {
	bool running;      /* the supervisor answers */
	const char *error; /* why it could not be asked, or NULL */
	struct seen_service *items;
	size_t n;
};

/* Looks; memory comes from a. */
void supervise_look(struct arena *a, const char *state_dir,
		    struct seen_services *ret);

const struct seen_service *seen_service(const struct seen_services *s,
					const char *name);

/* NULL where the files in the state folder and those the service was told to
 * read are those of want, and so is its shape; else what differs, in words. */
const char *supervise_differs(const char *state_dir,
			      const struct res_service *want, const char *netns,
			      const struct seen_service *have);

/*
 * Has the service run so: starts the supervisor where none is; writes files
 * that differ; starts, reloads or restarts as need be. again: restart it even
 * where nothing differs, because what it stands on was made anew.
 */
int supervise_set(const char *state_dir, const struct res_service *want,
		  const char *netns, bool again, struct err *reterr);

/* Ends a service and removes its files; -ENOENT is none. */
int supervise_drop(const char *state_dir, const char *name, struct err *reterr);

/* Ends all services and the supervisor; 0 also where there is none. */
int supervise_stop(const char *state_dir, struct err *reterr);

#endif
