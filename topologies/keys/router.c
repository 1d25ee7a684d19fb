/* SPDX-License-Identifier: MIT */
/*
 * A router and its `ha`, whose defaults are the documented settings.
 */
#include "lib/auto.h"
#include "lib/mono.h"
#include "topologies/keys/keys.h"

static const char *const tracks[] = {"ha", "tunnel"};
_Static_assert(TOPO_TRACK_HA == 1 << 0 && TOPO_TRACK_TUNNEL == 1 << 1,
	       "bits as the words");

static bool check_health(struct keys *ks, const struct key *k,
			 const struct doc *v, void *obj)
{
	unsigned ms = ((const struct raw_router *)obj)->ha.health_ms;

	(void)k;
	if (!ms || ms >= TOPO_HEALTH_MIN_MS)
		return true;
	keys_wrong(ks, v,
		   "'health_check_interval' is %ums at least, or 0 for none",
		   TOPO_HEALTH_MIN_MS);
	return false;
}

/* clang-format off */
static const struct key ha_rows[] = {
	{"engine", KEY_ENUM, KEY_FIELD(struct raw_router, ha.engine),
	 .words = topo_engine_names, .nwords = TOPO_ENGINE_KEEPALIVED + 1,
	 .example = "keepalived",
	 .about = "Who speaks VRRP: labctl's own engine, or keepalived in the "
		  "router's namespace, as Neutron has it."},
	{"vrid", KEY_UINT, KEY_FIELD(struct raw_router, ha.vrid),
	 .at = offsetof(struct raw_router, vrid_at),
	 .min = 1, .max = RAW_VRID_MAX,
	 .shown = "the lowest free one", .example = "7",
	 .about = "Virtual router id, unique in the project; the lowest free "
		  "one by default."},
	/* 0 says goodbye and 255 owns the address (RFC 9568 5.2.4). */
	{"priority", KEY_UINT, KEY_FIELD(struct raw_router, ha.priority),
	 .min = 1, .max = 254, .def = 50, .example = "50",
	 .about = "The same on every node, so that the highest HA address "
		  "decides."},
	/* VRRPv2 has one byte of whole seconds. */
	{"interval", KEY_DURATION, KEY_FIELD(struct raw_router, ha.adver_cs),
	 .unit = NS_PER_CS, .step = NS_PER_S, .min = NS_PER_S,
	 .max = 255 * NS_PER_S, .def = 200, .example = "1s",
	 .about = "Between advertisements: whole seconds, 1s to 255s."},
	{"preempt", KEY_BOOL, KEY_FIELD(struct raw_router, ha.preempt),
	 .example = "true",
	 .about = "Whether a better router takes over from one that works."},
	{"garp_repeat", KEY_UINT, KEY_FIELD(struct raw_router, ha.garp_repeat),
	 .max = 100, .def = 5, .example = "5",
	 .about = "Gratuitous ARPs for each address at a takeover."},
	{"garp_refresh", KEY_DURATION,
	 KEY_FIELD(struct raw_router, ha.garp_refresh_s),
	 .unit = NS_PER_S, .step = NS_PER_S, .max = 86400 * NS_PER_S,
	 .def = 10, .example = "1m",
	 .about = "Period in which they are sent again, whole seconds; 0 for "
		  "never."},
	{"health_check_interval", KEY_DURATION,
	 KEY_FIELD(struct raw_router, ha.health_ms), .check = check_health,
	 .unit = NS_PER_MS, .step = NS_PER_MS, .max = 3600 * NS_PER_S,
	 .example = "30s",
	 .about = "Between pings of the router's gateways outside, by the "
		  "Active; two lost in a row and it hands over. 100ms to 1h; "
		  "0 for none."},
	{"track", KEY_FLAGS, KEY_FIELD(struct raw_router, ha.track),
	 KEY_WORDS(tracks), .def = TOPO_TRACK_HA | TOPO_TRACK_TUNNEL,
	 .what = "interface to track", .example = "[ha]",
	 .about = "Interfaces whose loss makes the router give up its role: "
		  "ha is its own, tunnel are those of the node that carry "
		  "its networks and the HA network. "
		  "[ha] alone is what the documents have."},
	{"sync_connections", KEY_BOOL, KEY_FIELD(struct raw_router, ha.sync),
	 .at = offsetof(struct raw_router, sync_at), .def = true,
	 .example = "false",
	 .about = "Whether connections through the router are carried to its "
		  "standbys, so that they go on after a takeover. Neutron has "
		  "nothing like it: with false they fare as the documents "
		  "say. keepalived's routers never have it."},
};
/* clang-format on */

const struct key_table ha_keys_table = {
	.name = "ha",
	.keys = ha_rows,
	.n = ARRAY_LEN(ha_rows),
	.size = sizeof(struct raw_router),
	.about = "The VRRP settings of a router, or of all of the lab.",
};

