/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_LIB_KERNEL_XTABLES_H
#define LABCTL_LIB_KERNEL_XTABLES_H

/*
 * The tables of iptables' older make (iptables-legacy), which are beside
 * nf_tables and which no program for that shows. As much of them as it takes
 * to see that one says anything, and to empty it.
 */

#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

#define XTABLES_NAME_MAX 32
#define XTABLES_MAX 8 /* tables of one family */

struct xtables_list {
	char names[XTABLES_MAX][XTABLES_NAME_MAX];
	size_t n;
};

/*
 * Those tables of the thread's own namespace that have a rule or a chain, or
 * a policy that does not accept. family: 4 or 6. None where the kernel has
 * none of them loaded, which asking does not change.
 */
int xtables_look(int family, struct xtables_list *ret, struct err *reterr);

/* Empties a table of the namespace of nsfd (-1: the thread's own); its chains
 * accept. One that is not there is no error. */
int xtables_empty(int nsfd, int family, const char *table, struct err *reterr);

#endif
