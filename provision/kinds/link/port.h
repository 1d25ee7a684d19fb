/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_KINDS_LINK_PORT_H
#define LABCTL_PROVISION_KINDS_LINK_PORT_H

/*
 * A link as a bridge's port: a lab's ports are as the kernel makes them, which
 * is to forward, flood and learn. Each setting that is otherwise is a bit.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"

struct nl_msg;
struct nlattr;

/* Of IFLA_INFO_SLAVE_DATA of a bridge's port; up: it should forward. */
uint32_t port_odd(const struct nlattr *data, bool up);

/* In words, by buf_listf(). */
void port_print(uint32_t odd, struct buf *why);

/* Adds what makes a port usual again. */
void port_put_usual(struct nl_msg *m, uint32_t odd);

#endif
