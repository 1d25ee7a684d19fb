/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_KINDS_ADDR_H
#define LABCTL_PROVISION_KINDS_ADDR_H

#include <stdbool.h>

struct diff;

/*
 * Whether a link has IPv4 addresses and all of them go: with the last one the
 * kernel drops all IPv4 routes and neighbours of the link. What an engine holds
 * stays.
 */
bool addr_last_goes(struct diff *d, const char *netns, const char *dev);

#endif
