/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_TOPOLOGIES_ERROR_H
#define LABCTL_TOPOLOGIES_ERROR_H

/* Inside topologies/: adding to the list of what is wrong with a file. */

#include "lib/doc.h"
#include "topologies/topo.h"

/* Adds an error; at NULL: without place. */
void topo_error_add(struct topo_errors *errs, const struct doc *at,
		    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void topo_error_at(struct topo_errors *errs, unsigned line, unsigned col,
		   unsigned len, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

#define raw_wrong(raw, at, ...) topo_error_add((raw)->errs, at, __VA_ARGS__)

/* Sorts by place and drops what was said twice. */
void topo_errors_sort(struct topo_errors *errs);

#endif
