/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_LIB_KERNEL_RTNL_H
#define LABCTL_LIB_KERNEL_RTNL_H

/*
 * rtnetlink in batches: queue many messages (built with libnl's nla_put_*),
 * send them in as few sends as the kernel's answer buffer allows, and learn
 * each one's fate. One struct rtnl speaks to one network namespace.
 */

#include <linux/netlink.h>
#include <stddef.h>

#include "lib/err.h"

struct rtnl;
struct nl_msg;

/*
 * Opens a NETLINK_ROUTE socket in the namespace of nsfd (-1: the thread's
 * own). The descriptor nsfd stays the caller's and may be closed.
 */
int rtnl_open(struct rtnl **ret, int nsfd, struct err *reterr);
void rtnl_free(struct rtnl *r);

/*
 * Queues a message of type (RTM_*) with flags (NLM_F_REQUEST | NLM_F_ACK are
 * added) and the family header hdr; the caller puts attributes on the result,
 * which belongs to r and is valid until rtnl_commit(). The printf words say
 * what it does ("add 10.0.0.1/24 to eth0") for an error.
 */
struct nl_msg *rtnl_add(struct rtnl *r, int type, int flags, const void *hdr,
			size_t hdrlen, const char *what, ...)
	__attribute__((format(printf, 6, 7)));

/* Messages queued since the last commit. */
size_t rtnl_queued(const struct rtnl *r);

/*
 * Sends all that is queued, in order, and collects every answer. A message
 * that fails does not stop the later ones. Returns 0, or the first error
 * (reterr: "what: reason (the kernel's own words where it has any)").
 */
int rtnl_commit(struct rtnl *r, struct err *reterr);

/* After a commit: result of its i-th message, 0 or -errno. */
int rtnl_result(const struct rtnl *r, size_t i);

/* The kernel's own words about that message's failure, "" where it has none. */
const char *rtnl_words(const struct rtnl *r, size_t i);

/* Called per message of a dump; a negative return ends it with that value. */
typedef int rtnl_fn(const struct nlmsghdr *h, void *ctx);

/*
 * Dumps. -EINTR: the tables changed meanwhile and fn may have missed some, so
 * the caller forgets what it gathered and asks again.
 */
int rtnl_dump(struct rtnl *r, int type, const void *hdr, size_t hdrlen,
	      rtnl_fn *fn, void *ctx, struct err *reterr);

#endif
