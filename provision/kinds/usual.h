/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_KINDS_USUAL_H
#define LABCTL_PROVISION_KINDS_USUAL_H

/*
 * What a network namespace of this machine is like that nobody has touched:
 * all its settings below net/ that can be written, and what its loopback has.
 * Whatever a lab's namespaces have otherwise, and the plan did not say,
 * somebody changed.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"
#include "lib/map.h"

struct nlattr;
struct nlmsghdr;

#define USUAL_VALUE_MAX 256 /* bytes of a setting that are compared */

struct usual_setting {
	const char *key;   /* net/ipv4/ip_forward */
	const char *name;  /* the last part of it */
	const char *value; /* as it is read, without the line's end */
	size_t dir;        /* of usual.dirs: the part before */
	bool inherited;    /* links have it from there: told of them alone */
};

struct usual {
	const char **dirs;
	struct usual_setting *settings;
	size_t ndirs, n;
	struct map by_key;
	/* Of its loopback: IFLA_AF_SPEC, and all that RTM_GETNEIGHTBL tells. */
	const struct nlattr *lo;
	const struct nlmsghdr **tables;
	size_t ntables;
};

/*
 * Made once in a process, by a namespace that goes at once. *ret is NULL, with
 * a reason in reterr, where none can be made. The thread is in its own again;
 * if it is not, -errno.
 */
int usual_here(const struct usual **ret, struct err *reterr);

/* The setting of that key, or NULL. */
const struct usual_setting *usual_setting(const struct usual *u,
					  const char *key);

/* Reads a file of /proc/sys by a folder's descriptor: its bytes without the
 * line's end, and a NUL; -errno. */
long usual_read(int dir, const char *name, char out[USUAL_VALUE_MAX]);

#endif
