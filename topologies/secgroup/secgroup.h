/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_TOPOLOGIES_SECGROUP_SECGROUP_H
#define LABCTL_TOPOLOGIES_SECGROUP_SECGROUP_H

/*
 * Security groups, as Neutron has them: a port in some is let have what a
 * rule of any of them allows, and the answers to it; nothing else.
 */

#include "topologies/topo.h"

#define TOPO_ANY (-1) /* of protocol, ports, ICMP types and codes */

/* Protocols of which the model knows more than their number. */
enum topo_protocol {
	TOPO_ICMP = 1,
	TOPO_TCP = 6,
	TOPO_UDP = 17,
	TOPO_ICMPV6 = 58,
};

struct topo_secrule {
	bool egress;
	int family;   /* 4 or 6 */
	int protocol; /* its number */
	/* Ports of the receiver, from and to; of ICMP: type and code. Both
	 * TOPO_ANY, or of ICMP the code alone. */
	int min, max;
	struct ipnet remote; /* family 0: anywhere */
	/* Its members' addresses are what the other side must have, or NULL. */
	const struct topo_secgroup *group;
};

struct topo_secgroup {
	const char *key;  /* in the lab */
	const char *name; /* in its project; "default": of those without any */
	const char *project, *description; /* that may be NULL */
	char uuid[UUID_TEXT_MAX];
	struct topo_secrule *rules;
	size_t nrules;
	const struct topo_port **members;
	size_t nmembers;
	size_t index; /* in lab->secgroups */
};

/* An address that a port may send from beside its own. */
struct topo_pair {
	struct ipnet addr;
	struct mac mac;
};

/* A packet that begins something, as one of its two ends sees it. */
struct topo_flow {
	bool egress;
	uint8_t protocol;
	uint16_t sport, dport; /* of ICMP, dport: type << 8 | code */
	struct ip remote;      /* the other side */
};

/* Whether the port's groups, and what is always let through, allow it. A port
 * that is not filtered is let have everything. */
bool topo_lets(const struct topo_port *p, const struct topo_flow *f);

/* Whether anything is filtered on a node. */
bool topo_filters(const struct lab *lab, const struct topo_node *n);

/* A protocol by name or number (0 to 255), -1 for "any"; -EINVAL: neither.
 * And its name as iptables-save prints it, or NULL where it is a number. */
int topo_protocol_parse(const char *text, int *ret);
const char *topo_protocol_name(int protocol);

/* All names, for words; ends with NULL. */
extern const char *const topo_protocol_names[];

#endif
