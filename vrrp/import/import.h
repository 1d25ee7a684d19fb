/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VRRP_IMPORT_IMPORT_H
#define LABCTL_VRRP_IMPORT_IMPORT_H

/* keepalived's configurations, as the engine's. */

#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"
#include "vrrp/config/config.h"

#define IMPORT_FILES_MAX 4096u
#define IMPORT_ERRORS_MAX 50u /* told of a file */

struct vrrp_import {
	const char *control; /* for the configuration; a whole path */
	const char *netns;   /* of all routers; NULL: as the files have it */
	bool force; /* what cannot be had is left out and told as a note */
	/* Kept by the functions below: the places of c's routers, in its arena.
	 */
	const char **at;
	size_t nat;
};

/*
 * Adds a file's routers to c, which may hold others already; begins with a
 * zeroed one. A file FOLDER/ha_confs/ID/keepalived.conf is Neutron's: its
 * router has that id, the namespace qrouter-ID, and its state file beside it.
 * Returns 0, or -EINVAL or another negative errno with a line for each mistake
 * in errs: "path:line:column: what". notes gets what is left out, in the same
 * form. c is the caller's to release in either case.
 */
int vrrp_import_text(struct vrrp_import *how, const char *path,
		     const char *text, size_t len, struct vrrp_config *c,
		     struct buf *errs, struct buf *notes);
int vrrp_import_file(struct vrrp_import *how, const char *path,
		     struct vrrp_config *c, struct buf *errs,
		     struct buf *notes);

/*
 * Reads c, with all files added, as the engine would: what one file cannot
 * know (two routers of one VRID on one interface) is told then, by the place of
 * the router. 0 or -EINVAL.
 */
int vrrp_import_check(const struct vrrp_import *how,
		      const struct vrrp_config *c, struct buf *errs);

#endif
