/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_HOST_REMOTE_H
#define LABCTL_PROVISION_HOST_REMOTE_H

/*
 * A node from afar: one SSH session, an agent running in it, requests and
 * answers. Not for two threads at once; different remotes are independent.
 * Errors do not name the node: the caller knows it, and the fleet adds it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/doc.h"
#include "lib/err.h"

#define REMOTE_CONNECT_MS 10000 /* TCP, key exchange, authentication */
#define REMOTE_ANSWER_MS 60000  /* an answer, unless the caller says */

/* For how long a port that refuses is tried again: sshd may be starting. */
#define REMOTE_REFUSED_MS 2000

/* Of silence until a node is given up; it is asked after a third of that. */
#define REMOTE_SILENCE_MS 15000

/* Requests without an answer, or not fetched. */
#define REMOTE_PENDING_MAX 1024

/*
 * A descriptor that turns readable when the person wants to stop, or -1: each
 * wait then ends with -EINTR at once. Requests under way are not lost by that,
 * so that what was begun can be put back after it was set to -1 again. Set it
 * while no other thread is in a call.
 */
extern int remote_interrupt_fd;

/* REMOTE_CONNECT_MS, REMOTE_SILENCE_MS and REMOTE_REFUSED_MS unless set
 * before. */
extern unsigned remote_connect_ms, remote_silence_ms, remote_refused_ms;

struct remote;
struct remote_target; /* see target.h: where and with which keys */

/* Connects, authenticates, checks the pinned host key, starts the agent. */
int remote_open(struct remote **ret, const struct remote_target *t,
		struct err *reterr);

/* An agent started directly in a namespace of this machine, without SSH: the
 * host outside. pid is that of a process whose namespaces it shall join. */
int remote_open_local(struct remote **ret, const char *name, int pid,
		      struct err *reterr);

void remote_close(struct remote *r);

/* Whether it can no longer be used: lost, out of step, or out of time. */
bool remote_broken(const struct remote *r);

/*
 * Sends a request: members is what stands beside "id" and "op", as JSON
 * without braces ("" for none). *ret_id names the answer.
 */
int remote_send(struct remote *r, const char *op, const char *members,
		unsigned *ret_id, struct err *reterr);

/*
 * Waits for the answer to id; answers to other ids are kept for their own
 * call. The tree lives in a. An answer with ok false is an error: its errno,
 * its words; the remote is as good as before. -ETIMEDOUT when no
 * answer came for timeout_ms, to this or to another, -ECONNRESET when the node
 * is gone, -EPROTO when what it says makes no sense: the remote is broken then,
 * every later call fails. -EINTR: interrupted; the answer may still be waited
 * for.
 */
int remote_wait(struct remote *r, unsigned id, unsigned timeout_ms,
		struct arena *a, const struct doc **ret_answer,
		struct err *reterr);

/* Both in one. */
int remote_call(struct remote *r, const char *op, const char *members,
		unsigned timeout_ms, struct arena *a,
		const struct doc **ret_answer, struct err *reterr);

/*
 * Runs a command line on the node as ssh would, with our stdin, stdout and
 * stderr (a terminal there where stdin and stdout are terminals here). An
 * empty command is a shell. SIGINT, SIGTERM and the like are passed on, and
 * end the wait soon after. Returns the command's exit status (0-255; 128 + n
 * for signal n), or -errno.
 */
int remote_exec(const struct remote_target *t, const char *command,
		struct err *reterr);

/* The same in the namespaces of a process of this machine. */
int remote_exec_local(int pid, const char *command, struct err *reterr);

/* Appends arg so that a POSIX shell takes it as one word, whatever is in it. */
void remote_quote(struct buf *out, const char *arg);

#endif
