/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_LIB_KERNEL_QDISC_H
#define LABCTL_LIB_KERNEL_QDISC_H

/* Queueing disciplines at the root of a link that make it a worse one. */

#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"
#include "lib/kernel/rtnl.h"

enum qdisc_kind {
	QDISC_NONE,  /* none, or the kernel's own */
	QDISC_NETEM, /* delay, jitter, loss, rate */
	QDISC_TBF,   /* rate */
	QDISC_OTHER
};

struct qdisc {
	enum qdisc_kind kind;
	uint32_t delay_us, jitter_us;
	uint32_t loss_ppm; /* of a million frames */
	uint64_t rate;     /* bits a second; 0: no limit */
};

/* Queues: q in place of what is at the root. QDISC_NONE removes that. dev is
 * for the words of an error. */
void qdisc_set(struct rtnl *r, unsigned index, const char *dev,
	       const struct qdisc *q);

/* A message of a dump (RTM_GETQDISC, struct tcmsg): whether it tells of a
 * link's root, and what is there. */
bool qdisc_read(const struct nlmsghdr *h, unsigned *ret_index,
		struct qdisc *ret);

/* Whether they do the same; what the kernel rounds is. */
bool qdisc_equal(const struct qdisc *a, const struct qdisc *b);

#endif
