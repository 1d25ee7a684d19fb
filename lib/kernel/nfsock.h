/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_LIB_KERNEL_NFSOCK_H
#define LABCTL_LIB_KERNEL_NFSOCK_H

/*
 * A socket of NETLINK_NETFILTER: messages written into a buffer, by which
 * several can go as one, and answers heard. Who uses it knows a subsystem.
 */

#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <netlink/attr.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/err.h"

#define NFSOCK_READ_BYTES 65536

struct nfsock {
	int fd;
	uint32_t seq; /* of the message begun last */
	char in[NFSOCK_READ_BYTES];
};

/* In the namespace of nsfd (-1: the thread's own), which stays the caller's.
 * On failure fd is -1; closing takes that, and nothing else is held. */
int nfsock_open(struct nfsock *s, int nsfd, struct err *reterr);
void nfsock_close(struct nfsock *s);

/* Begins a message of a subsystem (NFNL_SUBSYS_*) behind what b has; returns
 * where it stands, for nfsock_end(). family is AF_*, res_id host order. */
size_t nfsock_begin(struct nfsock *s, struct buf *b, int subsys, int msg,
		    int flags, uint8_t family, uint16_t res_id);
void nfsock_end(struct buf *b, size_t at);

/* An attribute, padded; and one that others stand in. */
void nfsock_put(struct buf *b, int type, const void *p, size_t len);
size_t nfsock_nest(struct buf *b, int type);
void nfsock_nest_end(struct buf *b, size_t at);

int nfsock_send(struct nfsock *s, const struct buf *b);

/* An answer; below zero ends the dump with that error. */
typedef int nfsock_fn(const struct nlmsghdr *h, void *ctx);

/*
 * Hears the answers to the messages first to last, up to what ends them: the
 * end of a dump, an error or an acknowledgement of the last; with one, the
 * answer to the last. Returns 0, the first error, or -EINTR where a dump is
 * torn because something changed meanwhile.
 */
int nfsock_hear(struct nfsock *s, uint32_t first, uint32_t last, bool one,
		nfsock_fn *fn, void *ctx);

/* The attributes behind an answer's headers, and their length; NULL where it
 * is too short to have any. */
const struct nlattr *nfsock_attrs(const struct nlmsghdr *h, int *ret_len);

#endif
