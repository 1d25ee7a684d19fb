/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_TOPOLOGIES_TOPO_H
#define LABCTL_TOPOLOGIES_TOPO_H

/*
 * The model: one lab, complete and frozen. topo_load() reads, checks and
 * resolves a file; afterwards nothing is missing and nothing is allocated.
 * Every pointer points into the lab's own arena.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/err.h"
#include "lib/ip.h"

/* Limits on what a file may ask for. */
#define TOPO_NAME_MAX 63     /* characters of any name */
#define TOPO_LAB_NAME_MAX 32 /* of a lab's: it stands in paths and aliases */
#define TOPO_NODES_MAX 64
#define TOPO_PHYS_MAX 16
#define TOPO_NETWORKS_MAX 1024
#define TOPO_SUBNETS_MAX 64 /* in one network */
#define TOPO_ROUTERS_MAX 2048
#define TOPO_INSTANCES_MAX 4096
#define TOPO_HA_ROUTERS_MAX 254 /* on one HA network: VRIDs 1 to 254 */
#define TOPO_IFACES_MAX 64      /* subnets on one router */
#define TOPO_FLOATINGS_MAX 4096
#define TOPO_SECGROUPS_MAX 1024
#define TOPO_GROUP_RULES_MAX 1000 /* in one security group */
#define TOPO_PORT_GROUPS_MAX 16   /* of one instance */
#define TOPO_PAIRS_MAX 10         /* likewise, as Neutron has it */
#define TOPO_DNS_MAX 5            /* servers of one subnet, as Neutron has it */
#define TOPO_ROUTES_MAX 20        /* host routes of one subnet, likewise */
#define TOPO_EXTRA_ROUTES_MAX 30  /* of one router, likewise */
#define TOPO_USER_DATA_MAX 16384  /* bytes an instance is given at boot */
#define TOPO_PUBLIC_KEY_MAX 4096  /* bytes of one, in OpenSSH's form */
#define TOPO_FILE_MAX (4u << 20)  /* bytes of a lab file */

/* The ifalias of what is a lab's own begins so; its name follows. */
#define TOPO_MARK "labctl:"

struct topo_secgroup;
struct topo_pair;

#define UUID_TEXT_MAX 37
#define IFNAME_MAX 16 /* as IFNAMSIZ */

enum topo_role { TOPO_CONTROLLER, TOPO_NETWORK, TOPO_COMPUTE };
extern const char *const topo_role_names[];

/* What of Neutron's runs on a node. */
enum topo_agent {
	TOPO_AGENT_L3 = 1 << 0,       /* routers may go there */
	TOPO_AGENT_DHCP = 1 << 1,     /* networks have their DHCP there */
	TOPO_AGENT_METADATA = 1 << 2, /* and what instances ask at boot */
};
#define TOPO_AGENTS_ALL (TOPO_AGENT_L3 | TOPO_AGENT_DHCP | TOPO_AGENT_METADATA)
extern const char *const topo_agent_names[]; /* by bit */

/* How ports come to their address in an IPv6 subnet. */
enum topo_ipv6_mode {
	TOPO_IPV6_NONE,     /* as in IPv4: from the pool, written */
	TOPO_IPV6_SLAAC,    /* EUI-64, by the router's advertisements */
	TOPO_IPV6_STATEFUL, /* DHCPv6 */
	TOPO_IPV6_STATELESS /* as SLAAC, and the rest by DHCPv6 */
};
extern const char *const topo_ipv6_names[];

enum topo_type {
	TOPO_LOCAL,
	TOPO_FLAT,
	TOPO_VLAN,
	TOPO_VXLAN,
	TOPO_GRE,
	TOPO_GENEVE
};
#define TOPO_TYPES (TOPO_GENEVE + 1)
extern const char *const topo_type_names[];
extern const char *const topo_type_titles[]; /* "VLAN", in sentences */

/* Whether ports make their address of the prefix and their MAC. */
bool topo_eui64(enum topo_ipv6_mode m);

/* Whether ports ask a DHCP server: for their address, or for the rest alone. */
bool topo_dhcpv6(enum topo_ipv6_mode m);

/* Whether networks of a type go through the tunnel network, and what of its
 * packets' bytes they do not have. */
bool topo_tunnelled(enum topo_type type);
unsigned topo_overhead(enum topo_type type);

