/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_KINDS_CONNECTED_H
#define LABCTL_PROVISION_KINDS_CONNECTED_H

struct diff;

/*
 * Adds the routes to their networks that addresses of a namespace of the
 * lab's came with and lack now: nobody but the kernel makes them, and only
 * with the address. Before any other route, which may lead by one of them.
 */
void route_connected(struct diff *d, const char *netns);

#endif
