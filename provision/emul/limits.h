/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_EMUL_LIMITS_H
#define LABCTL_PROVISION_EMUL_LIMITS_H

/*
 * What a lab takes of that which the kernel counts, and what the machine lets
 * it have: so that one that cannot fit is told so before it is begun.
 */

#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/err.h"
#include "topologies/topo.h"

struct emul_uses {
	uint64_t netns, mntns, pidns; /* namespaces */
	uint64_t netns_kept;          /* of netns, what stays */
	uint64_t processes;
	uint64_t files;      /* that one process has open: a node's engine */
	uint64_t all_files;  /* that all have */
	uint64_t inotify;    /* instances */
	uint64_t neighbours; /* places that count, while it boots or is looked
				at; of IPv4, the fuller table */
	uint64_t memory_mb;
};

/* Measured, and rounded up; lab NULL: a small one. */
void emul_uses(const struct lab *lab, struct emul_uses *ret);

enum emul_fit {
	EMUL_FITS,
	EMUL_TIGHT, /* by what others take of it too */
	EMUL_NEVER  /* more than there is */
};

struct emul_limit {
	const char *name; /* "network namespaces" */
	enum emul_fit fit;
	uint64_t need, max;
	const char *found;
	const char *cure; /* NULL where it fits */
};

/* Of each limit that can be read, how it fits. root: "", or a folder that has
 * proc and sys of another machine in it. */
void emul_limits(struct arena *a, const struct emul_uses *u, const char *root,
		 struct emul_limit **ret, size_t *ret_n);

/*
 * Before a lab is begun. Returns -ENOSPC with words where it can never fit,
 * else 0; and warnings, of what is tight.
 */
int emul_fits(struct arena *a, const struct lab *lab, const char *root,
	      const char ***ret_warnings, size_t *ret_n, struct err *reterr);

#endif
