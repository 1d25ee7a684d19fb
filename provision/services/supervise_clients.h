/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_SERVICES_SUPERVISE_CLIENTS_H
#define LABCTL_PROVISION_SERVICES_SUPERVISE_CLIENTS_H

/* The supervisor and those who ask it; its loop is supervise_loop.c. */

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"
#include "lib/line.h"
#include "lib/mono.h"
#include "provision/services/supervise_child.h"
#include "provision/services/supervise_links.h"
#include "provision/services/supervise_roles.h"

#define CLIENTS_MAX 16
#define SERVICES_MAX 8192
#define PATIENCE_NS (15 * NS_PER_S) /* with a client, and a reload */

struct client {
	int fd; /* -1: free */
	struct buf in, out;
	struct line next; /* of in */
	size_t sent;
	bool answered;
	struct kept *waits; /* for this one to have ended, or reloaded */
	bool for_end, for_all;
	int verb; /* to the service's control socket, or -1 */
	struct buf heard;
	struct mono until;
};

/* Of roles: labctl's engine, and who tells of keepalived's routers. */
#define SUPERVISE_WATCHES 2

struct supervisor {
	const char *dir;
	int listener, signals;
	struct kept *services;
	size_t n;
	struct client clients[CLIENTS_MAX];
	struct roles_watch roles[SUPERVISE_WATCHES];
	struct links_watch links;
	bool stopping;
	struct pollfd *fds;
	size_t nfds, cap;
};

/* Lets go of it; what was not sent is lost. */
void client_hang_up(struct client *c);

/* Has each service run, or not, as it is wanted now. */
void clients_keep(struct supervisor *v);

/* Takes notice of processes that ended; who waits for one is told. */
void clients_bury(struct supervisor *v);

/* What the service answers to the word that a client waits for. */
void client_hear(struct client *c);

/* What a client says: a whole line is obeyed. */
void client_receive(struct supervisor *v, struct client *c);

/* Whoever knocks, as far as there is room. */
void clients_welcome(struct supervisor *v);

/* Gives answers, and an end to who takes too long. */
void clients_tend(struct supervisor *v);

#endif
