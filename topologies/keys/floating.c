/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "lib/auto.h"
#include "topologies/keys/keys.h"

static void begin(struct keys *ks, const struct doc *name, void *obj)
{
	(void)obj;
	name_ok(ks, name, "floating address", TOPO_NAME_MAX);
}

void read_floating(struct keys *ks, const struct doc *v, struct raw_pin *ret)
{
	struct ip ip;

	ret->at = v;
	if (v->kind == DOC_SCALAR && strcmp(v->str, "auto") == 0)
		return;
	if (!read_ip(ks, v, &ip))
		return;
	if (ip.family == 4)
		ret->ip = ip;
	else
		keys_wrong(ks, v,
			   "floating addresses are IPv4: IPv6 is not "
			   "translated");
}

static void read_address(struct keys *ks, const struct key *k,
			 const struct doc *v, void *obj)
{
	struct raw_floating *f = obj;

	(void)k;
	read_floating(ks, v, &f->addr);
}

/* clang-format off */
static const struct key keys[] = {
	{"instance", KEY_TEXT, KEY_FIELD(struct raw_floating, instance.name),
	 .at = offsetof(struct raw_floating, instance.at),
	 .schema = SCHEMA_TEXT, .flags = KEY_REQUIRED,
	 .example = "demo-instance1",
	 .about = "The instance that is reached by it."},
	{"address", KEY_CUSTOM, KEY_FIELD(struct raw_floating, addr),
	 .at = offsetof(struct raw_floating, addr.at), .read = read_address,
	 .schema = SCHEMA_FLOATING, .what = "address or auto",
	 .shown = "auto", .example = "203.0.113.17",
	 .about = "The address outside; auto: the lowest free of the external "
		  "network's pool."},
	{"fixed", KEY_IP, KEY_FIELD(struct raw_floating, fixed.ip),
	 .at = offsetof(struct raw_floating, fixed.at),
	 .shown = "its first behind a router", .example = "192.168.1.9",
	 .about = "Which of the instance's addresses."},
	{"network", KEY_TEXT, KEY_FIELD(struct raw_floating, network.name),
	 .at = offsetof(struct raw_floating, network.at),
	 .schema = SCHEMA_TEXT, .shown = "that of the instance's router",
	 .example = "ext-net", .about = "The external network."},
};
/* clang-format on */

const struct key_table floating_keys_table = {
	.name = "floating",
	.what = "floating IP",
	.keys = keys,
	.n = ARRAY_LEN(keys),
	.size = sizeof(struct raw_floating),
	.id = offsetof(struct raw_floating, name),
	.place = offsetof(struct raw_floating, at),
	.begin = begin,
	.about = "A floating address: its router passes on to an instance "
		 "what comes for it, and the instance is seen outside by it.",
};
