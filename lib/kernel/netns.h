/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_LIB_KERNEL_NETNS_H
#define LABCTL_LIB_KERNEL_NETNS_H

/* Network namespaces of this process's mount namespace, as `ip netns` has them.
 */

#include <stdbool.h>

#include "lib/err.h"

#define NETNS_DIR "/run/netns"

/*
 * Opens a namespace by name; "" or NULL is the calling thread's own.
 * Returns a descriptor (close-on-exec) or -ENOENT, -errno.
 */
int netns_open(const char *name, struct err *reterr);

/* Whether it is the namespace that this process began in. */
bool netns_is_own(int fd);

/*
 * socket(2) inside the namespace of descriptor nsfd (-1: the thread's own);
 * the calling thread is back in its own when it returns. SOCK_CLOEXEC is added.
 * Returns a descriptor or -errno.
 */
int netns_socket(int nsfd, int domain, int type, int protocol);

/* Moves the calling thread into the namespace; "" does nothing. */
int netns_enter(const char *name, struct err *reterr);

/* As `ip netns add`: lo is down. -EEXIST where it stands already. */
int netns_add(const char *name, struct err *reterr);

/* As `ip netns del`. -ENOENT where there is none. */
int netns_del(const char *name, struct err *reterr);

/* A file name that may name a namespace: no '/', not "." or "..", no NUL. */
bool netns_name_ok(const char *name);

#endif
