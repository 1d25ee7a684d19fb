/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_EMUL_SOCKETS_H
#define LABCTL_PROVISION_EMUL_SOCKETS_H

/*
 * The packet sockets of processes that are about to be killed. The kernel
 * closes each only after all processors have passed a quiet state, some 10 to
 * 30 ms, and a dying process closes its own one after the other: a VRRP engine
 * of a hundred routers took seven seconds to go. So whoever ends a lab takes a
 * descriptor of each before, and closes many at a time after: then the
 * processes die at once, and what is left to wait for is waited for together.
 */

#include <stddef.h>
#include <sys/types.h>

struct emul_sockets {
	int *fds;
	size_t n;
};

/* Takes hold of the processes' packet sockets, as far as they can be had: of a
 * process that is gone, or not ours to look into, none. */
void emul_sockets_hold(const pid_t *pids, size_t n, struct emul_sockets *ret);

/* Closes all; returns when that is done. */
void emul_sockets_close(struct emul_sockets *s);

#endif
