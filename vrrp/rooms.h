/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VRRP_ROOMS_H
#define LABCTL_VRRP_ROOMS_H

/* All rooms and ports: which are needed, missing, changed. */

struct engine;

/* Ties routers, ports and rooms together as the configuration has them. */
void rooms_connect(struct engine *e);
/* Tells the routers what has changed in their rooms. */
void rooms_review(struct engine *e);
/* Looks for what is missing, and whether what is there still stands. */
void rooms_look(struct engine *e);
/* Has new and removed namespaces told, if that is possible. */
void rooms_watch_names(struct engine *e);

#endif
