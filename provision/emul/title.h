/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_EMUL_TITLE_H
#define LABCTL_PROVISION_EMUL_TITLE_H

#include <stdbool.h>
#include <stddef.h>

#include "topologies/topo.h"

/* The command line that ps shows and a lab is found by. */

#define EMUL_TITLE_ROOM 256

/* Words of a command line as /proc/PID/cmdline has them. */
struct emul_argv {
	bool fabric, node;
	char lab[TOPO_LAB_NAME_MAX + 1];
	char name[TOPO_NAME_MAX + 1]; /* of a node */
};

/* Reads a /proc/PID/cmdline; false where it is none of ours. Pure. */
bool emul_argv_parse(const char *cmdline, size_t len, struct emul_argv *ret);

/* Overwrites this process's command line with words; fails silently. */
void emul_title(const char *const *words, size_t n);

#endif
