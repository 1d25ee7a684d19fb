/* SPDX-License-Identifier: MIT */
/*
 * The file itself. Rows are read in this order, whatever the file's: nodes
 * take the lab's mechanism for theirs.
 */
#include "lib/auto.h"
#include "topologies/keys/agent.h"
#include "topologies/keys/keys.h"
#include "topologies/links.h"

static bool check_name(struct keys *ks, const struct key *k,
		       const struct doc *v, void *obj)
{
	(void)k;
	(void)obj;
	return name_ok(ks, v, "lab", TOPO_LAB_NAME_MAX);
}

static bool check_agents(struct keys *ks, const struct key *k,
			 const struct doc *v, void *obj)
{
	const struct raw *raw = obj;

	(void)k;
	if (raw->max_l3_agents != 1)
		return true;
	keys_wrong(ks, v,
		   "one host makes no router highly available: write 2 or "
		   "more, or 0 for all network nodes");
	return false;
}

static void begin(struct keys *ks, const struct doc *name, void *obj)
{
	struct raw *raw = obj;

	(void)ks;
	(void)name;
	raw->tenant_type = TOPO_VXLAN;
}

/* In Neutron the first is what a project gets; of others only administrators
 * can make networks, as here who writes `type`. */
static void read_types(struct keys *ks, const struct key *k,
		       const struct doc *v, void *obj)
{
	static const struct key word = {.name = "type",
					.type = KEY_ENUM,
					.size = sizeof(enum topo_type),
					.words = topo_type_names,
					.nwords = TOPO_TYPES};
	struct raw *raw = obj;
	const struct doc *item;
	enum topo_type type;
	bool first = true;

	(void)k;
	if (v->kind != DOC_LIST || !doc_len(v)) {
		keys_wrong(ks, v,
			   "expected a list of types, such as [vlan, gre, "
			   "vxlan]");
		return;
	}
	DOC_FOREACH (item, v) {
		if (!keys_value(ks, &word, item, &type))
			continue;
		if (type == TOPO_FLAT)
			keys_wrong(ks, item,
				   "a project cannot choose flat: a wire has "
				   "one such network");
		else if (first)
			raw->tenant_type = type;
		first = false;
	}
}

static void end(struct keys *ks, const struct doc *d, void *obj)
{
	struct raw *raw = obj;

	(void)d;
	if (!raw->ha_type_at)
		raw->ha_network_type = raw->tenant_type;
	if (!raw->phys_at)
		physical_default(ks, raw);
}

