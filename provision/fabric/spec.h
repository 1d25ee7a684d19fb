/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_FABRIC_SPEC_H
#define LABCTL_PROVISION_FABRIC_SPEC_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/ip.h"
#include "topologies/topo.h"

/* What of a lab shall run here, as plain data: bridges, nodes, wires. */

#define EMUL_OUTSIDE "outside" /* the host outside; no node may be named so */
#define EMUL_DNS "192.0.2.53"  /* there; asked by all nodes */

/* One wire: a veth pair between a bridge in the fabric and a node. */
struct emul_nic {
	const char *ifname; /* in the node */
	const char *port;   /* the end in the fabric */
	const char *bridge;
	struct mac mac;
	unsigned mtu;
	bool whole; /* what it sends has its checksums: Open vSwitch may
		       hear it */
	bool quiet; /* no IPv6 on it: the node itself shall say nothing there */
	struct ipnet *addrs;
	size_t naddrs;
	const struct ip *groups; /* of VXLANs that are carried by it */
	size_t ngroups;
	const char *wire; /* its name in the file, where it is impaired */
	struct topo_impair impair;
	struct mac own_mac; /* of the bridge that it has to itself then */
	/* Of the host outside alone, behind all wires: a VLAN of another one;
	 * 0: a wire. */
	unsigned vlan;
	const char *lower;
};

struct emul_route {
	struct ipnet to;
	struct ip via;
	const char *dev;
};

struct emul_node {
	const char *name;
	const char *address; /* sshd listens here; NULL: no sshd */
	const char *key;     /* private host key, a PEM text; or NULL */
	struct emul_nic *nics;
	size_t nnics;
	/* Of the host outside alone: */
	struct emul_route *routes;
	size_t nroutes;
	struct ipnet *own; /* on its loopback */
	size_t nown;
	const char *names; /* of its DNS: lines as in /etc/hosts */
};

/* An address that the lab gives to something in a node. */
struct emul_given {
	struct ip addr;
	const char *whose;
};

struct emul_bridge {
	const char *name; /* the physical network's where it can be */
	struct mac mac;
	unsigned mtu;
	struct ipnet addr; /* labctl's own address; family 0: none */
};

/* Built by build.h. */
struct emul_spec {
	const char *lab;
	unsigned owner;         /* uid, outside of the lab */
	const char *hosts;      /* text of /etc/hosts on all nodes */
	const char *client_pub; /* whom all nodes let in */
	bool whole;             /* Open vSwitch's own datapath is in the lab */
	bool bursts;            /* a broadcast has many copies: see net.h */
	struct ip *groups;      /* of VXLANs */
	size_t ngroups;
	struct emul_given *given; /* which no node's own interface has */
	size_t ngiven;
	struct emul_bridge *bridges;
	size_t nbridges;
	struct emul_node *nodes; /* the host outside last */
	size_t nnodes;
};

/* The interface of a network that has the address, or NULL. */
static inline const struct emul_nic *emul_nic_to(const struct emul_node *n,
						 const struct ip *ip)
{
	size_t i, k;

	for (i = 0; i < n->nnics; i++)
		for (k = 0; k < n->nics[i].naddrs; k++)
			if (ipnet_contains(&n->nics[i].addrs[k], ip))
				return &n->nics[i];
	return NULL;
}

#endif
