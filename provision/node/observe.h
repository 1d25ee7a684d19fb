/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_NODE_OBSERVE_H
#define LABCTL_PROVISION_NODE_OBSERVE_H

/*
 * What a node looks like: its own namespace ("") and every named one, with
 * links, addresses, routes and forwarding entries, and what its VRRP engine
 * says. Taken by the agent, carried as one JSON document (op "observe"), and
 * judged elsewhere: by the plan's difference and by verify's verdicts.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/doc.h"
#include "lib/err.h"
#include "lib/ip.h"

#define OBSERVE_NS_MAX 8192
#define OBSERVE_LINKS_MAX 65536 /* in one namespace */

struct obs_link {
	unsigned index;
	const char *name;
	const char *kind; /* "veth", "bridge", "vxlan", "loopback", "" ... */
	struct mac mac;
	unsigned mtu;
	bool up;             /* IFF_UP: administratively */
	bool running;        /* IFF_LOWER_UP: carrier */
	const char *master;  /* name, or NULL */
	const char *alias;   /* ifalias, or NULL */
	unsigned peer_index; /* IFLA_LINK in the peer's namespace; 0: none */
	bool addr_gen_none;  /* IPv6 addr_gen_mode none */
	bool ipv6_off;       /* conf/DEV/disable_ipv6 */
	bool ipv6_router;    /* conf/DEV/forwarding */
	/* bridge only */
	unsigned forward_delay; /* hundredths of a second */
	bool stp, mcast_snooping;
	/* vxlan only */
	uint32_t vni;
	struct ip vxlan_group, vxlan_local;
	const char *vxlan_dev; /* name of the underlying link, or NULL */
	uint16_t vxlan_port;
	bool vxlan_learning;
};

struct obs_addr {
	const char *dev;
	struct ipnet addr;
	uint8_t scope; /* RT_SCOPE_* */
	uint8_t proto; /* IFAPROT_*; 0 where the kernel tells none */
	bool tentative;
};

struct obs_route {
	struct ipnet to; /* len 0: default */
	struct ip via;   /* family 0: on link */
	const char *dev;
	uint8_t proto; /* RTPROT_* */
	uint8_t scope;
	uint32_t metric;
};

struct obs_fdb {
	const char *dev;
	struct mac mac;
	struct ip dst;
	bool permanent;
};

struct obs_sysctl {
	const char *key; /* with '/': net/ipv4/ip_forward */
	const char *value;
};

struct obs_ns {
	const char *name; /* "" for the node's own */
	struct obs_link *links;
	size_t nlinks;
	struct obs_addr *addrs;
	size_t naddrs;
	struct obs_route *routes; /* main table, no kernel local ones */
	size_t nroutes;
	struct obs_fdb *fdb; /* vxlan entries with a destination */
	size_t nfdb;
	struct obs_sysctl *sysctls; /* those that were asked for */
	size_t nsysctls;
};

/* A router as the engine on the node tells it. */
struct obs_router {
	const char *id;    /* UUID */
	const char *state; /* "initialize", "backup", "active", "fault" */
	int64_t since_ns; /* CLOCK_REALTIME of its last change of state; 0: ? */
	const char *file; /* what its state file holds, or NULL */
};

struct observed {
	const char *hostname;
	int64_t real_ns; /* the node's CLOCK_REALTIME when it looked */
	struct obs_ns *ns;
	size_t nns;
	bool engine_running;
	int64_t engine_pid;
	const char *engine_error; /* why it could not be asked, or NULL */
	bool engine_files;        /* its configuration is on the node */
	/* plan_digest() of the configuration it runs with, or NULL where the
	 * file is not the one it was last told to read. */
	const char *engine_digest;
	struct obs_router *routers;
	size_t nrouters;
};

/* What to look at. */
struct observe_what {
	const char *const *sysctls; /* keys to read in every namespace */
	size_t nsysctls;
	const char *mark; /* only namespaces whose lo carries this alias;
			     NULL: all. "" is always taken. */
	const char *const *names; /* namespaces to take without the mark too */
	size_t nnames;
	const char *state_dir; /* where the engine's control socket is */
};

/*
 * Looks at this node, from its own network and mount namespace. A table that
 * changes meanwhile is read again. Memory comes from a.
 */
int observe(struct arena *a, const struct observe_what *what,
	    struct observed *ret, struct err *reterr);

/* A setting that may be read and written: under net/, no way out of it. */
bool observe_sysctl_ok(const char *key);

/* What to look at, as members of the JSON object that j is in, and back. */
void observe_what_encode(const struct observe_what *w, struct json *j);
int observe_what_decode(struct arena *a, const struct doc *d,
			struct observe_what *ret, struct err *reterr);

/* As members of the JSON object that j is in, and back. */
void observed_encode(const struct observed *o, struct json *j);
int observed_decode(struct arena *a, const struct doc *d, struct observed *ret,
		    struct err *reterr);

const struct obs_ns *obs_ns(const struct observed *o, const char *name);
const struct obs_link *obs_link(const struct obs_ns *ns, const char *name);
bool obs_has_addr(const struct obs_ns *ns, const char *dev,
		  const struct ipnet *addr);

#endif
