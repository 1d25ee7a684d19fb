/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_KINDS_RULES_COMPILE_H
#define LABCTL_PROVISION_KINDS_RULES_COMPILE_H

/*
 * Rule sets between their two languages: the text of iptables-save, which
 * people read and plans are written in, and the messages that the kernel
 * takes. Only iptables itself knows both, so texts are restored once in a
 * scratch namespace that nobody else sees, and read back from there.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/err.h"
#include "lib/kernel/nfnl.h"

#define RULES_PARALLEL 16          /* restores at a time */
#define RULES_TEXT_MAX (16u << 20) /* bytes of one set */

enum rules_family { RULES_IPV4, RULES_IPV6, RULES_FAMILIES };

/* NFPROTO_* of each. */
extern const uint8_t rules_nfproto[RULES_FAMILIES];

struct rules_job {
	const char *text[RULES_FAMILIES]; /* iptables-save's; "" is no rules */
	int nsfd; /* where they are put; -1: they are only compiled */
	/* Set by rules_compile() or rules_end(): */
	int r; /* 0 or -errno, with err */
	struct err err;
	struct nfnl_rules rules[RULES_FAMILIES];
	/* The text as iptables-save prints it. */
	const char *canonical[RULES_FAMILIES];
};

/*
 * Compiles all n jobs in threads with network namespaces of their own, and
 * puts each into its namespace, one transaction a family, where it compiles
 * as a whole. The caller's namespace is not touched. iptables is started once
 * a family for all of them, unless one of them is wrong. canonical is only
 * filled where words is true: it takes another process each. Memory comes from
 * a. Returns the number of jobs that failed; each has its reason, with
 * iptables' own words.
 */
size_t rules_compile(struct arena *a, struct rules_job *jobs, size_t n,
		     bool words);

/*
 * The same in two steps: what begin() has begun goes on meanwhile, and end()
 * waits for it. Where they are put (nsfd) need only be set before end(), which
 * must be called. Until then a and jobs stay.
 */
struct rules_work;
struct rules_work *rules_begin(struct arena *a, struct rules_job *jobs,
			       size_t n, bool words);
size_t rules_end(struct rules_work *w);

/*
 * Runs one of iptables' programs, such as iptables-nft-restore with "-n" behind
 * a blank, in the thread's own namespace, with a text to read. What it prints
 * is appended without comments and counters.
 */
int rules_run(const char *program, const char *text, struct buf *out,
	      struct err *reterr);

/* Appends the family's rules in the thread's own namespace as iptables-save
 * prints them, without comments and counters. */
int rules_save(enum rules_family family, struct buf *out, struct err *reterr);

/*
 * Appends in words how two texts of rules_save() differ: "table chain: lacks
 * RULE", "table chain: has RULE", a policy, a chain. At most max of them, and
 * how many more; separated by "; ". Returns their number. Pure.
 */
size_t rules_differ(const char *want, const char *have, size_t max,
		    struct buf *out);

#endif
