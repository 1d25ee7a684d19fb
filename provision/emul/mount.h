/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_EMUL_MOUNT_H
#define LABCTL_PROVISION_EMUL_MOUNT_H

#include "lib/buf.h"
#include "lib/err.h"

struct emul_node;

/* What fabric and nodes see of the file system. */

#define EMUL_RUN "/run/lab" /* sshd's files, the program, lists */

/* The folder of this program. */
#define EMUL_BIN EMUL_RUN "/bin"
#define EMUL_PATH                                                              \
	"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/"            \
	"bin:" EMUL_BIN
#define EMUL_SSHD "/usr/sbin/sshd"
#define EMUL_SSHD_USER "sshd"

int emul_mount_fabric(struct err *reterr);
int emul_mount_node(const struct emul_node *n, const char *client_pub,
		    struct err *reterr);

/* Lines of host's passwd for a node: system users, root with its own shell,
 * nobody's logins. Pure. */
void emul_passwd(const char *host, struct buf *ret_passwd,
		 struct buf *ret_shadow);

#endif
