/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_FABRIC_SSHD_H
#define LABCTL_PROVISION_FABRIC_SSHD_H

#include <stdbool.h>

#include "lib/err.h"

struct emul_node;

/*
 * Configuration, host key and whom it lets in, in the node; a node without an
 * address has none. Adds to *ret_drift what is otherwise, which with apply is
 * written anew.
 */
int emul_ssh_files(const struct emul_node *n, const char *client_pub,
		   bool apply, unsigned *ret_drift, struct err *reterr);

#endif
