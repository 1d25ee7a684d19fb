/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_MACHINE_INSIDE_H
#define LABCTL_PROVISION_MACHINE_INSIDE_H

/* The parts of a machine, for one another. */

#include "lib/buf.h"
#include "lib/err.h"
#include "provision/machine/lease.h"
#include "provision/machine/lease6.h"
#include "provision/machine/machine.h"

/* Its files, where it can write them; some lie over /etc's. */
#define MACHINE_FILES "/run/machine"
#define MACHINE_RESOLV MACHINE_FILES "/resolv.conf"
#define MACHINE_WRITTEN                                                        \
	MACHINE_FILES "/written"             /* resolv.conf without a lease */
#define MACHINE_RDNSS MACHINE_FILES "/rdnss" /* its lines of routers' */
/* The DHCPv6 client, and its own files. */
#define MACHINE_CLIENT6 "dhclient"
#define MACHINE_LEASES6 MACHINE_FILES "/dhclient6.leases"
#define MACHINE_CONF6 MACHINE_FILES "/dhclient6.conf"
#define MACHINE_PID6 MACHINE_FILES "/dhclient6.pid"
#define MACHINE_HOOK_PATH MACHINE_FILES "/" MACHINE_HOOK

#define MACHINE_PATH                                                           \
	"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* A pidfd of the machine's PID 1, and its number on this node; -ENOENT where
 * none runs. */
int machine_find(const char *netns, pid_t *ret_pid, struct err *reterr);

/* In new mount, UTS and PID namespaces: its view of the file system. */
int machine_mount(const struct machine *m, struct err *reterr);

/* PID 1: boots and goes on; returns what to exit with. */
int machine_boot(const struct machine *m);

/* The text of its resolv.conf: of its lease (NULL: none) or what was written
 * for it, then of DHCPv6's (NULL: none), and lines of routers'. Pure. */
void machine_resolv(const struct lease *l, const struct lease6 *l6,
		    const char *written, const char *rdnss, struct buf *out);

/* Inside: has it written by the files above. */
int machine_resolv_write(struct err *reterr);

/* A line, or more, of the boot log, with the time before it. */
void machine_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Takes leased addresses and routes from a device; none is not an error. */
int machine_unlease(const char *device, struct err *reterr);
int machine_unlease6(const char *device, struct err *reterr);

/* In a child of a machine's: runs words on a terminal of the machine's, which
 * ours is tied to. Returns its status to exit with, or -errno. */
int machine_on_terminal(char *const *words, struct err *reterr);

/* Becomes words, in the calling process; returns what to exit with where that
 * failed, having said why. */
int machine_exec(char *const *words);

#endif
