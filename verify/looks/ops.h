/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_LOOKS_OPS_H
#define LABCTL_VERIFY_LOOKS_OPS_H

/* The operations of verify/look.h, one file each, and what they share. */

#include <stdint.h>

#include "lib/doc.h"
#include "lib/err.h"
#include "lib/mono.h"

int look_capture(const struct doc *req, struct json *j, struct err *reterr);
int look_ping(const struct doc *req, struct json *j, struct err *reterr);
int look_watch(const struct doc *req, struct json *j, struct err *reterr);
int look_fault(const struct doc *req, struct json *j, struct err *reterr);

/*
 * Reads a whole number of the request; absent is def. Outside min..max is
 * -EINVAL with the member's name.
 */
int look_number(const struct doc *req, const char *key, int64_t min,
		int64_t max, int64_t def, int64_t *ret, struct err *reterr);

/* Moves the process into the request's namespace. */
int look_enter(const struct doc *req, struct err *reterr);

/* The name of the request's interface, which must be there. */
int look_dev(const struct doc *req, const char **ret, unsigned *ret_index,
	     struct err *reterr);

enum look_wake {
	LOOK_READY = 1 << 0, /* fd is readable */
	LOOK_STOP = 1 << 1,  /* stop was asked for, or the agent is gone */
	LOOK_TIME = 1 << 2   /* until has come */
};

/* Waits, through signals, for one of these; fd may be -1. */
unsigned look_wait(int fd, struct mono until);

#endif
