/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_TARGET_H
#define LABCTL_PROVISION_TARGET_H

/* Where and with which keys a node is reached; all in one arena. */
struct remote_target {
	const char *name;     /* node */
	const char *address;  /* management address */
	unsigned port;        /* 22 */
	const char *user;     /* root */
	const char *key_file; /* private key of the lab */
	const char *host_key; /* pinned: "ssh-ed25519 AAAA..." */
	const char *agent;    /* command that starts the agent there */
};

#endif
