/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_EMUL_SPACE_H
#define LABCTL_PROVISION_EMUL_SPACE_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/err.h"
#include "provision/emul/ids.h"

/* The namespaces that a lab's fabric begins in. */

struct emul_space {
	bool root;                    /* the caller is root */
	bool user;                    /* a user namespace of its own */
	struct emul_range uids, gids; /* what it maps to */
};

/*
 * Whose ids a lab gets. Root's: a range that is nobody's; privileged: none,
 * and root in the lab is root here. Others': their subordinate ids. -EPERM
 * with words of what lacks.
 */
int emul_space_of(const char *lab, bool privileged, struct emul_space *ret,
		  struct err *reterr);

/*
 * Clones this process, as fork(2) does, into new namespaces of all kinds.
 * Returns 0 in the child, which must wait until emul_space_map() has given it
 * its ids and then call emul_space_begin().
 */
pid_t emul_space_clone(const struct emul_space *s, struct err *reterr);
int emul_space_map(const struct emul_space *s, pid_t pid, struct err *reterr);
int emul_space_begin(const struct emul_space *s);

/* What the VRRP engine of a lab of this user's gets of what it wants: a
 * real-time schedule, and locked memory with it. Changes nothing. */
enum emul_prompt_how { EMUL_PROMPT_NOT, EMUL_PROMPT_SCHEDULE, EMUL_PROMPT_ALL };
enum emul_prompt_how emul_space_prompt(void);

#endif
