/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_SYNC_CONFIG_H
#define LABCTL_PROVISION_SYNC_CONFIG_H

/* What the carrier of connections is told: its file, by rows. */

#include <stddef.h>

#include "lib/arena.h"
#include "lib/err.h"
#include "lib/ip.h"
#include "lib/keys/keys.h"

#define SYNC_ROUTERS_MAX 2048
#define SYNC_PEERS_MAX 63 /* of one router */

struct sync_peer {
	struct ip address; /* on the HA network */
	struct mac mac;
};

struct sync_router {
	const char *id, *netns, *dev; /* dev: of its HA network */
	struct ip address;            /* of its own there */
	struct sync_peer *peers;
	size_t npeers;
};

struct sync_config {
	const char *roles; /* the folder of the engine's control socket */
	struct sync_router *routers;
	size_t n;
};

extern const struct key_table sync_config_table;

/* Reads a file, into the arena; its path is in reterr. */
int sync_config_read(struct arena *a, const char *path, struct sync_config *ret,
		     struct err *reterr);

#endif
