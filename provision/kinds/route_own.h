/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_KINDS_ROUTE_OWN_H
#define LABCTL_PROVISION_KINDS_ROUTE_OWN_H
/* Routes that the kernel makes with addresses, and those that only say so. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct seen_ns;

/* A type (RTN_*) by which packets go nowhere. */
bool route_refuses(uint8_t type);

/*
 * Marks the routes of a namespace which say that the kernel or a router's
 * advertisement made them and that neither can have made (astray), and the
 * addresses whose own route in the table local is missing (unrouted). Returns
 * how many. An address that comes or goes between two looks, or has just come,
 * can be among them: so who finds some looks again.
 */
size_t route_own_mark(struct seen_ns *ns);

#endif
