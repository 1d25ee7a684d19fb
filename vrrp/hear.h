/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VRRP_HEAR_H
#define LABCTL_VRRP_HEAR_H

/* Adverts that come in at a port. */

struct engine;

/* Takes all packets that are waiting at port (struct port). */
void hear_ready(struct engine *e, void *port);

#endif
