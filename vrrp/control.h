/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VRRP_CONTROL_H
#define LABCTL_VRRP_CONTROL_H

/* Asking a running engine. */

#include "lib/buf.h"
#include "lib/err.h"

#define VRRP_ANSWER_MAX (16u << 20) /* bytes of one answer */

/*
 * Sends one request ("state", "reload", "stop") to the engine at path and
 * appends its answer, one line of JSON, to ret. Waits at most ten seconds
 * for an engine that does not answer. Returns 0 or -errno.
 */
int vrrp_ask(const char *path, const char *request, struct buf *ret,
	     struct err *reterr);

#endif
