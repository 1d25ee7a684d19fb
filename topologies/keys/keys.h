/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_TOPOLOGIES_KEYS_KEYS_H
#define LABCTL_TOPOLOGIES_KEYS_KEYS_H

/*
 * The rows of each map of a lab file, one file a map, and what several of
 * them need. In the hooks of all, keys->ctx is the struct raw.
 */

#include "lib/keys/keys.h"
#include "topologies/raw.h"

extern const struct key_table lab_keys_table, node_keys_table,
	physical_keys_table, network_keys_table, subnet_keys_table,
	route_keys_table, router_keys_table, ha_keys_table, instance_keys_table,
	floating_keys_table, secgroup_keys_table, secrule_keys_table,
	pair_keys_table, link_keys_table;

/* All of them, in the order of the reference page; ends with NULL. */
extern const struct key_table *const lab_tables[];

/* The networks that are there where the file has no key `physical`. */
void physical_default(struct keys *ks, struct raw *raw);

/* A name of this kind ("node"): its characters, and at most max of them;
 * false with a report. */
bool name_ok(struct keys *ks, const struct doc *at, const char *kind,
	     size_t max);

/* After name_ok(): a name that is a host name too. */
bool host_ok(struct keys *ks, const struct doc *at, const char *kind);

/* row.check of a project's name and of a range that a lab can hand out. */
bool check_project(struct keys *ks, const struct key *k, const struct doc *v,
		   void *obj);
bool check_range(struct keys *ks, const struct key *k, const struct doc *v,
		 void *obj);

/* An address, or false with a report. */
bool read_ip(struct keys *ks, const struct doc *v, struct ip *ret);

/* One address or a list of them. */
void read_pins(struct keys *ks, const struct doc *v, struct raw_pin **ret,
	       size_t *ret_n);

/* `auto`, which leaves ret empty, or an IPv4 address. */
void read_floating(struct keys *ks, const struct doc *v, struct raw_pin *ret);

/* row.read of an instance's `security_groups`. */
void read_groups(struct keys *ks, const struct key *k, const struct doc *v,
		 void *obj);

#define SCHEMA_FLOATING                                                        \
	"\"anyOf\": [{\"const\": \"auto\"}, {\"$ref\": \"#/$defs/address\"}]"
#define SCHEMA_NAME "\"$ref\": \"#/$defs/name\""
#define SCHEMA_TEXT "\"$ref\": \"#/$defs/text\""
#define SCHEMA_CIDR "\"$ref\": \"#/$defs/cidr\""
#define SCHEMA_ADDRESSES "\"$ref\": \"#/$defs/addresses\""

#endif