/* Whether there are many networks of a type in one place, told apart by their
 * segment: a VLAN, VNI or key. */
bool topo_segmented(enum topo_type type);

#define TOPO_VLAN_MAX 4094u

/*
 * The mechanisms, and the types that each has networks of (bit i: type i). A
 * new one is a line here and the file in provision/plan/ with its struct
 * mechanism_NAME.
 */
#define TOPO_MECHANISM_LIST(X)                                                 \
	X(LINUXBRIDGE, linuxbridge,                                            \
	  1u << TOPO_LOCAL | 1u << TOPO_FLAT | 1u << TOPO_VLAN |               \
		  1u << TOPO_VXLAN)                                            \
	X(OPENVSWITCH, openvswitch,                                            \
	  1u << TOPO_LOCAL | 1u << TOPO_FLAT | 1u << TOPO_VLAN |               \
		  1u << TOPO_VXLAN | 1u << TOPO_GRE | 1u << TOPO_GENEVE)

#define TOPO_MECHANISM_ENUM(NAME, name, types) TOPO_##NAME,
#define TOPO_MECHANISM_COUNT(NAME, name, types) +1
enum topo_mechanism { TOPO_MECHANISM_LIST(TOPO_MECHANISM_ENUM) };
enum { TOPO_MECHANISMS = 0 TOPO_MECHANISM_LIST(TOPO_MECHANISM_COUNT) };
#undef TOPO_MECHANISM_ENUM
#undef TOPO_MECHANISM_COUNT
extern const char *const topo_mechanism_names[];

/* Whether a mechanism has networks of a type. */
bool topo_mechanism_has(enum topo_mechanism m, enum topo_type type);

/* Whether any node of the lab switches frames by it. */
struct lab;
bool topo_uses(const struct lab *lab, enum topo_mechanism m);

/* What a physical network is for. */
enum topo_use { TOPO_MANAGEMENT, TOPO_TUNNEL, TOPO_PROVIDER };
extern const char *const topo_use_names[];

/* A physical network: a wire that nodes plug an interface into. */
struct topo_phys {
	const char *name;
	enum topo_use use;
	struct ipnet cidr; /* family 0: none (providers) */
	unsigned mtu;      /* default 1500 */
	/* VLANs that are given out to networks, 0 and 0: none. */
	unsigned first_vlan, last_vlan;
	size_t index; /* in lab->phys */
};

/* A node's interface on a physical network. */
struct topo_nic {
	const struct topo_phys *phys;
	char ifname[IFNAME_MAX]; /* eth0 management, eth1 tunnel, eth2 ... */
	struct ipnet addr;       /* family 0: none (providers) */
	char dev[IFNAME_MAX];    /* what holds addr: the interface, or the
				    bridge that Open vSwitch has it in */
	struct mac mac;
};

/* What of Open vSwitch's moves frames. */
enum topo_datapath {
	TOPO_DATAPATH_AUTO, /* the kernel's where it has one */
	TOPO_DATAPATH_KERNEL,
	TOPO_DATAPATH_USERSPACE
};
extern const char *const topo_datapath_names[];

struct topo_node {
	const char *name;
	enum topo_role role;
	enum topo_mechanism mechanism;
	unsigned agents; /* enum topo_agent */
	/* It is told where ports are, and floods to the nodes of a network
	 * alone; and it answers ARP for them itself. */
	bool l2_population, arp_responder;
	/* No instance of its speaks for another's address. */
	bool prevent_arp_spoofing;
	/* Open vSwitch's bridge that routers' gateways are plugged into as they
	 * are; NULL: into br-int, as all other ports. */
	const char *external_bridge;
	char uuid[UUID_TEXT_MAX];
	struct topo_nic *nics;
	size_t nnics;
	bool plugged; /* the file says into which provider networks */
	/* Not of the file: the lab's record says so (labctl drain). It leads a
	 * router only where nobody else does. */
	bool drained;
	enum topo_datapath datapath; /* as the file says */
	bool by_kernel;              /* it is the kernel's (topo_settle()) */
	bool use_veth; /* ports by pairs of veth with the kernel's too */
	size_t index;  /* in lab->nodes */
};

/* A route that ports of a subnet are told, or one more of a router's. */
struct topo_route {
	struct ipnet to;
	struct ip via;
};

