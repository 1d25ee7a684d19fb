/* SPDX-License-Identifier: MIT */
/*
 * The keys of a router and of its `ha`, whose defaults are the documented
 * settings.
 */
#include "lib/auto.h"
#include "topologies/raw.h"

static void ha_vrid(struct raw *raw, const struct doc *v, void *obj)
{
	struct raw_router *r = obj;
	uint32_t n;

	r->vrid_at = v;
	if (raw_u32(raw, v, 1, RAW_VRID_MAX, &n))
		r->ha.vrid = (uint8_t)n;
}

static void ha_priority(struct raw *raw, const struct doc *v, void *obj)
{
	struct raw_router *r = obj;
	uint32_t n;

	/* 0 says goodbye and 255 owns the address (RFC 9568 5.2.4). */
	if (raw_u32(raw, v, 1, 254, &n))
		r->ha.priority = (uint8_t)n;
}

static void ha_interval(struct raw *raw, const struct doc *v, void *obj)
{
	struct raw_router *r = obj;
	uint32_t s;

	/* VRRPv2 has one byte of whole seconds. */
	if (raw_seconds(raw, v, 1, 255, &s))
		r->ha.adver_cs = s * 100;
}

static void ha_preempt(struct raw *raw, const struct doc *v, void *obj)
{
	struct raw_router *r = obj;

	raw_bool(raw, v, &r->ha.preempt);
}

static void ha_garp_repeat(struct raw *raw, const struct doc *v, void *obj)
{
	struct raw_router *r = obj;

	raw_u32(raw, v, 0, 100, &r->ha.garp_repeat);
}

static void ha_garp_refresh(struct raw *raw, const struct doc *v, void *obj)
{
	struct raw_router *r = obj;

	raw_seconds(raw, v, 0, 86400, &r->ha.garp_refresh_s);
}

static void ha_track(struct raw *raw, const struct doc *v, void *obj)
{
	static const char *const names[] = {"ha", "tunnel"};
	struct raw_router *r = obj;
	const struct doc *item;
	unsigned track = 0;
	int i;

	if (v->kind != DOC_LIST) {
		raw_wrong(raw, v, "expected a list such as [ha, tunnel]");
		return;
	}
	DOC_FOREACH (item, v) {
		if (!raw_enum(raw, item, "interface to track", names,
			      ARRAY_LEN(names), &i))
			continue;
		if (track & 1u << i)
			raw_wrong(raw, item, "'%s' is here twice", names[i]);
		track |= 1u << i;
	}
	r->ha.track = track;
}

static const struct raw_key ha_keys[] = {
	{"vrid", 0, ha_vrid},
	{"priority", 0, ha_priority},
	{"interval", 0, ha_interval},
	{"preempt", 0, ha_preempt},
	{"garp_repeat", 0, ha_garp_repeat},
	{"garp_refresh", 0, ha_garp_refresh},
	{"track", 0, ha_track},
};
const struct raw_table raw_ha_table = {"ha", ha_keys, ARRAY_LEN(ha_keys)};

static void router_project(struct raw *raw, const struct doc *v, void *obj)
{
	struct raw_router *r = obj;

	r->project = raw_project_name(raw, v, r->project);
}

static void router_gateway(struct raw *raw, const struct doc *v, void *obj)
{
	struct raw_router *r = obj;

	raw_ref(raw, v, &r->gateway);
}

static void router_address(struct raw *raw, const struct doc *v, void *obj)
{
	struct raw_router *r = obj;

	r->pins_at = v;
	raw_pins(raw, v, &r->pins, &r->npins);
}

static void router_interfaces(struct raw *raw, const struct doc *v, void *obj)
{
	struct raw_router *r = obj;
	const struct doc *item;
	struct raw_ref *ref;

	if (v->kind != DOC_LIST) {
		raw_wrong(raw, v,
			  "expected a list of subnet names, such as "
			  "[subnet1]");
		return;
	}
	DOC_FOREACH (item, v) {
		if (r->nifaces >= TOPO_IFACES_MAX) {
			raw_wrong(raw, item,
				  "more than %d interfaces of a router",
				  TOPO_IFACES_MAX);
			return;
		}
		if (!raw_text(raw, item))
			continue;
		ref = arena_push(raw->a, &r->ifaces, &r->nifaces, sizeof(*ref));
		*ref = (struct raw_ref){item->str, item};
	}
}

static void router_ha(struct raw *raw, const struct doc *v, void *obj)
{
	struct raw_router *r = obj;

	raw_map(raw, v, &raw_ha_table, r, v,
		raw_called(raw, "ha of router", r->at));
}

static const struct raw_key router_keys[] = {
	{"project", 0, router_project},
	{"gateway", 0, router_gateway},
	{"external_address", 0, router_address},
	{"interfaces", 0, router_interfaces},
	{"ha", RAW_EMPTY, router_ha},
};
const struct raw_table raw_router_table = {"router", router_keys,
					   ARRAY_LEN(router_keys)};

void raw_add_router(struct raw *raw, const struct doc *key, const struct doc *v,
		    void *obj)
{
	struct raw_router *r =
		raw_new(raw, &raw->routers, &raw->nrouters, sizeof(*r));

	(void)obj;
	r->name = key->str;
	r->at = key;
	r->project = RAW_PROJECT;
	r->ha = (struct topo_ha){
		.priority = 50,
		.adver_cs = 200,
		.garp_repeat = 5,
		.garp_refresh_s = 10,
		.track = TOPO_TRACK_HA | TOPO_TRACK_TUNNEL,
	};
	raw_map(raw, v, &raw_router_table, r, key,
		raw_called(raw, "router", key));
}
