/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_MACHINE_ASK_H
#define LABCTL_PROVISION_MACHINE_ASK_H

/* What a machine on this node holds, as its node sees it; and having it ask
 * anew. What is in its files is a stranger's word. */

#include <stdbool.h>
#include <sys/types.h>

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/err.h"
#include "provision/machine/lease.h"
#include "provision/machine/lease6.h"
#include "topologies/topo.h"

struct machine_held {
	bool leased, leased6;
	struct lease lease;
	struct lease6 lease6;
	const char *resolv; /* its resolv.conf; "" where it has none */
	bool resolv_right;  /* it follows from what the machine was told */
	/* Its DHCP and DHCPv6 clients' states as in proc(5); 0: none. */
	char client, client6;
	pid_t client_pid, client6_pid;
	/* For how long each has run, and the machine; seconds. */
	int64_t client_s, client6_s, booted_s;
};

/* Of the machine in a network namespace: -ENOENT where there is none. Memory
 * comes from a. */
int machine_look(struct arena *a, const char *netns, struct machine_held *ret,
		 struct err *reterr);

/* The first thing that a lease told and that is not so in the machine any
 * more (its address, MTU, a route), in words from a; NULL where all stands. */
const char *machine_lost(struct arena *a, const char *netns,
			 const struct lease *l);

/* Its DHCP clients begin anew, and with them all that they were told: PID 1
 * has others back at once, and one that would have asked later. */
int machine_relet(const char *netns, struct err *reterr);

/* Its DHCP clients renew their leases now. -ENOENT where it has none. */
int machine_renew(const char *netns, struct err *reterr);

/* How many addresses it made of prefixes that are not its network's; and has
 * them gone. Or -errno. */
int machine_strays(const struct topo_instance *in, bool remove,
		   struct err *reterr);

#endif
