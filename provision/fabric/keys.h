/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_FABRIC_KEYS_H
#define LABCTL_PROVISION_FABRIC_KEYS_H

#include <stddef.h>

#include "lib/arena.h"
#include "lib/err.h"

struct emul_spec;

/*
 * The keys of a lab. They are the fabric's from the moment that it got them:
 * running nodes have them, and a lost state folder takes none away.
 */

struct emul_key {
	const char *name; /* of a node with sshd */
	const char *key;  /* private, a PEM text */
	const char *pub;  /* "ssh-ed25519 AAAA..." */
};

struct emul_keys {
	const char *client_key, *client_pub; /* opens all nodes; or NULL */
	struct emul_key *nodes;
	size_t nnodes;
};

/* Fresh ed25519 keys for all of a lab; they are a's. */
int emul_keys_make(struct arena *a, const struct emul_spec *s,
		   struct emul_keys *ret, struct err *reterr);

/* The host key of a node; NULL where none is known. */
const struct emul_key *emul_keys_find(const struct emul_keys *k,
				      const char *node);

/* Copies into to, whose texts are a's, what it lacks and from has. */
void emul_keys_add(struct arena *a, struct emul_keys *to,
		   const struct emul_keys *from);

#endif
