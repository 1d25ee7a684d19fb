/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_TOPOLOGIES_RAW_H
#define LABCTL_TOPOLOGIES_RAW_H

/*
 * Inside topologies/ only: a lab as its file says it, with the place of every
 * word, between reading and resolving. Each stage takes what the one before
 * left and adds what it finds to the same list of errors:
 *
 *   keys/        text to raw lab: keys, types, ranges, names
 *   check.h      what needs two things at once: references, overlaps
 *   segments.h   which wire carries a network, by which VLAN or VNI
 *   resolve/     number.h hands out what is unique: VRIDs, addresses;
 *                resolve.h makes a raw lab without errors the frozen model
 *
 * A thing that was found wrong is left empty (family 0, NULL), and empty
 * things are judged no further: one mistake makes one error.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/doc.h"
#include "lib/ip.h"
#include "lib/map.h"
#include "topologies/topo.h"

#define RAW_VXLAN_PORT 8472     /* Linux' own default, from before IANA's */
#define RAW_OVS_VXLAN_PORT 4789 /* IANA's */
#define RAW_VNI_MAX 16777215u
#define RAW_VRID_MAX 254u
#define RAW_MTU_MIN 1280u /* IPv6's, RFC 8200 section 5 */
#define RAW_MTU_MAX 9216u
#define RAW_MTU_DEFAULT 1500u
#define RAW_PROJECT "demo" /* of what names none */
#define RAW_ADMIN "admin"  /* the same, of external networks */

/* The documented HA range, and where virtual addresses are. */
#define RAW_HA_NET 0xa9fec000u /* 169.254.192.0 */
#define RAW_HA_LEN 18u
#define RAW_VIP_NET 0xa9fe0000u /* 169.254.0.0 */
#define RAW_VIP_LEN 24u
#define RAW_GROUP 0xef010101u /* 239.1.1.1 */

/* A word that names something else; name NULL: absent. */
struct raw_ref {
	const char *name;
	const struct doc *at;
};

/* An address that the file pins. */
struct raw_pin {
	struct ip ip;
	const struct doc *at;
};

/* A route that is told. */
struct raw_route {
	struct ipnet to;
	struct ip via;
	const struct doc *to_at, *via_at;
};

/* An address that was handed out; none where it follows from the MAC. */
struct raw_given {
	const struct raw_subnet *subnet;
	struct ip ip;
};

/* How a node's agent switches frames: of the lab, and of each node. */
struct raw_agent {
	bool l2_population, arp_responder, prevent_arp_spoofing, use_veth;
	enum topo_datapath datapath;
	const char *external_bridge; /* "" or NULL: none */
	/* Where the file says it; a node's: or where the lab's does. */
	const struct doc *arp_at, *veth_at, *external_at, *datapath_at;
};

struct raw_node {
	const char *name;
	const struct doc *at;
	enum topo_role role;
	bool role_known;
	enum topo_mechanism mechanism;
	unsigned agents;             /* enum topo_agent */
	const struct doc *agents_at; /* NULL: those of its role */
	struct raw_agent agent;
	struct raw_ref *plugs; /* provider networks that it is on */
	size_t nplugs;
	const struct doc *plugs_at; /* NULL: those that it needs */
	size_t index;
};

struct raw_phys {
	const char *name;
	const struct doc *at; /* NULL: there by default */
	enum topo_use use;
	struct ipnet cidr;
	const struct doc *cidr_at;
	unsigned mtu;
	const struct doc *mtu_at;
	const struct raw_net *flat; /* the network that has its frames */
	unsigned first_vlan, last_vlan, next_vlan; /* 0: none to give out */
	const struct doc *vlans_at;
	struct map taken; /* VLANs: to struct raw_net, or a project's */
	size_t index;
};

struct raw_subnet {
	const char *name;
	const struct doc *at;
	struct raw_net *net;
	struct ipnet cidr;
	const struct doc *cidr_at;
	struct ip gateway;
	const struct doc *gateway_at; /* NULL: the default one */
	bool no_gateway;
	bool enable_gateway;
	const struct doc *enable_at;
	bool dhcp;
	const struct doc *dhcp_at;
	struct raw_pin *dns;
	size_t ndns;
	enum topo_ipv6_mode ipv6;
	const struct doc *ipv6_at;
	struct raw_route *routes;
	size_t nroutes;
	const struct doc *routes_at;
	struct ip first, last;     /* the pool */
	const struct doc *pool_at; /* NULL: all there is */
	struct map taken;          /* struct ip to words: by whom */
	struct ip next;            /* where the search for a free one is */
	bool exhausted;
	bool behind;                     /* a router's `interfaces` name it */
	const struct raw_router *router; /* has its gateway address */
	size_t index;                    /* in raw->subnets */
};

struct raw_net {
	const char *name;
	const struct doc *at;
	bool external;
	const struct doc *external_at;
	bool external_known;
	const char *project;
	enum topo_type type;
	const struct doc *type_at;
	bool type_known;
	struct raw_ref phys;
	const struct raw_phys *on; /* flat, vlan */
	uint32_t segment;          /* VLAN, VNI or key; 0: none yet */
	const struct doc *segment_at;
	struct raw_subnet **subnets;
	size_t nsubnets;
	const struct raw_instance *first; /* local: whose node it is on */
	const struct raw_node *home;      /* local: the same, early */
	bool dhcp;                        /* a subnet of it wants that */
	const struct raw_node **dhcp_on;
	struct raw_given **dhcp_given; /* by node, one for each subnet */
	size_t ndhcp;
	size_t index;
};

struct raw_floating;
struct raw_project;
struct raw_secgroup;
struct raw_pair;

