/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "lib/auto.h"
#include "topologies/keys/keys.h"

static void begin(struct keys *ks, const struct doc *name, void *obj)
{
	(void)obj;
	if (name_ok(ks, name, "instance", TOPO_NAME_MAX))
		host_ok(ks, name, "instance");
}

static void read_addresses(struct keys *ks, const struct key *k,
			   const struct doc *v, void *obj)
{
	struct raw_instance *i = obj;

	(void)k;
	read_pins(ks, v, &i->pins, &i->npins);
}

static void read_own(struct keys *ks, const struct key *k, const struct doc *v,
		     void *obj)
{
	struct raw_instance *i = obj;

	(void)k;
	i->own = arena_alloc(ks->a, sizeof(*i->own));
	i->own->at = v;
	read_floating(ks, v, &i->own->addr);
}

/* One line, a type of key and its bytes: enough to tell it from a private
 * key or the name of a file. */
static bool check_public_key(struct keys *ks, const struct key *k,
			     const struct doc *v, void *obj)
{
	static const char *const types[] = {"ssh-", "ecdsa-sha2-", "sk-"};
	size_t len = strcspn(v->str, " ");

	(void)k;
	(void)obj;
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (strncmp(v->str, types[i], strlen(types[i])) == 0 &&
		    strncmp(v->str + len, " AAAA", 5) == 0 &&
		    !v->str[strcspn(v->str, "\r\n")])
			return true;
	keys_wrong(ks, v,
		   "not a public key: one line such as 'ssh-ed25519 AAAA...', "
		   "as in a .pub file");
	return false;
}

/* clang-format off */
static const struct key keys[] = {
	{"node", KEY_TEXT, KEY_FIELD(struct raw_instance, node.name),
	 .at = offsetof(struct raw_instance, node.at), .schema = SCHEMA_TEXT,
	 .flags = KEY_REQUIRED, .example = "compute1",
	 .about = "The compute node it runs on."},
	{"network", KEY_TEXT, KEY_FIELD(struct raw_instance, network.name),
	 .at = offsetof(struct raw_instance, network.at),
	 .schema = SCHEMA_TEXT, .flags = KEY_REQUIRED, .example = "demo-net",
	 .about = "The network it is on."},
	{"address", KEY_CUSTOM, KEY_FIELD(struct raw_instance, pins),
	 .at = offsetof(struct raw_instance, pins_at), .read = read_addresses,
	 .schema = SCHEMA_ADDRESSES, .what = "address, or list of them",
	 .shown = "the lowest free of the pool", .example = "192.168.1.9",
	 .about = "Its address, one for each subnet; the lowest free of the "
		  "pool by default."},
	{"floating_ip", KEY_CUSTOM, KEY_FIELD(struct raw_instance, own),
	 .read = read_own, .schema = SCHEMA_FLOATING,
	 .what = "address or auto", .shown = "none", .example = "auto",
	 .about = "An external IPv4 address by which it is reached from "
		  "outside, and seen there; auto: the lowest free of the "
		  "pool."},
	{"static", KEY_BOOL, KEY_FIELD(struct raw_instance, is_static),
	 .example = "true",
	 .about = "Have its addresses and routes written, not got by DHCP or "
		  "SLAAC."},
	{"user_data", KEY_TEXT, KEY_FIELD(struct raw_instance, user_data),
	 .max = TOPO_USER_DATA_MAX, .example = "'#!/bin/sh'",
	 .about = "What it finds as user data in its metadata, at most 16 "
		  "KiB; a script is run at boot."},
	{"public_key", KEY_TEXT, KEY_FIELD(struct raw_instance, public_key),
	 .max = TOPO_PUBLIC_KEY_MAX, .check = check_public_key,
	 .example = "ssh-ed25519 AAAA... me",
	 .about = "An SSH key that it finds in its metadata: one line, as in "
		  "a .pub file."},
	{"security_groups", KEY_CUSTOM, KEY_FIELD(struct raw_instance, groups),
	 .at = offsetof(struct raw_instance, groups_at), .read = read_groups,
	 .schema = "\"type\": \"array\", \"uniqueItems\": true, "
		   "\"maxItems\": 16, \"items\": {" SCHEMA_TEXT "}",
	 .what = "list of security groups",
	 .shown = "[default], where the file has security_groups",
	 .example = "[default, web]",
	 .about = "Names of its project's groups: what any of them allows is "
		  "let through. An empty list: nothing is."},
	{"port_security", KEY_BOOL,
	 KEY_FIELD(struct raw_instance, port_security), .def = true,
	 .at = offsetof(struct raw_instance, port_security_at),
	 .shown = "true, where the file or the instance has security_groups",
	 .example = "false",
	 .about = "false: nothing is filtered, and it may send with any "
		  "address."},
	{"allowed_address_pairs", KEY_LIST,
	 KEY_ITEMS(struct raw_instance, pairs, npairs),
	 .at = offsetof(struct raw_instance, pairs_at),
	 .table = &pair_keys_table, .max = TOPO_PAIRS_MAX,
	 .example = "[{address: 192.168.1.200}]",
	 .about = "Addresses that it may send from beside its own."},
};
/* clang-format on */
_Static_assert(TOPO_PORT_GROUPS_MAX == 16, "as the schema of groups says");

const struct key_table instance_keys_table = {
	.name = "instance",
	.keys = keys,
	.n = ARRAY_LEN(keys),
	.size = sizeof(struct raw_instance),
	.id = offsetof(struct raw_instance, name),
	.place = offsetof(struct raw_instance, at),
	.begin = begin,
	.about = "A machine of a project.",
};
