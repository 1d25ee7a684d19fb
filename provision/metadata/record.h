/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_METADATA_RECORD_H
#define LABCTL_PROVISION_METADATA_RECORD_H

/*
 * What the metadata server of a node knows of a lab's instances: a file that
 * the plan writes, read by rows. A request says through which router or on
 * which network it came and from which address, and that is one port: the
 * same path of thought as Neutron's metadata agent has.
 */

#include <stddef.h>

#include "lib/arena.h"
#include "lib/doc.h"
#include "lib/err.h"
#include "lib/ip.h"

#define METADATA_INSTANCES_MAX 4096
#define METADATA_NETWORKS_MAX 4096
#define METADATA_USER_DATA_MAX 16384u /* bytes */
#define METADATA_KEY_MAX 16384u

/* One address of an instance. */
struct metadata_addr {
	struct ipnet addr;
	const char *subnet; /* UUID */
	const char *how;    /* "ipv4_dhcp", "ipv6_slaac", "ipv4" … */
	struct ip gateway;  /* family 0: none */
};

struct metadata_instance {
	const char *uuid, *name, *hostname, *project;
	uint32_t number;     /* from 1: EC2's i-0000000a */
	const char *network; /* UUID */
	const char *port;    /* UUID */
	struct mac mac;
	uint32_t mtu;
	struct metadata_addr *addrs;
	size_t naddrs;
	struct ip floating;     /* family 0: none */
	const char *public_key; /* or NULL */
	const char *user_data;  /* or NULL */
	const char **groups;
	size_t ngroups;
};

struct metadata_router {
	const char *uuid;
	const char **networks; /* UUIDs of those that it has a port on */
	size_t nnetworks;
};

/*
 * A place where the server itself listens inside a namespace, so that a node
 * with many routers needs no proxy for each: who connects there came through
 * this router or on this network, whatever it says.
 */
struct metadata_listener {
	const char *netns;
	struct ip address; /* family 0: any IPv4 */
	uint16_t port;
	const char *router, *network; /* one of them */
};

struct metadata_records {
	struct metadata_instance *instances;
	size_t ninstances;
	struct metadata_router *routers;
	size_t nrouters;
	struct metadata_listener *listeners;
	size_t nlisteners;
};

/* Reads a document; memory comes from a. -EINVAL with the place. */
int metadata_decode(struct arena *a, const struct doc *d,
		    struct metadata_records *ret, struct err *reterr);

/* As members of the JSON object that j is in: what metadata_decode reads. */
void metadata_encode(const struct metadata_records *m, struct json *j);

/*
 * The instance that asks: from address from, through router or on network
 * (one of them NULL). NULL where there is none, or more than one.
 */
const struct metadata_instance *metadata_find(const struct metadata_records *m,
					      const char *router,
					      const char *network,
					      const struct ip *from);

#endif