static void begin(struct keys *ks, const struct doc *name, void *obj)
{
	const struct raw *raw = ks->ctx;
	struct raw_router *r = obj;

	r->ha = raw->ha.ha;
	r->ha.vrid = 0;
	r->is_ha = raw->ha.is_ha;
	name_ok(ks, name, "router", TOPO_NAME_MAX);
}

static void read_addresses(struct keys *ks, const struct key *k,
			   const struct doc *v, void *obj)
{
	struct raw_router *r = obj;

	(void)k;
	read_pins(ks, v, &r->pins, &r->npins);
}

static void read_interfaces(struct keys *ks, const struct key *k,
			    const struct doc *v, void *obj)
{
	static const struct key name = {.name = "", .type = KEY_TEXT};
	struct raw_router *r = obj;
	const struct doc *item;
	struct raw_ref *ref;

	(void)k;
	if (v->kind != DOC_LIST) {
		keys_wrong(ks, v,
			   "expected a list of subnet names, such as "
			   "[subnet1]");
		return;
	}
	DOC_FOREACH (item, v) {
		if (r->nifaces >= TOPO_IFACES_MAX) {
			keys_wrong(ks, item,
				   "more than %d interfaces of a router",
				   TOPO_IFACES_MAX);
			return;
		}
		if (!keys_text(ks, &name, item))
			continue;
		ref = arena_push(ks->a, &r->ifaces, &r->nifaces, sizeof(*ref));
		*ref = (struct raw_ref){item->str, item};
	}
}

/* clang-format off */
static const struct key rows[] = {
	{"project", KEY_TEXT, KEY_FIELD(struct raw_router, project),
	 .check = check_project, .def_text = RAW_PROJECT,
	 .schema = SCHEMA_NAME, .example = "demo",
	 .about = "Whose it is; its HA network is shared within the project."},
	{"gateway", KEY_TEXT, KEY_FIELD(struct raw_router, gateway.name),
	 .at = offsetof(struct raw_router, gateway.at), .schema = SCHEMA_TEXT,
	 .shown = "none", .example = "ext-net",
	 .about = "The external network that its default route leads to."},
	{"external_address", KEY_CUSTOM, KEY_FIELD(struct raw_router, pins),
	 .at = offsetof(struct raw_router, pins_at), .read = read_addresses,
	 .schema = SCHEMA_ADDRESSES, .what = "address, or list of them",
	 .shown = "the lowest free of the pool", .example = "203.0.113.21",
	 .about = "Its address there, one for each subnet; the lowest free of "
		  "the pool by default."},
	{"snat", KEY_BOOL, KEY_FIELD(struct raw_router, snat),
	 .at = offsetof(struct raw_router, snat_at), .def = true,
	 .example = "false",
	 .about = "Whether IPv4 packets to the world outside leave with the "
		  "router's external address, as those of networks that "
		  "nobody outside has a route to must."},
	{"interfaces", KEY_CUSTOM, KEY_FIELD(struct raw_router, ifaces),
	 .read = read_interfaces, .max = TOPO_IFACES_MAX,
	 .schema = "\"type\": \"array\", \"uniqueItems\": true, "
		   "\"maxItems\": 64, \"items\": {" SCHEMA_TEXT "}",
	 .what = "list of subnets", .shown = "none",
	 .example = "[demo-subnet]",
	 .about = "Names of the subnets it joins; it takes their gateway "
		  "addresses."},
	{"routes", KEY_LIST, KEY_ITEMS(struct raw_router, routes, nroutes),
	 .table = &route_keys_table, .max = TOPO_EXTRA_ROUTES_MAX,
	 .example = "[{to: 10.9.0.0/16, via: 192.168.1.254}]",
	 .about = "Routes beside the default one, where the active node has "
		  "them; the next hop is on one of its networks."},
	{"distributed", KEY_BOOL, KEY_FIELD(struct raw_router, distributed),
	 .at = offsetof(struct raw_router, distributed_at),
	 .example = "false",
	 .about = "False, as the documents' routers are: no router is on "
		  "compute nodes."},
	{"ha", KEY_MAP, .size = sizeof(struct raw_router),
	 .table = &ha_keys_table, .flags = KEY_EMPTY,
	 .on = offsetof(struct raw_router, is_ha),
	 .at = offsetof(struct raw_router, is_ha_at),
	 .shown = "the lab's", .example = "false",
	 .about = "VRRP settings; false: the router is on one node, which "
		  "always has all of its addresses."},
};
/* clang-format on */
_Static_assert(TOPO_IFACES_MAX == 64, "as the schema of interfaces says");

const struct key_table router_keys_table = {
	.name = "router",
	.keys = rows,
	.n = ARRAY_LEN(rows),
	.size = sizeof(struct raw_router),
	.id = offsetof(struct raw_router, name),
	.place = offsetof(struct raw_router, at),
	.begin = begin,
	.about = "A router, highly available unless it says otherwise.",
};
