/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_T_LIB_HEALTHY_H
#define LABCTL_T_LIB_HEALTHY_H

/*
 * Evidence of a lab that is as its file says, made by hand from the model:
 * what tests of verdicts then break in one place.
 */

#include "verify/evidence.h"

#define HEALTHY_SAMPLES 3

/* The last host of each router is active. Nothing is shared between samples,
 * so that each may be changed by itself. */
void healthy_evidence(struct evidence *e, const struct lab *lab);

/* What is there, to be changed. NULL where there is none. */
struct observed *healthy_sample(struct evidence *e, const char *node,
				size_t sample);
struct seen_ns *healthy_ns(struct observed *o, const char *name);
void healthy_ns_del(struct observed *o, const char *name);
struct res_link *healthy_link(struct observed *o, const char *netns,
			      const char *dev);
/* Of the service that it is, which comes to be where there is none. */
struct seen_engine *healthy_engine(struct arena *a, struct observed *o);

struct obs_router *healthy_router(struct observed *o, const char *uuid);

/* Adds and removes; text is an address with its length. */
void healthy_addr_add(struct evidence *e, struct observed *o, const char *netns,
		      const char *dev, const char *text);
void healthy_addr_del(struct observed *o, const char *netns, const char *dev,
		      const char *text);

/* An advert of the router's host, as it is on its ha interface. */
struct frame healthy_advert(const struct topo_router *r, size_t host,
			    int64_t t);

/* The last route of a namespace in a sample. */
struct res_route *healthy_route(struct observed *o, const char *netns);

/* A switch or a port of Open vSwitch's on the node. */
struct res_ovs *healthy_ovs(struct observed *o, const char *name);

/* In all samples of a node; o is the sample. */
#define EACH_SAMPLE(e, node, o)                                                \
	for (size_t s_i = 0; s_i < HEALTHY_SAMPLES &&                          \
			     ((o) = healthy_sample((e), (node), s_i), true);   \
	     s_i++)

#endif
