/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_KINDS_LINK_CONF_H
#define LABCTL_PROVISION_KINDS_LINK_CONF_H

/*
 * Settings of a link below net/ipv4/conf and net/ipv6/conf that no lab has
 * otherwise than the kernel makes them, each of which would stop traffic or
 * turn it elsewhere. Each that is otherwise is a bit.
 */

#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"

struct nlattr;

/* Of IFLA_INET_CONF and IFLA_INET6_CONF; either may be NULL. */
uint32_t conf_odd4(const struct nlattr *conf);
uint32_t conf_odd6(const struct nlattr *conf);

/* In words, by buf_listf(). */
void conf_print(uint32_t odd, struct buf *why);

/* Calls fn for each that is otherwise: folder ("ipv4"), file and value. */
void conf_usual(uint32_t odd,
		void (*fn)(void *ctx, const char *family, const char *setting,
			   const char *value),
		void *ctx);

#endif
