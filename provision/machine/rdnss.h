/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_MACHINE_RDNSS_H
#define LABCTL_PROVISION_MACHINE_RDNSS_H

/*
 * DNS servers that router advertisements name (RFC 8106), each for as long as
 * it said. Pure: options come from anybody on the link.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/ip.h"
#include "lib/mono.h"

#define RDNSS_MAX 8
#define RDNSS_OPTION 25

struct rdnss {
	struct ip addrs[RDNSS_MAX];
	struct mono until[RDNSS_MAX]; /* MONO_NEVER: for ever */
	size_t n;
};

/* Takes an option, its type and length too; whether the list of addresses is
 * another one then. What is malformed changes nothing. */
bool rdnss_hear(struct rdnss *r, const uint8_t *option, size_t len,
		struct mono now);

/* Forgets those whose time is over; whether there were any. */
bool rdnss_expire(struct rdnss *r, struct mono now);

/* When the first of them expires, or MONO_NEVER. */
struct mono rdnss_next(const struct rdnss *r);

#endif
