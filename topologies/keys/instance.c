/* SPDX-License-Identifier: MIT */
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
};
/* clang-format on */

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
