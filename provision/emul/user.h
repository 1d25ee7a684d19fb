/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_EMUL_USER_H
#define LABCTL_PROVISION_EMUL_USER_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/arena.h"
#include "lib/err.h"

/* Whose lab it is, and the user namespace. */

/* Called first by every entry point: who this is, before any namespace. */
uid_t emul_owner(void);
static inline bool emul_is_root(void)
{
	return emul_owner() == 0;
}

struct emul_range {
	unsigned first, count; /* count 0: none */
};

#define EMUL_IDS_MIN 65535u /* nogroup must be inside */

/* The largest range of a user in a text like /etc/subuid. Pure. */
struct emul_range emul_subid_parse(const char *text, const char *user,
				   uid_t uid);

/* The first id behind all ranges of such a text. Pure. */
unsigned emul_subid_free(const char *text);

/* What root should type to give this user ids. */
const char *emul_subid_cure(struct arena *a);

/* Ranges of this user: uids and gids. */
int emul_subids(struct emul_range *ret_uids, struct emul_range *ret_gids,
		struct err *reterr);

/* Maps ids of pid's new user namespace: root is the owner. */
int emul_map_ids(pid_t pid, struct err *reterr);

/* Maps root alone: enough to try things. */
int emul_map_root(pid_t pid, struct err *reterr);

/* clone(2) as fork does it, with namespace flags. */
pid_t emul_clone(unsigned long flags);

#endif
