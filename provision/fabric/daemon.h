/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_FABRIC_DAEMON_H
#define LABCTL_PROVISION_FABRIC_DAEMON_H

/* A program that a node's PID 1 keeps running: sshd, the Internet's servers. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/mono.h"

struct emul_daemon {
	const char *const *argv; /* ends in NULL; its path first */
	const char *log;         /* a file that its words go to */
	pid_t pid;               /* 0: does not run */
	bool wanted;             /* was started once */
	struct mono started, again;
	int64_t wait_ns;
};

void emul_daemon_start(struct emul_daemon *d);

/* It was reaped: when it starts again is later each time it dies young. */
void emul_daemon_died(struct emul_daemon *d);

/* By SIGSTOP or a tracer: it lives, and answers nobody. */
bool emul_daemon_stopped(const struct emul_daemon *d);

/* Ends it and starts another. */
void emul_daemon_replace(struct emul_daemon *d);

/* Milliseconds until it is to start again; 0: now, -1: never. */
int emul_daemon_wait_ms(const struct emul_daemon *d);

#endif