/* clang-format off */
static const struct key keys[] = {
	{"lab", KEY_TEXT, KEY_FIELD(struct raw, name), .check = check_name,
	 .flags = KEY_REQUIRED, .example = "my-lab",
	 .schema = SCHEMA_NAME ", \"maxLength\": 32",
	 .about = "The lab's name."},
	{"mechanism", KEY_ENUM, KEY_FIELD(struct raw, mechanism),
	 .words = topo_mechanism_names, .nwords = TOPO_MECHANISMS,
	 .example = "linuxbridge",
	 .about = "How nodes switch frames, where a node does not say "
		  "otherwise."},
	AGENT_ROWS(struct raw, NULL, true, "empty",
		   "true, with the kernel's datapath false"),
	{"tenant_network_types", KEY_CUSTOM, KEY_FIELD(struct raw, tenant_type),
	 .at = offsetof(struct raw, tenant_types_at), .read = read_types,
	 .max = TOPO_TYPES,
	 .schema = "\"type\": \"array\", \"minItems\": 1, "
		   "\"uniqueItems\": true, \"items\": {\"enum\": [\"local\", "
		   "\"vlan\", \"vxlan\", \"gre\", \"geneve\"]}",
	 .what = "list of types", .shown = "[vxlan]",
	 .example = "[vlan, gre, vxlan]",
	 .about = "The first is the type of projects' networks that do not say "
		  "theirs, and of HA networks."},
	{"ha_network_type", KEY_ENUM, KEY_FIELD(struct raw, ha_network_type),
	 .words = topo_type_names, .nwords = TOPO_TYPES, .def = TOPO_VXLAN,
	 .at = offsetof(struct raw, ha_type_at),
	 .shown = "first of `tenant_network_types`",
	 .example = "gre",
	 .about = "Of the hidden networks on which routers hear one another: "
		  "vlan, vxlan, gre or geneve."},
	{"max_l3_agents_per_router", KEY_UINT,
	 KEY_FIELD(struct raw, max_l3_agents), .max = TOPO_NODES_MAX,
	 .def = 3, .check = check_agents, .example = "2",
	 .schema = "\"type\": \"integer\", \"minimum\": 0, "
		   "\"maximum\": 64, \"not\": {\"const\": 1}",
	 .about = "How many network nodes carry a router: 2 or more, 0 for "
		  "all. Each router goes to the nodes that carry the fewest, "
		  "and its highest HA address to that of them which leads "
		  "the fewest, so that the active ones are spread too."},
	{"dhcp_agents_per_network", KEY_UINT, KEY_FIELD(struct raw, dhcp_agents),
	 .min = 1, .max = TOPO_NODES_MAX, .def = 2, .example = "1",
	 .about = "How many nodes serve a network's DHCP, of those that have "
		  "a DHCP agent. Each network goes to the nodes that serve "
		  "the fewest."},
	{"force_metadata", KEY_BOOL, KEY_FIELD(struct raw, force_metadata),
	 .example = "true",
	 .about = "Have metadata answered beside the DHCP servers on networks "
		  "with a router too."},
	{"ha", KEY_MAP, .offset = offsetof(struct raw, ha),
	 .size = sizeof(struct raw_router), .table = &ha_keys_table,
	 .flags = KEY_EMPTY, .on = offsetof(struct raw, ha.is_ha), .def = true,
	 .shown = "as below", .example = "{interval: 1s}",
	 .about = "What `ha` of each router is, where it does not say "
		  "otherwise; false: routers are on one node each."},
	{"nodes", KEY_NAMED, KEY_ITEMS(struct raw, nodes, nnodes),
	 .at = offsetof(struct raw, nodes_at), .table = &node_keys_table,
	 .flags = KEY_REQUIRED | KEY_POINTERS, .max = TOPO_NODES_MAX,
	 .names = "host",
	 .about = "The machines. A router needs two network nodes."},
	{"physical", KEY_NAMED, KEY_ITEMS(struct raw, phys, nphys),
	 .at = offsetof(struct raw, phys_at), .table = &physical_keys_table,
	 .flags = KEY_EMPTY | KEY_POINTERS, .max = TOPO_PHYS_MAX,
	 .names = "name", .shown = "`management` and `tunnel`",
	 .about = "The wires between nodes. `management` and `tunnel` have "
		  "their use by name, all others are provider networks. "
		  "Without the key there are these two."},
	{"networks", KEY_NAMED, KEY_ITEMS(struct raw, nets, nnets),
	 .table = &network_keys_table, .flags = KEY_EMPTY | KEY_POINTERS,
	 .max = TOPO_NETWORKS_MAX, .names = "name",
	 .about = "Networks of projects, and external ones."},
	{"routers", KEY_NAMED, KEY_ITEMS(struct raw, routers, nrouters),
	 .table = &router_keys_table, .flags = KEY_EMPTY | KEY_POINTERS,
	 .max = TOPO_ROUTERS_MAX, .names = "name",
	 .about = "Routers, each on several network nodes, on one of them active; "
		  "or on one."},
	{"instances", KEY_NAMED, KEY_ITEMS(struct raw, instances, ninstances),
	 .table = &instance_keys_table, .flags = KEY_EMPTY | KEY_POINTERS,
	 .max = TOPO_INSTANCES_MAX, .names = "host",
	 .about = "Machines of the projects."},
	{"links", KEY_NAMED, KEY_ITEMS(struct raw, links, nlinks),
	 .table = &link_keys_table, .flags = KEY_EMPTY | KEY_POINTERS,
	 .max = TOPO_LINKS_MAX, .names = "name",
	 .example = "{network1.tunnel: {loss: 1%}}",
	 .about = "Wires that are worse than a wire on one machine. `labctl "
		  "impair` does the same to a lab that runs."},
	{"floating_ips", KEY_NAMED,
	 KEY_ITEMS(struct raw, floatings, nfloatings),
	 .table = &floating_keys_table, .flags = KEY_EMPTY | KEY_POINTERS,
	 .max = TOPO_FLOATINGS_MAX, .names = "name",
	 .about = "Floating addresses, beside those that instances have by "
		  "`floating_ip`."},
	{"security_groups", KEY_NAMED,
	 KEY_ITEMS(struct raw, secgroups, nsecgroups),
	 .at = offsetof(struct raw, secgroups_at),
	 .table = &secgroup_keys_table, .flags = KEY_EMPTY | KEY_POINTERS,
	 .max = TOPO_SECGROUPS_MAX, .names = "name",
	 .about = "Security groups. With the key, though it be empty, each "
		  "instance is filtered by those that it names, or by its "
		  "project's `default`: all may leave, and only members may "
		  "come in. Without it only instances that name groups are "
		  "filtered."},
};
/* clang-format on */
_Static_assert(TOPO_LAB_NAME_MAX == 32 && TOPO_NODES_MAX == 64,
	       "as the schemas above say");

const struct key_table lab_keys_table = {
	.name = "lab",
	.keys = keys,
	.n = ARRAY_LEN(keys),
	.size = sizeof(struct raw),
	.begin = begin,
	.end = end,
	.about = "The file.",
};

const struct key_table *const lab_tables[] = {
	&lab_keys_table,     &node_keys_table,     &physical_keys_table,
	&network_keys_table, &subnet_keys_table,   &route_keys_table,
	&router_keys_table,  &ha_keys_table,       &instance_keys_table,
	&pair_keys_table,    &floating_keys_table, &secgroup_keys_table,
	&secrule_keys_table, &link_keys_table,     NULL,
};
