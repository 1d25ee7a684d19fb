/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_LIB_KERNEL_NFNL_H
#define LABCTL_LIB_KERNEL_NFNL_H

/*
 * nf_tables over nfnetlink, as much as iptables-nft's rule sets need: has
 * anything changed, which tables are there, all of a family's rules as
 * messages, and those messages put in place elsewhere in one transaction.
 *
 * iptables-restore commits table by table, so a set of several tables that
 * fails in the second leaves the first replaced. Here a whole family is one
 * batch: it stands as it is wanted or as it was, never half.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/err.h"

#define NFNL_TABLES_MAX 256        /* of one namespace */
#define NFNL_RULES_MAX 200000      /* messages of one dump */
#define NFNL_BYTES_MAX (64u << 20) /* bytes of one transaction */

struct nfnl;

/* A socket in the namespace of nsfd (-1: the thread's own), which stays the
 * caller's. Closing it waits for deferred work of the kernel, 5 to 24 ms
 * after changes: keep it, or close many at once. */
int nfnl_open(struct nfnl **ret, int nsfd, struct err *reterr);
void nfnl_free(struct nfnl *n);

/* The namespace's generation number: each transaction of whatever family
 * adds one, looking adds none. Legacy iptables and ipset do not move it. */
int nfnl_generation(struct nfnl *n, uint32_t *ret, struct err *reterr);

struct nfnl_table {
	uint8_t family; /* NFPROTO_* */
	const char *name;
	uint32_t flags; /* NFT_TABLE_F_*: dormant, of one owner alone */
};

struct nfnl_tables {
	struct nfnl_table *items;
	size_t n;
};

/* All tables of all families. -E2BIG past NFNL_TABLES_MAX. */
int nfnl_tables(struct nfnl *n, struct arena *a, struct nfnl_tables *ret,
		struct err *reterr);

/* One message of a rule set: what it makes and its attributes, without
 * whatever is only this namespace's (handles, counters). */
struct nfnl_msg {
	uint8_t type;      /* NFT_MSG_NEWTABLE, NEWCHAIN, NEWRULE */
	const char *table; /* points into data's copy */
	const char *chain; /* NULL for tables */
	const void *data;
	size_t len;
};

struct nfnl_rules {
	uint8_t family;
	struct nfnl_msg *items; /* tables, then chains, then rules in order */
	size_t n;
};

/*
 * All tables, chains and rules of a family, in the arena. -ENOTSUP where a
 * table holds what a replay cannot carry (sets, objects, flow tables). -EINTR
 * where the rules changed meanwhile and three tries did not help.
 */
int nfnl_dump(struct nfnl *n, struct arena *a, uint8_t family,
	      struct nfnl_rules *ret, struct err *reterr);

/* Whether two dumps say the same: each table and chain by name, the rules of
 * each chain in order. Tables without a rule whose chains are all empty and
 * accept are the same as no table: a program that lists makes such. */
bool nfnl_same(const struct nfnl_rules *a, const struct nfnl_rules *b);

/* Gives each chain that a message names, as its own or to jump to, the name
 * that of() has for it, as long as the old; NULL keeps it. The message's data
 * is copied. -EINVAL where a name is of another length. */
typedef const char *nfnl_name_fn(void *ctx, const char *name);
int nfnl_rename(struct arena *a, struct nfnl_msg *m, nfnl_name_fn *of,
		void *ctx);

/* Makes a chain of the kernel's drop what no rule decides; data is copied. */
void nfnl_drop_policy(struct arena *a, struct nfnl_msg *m);

/*
 * Puts want in place of all tables of its family, in one transaction. With no
 * message it removes them. Other families are untouched.
 */
int nfnl_replace(struct nfnl *n, const struct nfnl_rules *want,
		 struct err *reterr);

/* Removes one table; one that is gone already is no error. */
int nfnl_delete(struct nfnl *n, const struct nfnl_table *t, struct err *reterr);

#endif