struct topo_subnet {
	const char *name;
	char uuid[UUID_TEXT_MAX];
	struct topo_network *network;
	struct ipnet cidr;
	struct ip gateway; /* family 0: none */
	struct ip pool_first, pool_last;
	bool dhcp;      /* the network's DHCP ports have an address in it */
	struct ip *dns; /* none: the DHCP servers themselves */
	size_t ndns;
	enum topo_ipv6_mode ipv6; /* IPv4 subnets: none */
	struct topo_route *host_routes;
	size_t nhost_routes;
	bool isolated; /* no router has its gateway address */
};

struct topo_network {
	const char *name; /* HA: "HA network tenant PROJECT", "... 2" */
	char uuid[UUID_TEXT_MAX];
	const char *project;
	bool external;
	bool ha;         /* the hidden network of a project's HA routers */
	unsigned ha_nth; /* 1: its first; more, where VRIDs ran out */
	enum topo_type type;
	const struct topo_phys
		*phys;           /* flat, vlan: the provider; else the tunnel */
	uint32_t vni;            /* vxlan, geneve; gre: the key */
	unsigned vlan;           /* vlan: its tag on phys; else 0 */
	struct ip group;         /* vxlan: multicast group for BUM frames */
	unsigned mtu;            /* phys MTU, less topo_overhead() */
	char bridge[IFNAME_MAX]; /* brqXXXXXXXX-XX */
	char vxlan[IFNAME_MAX];  /* vxlan-VNI */
	struct topo_subnet **subnets;
	size_t nsubnets;
	/* Where its DHCP is: nodes in the file's order, a port on each. */
	const struct topo_node **dhcp_hosts;
	struct topo_port **dhcp_ports;
	size_t ndhcp;
	char qdhcp[48]; /* qdhcp-UUID; HA networks: empty */
	uint64_t on;    /* bit i: node i of the lab has the network's bridge */
	size_t index;   /* in lab->networks */
};

enum topo_port_kind {
	TOPO_PORT_HA,       /* ha-: one for each router and network node */
	TOPO_PORT_QR,       /* qr-: one for each router and project subnet */
	TOPO_PORT_QG,       /* qg-: a router's gateway */
	TOPO_PORT_INSTANCE, /* an instance's only interface */
	TOPO_PORT_DHCP /* ns-, or tap: one for each network with DHCP and its
			  nodes */
};
extern const char *const topo_port_kind_names[];

struct topo_addr {
	struct ipnet addr;                /* with the subnet's prefix length */
	const struct topo_subnet *subnet; /* NULL on HA ports */
};

struct topo_port {
	char uuid[UUID_TEXT_MAX];
	enum topo_port_kind kind;
	struct topo_network *network;
	const struct topo_node *node; /* NULL: on every host of the router */
	const struct topo_router *router;     /* or NULL */
	const struct topo_instance *instance; /* or NULL */
	struct mac mac;                       /* fa:16:3e:... */
	char ifname[IFNAME_MAX]; /* inside its namespace; instances: eth0 */
	char tap[IFNAME_MAX];    /* tapXXXXXXXX-XX: the end on the bridge, where
				    it is a pair */
	struct topo_addr *addrs;
	size_t naddrs;
	/* topologies/secgroup/secgroup.h: an instance's; filtered: what passes
	 * is what its groups allow, none: nothing. */
	bool filtered;
	bool port_security; /* false: it may send with any address */
	/* It is on a Linux bridge of its own, where iptables sees it, and that
	 * on br-int: on Open vSwitch, where the lab has security groups. */
	bool hybrid;
	const struct topo_secgroup **groups;
	size_t ngroups;
	const struct topo_pair *pairs; /* addresses beside its own */
	size_t npairs;
	size_t index; /* in lab->ports */
};

enum topo_track { TOPO_TRACK_HA = 1 << 0, TOPO_TRACK_TUNNEL = 1 << 1 };

/* Who speaks VRRP for a router, and gives it its addresses. */
enum topo_engine { TOPO_ENGINE_LABCTL, TOPO_ENGINE_KEEPALIVED };
extern const char *const topo_engine_names[];

#define TOPO_HEALTH_MIN_MS 100u

