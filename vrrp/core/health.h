/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VRRP_CORE_HEALTH_H
#define LABCTL_VRRP_CORE_HEALTH_H

/*
 * Whether an Active reaches its gateways, and who is next where it does not.
 * Pure: time goes in, what is to be done comes out.
 *
 * Only an Active can ask, since only it has the addresses. It asks all its
 * gateways at once, each interval; where one did not answer twice in a row it
 * is sick and hands over. A sick one that is Backup again lets others first:
 * it neither preempts nor takes over as soon as one that is well, and of
 * several sick ones the one that has waited the longest is the first, since
 * each has counted who was Active since. So where all have lost their gateway
 * they take turns, and the first that is answered is well and stays.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/mono.h"
#include "vrrp/core/fsm.h"

#define VRRP_HEALTH_FALL 2           /* rounds in a row without all answers */
#define VRRP_HEALTH_WAIT_NS NS_PER_S /* for answers; less if interval is */
/* One that has just taken over may have to find its gateways first: a question
 * by ARP or NS that is lost is put again after a second. */
#define VRRP_HEALTH_SETTLE_NS (1500 * NS_PER_MS)

enum vrrp_health_do {
	VRRP_HEALTH_NOTHING,
	VRRP_HEALTH_ASK, /* send a round */
	VRRP_HEALTH_LOST /* hand over; it is sick from now on */
};

struct vrrp_health {
	int64_t interval_ns; /* 0: it does not ask */
	bool asking;         /* it is Active */
	bool out;            /* a round is, whose answers are not all here */
	bool proved;         /* since it became Active it was answered */
	struct mono begun, round, due;
	unsigned lost; /* rounds in a row */
	bool sick;
	unsigned turns; /* others that were Active since it became so */
	struct vrrp_addr last;
};

/* It became Active, or ceases to be. */
void vrrp_health_begin(struct vrrp_health *h, struct mono now);
void vrrp_health_end(struct vrrp_health *h);

struct mono vrrp_health_deadline(const struct vrrp_health *h);
enum vrrp_health_do vrrp_health_timer(struct vrrp_health *h, struct mono now);

/* All gateways answered the round that is out. True where it was sick. */
bool vrrp_health_answered(struct vrrp_health *h);

/* An Active is heard. True where its turn changes what is added below. */
bool vrrp_health_heard(struct vrrp_health *h, const struct vrrp_addr *source);

/* What a sick one adds to its timers; advert_ns is the adverts' interval. */
int64_t vrrp_health_delay_ns(const struct vrrp_health *h, int64_t advert_ns);

#endif
