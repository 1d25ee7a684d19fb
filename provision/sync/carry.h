/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_SYNC_CARRY_H
#define LABCTL_PROVISION_SYNC_CARRY_H

/* One router whose connections are carried: what is told (tell.c) and what is
 * heard (hear.c). See sync.c. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/ip.h"
#include "lib/mono.h"
#include "provision/sync/told.h"
#include "provision/sync/wire.h"

#define CARRY_DRAIN_MAX 512 /* events or datagrams of one router in a turn */

struct peer {
	struct ip addr;
	struct mac mac;
	uint32_t epoch, number; /* last heard */
	bool met;
	bool behind;          /* something of it was missed */
	bool telling;         /* all, and nothing of that was missed */
	struct told told;     /* in that */
	struct mono hello_at; /* not again before */
};

struct synced {
	const char *id, *netns, *dev;
	struct ip own;
	struct peer *peers;
	size_t npeers;
	ino_t ino;        /* of the namespace that the sockets are in */
	unsigned ifindex; /* that the datagrams' socket is bound to */
	int events, say, udp, frames; /* udp hears, frames sends */
	bool active, tell_all;
	struct mono told_at;  /* not all again before */
	struct mono fresh_at; /* when those that end soon are told again */
	struct mono all_at;   /* and all */
	bool soon;            /* there are some that end soon */
	uint32_t epoch, number;
	struct wire out; /* not yet sent */
	uint64_t dropped[WIRE_DROP_N], strangers, unmade;
};

/* Is it one whose end would be noticed? gone: of one that ended. */
bool carry_is(const struct ct_state *s, bool gone);

/* --- telling ---------------------------------------------------------- */

/* The kernel's events, to be read where the socket says so. */
void tell_events(struct synced *r);

/* Each second, of an Active: the number of the last datagram. */
void tell_tick(struct synced *r);

/* Whether all that there is, or those that end soon, are to be told: when the
 * tick is over, somebody asked, or the kernel dropped events; not twice within
 * half a second. And tells them. That reads the table of connections, which
 * the kernel has one of for the machine: milliseconds for each router. */
bool tell_due(const struct synced *r, struct mono now);
void tell_table(struct synced *r, struct mono now);

/* It became Active: all is told, when what a takeover needs is done. */
void tell_later(struct synced *r, struct mono now);

/* Asks a peer to tell all. */
void tell_hello(struct synced *r, struct peer *p);

/* --- hearing ---------------------------------------------------------- */

/* Datagrams of peers. */
void hear_peers(struct synced *r);

/* What was kept of them. */
void hear_forget(struct synced *r);

#endif
