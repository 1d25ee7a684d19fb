/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VRRP_SERVE_H
#define LABCTL_VRRP_SERVE_H

/* The control socket, answered. */

#include "lib/err.h"
#include "lib/mono.h"

struct engine;

int serve_open(struct engine *e, struct err *reterr);
/* Tells those who wait for it how a reload ended: 0, or r with why. */
void serve_reloaded(struct engine *e, int r, const struct err *why);
/* Listens anew where somebody took the socket's name away. */
void serve_again(struct engine *e);
void serve_close(struct engine *e);
/* Answers the requests that have come in. */
void serve_requests(struct engine *e);
struct mono serve_deadline(const struct engine *e);
void serve_expire(struct engine *e, struct mono now);

#endif
