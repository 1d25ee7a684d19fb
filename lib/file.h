/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_LIB_FILE_H
#define LABCTL_LIB_FILE_H

/* Small files, whole; and whole writes to a descriptor. */

#include <stddef.h>
#include <sys/types.h>

#include "lib/buf.h"
#include "lib/err.h"

/*
 * Replaces what b holds by the file's content, with a NUL behind it that is
 * not counted. No pipe or terminal can hold it up. Returns 0, -EFBIG where
 * the file has more than max bytes, or another negative errno; then b holds
 * what was read.
 */
int file_read(const char *path, size_t max, struct buf *b);

/* The same of an open descriptor, from where it stands. */
int file_read_fd(int fd, size_t max, struct buf *b);

/* Writes all of it to a descriptor that blocks; 0 or a negative errno. */
int file_write_fd(int fd, const void *data, size_t len);

/* Writes a whole file in its place, so that bind mounts of it follow; a
 * symlink is refused. mode is that of a new file. */
int file_write(const char *path, mode_t mode, const void *data, size_t len,
	       struct err *reterr);

/*
 * Puts a whole file in the place of what has the name: written aside as
 * PATH.new (what has that name goes) and renamed, so that who reads finds the
 * old one or the new one, and no symlink is followed.
 */
int file_replace(const char *path, mode_t mode, const void *data, size_t len,
		 struct err *reterr);

#endif
