/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_FABRIC_MOUNT_H
#define LABCTL_PROVISION_FABRIC_MOUNT_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/buf.h"
#include "lib/err.h"

struct emul_node;

/* What fabric and nodes see of the file system. */

#define EMUL_RUN "/run/lab" /* sshd's files, the program, lists */

/* What lies over the machine's /etc in all nodes. */
#define EMUL_ETC EMUL_RUN "/etc"

/* The folder of this program. */
#define EMUL_BIN EMUL_RUN "/bin"
#define EMUL_PATH                                                              \
	"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/"            \
	"bin:" EMUL_BIN
#define EMUL_SSHD "/usr/sbin/sshd"
#define EMUL_SSHD_USER "sshd"

/*
 * The machine's files read-only, an own /run and /dev, the program's folder:
 * in this mount namespace, for a lab whose root is uid and gid here. root:
 * devices are made (the caller is the machine's root); else the machine's.
 */
int emul_mount_base(uid_t uid, gid_t gid, bool root, struct err *reterr);

/* based: emul_mount_base() was done before the user namespace was entered. */
int emul_mount_fabric(bool based, struct err *reterr);
int emul_mount_node(const struct emul_node *n, struct err *reterr);

/* Lines of host's passwd for a node: system users, root with its own shell,
 * nobody's logins. Pure. */
void emul_passwd(const char *host, struct buf *ret_passwd,
		 struct buf *ret_shadow);

#endif