/* VRRP settings, the documented ones by default. */
struct topo_ha {
	enum topo_engine engine;
	uint8_t vrid;            /* 1 to 254, unique on its HA network */
	uint8_t priority;        /* 50 */
	unsigned adver_cs;       /* 200 */
	bool preempt;            /* false */
	unsigned garp_repeat;    /* 5 */
	unsigned garp_refresh_s; /* 10; 0: never */
	unsigned health_ms;      /* between pings of its gateways; 0: none */
	unsigned track;          /* enum topo_track; both */
	struct ipnet vip;        /* 169.254.0.VRID/24 */
	bool sync;               /* connections are carried to the standbys */
};

struct topo_router {
	const char *name;
	char uuid[UUID_TEXT_MAX];
	const char *project;
	char netns[48]; /* qrouter-UUID */
	/* Highly available; else it is on one host, which always has all its
	 * addresses, and ha, ha_network and ha_ports are empty. */
	bool is_ha;
	struct topo_ha ha;
	struct topo_network *ha_network;
	/* Network nodes that carry it, in the file's order. */
	const struct topo_node **hosts;
	struct topo_port **ha_ports; /* one for each host, same order */
	size_t nhosts;
	struct topo_port *gateway; /* qg, or NULL */
	bool snat; /* what leaves by qg has the gateway's IPv4 address */
	struct topo_port **qr; /* one for each subnet */
	size_t nqr;
	struct topo_route *routes; /* beside the default one */
	size_t nroutes;
	/* Floating addresses of instances behind it. */
	struct topo_floating **floatings;
	size_t nfloatings;
	size_t index; /* in lab->routers */
};

/* An external address that a router passes on to an instance's own. */
struct topo_floating {
	const char *name; /* in floating_ips, or NULL: the instance's own */
	struct ip addr;   /* IPv4, of the router's external network */
	const struct topo_port *port;
	struct ip fixed; /* of port */
	const struct topo_router *router;
};

struct topo_instance {
	const char *name;
	char uuid[UUID_TEXT_MAX];
	const struct topo_node *node;
	struct topo_port *port;
	bool is_static; /* its addresses are written, not leased */
	const char *user_data, *public_key; /* or NULL */
	/* The first of its floating addresses, or NULL. */
	const struct topo_floating *floating;
	char netns[48]; /* vm-UUID */
	size_t index;   /* in lab->instances */
};

/* What a wire does to frames, in each direction. */
struct topo_impair {
	uint32_t delay_us, jitter_us;
	uint32_t loss_ppm; /* of a million frames */
	uint64_t rate;     /* bits a second; 0: no limit */
};

/* A wire that is not as all are (topologies/links.h). */
struct topo_link {
	const char *name;             /* "network1.tunnel" */
	const struct topo_node *node; /* NULL: the host outside */
	const struct topo_phys *phys;
	struct topo_impair impair;
	bool by_hand; /* labctl impair's record says so, beside the file */
	bool of_file;
	struct topo_impair filed; /* what the file says; of_file: it does */
};

struct lab {
	struct arena arena;
	const char *name;
	char uuid[UUID_TEXT_MAX];
	const char
		*mark; /* "labctl:NAME", the ifalias of all that is its own */
	/* Nothing of it stood before: `up` says so, no file. */
	bool fresh;
	bool l2_population; /* of nodes that do not say otherwise */
	enum topo_type ha_network_type;
	uint16_t vxlan_port;    /* UDP: Open vSwitch's, where a node has that */
	unsigned max_l3_agents; /* hosts of a router; 0: all network nodes */
	unsigned dhcp_agents_per_network;
	bool force_metadata; /* in qdhcp where a router would do too */
	struct topo_node *nodes;
	size_t nnodes;
	struct topo_phys *phys;
	size_t nphys;
	struct topo_network *networks; /* hidden HA networks last */
	size_t nnetworks;
	struct topo_subnet *subnets;
	size_t nsubnets;
	struct topo_port *ports;
	size_t nports;
	struct topo_router *routers;
	size_t nrouters;
	struct topo_instance *instances;
	size_t ninstances;
	struct topo_floating *floatings; /* instances' own first */
	size_t nfloatings;
	/* topologies/secgroup/secgroup.h; none where no port of the lab is
	 * filtered. */
	struct topo_secgroup *secgroups;
	size_t nsecgroups;
	struct topo_link *links;
	size_t nlinks;
	/* What is right and yet worth knowing, in sentences. */
	const char **notes;
	size_t nnotes;
	/* The host outside, on each provider network with external subnets:
	 * it owns their gateway addresses and plays the Internet. */
	const char *path; /* of the file, for words */
	const char *text; /* the file as it was read */
	size_t text_len;
};

