/* SPDX-License-Identifier: MIT */
#include "lib/auto.h"
#include "topologies/keys/agent.h"
#include "topologies/keys/keys.h"

static void begin(struct keys *ks, const struct doc *name, void *obj)
{
	struct raw *raw = ks->ctx;
	struct raw_node *n = obj;

	n->index = raw->nnodes - 1;
	n->mechanism = raw->mechanism;
	n->agent = raw->agent;
	if (name_ok(ks, name, "node", TOPO_NAME_MAX))
		host_ok(ks, name, "node");
	map_puts(raw->a, &raw->node_names, n->name, n);
}

static void end(struct keys *ks, const struct doc *d, void *obj)
{
	struct raw_node *n = obj;

	(void)ks;
	(void)d;
	if (!n->agents_at && n->role_known && n->role == TOPO_NETWORK)
		n->agents = TOPO_AGENTS_ALL;
}

static void read_plugs(struct keys *ks, const struct key *k,
		       const struct doc *v, void *obj)
{
	static const struct key name = {.name = "", .type = KEY_TEXT};
	struct raw_node *n = obj;
	const struct doc *item;
	struct raw_ref *ref;

	(void)k;
	if (v->kind != DOC_LIST) {
		keys_wrong(ks, v,
			   "expected a list of provider networks, such as "
			   "[external]");
		return;
	}
	DOC_FOREACH (item, v) {
		if (n->nplugs >= TOPO_PHYS_MAX) {
			keys_wrong(ks, item, "more than %d physical networks",
				   TOPO_PHYS_MAX);
			return;
		}
		if (!keys_text(ks, &name, item))
			continue;
		ref = arena_push(ks->a, &n->plugs, &n->nplugs, sizeof(*ref));
		*ref = (struct raw_ref){item->str, item};
	}
}

/* clang-format off */
static const struct key keys[] = {
	{"role", KEY_ENUM, KEY_FIELD(struct raw_node, role),
	 .words = topo_role_names, .nwords = TOPO_COMPUTE + 1,
	 .known = offsetof(struct raw_node, role_known),
	 .flags = KEY_REQUIRED, .example = "network",
	 .about = "What the node is for: instances run on compute nodes, "
		  "routers on network nodes."},
	{"mechanism", KEY_ENUM, KEY_FIELD(struct raw_node, mechanism),
	 .words = topo_mechanism_names, .nwords = TOPO_MECHANISMS,
	 .shown = "the lab's", .example = "linuxbridge",
	 .about = "How this node switches frames."},
	AGENT_ROWS(struct raw_node, "the lab's", false, "the lab's",
		   "the lab's"),
	{"agents", KEY_FLAGS, KEY_FIELD(struct raw_node, agents),
	 .words = topo_agent_names, .nwords = 3,
	 .at = offsetof(struct raw_node, agents_at),
	 .what = "agent", .shown = "network nodes: all; others: none",
	 .example = "[dhcp, metadata]",
	 .about = "What runs there: routers go to network nodes with l3, a "
		  "network's DHCP and its metadata to nodes with dhcp and "
		  "metadata."},
	{"physical", KEY_CUSTOM, KEY_FIELD(struct raw_node, plugs),
	 .at = offsetof(struct raw_node, plugs_at), .read = read_plugs,
	 .max = TOPO_PHYS_MAX,
	 .schema = "\"type\": \"array\", \"uniqueItems\": true, "
		   "\"maxItems\": 16, \"items\": {" SCHEMA_TEXT "}",
	 .what = "list of provider networks",
	 .shown = "network nodes: all; compute nodes: those that they need",
	 .example = "[vlan, external]",
	 .about = "The provider networks that it has an interface on, as "
		  "Neutron's bridge_mappings say."},
};
/* clang-format on */

const struct key_table node_keys_table = {
	.name = "node",
	.keys = keys,
	.n = ARRAY_LEN(keys),
	.size = sizeof(struct raw_node),
	.id = offsetof(struct raw_node, name),
	.place = offsetof(struct raw_node, at),
	.begin = begin,
	.end = end,
	.about = "A machine of the lab.",
};