struct raw_router {
	const char *name;
	const struct doc *at;
	const char *project;
	struct raw_ref gateway;
	const struct raw_net *ext;
	bool is_ha;
	const struct doc *is_ha_at;
	struct raw_route *routes;
	size_t nroutes;
	bool distributed;
	const struct doc *distributed_at;
	bool snat;
	const struct doc *snat_at;
	struct raw_pin *pins;
	size_t npins;
	const struct doc *pins_at;
	struct raw_ref *ifaces;
	size_t nifaces;
	struct raw_subnet **subnets; /* those of ifaces that are right */
	size_t nsubnets;
	struct topo_ha ha; /* vrid 0: none yet */
	const struct doc *vrid_at, *sync_at;
	struct raw_given *given; /* one for each subnet of ext */
	size_t ngiven;
	struct raw_project *in;
};

struct raw_instance {
	const char *name;
	const struct doc *at;
	struct raw_ref node, network;
	const struct raw_node *on;
	const struct raw_net *net;
	struct raw_pin *pins;
	size_t npins;
	const struct doc *pins_at;
	struct raw_given *given; /* one for each subnet of net */
	size_t ngiven;
	bool is_static;
	const char *user_data, *public_key;
	struct raw_floating *own;       /* its floating_ip, or NULL */
	struct raw_floating *floatings; /* all, by next */
	struct raw_ref *groups;         /* names in its project */
	size_t ngroups;
	const struct doc *groups_at; /* NULL: the default group */
	struct raw_secgroup **in;    /* those of groups that are right */
	size_t nin;
	bool port_security;
	const struct doc *port_security_at;
	bool filtered;
	struct raw_pair *pairs;
	size_t npairs;
	const struct doc *pairs_at;
};

/* A floating address, of floating_ips or an instance's own. */
struct raw_floating {
	const char *name; /* NULL: the instance's own */
	const struct doc *at;
	struct raw_ref instance, network;
	struct raw_pin addr, fixed; /* family 0: to be chosen */
	struct raw_instance *of;
	struct raw_subnet *inside;       /* that of the fixed address */
	const struct raw_router *router; /* NULL: something was wrong */
	struct raw_floating *next;
};

/* A rule of a security group. */
struct raw_secrule {
	const struct doc *at;          /* NULL: there by default */
	unsigned direction, ethertype; /* of the words in keys/secgroup.c */
	bool ethertype_known;
	int protocol; /* -1: any */
	const struct doc *protocol_at, *ethertype_at;
	int min, max; /* ports; ICMP: type and code; -1: any */
	const struct doc *ports_at, *icmp_at;
	struct ipnet remote;
	const struct doc *remote_at;
	struct raw_ref group;
	struct raw_secgroup *of; /* that group */
	bool wrong;              /* judged no further */
};

struct raw_secgroup {
	const char *name; /* the key */
	const struct doc *at;
	const char *title; /* its name in the project */
	const struct doc *title_at;
	const char *project, *description;
	struct raw_secrule *rules;
	size_t nrules;
	size_t index; /* in raw->secgroups */
};

/* An address that a port may have beside its own. */
struct raw_pair {
	struct ipnet addr;
	struct mac mac;
	bool has_mac;
};

/* A project with HA routers, and so with a hidden HA network; or one more of
 * it, where the VRIDs of those before are all taken. */
struct raw_project {
	const char *name;
	unsigned nth; /* 1: the first; its name says no number */
	struct raw_project *more;
	uint32_t segment;
	size_t index;       /* in raw->projects */
	size_t nrouters;    /* on a further network */
	unsigned next_vrid; /* below are none free */
	const struct raw_router *vrids[RAW_VRID_MAX + 1];
};

/* A wire that is not as all are. */
struct raw_link {
	const char *name; /* NODE.NETWORK */
	const struct doc *at;
	struct topo_impair impair;
	bool delay_known;
	const struct doc *delay_at, *jitter_at, *loss_at, *rate_at;
};

struct raw {
	struct arena *a;
	struct topo_errors *errs;
	const char *name;
	enum topo_mechanism mechanism;
	enum topo_type tenant_type; /* of networks that do not say theirs */
	const struct doc *tenant_types_at;
	enum topo_type ha_network_type;
	const struct doc *ha_type_at; /* NULL: as the tenants' */
	struct raw_agent agent;       /* where a node does not say otherwise */
	unsigned max_l3_agents; /* hosts of a router; 0: all network nodes */
	unsigned dhcp_agents;   /* of a network */
	bool force_metadata;
	bool no_dhcp_said; /* that no node has a DHCP agent */
	const struct doc *phys_at, *nodes_at;
	struct raw_router ha;    /* what `ha` of all routers is by default */
	struct raw_net *reading; /* whose subnets are read */
	struct raw_node **nodes;
	size_t nnodes;
	struct raw_phys **phys;
	size_t nphys;
	struct raw_net **nets;
	size_t nnets;
	struct raw_subnet **subnets;
	size_t nsubnets;
	struct raw_router **routers;
	size_t nrouters;
	struct raw_instance **instances;
	size_t ninstances;
	struct raw_floating **floatings; /* checked: instances' own first */
	size_t nfloatings;
	struct raw_secgroup **secgroups; /* checked: default ones last */
	size_t nsecgroups;
	const struct doc *secgroups_at;
	struct raw_link **links;
	size_t nlinks;
	struct raw_project **projects;
	size_t nprojects;
	struct map node_names, phys_names, net_names, subnet_names;
	const struct raw_phys *management, *tunnel;
	const struct raw_phys *vlans; /* the first that has VLANs to give */
};

#endif