/* One finding about a file; line 0 where there is no place. */
struct topo_error {
	unsigned line, col;
	unsigned len;    /* characters that the caret underlines, at least 1 */
	const char *msg; /* in the arena of the list */
};

#define TOPO_ERRORS_MAX 100 /* more are counted, not kept */

struct topo_errors {
	struct arena arena;
	struct topo_error *items;
	size_t n;
	size_t dropped;
	/* The text they speak of, for the source lines; may be NULL. */
	const char *text;
	size_t text_len;
};

/*
 * Reads a file: parse, check, resolve. On success *ret_lab is a whole lab,
 * freed by lab_free(). Errors of the file come all at once, sorted by place:
 * returns -EINVAL and fills errs. A file that cannot be read at all (missing,
 * a directory, too large) is one error without place.
 */
int topo_load(const char *path, struct lab **ret_lab, struct topo_errors *errs);

/* The same from memory; path is only for words. text may hold anything. */
int topo_load_text(const char *path, const char *text, size_t len,
		   struct lab **ret_lab, struct topo_errors *errs);

void lab_free(struct lab *lab);
void topo_errors_release(struct topo_errors *errs);

/*
 * Appends "path:line:col: message", the source line and a caret under it for
 * each error. columns: of the terminal, to which a source line is cut around
 * the caret; 0 where there is none. color: ANSI colours.
 */
struct buf;
void topo_errors_print(const struct topo_errors *errs, const char *path,
		       unsigned columns, bool color, struct buf *out);

/* Look-ups by name; NULL where there is none. */
const struct topo_node *topo_node(const struct lab *lab, const char *name);
const struct topo_router *topo_router(const struct lab *lab, const char *name);
const struct topo_instance *topo_instance(const struct lab *lab,
					  const char *name);
const struct topo_network *topo_network(const struct lab *lab,
					const char *name);

/*
 * Settles what `datapath: auto` is, which no file tells: whether this machine's
 * kernel has Open vSwitch's datapath. Until then it is not the kernel's.
 */
void topo_settle(struct lab *lab, bool kernel);

/* Names what holds the interface's address: Open vSwitch's own datapath has
 * tunnels leave by a bridge only. */
void topo_name_dev(const struct topo_node *n, struct topo_nic *nic);

/* Whether a node has Open vSwitch's own datapath, in user space. */
bool topo_in_userspace(const struct topo_node *n);
bool topo_any_userspace(const struct lab *lab); /* any of them */

/*
 * Whether a port is an internal one of Open vSwitch's on a node, as Neutron has
 * it unless its ovs_use_veth is set: then there is no pair of veth, and ifname
 * is what is on the bridge. An instance's is none: it stands for the tap of a
 * machine.
 */
bool topo_is_internal(const struct topo_port *p, const struct topo_node *n);

/* Names DHCP servers' interfaces: Neutron's are ns- as an end of a pair of
 * veth, and tap as an internal port. */
void topo_name_ports(struct lab *lab);

/* A node's interface for a use (the first one), or NULL. */
const struct topo_nic *topo_nic(const struct topo_node *n, enum topo_use use);

/* A node's interface on this physical network, or NULL. */
const struct topo_nic *topo_nic_on(const struct topo_node *n,
				   const struct topo_phys *p);

/* Whether a node carries the router. */
bool topo_carries(const struct topo_router *r, const struct topo_node *n);

/* Whether labctl's own engine speaks VRRP for the router. */
bool topo_has_engine(const struct topo_router *r);

/* The router's HA port on a node, or NULL where the node does not carry it, or
 * the router is not highly available. */
const struct topo_port *topo_ha_port(const struct topo_router *r,
				     const struct topo_node *n);

/* Which port of the router leads to the next hop of one of its routes. */
const struct topo_port *topo_route_port(const struct topo_router *r,
					const struct topo_route *route);

/* Whether a router's connections are carried from its Active to standbys. */
bool topo_synced(const struct topo_router *r);

