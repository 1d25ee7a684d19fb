/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_KINDS_SYSCTL_H
#define LABCTL_PROVISION_KINDS_SYSCTL_H

#include <stdbool.h>

/* A setting that may be read and written: under net/, no way out of it. */
bool sysctl_key_ok(const char *key);

/* The setting that sets every link's along with it. */
#define SYSCTL_ALL_FORWARDING "net/ipv6/conf/all/forwarding"

#endif
