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

struct health {
	struct vrrp_health core;
	const struct ip *gateways; /* the configuration's */
	size_t n;
	/* They answer again after they did not. */
	void (*well)(struct engine *e, void *router);
	void *router;
	int fd[2]; /* of IPv4, of IPv6; -1: none open */
	struct io io[2];
	uint16_t seq;
	uint64_t nonce;    /* of the round: what answers must bring back */
	uint32_t answered; /* bits, by the gateways' order */
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
