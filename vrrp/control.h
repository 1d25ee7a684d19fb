/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VRRP_CONTROL_H
#define LABCTL_VRRP_CONTROL_H

/* Asking a running engine. */

#include "lib/buf.h"
#include "lib/err.h"

#define VRRP_ANSWER_MAX (16u << 20) /* bytes of one answer */

/*
 * Sends one request ("state", "roles", "reload", "rejoin ID", "resign",
 * "resign ID", "stop") to the engine at path and appends its answer, one line
 * of JSON, to ret. Waits at most ten seconds for an engine that does not
 * answer. Returns 0 or -errno.
 */
int vrrp_ask(const char *path, const char *request, struct buf *ret,
	     struct err *reterr);

/*
 * Asks the engine at path to tell of transitions. Returns a blocking
 * descriptor, the caller's to close, or -errno. Read from it:
 *   {"ok": true,"routers": N}                  or "ok": false,"error": "..."
 *   N lines, one for each router as it is, then one for each transition:
 *   {"id": "...","name": "...","netns": "...","state": "active",
 *    "since_ns": 17...,"why": "..."}
 * state is a name of vrrp_state_name. A router that a reload takes out is
 * last heard of as "initialize". The end of the stream is the engine's end, or
 * that of its patience with one who does not read: then ask again.
 */
int vrrp_watch(const char *path, struct err *reterr);

#endif
