/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_NODE_ENGINE_FILES_H
#define LABCTL_PROVISION_NODE_ENGINE_FILES_H

/* Between the two halves of engine.h: the files in the state folder. */

#include <stddef.h>

#include "lib/buf.h"
#include "lib/netns.h"

#define ENGINE_CONFIG "vrrp.yaml"
#define ENGINE_SOCKET "vrrp.sock"
/* The digest of the configuration that the engine was last told to read: a
 * crash between writing and telling must be seen the next time. */
#define ENGINE_LOADED "vrrp.loaded"

/* state_dir/file in out (PATH_MAX bytes); 0 or -ENAMETOOLONG. */
int engine_path(const char *state_dir, const char *file, char *out);

/* Appends a file to out; -EFBIG past max bytes. */
int engine_read_file(const char *path, size_t max, struct buf *out);

#endif
