/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VRRP_HEALTH_H
#define LABCTL_VRRP_HEALTH_H

/* Pings of an Active's gateways: sockets and echoes for core/health.h. */

#include <stdbool.h>
#include <stdint.h>

#include "lib/ip.h"
#include "vrrp/config/config.h"
#include "vrrp/core/health.h"
#include "vrrp/engine.h"

/* What is known of one of them. CLOCK_REALTIME, ns; 0: never, or not so. */
struct health_gateway {
	int64_t answered_ns; /* its last answer that was in time */
	int64_t silent_ns;   /* when the first round was sent that it, and since
				then every one, left without an answer in time */
	int64_t late_ns;     /* how long the last one took that came too late */
};

/* A round, by what answers must bring back. */
struct health_round {
	uint16_t seq;
	uint64_t nonce;
	struct mono sent;
};

struct health {
	struct vrrp_health core;
	const struct ip *gateways; /* the configuration's */
	size_t n;
	/* They answer again after they did not. */
	void (*well)(struct engine *e, void *router);
	void *router;
	int fd[2]; /* of IPv4, of IPv6; -1: none open */
	struct io io[2];
	struct health_round round, before;
	int64_t asked_ns;  /* the round was sent; CLOCK_REALTIME, 0: none was */
	uint32_t answered; /* bits, by the gateways' order */
	struct health_gateway seen[VRRP_GATEWAYS_MAX];
	char why[IP_TEXT_MAX + 48]; /* it is sick */
	uint64_t rounds, lost;
};

void health_init(struct health *h, void *router,
		 void (*well)(struct engine *e, void *router));
void health_release(struct health *h);

/* Asks as r says from now on; what was known is forgotten if that is another
 * thing. To be followed by health_follow(). */
void health_configure(struct health *h, const struct vrrp_router_config *r);

/* The router is Active, or not. */
void health_follow(struct health *h, bool active);

/* Where the deadline has passed. True where the router is to hand over; why
 * is told then. */
bool health_due(struct engine *e, struct health *h, int nsfd);

/* Puts into set what a sick router does otherwise. */
void health_settings(const struct health *h, struct vrrp_settings *set);

#endif
