/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_MACHINE_CLIENT_H
#define LABCTL_PROVISION_MACHINE_CLIENT_H

/* A DHCP client of a machine's, which its PID 1 has running for as long as
 * there is reason to: it is begun again when it ends, after pauses that double
 * from 200 ms to 5 s and are forgotten once it ran for ten. */

#include <stdbool.h>
#include <sys/types.h>

#include "lib/mono.h"

struct client {
	const char *what;           /* in the log: "DHCP client" */
	const char *program;        /* that it is, in words, with its package */
	pid_t pid;                  /* 0: it does not run */
	struct mono started, again; /* MONO_NEVER: not to be started */
	int64_t pause_ns;
};

/* Becomes argv, NULL at its end; a failure is said, and tried again. */
void client_start(struct client *c, const char *const *argv);

/* A child ended: whether it was this client, which is then due again. */
bool client_ended(struct client *c, pid_t pid, int status);

/* It ended because it had done its work: it is due in a while. */
void client_done(struct client *c, int64_t in_ns);

/* Has it begin anew at once, if it runs. */
void client_kill(const struct client *c);

#endif
