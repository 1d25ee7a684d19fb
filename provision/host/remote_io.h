/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_HOST_REMOTE_IO_H
#define LABCTL_PROVISION_HOST_REMOTE_IO_H

/*
 * Between remote.c, which speaks the agents' protocol, and what carries its
 * lines: SSH, a process of this machine, a test's script.
 */

#include <stddef.h>

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/err.h"
#include "lib/mono.h"
#include "provision/host/remote.h"

#define REMOTE_CHUNK 65536       /* bytes moved at a time */
#define REMOTE_WORDS_MAX 512     /* of an agent's stderr: its last ones */
#define REMOTE_GREETING_MAX 4096 /* bytes of the agent's first line */

struct remote_bytes {
	struct buf in;  /* what arrived */
	struct buf out; /* what is to go, from sent on */
	size_t sent;
	struct buf words; /* the end of what the agent said on stderr */
};

struct remote_io {
	/*
	 * Waits until something can be moved and moves it: at most
	 * REMOTE_CHUNK into b->in, as much as fits out of b->out. Returns 0
	 * when anything went either way, -ETIMEDOUT at the deadline, -EINTR
	 * by remote_interrupt_fd, or -ECONNRESET when it is over, with the
	 * reason ("it ended with exit status 127").
	 */
	int (*move)(struct remote_io *io, struct remote_bytes *b,
		    struct mono deadline, struct err *reterr);
	/* Frees it; the agent sees the end of its input. */
	void (*close)(struct remote_io *io);
};

/* A remote over io, which it owns from now on, even on failure: waits for the
 * agent's greeting. */
int remote_start(struct remote **ret, const char *name, struct remote_io *io,
		 struct mono deadline, struct err *reterr);

/* Appends n bytes to words and keeps the last REMOTE_WORDS_MAX. */
void remote_add_words(struct buf *words, const char *p, size_t n);

/*
 * Waits for events on fd (-1: none), for remote_interrupt_fd, or for the
 * deadline. fds beyond the first are the caller's: nmore of them in more.
 * Returns 0, -ETIMEDOUT or -EINTR; *ret_events (may be NULL) is what fd has.
 */
struct pollfd;
int remote_poll(int fd, short events, struct pollfd *more, size_t nmore,
		struct mono deadline, short *ret_events);

/*
 * Starts argv (NULL: this program's `agent`) in the namespaces of process pid
 * (0: in our own), in a session of its own, with pipes.
 */
int remote_local_start(struct remote_io **ret, int pid, const char *const *argv,
		       struct err *reterr);

#endif
