/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_KINDS_NETNS_H
#define LABCTL_PROVISION_KINDS_NETNS_H

#include <stdbool.h>

struct diff;

/* A namespace that is wanted and that the lab made: what is in it is the
 * lab's or nobody's. The node's own is not. */
bool netns_is_labs(struct diff *d, const char *netns);

#endif
