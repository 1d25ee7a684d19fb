/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_EMUL_IDS_H
#define LABCTL_PROVISION_EMUL_IDS_H

#include <stdbool.h>
#include <sys/types.h>

/* Ranges of ids for a lab's user namespace, from texts like /etc/subuid. Pure,
 * all of it. */

struct emul_range {
	unsigned first, count; /* count 0: none */
};

#define EMUL_IDS_MIN 65535u /* nogroup must be inside */
#define EMUL_IDS_MAX 65536u /* of a large range this many are mapped */

/*
 * Root's labs: a range of 65,536 for each of 1,024 slots from 0x78000000 on.
 * Nobody else's by default: above systemd's containers (up to 0x6fffffff) and
 * sssd's people (up to 2000200000), below systemd's foreign ids (0x7ffe0000)
 * and what a signed number can tell. uids and gids alike.
 */
#define EMUL_ROOT_FIRST 0x78000000u
#define EMUL_ROOT_SLOTS 1024u

/* The largest range of a user in a text like /etc/subuid. */
struct emul_range emul_subid_parse(const char *text, const char *user,
				   uid_t uid);

/* The first id behind all ranges of such a text. */
unsigned emul_subid_free(const char *text);

/* The range of a lab of root's: the slot that its name points to, or the next
 * one that neither text grants to somebody. count 0: none is left. */
struct emul_range emul_root_range(const char *lab, const char *subuid,
				  const char *subgid);

/* Whether an id is what root is called in a lab of root's. */
bool emul_root_id(uid_t uid);

/* Whether a text like /proc/self/uid_map has all of a range. */
bool emul_map_has(const char *map, struct emul_range range);

#endif
