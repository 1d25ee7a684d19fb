/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_TOPOLOGIES_RESOLVE_IDS_H
#define LABCTL_TOPOLOGIES_RESOLVE_IDS_H

/*
 * The identifiers of one lab: UUIDs from names, MACs and interface names from
 * UUIDs. Two names that come out alike are told apart the same way each time:
 * the later one is hashed again with a number until it is alone.
 */

#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/ip.h"
#include "lib/uuid.h"
#include "topologies/topo.h"
#include "lib/map.h"

struct ids {
	struct arena *a; /* for the tables; may go when numbering is done */
	struct uuid lab;
	struct map prefixes; /* first 11 characters of UUIDs in names */
	struct map macs;
};

/* Starts with a lab's name; ret_text takes the lab's own UUID. */
void ids_init(struct ids *ids, struct arena *a, const char *lab,
	      char ret_text[UUID_TEXT_MAX]);

/* UUID of "kind/name", alone by SHA-1's promise. */
struct uuid ids_uuid(struct ids *ids, char ret_text[UUID_TEXT_MAX],
		     const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The same, and no other one of the lab has its first 11 characters. */
struct uuid ids_prefix_uuid(struct ids *ids, char ret_text[UUID_TEXT_MAX],
			    const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* fa:16:3e and three bytes of the UUID, alone in the lab. */
struct mac ids_mac(struct ids *ids, const struct uuid *u);

/* "qr-" and the UUID's first 11 characters. */
void ids_ifname(char ret[IFNAME_MAX], const char *prefix, const char *uuid);

#endif
