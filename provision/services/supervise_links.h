/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_SERVICES_SUPERVISE_LINKS_H
#define LABCTL_PROVISION_SERVICES_SUPERVISE_LINKS_H

/*
 * The places reserved in the kernel's table of neighbours, put back where a
 * link took them with it as it went down, or lost its carrier, and came again.
 */

#include <stddef.h>

struct blinking;

struct links_watch {
	int fd; /* -1: nothing is heard, and nothing put back */
	struct blinking *items;
	size_t n, cap;
};

/* Listens to all named namespaces; where the kernel does not let us, fd is -1.
 */
void links_watch_open(struct links_watch *w);
void links_watch_release(struct links_watch *w);

/* Reads what is told, and puts back what went. */
void links_watch_hear(struct links_watch *w);

#endif
