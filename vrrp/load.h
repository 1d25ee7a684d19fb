/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VRRP_LOAD_H
#define LABCTL_VRRP_LOAD_H

/*
 * The configuration read and parsed beside the loop: neither a disk that stands
 * still nor a file of many megabytes delays an advert.
 */

#include <stdbool.h>

#include "lib/buf.h"
#include "lib/err.h"
#include "vrrp/config/config.h"

struct engine;

struct load {
	char *path;
	int fd; /* gets a pointer to this when it is done */
	int r;  /* 0, or -errno with errs */
	struct buf text, errs;
	struct vrrp_config next; /* where r is 0 */
};

int load_open(struct engine *e, struct err *reterr);
void load_close(struct engine *e);

/* Has the file read; once more where it is being read now. */
void load_begin(struct engine *e);

/* What was read, for load_free(), or NULL: it is not read yet, or once more. */
struct load *load_done(struct engine *e);
void load_free(struct load *l);

#endif