/* A router's priority on a node: a drained one's is the least. */
uint8_t topo_priority(const struct topo_router *r, const struct topo_node *n);

/* A port's address in a subnet, or NULL. */
const struct ip *topo_addr_in(const struct topo_port *p,
			      const struct topo_subnet *s);

/* The network's DHCP port on a node, or NULL. */
const struct topo_port *topo_dhcp_port(const struct topo_network *net,
				       const struct topo_node *n);

/* Whether a port's address is one that it is told: by DHCP, or made from the
 * prefix that a router advertises. Else the plan writes it. */
bool topo_leased(const struct topo_port *p, const struct topo_addr *a);

/* The address that DHCP servers lend a port: its first one in an IPv4 subnet
 * with DHCP, as a client is lent one; or NULL. Others of the port are written.
 */
const struct topo_addr *topo_lent4(const struct topo_port *p);

/* Whether a port's network tells anything, by DHCP or router advertisements:
 * an instance there is a machine that boots. */
bool topo_told(const struct topo_port *p);

/* Its VLAN, VNI or key; 0: none. */
uint32_t topo_segment(const struct topo_network *net);

/* How a Linux bridge has a VLAN: an interface on the node's own, "eth2.101". */
void topo_vlan_link(const struct topo_nic *nic, const struct topo_network *net,
		    char out[IFNAME_MAX]);

/* By which of the node's interfaces a network reaches the others, or NULL. */
const struct topo_nic *topo_carrier(const struct topo_node *n,
				    const struct topo_network *net);

/* Whether anything on the node needs the network's bridge there. */
bool topo_network_on(const struct lab *lab, const struct topo_network *net,
		     const struct topo_node *n);

/* The VLAN by which Open vSwitch has a network on this node, and there alone:
 * from 1 on in the file's order, of those that are there. */
unsigned topo_local_vlan(const struct topo_network *net,
			 const struct topo_node *n);

/* Its bridge for a provider network, to out: "br-ex" for `external`, else of
 * the network's name. */
void topo_phys_bridge(const struct topo_phys *p, char out[IFNAME_MAX]);

/* Whether a port on this node is plugged into the node's external bridge, and
 * not into br-int. */
bool topo_plugged_outside(const struct topo_port *p, const struct topo_node *n);

/* Whether br-int of the node has ports of what is on a provider network, so
 * that it is joined to that network's bridge. */
bool topo_joined(const struct lab *lab, const struct topo_phys *phys,
		 const struct topo_node *n);

/* An interface of a port's, named for it as Neutron does: a prefix of three
 * letters ("qbr", "qvb", "qvo") and the first 11 of its UUID. */
void topo_port_link(const struct topo_port *p, const char *prefix,
		    char out[IFNAME_MAX]);

/* A router's first address of a family on its external network, or NULL. */
const struct ip *topo_external_ip(const struct topo_router *r, int family);

/*
 * IPv6 is not translated, so of two subnets whose ranges overlap the world
 * outside can know the way to one: that of the first router in the file that
 * has an IPv6 address there. Returns that other one where s of router r is the
 * second, else NULL.
 */
const struct topo_subnet *topo_shadow(const struct lab *lab,
				      const struct topo_router *r,
				      const struct topo_subnet *s);

/* A floating address as it stands on the router's qg: a host's own. */
struct ipnet topo_floating_net(const struct topo_floating *f);

/* The floating address that leads to this address of the port, or NULL. */
const struct topo_floating *topo_floating_of(const struct topo_router *r,
					     const struct topo_port *p,
					     const struct ip *fixed);

/* The gateway of the first external subnet of a family (4, 6) on the port's
 * network, i.e. the router's next hop; family 0 where there is none. */
struct ip topo_next_hop(const struct topo_port *qg, int family);

/* Its next hops outside that its Active pings (health_check_interval), IPv4
 * before IPv6. Returns how many. */
size_t topo_pinged(const struct topo_router *r, struct ip ret[2]);

/* Longest time from silence to a new Active in nanoseconds: 3 x interval +
 * skew (RFC 9568 6.1; v2 skew is (256 - priority) / 256 s). */
int64_t topo_master_down_ns(const struct topo_ha *ha);
int64_t topo_skew_ns(const struct topo_ha *ha);

#endif
