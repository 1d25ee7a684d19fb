/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VRRP_MEND_H
#define LABCTL_VRRP_MEND_H

/*
 * Standing by what was placed: what others take from an Active is put back,
 * what they give to any other is taken away.
 */

struct engine;
struct room;
struct vrrp_notice;

/* Says anew whose addresses and routes they are, in all rooms. */
void mend_connect(struct engine *e);

/* n was told of in room; NULL: anything may have changed. */
void mend_heard(struct engine *e, struct room *room,
		const struct vrrp_notice *n);

/* Looks and mends where it is time, for some milliseconds at most. */
void mend_due(struct engine *e);

#endif
