/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VRRP_LOOP_H
#define LABCTL_VRRP_LOOP_H

/* The turns of an engine. */

struct engine;

/* Runs e until e->stop, then has all routers give up what they hold. */
void loop_run(struct engine *e);

#endif
