/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_EMUL_STATE_H
#define LABCTL_PROVISION_EMUL_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lib/arena.h"
#include "lib/err.h"

/* The state folder of a lab and its lock. */

#define EMUL_KNOWN_HOSTS "known_hosts" /* in the state folder */
#define EMUL_CLIENT_KEY "id_ed25519"
#define EMUL_UNFINISHED "unfinished" /* there while an `up` is not done */

/* A name that may stand in a path: as topo allows for labs. */
bool emul_name_ok(const char *lab);

/* The folder of all labs' state of this user; made (0700) where missing. */
int emul_state_root(struct arena *a, const char **ret, struct err *reterr);

/* As emul_state_root(), but makes nothing: could it be made? */
int emul_state_look(struct arena *a, const char **ret, struct err *reterr);

/* ROOT/LAB, made where missing if make. */
int emul_state_dir(struct arena *a, const char *lab, bool make,
		   const char **ret, struct err *reterr);

/* Writes DIR/NAME at once or not at all, readable by the owner only. */
int emul_state_write(const char *dir, const char *name, const char *text,
		     size_t len, struct err *reterr);

/* Takes the lab's lock until this process ends, or emul_unlock(). -EBUSY with
 * words who holds it. what: "up", "down". */
int emul_lock(const char *lab, const char *what, struct err *reterr);
void emul_unlock(const char *lab, bool remove);

/* Who was at work on a lab and was ended for it; what is "" for nobody. */
struct emul_ended {
	char what[32]; /* "failover" */
	pid_t pid;
};

/*
 * Takes the lock from whoever holds it: a command of this user's is
 * interrupted, as by Ctrl-C, so that a drill puts back what it broke, and
 * killed where it does not end in 10 s. One that does the same is waited for.
 * -EBUSY where that did not help.
 */
int emul_lock_take(const char *lab, const char *what,
		   struct emul_ended *ret_ended, struct err *reterr);

/* The lock's descriptor once more, at least min, kept by exec; or -errno. */
int emul_lock_dup(int min);

/* Removes ROOT/LAB; *ret_n: how many files there were. */
int emul_state_remove(const char *lab, unsigned *ret_n, struct err *reterr);

#endif
