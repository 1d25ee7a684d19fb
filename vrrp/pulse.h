/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VRRP_PULSE_H
#define LABCTL_VRRP_PULSE_H

/*
 * Whether a child lives, told before it can be waited for. A process that is
 * killed becomes a zombie only when all its files are closed, and an engine of
 * hundreds of routers has sockets that take seconds. What it does first of all
 * is to let go of the robust mutexes that it held.
 */

#include <sys/types.h>

struct pulse;

/* Before fork(): shared by both. NULL where there is no memory. */
struct pulse *pulse_new(void);

/* In the child, by the thread that lives as long as it does: it lives from
 * now on; and it ends in good order, of which nobody is told. NULL is fine. */
void pulse_begin(struct pulse *p);
void pulse_end(struct pulse *p);

/*
 * In the parent, once the child has begun: when it dies its pid, as was given
 * here, is written into fd (a pipe; the caller keeps it open). Takes p, which
 * may be NULL. Best effort: waiting for the child tells it too, only later.
 */
void pulse_watch(struct pulse *p, pid_t pid, int fd);

/* In the parent, where it is not watched. NULL is fine. */
void pulse_free(struct pulse *p);

#endif
