/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_TOPOLOGIES_RAW_H
#define LABCTL_TOPOLOGIES_RAW_H

/*
 * Inside topologies/ only: a lab as its file says it, with the place of every
 * word, between reading and resolving. Each stage takes what the one before
 * left and adds what it finds to the same list of errors:
 *
 *   raw_load     text to raw lab: keys, types, ranges, names
 *   raw_check    what needs two things at once: references, overlaps
 *   raw_number   hands out what is unique: VNIs, VRIDs, addresses
 *   raw_resolve  a raw lab without errors to the frozen model
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
#include "topologies/topo.h"
#include "lib/map.h"

#define RAW_VXLAN_OVERHEAD                                                     \
	50 /* outer Ethernet, IPv4, UDP and VXLAN headers                      \
	    */
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

/* An address that was handed out. */
struct raw_given {
	const struct raw_subnet *subnet;
	struct ip ip;
};

struct raw_node {
	const char *name;
	const struct doc *at;
	enum topo_role role;
	bool role_known;
	enum topo_mechanism mechanism;
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
	struct ip first, last;     /* the pool */
	const struct doc *pool_at; /* NULL: all there is */
	struct map taken;          /* struct ip to words: by whom */
	struct ip next;            /* where the search for a free one is */
	bool exhausted;
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
	const struct raw_phys *on; /* flat */
	uint32_t vni;              /* 0: none yet */
	const struct doc *vni_at;
	struct raw_subnet **subnets;
	size_t nsubnets;
	const struct raw_instance *first; /* local: whose node it is on */
	size_t index;
};

struct raw_project;

struct raw_router {
	const char *name;
	const struct doc *at;
	const char *project;
	struct raw_ref gateway;
	const struct raw_net *ext;
	struct raw_pin *pins;
	size_t npins;
	const struct doc *pins_at;
	struct raw_ref *ifaces;
	size_t nifaces;
	struct raw_subnet **subnets; /* those of ifaces that are right */
	size_t nsubnets;
	struct topo_ha ha; /* vrid 0: none yet */
	const struct doc *vrid_at;
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
};

/* A project with HA routers, and so with a hidden HA network. */
struct raw_project {
	const char *name;
	uint32_t vni;
	size_t index; /* in raw->projects */
	size_t nrouters;
	unsigned next_vrid; /* below are none free */
	const struct raw_router *vrids[RAW_VRID_MAX + 1];
};

struct raw {
	struct arena *a;
	struct topo_errors *errs;
	const char *name;
	enum topo_mechanism mechanism;
	bool l2_population;
	bool has_phys; /* the file has the key */
	const struct doc *phys_at, *nodes_at;
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
	struct raw_project **projects;
	size_t nprojects;
	struct map node_names, phys_names, net_names, subnet_names;
	const struct raw_phys *management, *tunnel;
};

void raw_load(struct raw *raw, const struct doc *root);
void raw_check(struct raw *raw);
void raw_number(struct raw *raw);

/* Only for a raw lab without errors. */
struct lab *raw_resolve(const struct raw *raw, const char *text, size_t len);

/* Usable host addresses of a range: without network and broadcast address. */
struct ip raw_first_host(const struct ipnet *n);
struct ip raw_last_host(const struct ipnet *n);

/* An address that must be a host of the subnet; says why where it is not.
 * what: "gateway". */
bool raw_host_in(struct raw *raw, const struct raw_subnet *s,
		 const struct ip *ip, const struct doc *at, const char *what);

/*
 * Reading values. Each reports what is wrong and then returns false or NULL,
 * leaving *ret alone. Values that are null never get here.
 */
enum raw_key_flags {
	RAW_REQUIRED = 1 << 0,
	RAW_EMPTY = 1 << 1, /* a map, and no value means an empty one */
};

struct raw_key {
	const char *name;
	unsigned flags;
	void (*read)(struct raw *raw, const struct doc *v, void *obj);
};

#define RAW_KEYS_MAX 32 /* of one table */

/* The keys of one kind of map; the schema must have the same ones. */
struct raw_table {
	const char *name; /* as in the schema's $defs */
	const struct raw_key *keys;
	size_t n;
};

extern const struct raw_table *const raw_tables[]; /* ends with NULL */
extern const struct raw_table raw_router_table, raw_ha_table;

void raw_add_router(struct raw *raw, const struct doc *key, const struct doc *v,
		    void *obj);

/* A new, zeroed item of size bytes, its pointer pushed to a list of them. */
void *raw_new(struct raw *raw, void *list, size_t *n, size_t size);

/* "node 'network1'", for messages. */
const char *raw_called(struct raw *raw, const char *kind,
		       const struct doc *key);

/*
 * Reads a map by its table into obj: unknown, duplicate and missing keys are
 * reported. at: the place to blame for what is missing; what: "node 'x'".
 */
void raw_map(struct raw *raw, const struct doc *d, const struct raw_table *t,
	     void *obj, const struct doc *at, const char *what);

/*
 * Reads a map of named things: at most max of them, names unique, and calls
 * add for each. kind: "node"; value may be null.
 */
void raw_named(struct raw *raw, const struct doc *d, const char *kind,
	       size_t max, size_t name_max,
	       void (*add)(struct raw *raw, const struct doc *key,
			   const struct doc *v, void *obj),
	       void *obj);

bool raw_name_ok(struct raw *raw, const struct doc *at, const char *kind,
		 size_t max);
bool raw_host_ok(struct raw *raw, const struct doc *at, const char *kind);
const char *raw_text(struct raw *raw, const struct doc *v);
bool raw_bool(struct raw *raw, const struct doc *v, bool *ret);
bool raw_u32(struct raw *raw, const struct doc *v, uint32_t min, uint32_t max,
	     uint32_t *ret);
bool raw_seconds(struct raw *raw, const struct doc *v, uint32_t min,
		 uint32_t max, uint32_t *ret);
bool raw_enum(struct raw *raw, const struct doc *v, const char *what,
	      const char *const *names, size_t n, int *ret);
bool raw_cidr(struct raw *raw, const struct doc *v, struct ipnet *ret);
bool raw_ip(struct raw *raw, const struct doc *v, struct ip *ret);
bool raw_range(struct raw *raw, const struct doc *v, struct ip *ret_first,
	       struct ip *ret_last);

void raw_ref(struct raw *raw, const struct doc *v, struct raw_ref *ret);

/* One address or a list of them. */
void raw_pins(struct raw *raw, const struct doc *v, struct raw_pin **ret,
	      size_t *ret_n);

/* A project's name, or def where it is wrong. */
const char *raw_project_name(struct raw *raw, const struct doc *v,
			     const char *def);

/* Adds an error; at NULL: without place. */
void topo_error_add(struct topo_errors *errs, const struct doc *at,
		    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void topo_error_at(struct topo_errors *errs, unsigned line, unsigned col,
		   unsigned len, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

#define raw_wrong(raw, at, ...) topo_error_add((raw)->errs, at, __VA_ARGS__)

/* Sorts by place and drops what was said twice. */
void topo_errors_sort(struct topo_errors *errs);

/* "; did you mean 'x'?" or "", in the arena. */
const char *raw_nearest(struct raw *raw, const char *word,
			const char *const *names, size_t n);

#endif
