/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_EMUL_FILE_H
#define LABCTL_PROVISION_EMUL_FILE_H

#include <stddef.h>
#include <sys/types.h>

#include "lib/buf.h"
#include "lib/err.h"

/* Small files, whole. */

/* Reads a small file whole into b. */
int emul_read_file(const char *path, size_t max, struct buf *b);

/* Writes a whole file; rewrites in place, so that bind mounts follow. */
int emul_write_file(const char *path, mode_t mode, const char *text, size_t len,
		    struct err *reterr);

#endif
