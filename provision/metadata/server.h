/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_METADATA_SERVER_H
#define LABCTL_PROVISION_METADATA_SERVER_H

/* The metadata server of a node: `labctl metadata`. */

#include "lib/err.h"

#define METADATA_RECORDS_MAX (16u << 20) /* bytes of the file */

/*
 * Serves on a unix socket at path (replaced where it is there, mode 0666: a
 * proxy of another user connects) what the records' file says, and on the
 * listeners it names. SIGHUP reads the file again, and keeps what it had
 * where that is wrong; SIGTERM and SIGINT end it. Returns 0 then.
 */
int metadata_serve(const char *path, const char *records, struct err *reterr);

#endif
