/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_HOST_SSH_H
#define LABCTL_PROVISION_HOST_SSH_H

/* One SSH session with one channel: for an agent, or for a person. */

#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/mono.h"
#include "provision/host/remote_io.h"

struct ssh_link {
	struct remote_io io; /* first: an agent's transport is this struct */
	ssh_session session;
	ssh_channel channel;
	int fd;      /* its socket */
	bool handed; /* which is libssh's to close */
	struct ssh_channel_callbacks_struct callbacks;
	struct ssh_counter_struct bytes; /* moved by libssh */
	uint64_t seen;      /* of bytes.in_bytes, when last looked */
	struct mono heard;  /* when something last arrived */
	struct mono gone;   /* when it is given up, once a keep-alive is
			       under way; else never */
	struct buf data[2]; /* what arrived on stdout, stderr: the caller's
			       to take and to reset */
	bool paused;        /* the caller takes nothing now: wait() shall not
			       end because something is there */
	bool eof;           /* nothing more will arrive in data */
	bool closed;        /* the channel, by the other side */
	int status;         /* exit status, or -1 */
	char signal[16];    /* that ended the command, or "" */
};

struct remote_target;

/* Connects to the node's port: *ret is a socket that does not block. */
int remote_dial(const struct remote_target *t, struct mono deadline, int *ret,
		struct err *reterr);

/* Connects, checks the host key, authenticates, opens a channel. */
int ssh_link_open(struct ssh_link **ret, const struct remote_target *t,
		  struct mono deadline, struct err *reterr);
void ssh_link_close(struct ssh_link *l);

/* A terminal for the command to come. */
int ssh_link_pty(struct ssh_link *l, const char *term, int cols, int rows,
		 struct mono deadline, struct err *reterr);

/* Starts the command; an empty one is the login shell. */
int ssh_link_exec(struct ssh_link *l, const char *command, struct mono deadline,
		  struct err *reterr);

/*
 * Lets libssh take what has arrived, without waiting: into data, eof, closed,
 * status, signal. Who is slow in taking data calls this less often. Returns
 * 0 or -ECONNRESET.
 */
int ssh_link_process(struct ssh_link *l, struct err *reterr);

/* Writes what fits without waiting. Returns bytes or -ECONNRESET. */
int ssh_link_write(struct ssh_link *l, const void *p, size_t len,
		   struct err *reterr);

/* After the end of file: lets the exit status and the close come in. */
int ssh_link_finish(struct ssh_link *l, struct err *reterr);

/*
 * Waits for something to arrive (or to go, where something waits to), for
 * the caller's own descriptors, or for the deadline: 0, -ETIMEDOUT, -EINTR,
 * -ECONNRESET where the other side is silent in spite of being asked.
 */
int ssh_link_wait(struct ssh_link *l, struct pollfd *more, size_t nmore,
		  struct mono deadline, struct err *reterr);

#endif
