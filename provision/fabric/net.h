/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_FABRIC_NET_H
#define LABCTL_PROVISION_FABRIC_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lib/arena.h"
#include "lib/err.h"
#include "lib/ip.h"
#include "lib/kernel/rtnl.h"
#include "topologies/topo.h"

struct emul_bridge;
struct emul_nic;
struct emul_route;

/* Interfaces of one namespace. */

#define EMUL_LINKS_MAX 4096 /* of one namespace; addresses, routes likewise */

struct emul_link {
	char name[IFNAME_MAX];
	int index;
	int master;
	unsigned mtu;
	bool up;
	struct mac mac;
};

struct emul_addr {
	int index;
	struct ipnet addr;
};

struct emul_links {
	struct emul_link *links;
	size_t nlinks;
	struct emul_addr *addrs;
	size_t naddrs;
};

int emul_links_read(struct arena *a, struct rtnl *r, struct emul_links *ret,
		    struct err *reterr);
const struct emul_link *emul_link_find(const struct emul_links *l,
				       const char *name);
bool emul_link_has(const struct emul_links *l, int index,
		   const struct ipnet *addr);

/* How many of n routes the main table lacks; those are queued where apply is
 * true. -errno where it cannot be read. */
int emul_routes_mend(struct arena *a, struct rtnl *r,
		     const struct emul_links *have,
		     const struct emul_route *routes, size_t n, bool apply,
		     struct err *reterr);

/* Queue messages; the caller commits. */
void emul_add_bridge(struct rtnl *r, const struct emul_bridge *b, int index);
void emul_add_wire(struct rtnl *r, const struct emul_nic *n, int bridge,
		   pid_t node);
/*
 * A wire that takes bursts. What a veth passes on waits in a queue of the CPU's
 * that all links share, 1,000 frames long: a broadcast to many nodes overflows
 * it. With GRO at its receiving end, and a sender that cuts no segments, a
 * veth has a queue of its own. That costs more than half of what TCP gets
 * through, so it is for labs in which a broadcast has many copies. inner: this
 * name is a node's end, whose frames come from the fabric; else it is the
 * fabric's. -errno where the kernel knows no such setting, which leaves the
 * wire as it is. In the thread's namespace.
 */
int emul_take_bursts(const char *name, bool inner);

/* Has a link of another namespace send no frames that are several (TSO), or do
 * so again. */
int emul_cut_segments(int nsfd, const char *name, bool cut);

/* The rest of a message that makes a veth pair of the fabric's own: m's end is
 * in the bridge, far is the other end. */
struct nl_msg;
void emul_put_pair(struct nl_msg *m, unsigned mtu, int bridge, const char *far);

void emul_set_link(struct rtnl *r, int index, const char *name, unsigned mtu,
		   int master);
void emul_del_link(struct rtnl *r, int index, const char *name);
void emul_add_addr(struct rtnl *r, int index, const char *name,
		   const struct ipnet *addr);

void emul_del_addr(struct rtnl *r, int index, const char *name,
		   const struct ipnet *addr);

/* A lasting entry for a group: one that the kernel makes as it needs it finds
 * no room where the neighbour table, one for the whole machine, is full. */
void emul_add_group(struct rtnl *r, int index, const char *name,
		    const struct ip *group);

/* The way to addr's network, TCP acknowledging each segment: sshd writes small
 * ones and waits for that, 40 ms each time where it is delayed. IPv4 only. */
void emul_quick_route(struct rtnl *r, int index, const char *name,
		      const struct ipnet *addr);

/* Writes a file below /proc/sys. -ENOENT where the kernel has none. */
int emul_sysctl(const char *path, const char *value);

#endif
