/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_SERVICES_ENGINE_H
#define LABCTL_PROVISION_SERVICES_ENGINE_H

/*
 * A node's VRRP engine as the agent sees it: a process behind a control
 * socket in the lab's state folder, and files: its configuration beside that
 * socket, and what it says of each router where Neutron says it.
 */

#include "lib/arena.h"
#include "lib/doc.h"
#include "lib/err.h"
#include "provision/services/service.h"

/* Where the routers' state files are; a test has another folder. */
extern const char *engine_ha_confs;

#define ENGINE_ASK_MS 1000 /* for an answer on the control socket */
#define ENGINE_ANSWER_MAX (16u << 20)

/*
 * Sends one line ("state", "reload", "stop") and reads the answer. *ret_pid
 * (may be NULL) is the process behind the socket, known even where it does
 * not answer, 0 where nobody listens. -ECONNREFUSED or -ENOENT: no engine.
 */
int engine_ask(struct arena *a, const char *state_dir, const char *line,
	       const struct doc **ret, int *ret_pid, struct err *reterr);

/* Asks and looks; memory comes from a. */
void engine_look(struct arena *a, const char *state_dir,
		 struct seen_engine *ret);

/* Reads its answer to "state" or "roles"; but for the files. -EPROTO. */
int engine_said(struct arena *a, const struct doc *d, struct seen_engine *ret,
		struct err *reterr);

/*
 * Writes what it says of its routers as members of the object j is in:
 * "running", "pid", "error", "roles" (its own answer to "roles", passed on as
 * it came: read once, by provision/host/roles.c) and "files", what the state
 * files hold, by router.
 */
void engine_roles(const char *state_dir, struct json *j);

/* Adds routers of which only a state file tells; files and since: names, what
 * they hold and since when, as engine_roles() has them. */
void engine_add_files(struct arena *a, const struct doc *files,
		      const struct doc *since, struct seen_engine *g);

#endif
