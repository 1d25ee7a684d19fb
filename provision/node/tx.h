/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_NODE_TX_H
#define LABCTL_PROVISION_NODE_TX_H

/*
 * Changes on their way to the kernel: what the kinds queue, in each namespace
 * on a socket of its own, and what became of it. All of it is used by one
 * thread, which may change namespace as it likes.
 */

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/err.h"
#include "lib/kernel/rtmsg.h"
#include "lib/kernel/rtnl.h"
#include "lib/map.h"
#include "provision/res.h"

/* A namespace that is spoken to. */
struct place {
	const char *name;
	int fd;
	struct rtnl *rtnl;
	struct err err; /* why it could not be opened */
	bool broken;
	size_t *sent; /* the change that each queued message belongs to */
	size_t nsent;
	size_t *off; /* changes that settle does together */
	size_t noff;
	struct map index; /* names to indices; empty: not read yet */
};

struct tx {
	struct arena *a;
	const struct plan *p;
	const struct changes *ch;
	struct map places; /* by name */
	struct map wanted; /* the plan's links, when they are asked for */
	struct place **list;
	size_t nlist;
	struct place *now; /* where the change in hand queues */
	const char **why;  /* by change: why it failed */
	int patience_ms;   /* what is left to wait for links that were made */
	void *ahead[RES_KINDS]; /* what kinds have begun */
};

/* Opens the node's own namespace, as the first. */
int tx_open(struct tx *tx, struct arena *a, const struct plan *p,
	    const struct changes *ch, struct err *reterr);
void tx_close(struct tx *tx);

/* Hands a change to a kind's hook. */
void tx_do(struct tx *tx, const struct change *c,
	   void (*hook)(struct tx *tx, const struct change *c));

/* Sends all that is queued; then links may have other indices. */
void tx_send_all(struct tx *tx);
void tx_forget_links(struct tx *tx);

/* --- for the kinds --- */

static inline const struct plan *tx_plan(const struct tx *tx)
{
	return tx->p;
}

/* What a kind's ahead has begun; NULL at first. */
static inline void **tx_ahead(struct tx *tx, enum res_kind kind)
{
	return &tx->ahead[kind];
}

/* The change failed; the first reason stays. */
void tx_fail(struct tx *tx, const struct change *c, const char *why);
bool tx_failed(const struct tx *tx, const struct change *c);

/* The namespace that c queues to; NULL where it cannot be spoken to, which
 * fails c unless it removes. */
struct place *tx_place(struct tx *tx, const char *netns,
		       const struct change *c);

/* As tx_place(), for a namespace that c needs but does not queue to. */
struct place *tx_other(struct tx *tx, const char *netns,
		       const struct change *c);

/* What was there under this name is another namespace now; or none. */
void tx_place_renew(struct tx *tx, const char *netns);
void tx_place_gone(struct tx *tx, const char *netns);

/* Moves the thread there; false fails c. */
bool tx_enter(struct tx *tx, const char *netns, const struct change *c);

/* Writes a setting of the namespace that the thread is in. */
void tx_write(struct tx *tx, const struct change *c, const char *key,
	      const char *value);

/* A link's index, or 0, which fails c unless it removes. The table is read
 * once, and again after changes. */
unsigned tx_index(struct tx *tx, struct place *p, const struct change *c,
		  const char *dev);

/* A wanted resource of the same kind, place and id, or NULL. */
const struct res *tx_wanted(struct tx *tx, const struct res *r);

/* Sends what is queued there now. */
void tx_send(struct tx *tx, struct place *p);

/* What was queued there since the last time is c's, and fails with it. It is
 * done after each hook by itself. */
void tx_own(struct tx *tx, struct place *p, const struct change *c);

/* Puts c off until its kind's settle. */
void tx_put_off(struct tx *tx, struct place *p, const struct change *c);

/* Settles what was put off, everywhere. */
void tx_settle(struct tx *tx);

/* What a change asks of the kernel, for a kind that is made and set alike. */
static inline enum rtmsg_op change_rtmsg(const struct change *c)
{
	return c->op == CHANGE_REMOVE ? RTMSG_DEL : RTMSG_SET;
}

#endif
