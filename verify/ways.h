/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_WAYS_H
#define LABCTL_VERIFY_WAYS_H

/*
 * What the wires of a lab do to what is measured on it, where some are
 * impaired: by theory, so that bounds are neither wrong nor loose. Pure. All is
 * zero where none is.
 */

#include <stdint.h>

#include "topologies/links.h"
#include "topologies/topo.h"

/* The worst that an advert meets between two hosts of the router. */
struct topo_way ways_adverts(const struct lab *lab,
			     const struct topo_router *r);

/* The worst between who pings (an instance behind the router, or, NULL, the
 * host outside) and an address: the router's, or that of an instance behind it,
 * which may be a floating one. One way. */
struct topo_way ways_ping(const struct lab *lab, const struct topo_router *r,
			  const struct topo_instance *instance,
			  const struct ip *dst);

/* The worst between an instance and the host outside: both of them. */
struct topo_way ways_through(const struct lab *lab, const struct topo_router *r,
			     const struct topo_instance *instance);

/* There and back again. */
struct topo_way ways_round(struct topo_way w);

/* How many of n replies must come: fewer do once in a million times; at least
 * one. */
unsigned ways_replies(unsigned n, struct topo_way there);

/* How long a reply is waited for that is waited for `ms` on wires as any. */
unsigned ways_wait_ms(unsigned ms, struct topo_way there);

/* Once in how many intervals a Backup misses three adverts in a row, and takes
 * over though the Active is there; 0: never. */
double ways_false_alarm(const struct lab *lab, const struct topo_router *r);

#endif
