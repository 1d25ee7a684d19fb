/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_EMUL_USER_H
#define LABCTL_PROVISION_EMUL_USER_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/arena.h"
#include "lib/err.h"
#include "provision/emul/ids.h"

/* Whose lab it is, and the user namespace. */

/* Called first by every entry point: who this is, before any namespace. */
uid_t emul_owner(void);
static inline bool emul_is_root(void)
{
	return emul_owner() == 0;
}

/* What root should type to give this user ids. */
const char *emul_subid_cure(struct arena *a);

/* Ranges of this user: uids and gids. */
int emul_subids(struct emul_range *ret_uids, struct emul_range *ret_gids,
		struct err *reterr);

/* Maps ids of pid's new user namespace: root is the owner, the ranges follow.
 */
int emul_map_ids(pid_t pid, struct emul_range uids, struct emul_range gids,
		 struct err *reterr);

/* The same where the caller is root: root is the first of the range. */
int emul_map_range(pid_t pid, struct emul_range uids, struct emul_range gids,
		   struct err *reterr);

/* Maps root alone: enough to try things. */
int emul_map_root(pid_t pid, struct err *reterr);

/* clone(2) as fork does it, with namespace flags. */
pid_t emul_clone(unsigned long flags);

#endif
