/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_FABRIC_NODE_H
#define LABCTL_PROVISION_FABRIC_NODE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"

struct emul_node;
struct emul_spec;

/* PID 1 of a node, and what its fabric asks of it. */

/* What a fabric asks of its node; each is answered by one emul_reply. */
enum emul_order {
	EMUL_CHECK = 1, /* look what is not as it should be */
	EMUL_APPLY      /* wires are there: make it so, start sshd */
};

struct emul_reply {
	int code;         /* 0 or -errno */
	unsigned drift;   /* things found different (and mended by APPLY) */
	uint32_t missing; /* bit i: the i-th nic is not there */
	bool stopped;     /* a server of its is, by a signal */
	unsigned laid;    /* mounts over its folders */
	bool ruined;      /* a mount that it was made with has gone */
	char msg[ERR_MAX];
};

/* PID 1 of a node; ctl is its end of the socket to the fabric. Never returns.
 */
_Noreturn void emul_node_run(const struct emul_spec *s,
			     const struct emul_node *n, int ctl);

#endif
