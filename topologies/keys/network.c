/* SPDX-License-Identifier: MIT */
#include "lib/auto.h"
#include "topologies/keys/keys.h"

static void begin(struct keys *ks, const struct doc *name, void *obj)
{
	struct raw *raw = ks->ctx;
	struct raw_net *n = obj;

	n->index = raw->nnets - 1;
	name_ok(ks, name, "network", TOPO_NAME_MAX);
	map_puts(raw->a, &raw->net_names, n->name, n);
	raw->reading = n;
}

/* What follows from being external, known only now. */
static void end(struct keys *ks, const struct doc *d, void *obj)
{
	struct raw_net *n = obj;

	(void)d;
	if (!n->project)
		n->project = n->external ? RAW_ADMIN : RAW_PROJECT;
	if (!n->external_at)
		n->external_known = true;
	if (!n->type_at && n->external_known) {
		n->type = n->external ? TOPO_FLAT
				      : ((struct raw *)ks->ctx)->tenant_type;
		n->type_known = true;
	}
}

/* clang-format off */
static const struct key keys[] = {
	{"external", KEY_BOOL, KEY_FIELD(struct raw_net, external),
	 .at = offsetof(struct raw_net, external_at),
	 .known = offsetof(struct raw_net, external_known),
	 .example = "true",
	 .about = "Leads outside; routers have their gateway there. Flat, or "
		  "a VLAN."},
	{"project", KEY_TEXT, KEY_FIELD(struct raw_net, project),
	 .check = check_project, .schema = SCHEMA_NAME,
	 .shown = RAW_PROJECT "; external ones: " RAW_ADMIN,
	 .example = "demo",
	 .about = "Whose it is; `demo`, and `admin` for external ones, by "
		  "default."},
	{"type", KEY_ENUM, KEY_FIELD(struct raw_net, type),
	 .words = topo_type_names, .nwords = TOPO_TYPES,
	 .at = offsetof(struct raw_net, type_at),
	 .known = offsetof(struct raw_net, type_known),
	 .shown = "first of `tenant_network_types`; external ones: flat",
	 .example = "vxlan",
	 .about = "flat: untagged on a provider network. vlan: tagged there. "
		  "vxlan: inside the tunnel network. gre and geneve: "
		  "likewise, with Open vSwitch. local: inside one node."},
	{"physical", KEY_TEXT, KEY_FIELD(struct raw_net, phys.name),
	 .at = offsetof(struct raw_net, phys.at), .schema = SCHEMA_TEXT,
	 .shown = "none, and flat ones need it; VLANs: the first that has "
		  "`vlans`",
	 .example = "external",
	 .about = "flat, vlan: the provider network that carries it."},
	{"segment", KEY_UINT, KEY_FIELD(struct raw_net, segment),
	 .at = offsetof(struct raw_net, segment_at),
	 .min = 1, .max = RAW_VNI_MAX,
	 .shown = "the lowest free one", .example = "7",
	 .about = "vlan: the tag, of its wire's `vlans`, or any of 4094 for an "
		  "external network. vxlan, geneve: the VNI. gre: the key."},
	{"subnets", KEY_NAMED, KEY_ITEMS(struct raw_net, subnets, nsubnets),
	 .table = &subnet_keys_table, .max = TOPO_SUBNETS_MAX,
	 .flags = KEY_EMPTY | KEY_POINTERS, .names = "name",
	 .about = "Ranges of addresses. Names are unique in the lab, as "
		  "routers name them."},
};
/* clang-format on */

const struct key_table network_keys_table = {
	.name = "network",
	.keys = keys,
	.n = ARRAY_LEN(keys),
	.size = sizeof(struct raw_net),
	.id = offsetof(struct raw_net, name),
	.place = offsetof(struct raw_net, at),
	.begin = begin,
	.end = end,
	.about = "A network of a project, or one that leads outside.",
};
