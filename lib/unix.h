/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_LIB_UNIX_H
#define LABCTL_LIB_UNIX_H

/* Control sockets: a line is said, a line is answered. */

#include <stddef.h>
#include <sys/un.h>

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/mono.h"

/* The address of a path; -ENAMETOOLONG. */
int unix_address(const char *path, struct sockaddr_un *ret, struct err *reterr);

/*
 * Connects, without ever waiting for who listens; the descriptor does not
 * block. who: "the VRRP engine", in messages. -ENOENT, -ECONNREFUSED: nobody
 * listens.
 */
int unix_dial(const char *path, const char *who, struct err *reterr);

/* The process that listens at the other end, or 0. */
int unix_peer(int fd);

/*
 * Says a line, its end included, and reads what comes until the end of a line
 * (which stays) or of the stream, max bytes at most, into in: -EMSGSIZE.
 * -ETIMEDOUT where that is not done at `end`.
 */
int unix_ask(int fd, const char *who, const void *line, size_t len,
	     struct mono end, size_t max, struct buf *in, struct err *reterr);

#endif
