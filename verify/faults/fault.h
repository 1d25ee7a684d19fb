/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_FAULTS_FAULT_H
#define LABCTL_VERIFY_FAULTS_FAULT_H

/*
 * What a drill can break. A fault strikes by one operation of the node's agent,
 * or, where the node itself goes, from outside; either way it has a guard:
 * whatever happens to the drill, the guard mends it. Routers whose aims are
 * the same share one fault.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"
#include "provision/seen.h"
#include "topologies/topo.h"

#define FAULT_AIM_DEVS_MAX 32

struct fault_aim {
	const char *netns;
	const char *dev; /* the interface that it is about, or "" */
	/* Of operations that take several. */
	const char *devs[FAULT_AIM_DEVS_MAX];
	size_t ndevs;
};

/* How long after it a router itself notices, at least and at most, and hands
 * over. */
struct fault_notice {
	int64_t low, high; /* ns */
};

/* What is to be expected besides a takeover. */
enum fault_traits {
	/* It strikes the node from outside, and whoever looks there goes. */
	FAULT_KILLS_NODE = 1 << 0,
	/* The struck node cannot know, or cannot act: what it holds it gives
	 * up when it is joined again, not before. */
	FAULT_KEEPS = 1 << 1,
	/* Both claim the role meanwhile: afterwards it is of the one that has
	 * precedence, not of the one that took over. */
	FAULT_SPLITS = 1 << 2,
	/* VRRP itself does not see it: the role may stay. */
	FAULT_UNSEEN = 1 << 3
};

struct fault {
	const char *name;
	const char *about; /* what is struck */
	/* In words before a node's name: "link down on"; mended is NULL where
	 * nothing needs to be. */
	const char *struck, *mended;
	const char *op; /* the agent's operation; NULL with KILLS_NODE */
	unsigned traits;
	/* Where it strikes a router that is active on hosts[host]; -ENODEV
	 * where there is nothing to strike. */
	int (*aim)(const struct topo_router *r, size_t host,
		   struct fault_aim *ret, struct err *reterr);
	/* Does it hold, by the tables of the node? NULL: they do not tell. */
	bool (*holds)(const struct fault_aim *aim, const struct observed *o);
	/* Where the router notices by other means than VRRP's own silence;
	 * NULL: it never does. */
	bool (*notices)(const struct topo_router *r, struct fault_notice *ret);
	/* What this router is known to do wrong after it, and what cures that,
	 * or NULL. */
	const char *(*weakness)(const struct topo_router *r);
};

/* Fault i, the first is the usual one; NULL past the last. */
const struct fault *fault_nth(size_t i);
const struct fault *fault_find(const char *name);

/* Aims, for rows. At the whole node; at its tunnel interface, -ENODEV where it
 * has none. */
int fault_aim_node(const struct topo_router *r, size_t host,
		   struct fault_aim *ret, struct err *reterr);
int fault_aim_tunnel(const struct topo_router *r, size_t host,
		     struct fault_aim *ret, struct err *reterr);

/* The aimed link, or NULL. */
const struct res_link *fault_link(const struct fault_aim *aim,
				  const struct observed *o);

/* holds() of a fault that sets a link down. */
bool fault_link_down(const struct fault_aim *aim, const struct observed *o);

#endif
