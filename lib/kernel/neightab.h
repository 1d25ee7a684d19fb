/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_LIB_KERNEL_NEIGHTAB_H
#define LABCTL_LIB_KERNEL_NEIGHTAB_H

/*
 * The kernel's tables of neighbours (ARP, IPv6 neighbour discovery): each is
 * one for all network namespaces of a machine, with a limit that only the
 * first namespace can set. When one is full, packets are lost in all of them
 * and mostly without an error. Its counters are seen in the first namespace
 * alone.
 */

#include <stdint.h>

enum neightab_family { NEIGHTAB_ARP, NEIGHTAB_ND, NEIGHTABS };
extern const char *const neightab_names[];   /* "IPv4", "IPv6" */
extern const char *const neightab_sysctls[]; /* what sets the limit */

struct neightab {
	uint32_t entries;
	uint32_t max;   /* 0: not known */
	uint64_t fulls; /* how often there was no room */
};

/* Reads the text of /proc/net/stat/arp_cache or ndisc_cache: counters of each
 * processor, in columns that its first line names. max is not in it. Returns
 * 0 or -EINVAL. */
int neightab_parse(const char *text, struct neightab *ret);

/* Two looks at both tables; the descriptors stay good when the process moves
 * to another namespace in between. -1: cannot be seen from here. */
struct neightab_watch {
	int fds[NEIGHTABS];
	struct neightab first[NEIGHTABS];
};

void neightab_watch(struct neightab_watch *ret);
void neightab_watch_end(struct neightab_watch *w);

/* A table as it is now, with its limit where that was seen at the beginning;
 * -ENOENT where it cannot be seen. */
int neightab_look(const struct neightab_watch *w, enum neightab_family f,
		  struct neightab *ret);

#endif
