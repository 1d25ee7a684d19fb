/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_SERVICES_SUPERVISE_ROLES_H
#define LABCTL_PROVISION_SERVICES_SUPERVISE_ROLES_H

/* The node's roles as the VRRP engine tells them to who watches it, or who
 * tells of keepalived's (state_change.h). */

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/line.h"
#include "lib/map.h"
#include "lib/mono.h"

/* In the state folder: the control socket of the node's engine. */
#define ROLES_SOCKET "vrrp.sock"
/* The same, of who tells of keepalived's routers. */
#define ROLES_SOCKET_KEEPALIVED "keepalived.sock"
#define ROLES_AGAIN_NS (50 * NS_PER_MS) /* until it is dialled again */
#define ROLES_MAX 4096

struct watched_role {
	const char *id;
	bool active;
};

struct roles_watch {
	const char *socket; /* in the state folder */
	int fd;             /* -1: nobody tells */
	struct mono again;
	struct buf in;
	struct line next; /* of in */
	struct arena arena;
	struct map by_id; /* struct watched_role */
	size_t n;
};

void roles_watch_init(struct roles_watch *w, const char *socket);
void roles_watch_release(struct roles_watch *w);

/* Asks the engine to tell; it is tried again at w->again. */
void roles_watch_dial(struct roles_watch *w, const char *dir);

/* Reads what it tells. The end of the stream is the engine's: nobody is
 * active then, as far as anyone knows. */
void roles_watch_hear(struct roles_watch *w);

bool roles_watch_active(const struct roles_watch *w, const char *id);

#endif
