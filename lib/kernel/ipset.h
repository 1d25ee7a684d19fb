/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_LIB_KERNEL_IPSET_H
#define LABCTL_LIB_KERNEL_IPSET_H

/*
 * Sets of addresses, by the netlink that ipset(8) speaks: without that
 * program, and without a process. Sets are of type hash:net.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/err.h"
#include "lib/ip.h"

#define IPSET_NAME_MAX 31       /* letters, as the kernel's */
#define IPSET_SETS_MAX 4096     /* of one namespace */
#define IPSET_MEMBERS_MAX 65536 /* of one set, hash:net's own limit */

struct ipset {
	const char *name;
	const char *type; /* seen: "hash:net" where it is one of ours */
	int family;       /* 4 or 6 */
	struct ipnet *members;
	size_t n;
};

/* All sets of the namespace of nsfd (-1: the thread's own), in a. A kernel
 * without sets has none: -EOPNOTSUPP. */
int ipset_list(int nsfd, struct arena *a, struct ipset **ret, size_t *ret_n,
	       struct err *reterr);

/*
 * Gives the namespace this set. One that is there is filled beside and then
 * swapped, so that rules which use it never see half of it; its own name must
 * leave two letters for that one's.
 */
int ipset_put(int nsfd, const struct ipset *s, struct err *reterr);

/* Removes a set; one that is gone is no error, -EBUSY: a rule uses it. */
int ipset_destroy(int nsfd, const char *name, struct err *reterr);

/* Whether two sets have the same members; their order is changed. */
bool ipset_same(struct ipset *a, struct ipset *b);

#endif
