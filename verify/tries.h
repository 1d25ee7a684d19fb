/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_TRIES_H
#define LABCTL_VERIFY_TRIES_H

/*
 * What security groups let through is tried: packets of several kinds are sent
 * to each filtered instance from outside and from others, and with addresses
 * that are not its own from each; what comes to the other end, and what does
 * not, is seen there.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "topologies/topo.h"

/* One packet. */
struct seen_try {
	uint32_t id;
	const char *what;  /* "tcp 22", "another MAC address" */
	bool let;          /* it is to arrive */
	const char *error; /* why it was not sent, or NULL */
	bool heard;
	bool repeated; /* it did not arrive at first */
	/* How it is sent: a whole frame, or a packet where dev is NULL. */
	const char *netns, *dev;
	const uint8_t *bytes;
	size_t len;
};

/* Packets from one place to another. */
struct seen_tries {
	const struct topo_instance *from; /* NULL: the host outside */
	const struct topo_instance *to;   /* NULL: from's own uplink */
	const struct topo_floating
		*floating; /* by which from outside, or NULL */
	int family;        /* of reaches */
	const char *error; /* why nothing could be heard there, or NULL */
	struct seen_try *items;
	size_t n;
};

/* All that is to be tried in a lab; nothing where nothing is filtered. */
void tries_plan(struct arena *a, const struct lab *lab, struct seen_tries **ret,
		size_t *ret_n);

/* The node's interface by which frames of an instance's network leave it, or
 * NULL where they do not. */
const char *tries_uplink(const struct topo_instance *in);

/* Whether an echo request from outside, by the floating address, is let in. */
bool tries_lets_echo(const struct topo_floating *f);

/* One from inside, which the router has come from its own address: whether the
 * instance that the floating address leads to lets it in. */
bool tries_lets_hairpin(const struct topo_floating *f);

/* The same of IPv6, by the router. */
bool tries_lets_echo6(const struct topo_instance *in,
		      const struct topo_router *r);

/* Whether an instance is let send an echo request there. */
bool tries_lets_echo_out(const struct topo_instance *in, const struct ip *dst);

/* Whether an instance is let begin this. */
bool tries_lets_out(const struct topo_instance *in, int protocol,
		    uint16_t dport, const struct ip *dst);

#endif
