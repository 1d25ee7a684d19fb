/* SPDX-License-Identifier: MIT */
/*
 * What each kind of map in a lab file may hold, as tables of keys, and where
 * it goes. topologies/schema.json says the same to editors; a test compares.
 */
#include <string.h>

#include "lib/auto.h"
#include "topologies/topo_raw.h"

#define TABLE(id, text)                                                        \
	static const struct raw_table id##_table = {text, id##_keys,           \
						    ARRAY_LEN(id##_keys)}

static void *new_item(struct raw *raw, void *list, size_t *n, size_t size)
{
	void *item = arena_alloc(raw->a, size);

	*(void **)arena_push(raw->a, list, n, sizeof(void *)) = item;
	return item;
}

/* "node 'network1'" */
static const char *called(struct raw *raw, const char *kind,
			  const struct doc *key)
{
	return arena_printf(raw->a, "%s '%.*s'", kind, TOPO_NAME_MAX,
			    key->str);
}

static void read_ref(struct raw *raw, const struct doc *v,
		     struct raw_ref *ret)
{
	const char *text = raw_text(raw, v);

	if (text)
		*ret = (struct raw_ref){text, v};
}

static const char *read_project(struct raw *raw, const struct doc *v,
				const char *def)
{
	if (!raw_text(raw, v) || !raw_name_ok(raw, v, "project", TOPO_NAME_MAX))
		return def;
	return v->str;
}

/* One address or a list of them. */
static void read_pins(struct raw *raw, const struct doc *v,
		      struct raw_pin **ret, size_t *ret_n)
{
	const struct doc *item;
	struct raw_pin *pin;
	struct ip ip;

	if (v->kind == DOC_SCALAR) {
		if (!raw_ip(raw, v, &ip))
			return;
		pin = arena_push(raw->a, ret, ret_n, sizeof(**ret));
		*pin = (struct raw_pin){ip, v};
		return;
	}
	if (v->kind == DOC_MAP) {
		raw_wrong(raw, v, "expected an address or a list of them, "
				  "found a map");
		return;
	}
	DOC_FOREACH(item, v)
	{
		if (*ret_n >= TOPO_SUBNETS_MAX) {
			raw_wrong(raw, item, "more than %d addresses",
				  TOPO_SUBNETS_MAX);
			return;
		}
		if (!raw_ip(raw, item, &ip))
			continue;
		pin = arena_push(raw->a, ret, ret_n, sizeof(**ret));
		*pin = (struct raw_pin){ip, item};
	}
}

/* --- nodes --------------------------------------------------------------- */

static void node_role(struct raw *raw, const struct doc *v, void *obj)
{
	struct raw_node *n = obj;
	int role;

	if (raw_enum(raw, v, "role", topo_role_names, TOPO_COMPUTE + 1,
		     &role)) {
		n->role = (enum topo_role)role;
		n->role_known = true;
	}
}

static void read_mechanism(struct raw *raw, const struct doc *v,
			   enum topo_mechanism *ret)
{
	int m;

	if (raw_enum(raw, v, "mechanism", topo_mechanism_names,
		     TOPO_LINUXBRIDGE + 1, &m))
		*ret = (enum topo_mechanism)m;
}

static void node_mechanism(struct raw *raw, const struct doc *v, void *obj)
{
	struct raw_node *n = obj;

	read_mechanism(raw, v, &n->mechanism);
}

static const struct raw_key node_keys[] = {
	{"role", true, node_role},
	{"mechanism", false, node_mechanism},
};
TABLE(node, "node");

static void add_node(struct raw *raw, const struct doc *key,
		     const struct doc *v, void *obj)
{
	size_t index = raw->nnodes;
	struct raw_node *n =
		new_item(raw, &raw->nodes, &raw->nnodes, sizeof(*n));

	(void)obj;
	n->name = key->str;
	n->at = key;
	n->index = index;
	n->mechanism = raw->mechanism;
	raw_host_ok(raw, key, "node");
	map_puts(raw->a, &raw->node_names, n->name, n);
	raw_map(raw, v, &node_table, n, key, called(raw, "node", key));
}

/* --- physical networks ---------------------------------------------------- */

static void phys_cidr(struct raw *raw, const struct doc *v, void *obj)
{
	struct raw_phys *p = obj;

	p->cidr_at = v;
	raw_cidr(raw, v, &p->cidr);
}

static void phys_mtu(struct raw *raw, const struct doc *v, void *obj)
{
	struct raw_phys *p = obj;

	p->mtu_at = v;
	raw_u32(raw, v, RAW_MTU_MIN, RAW_MTU_MAX, &p->mtu);
}

static void phys_use(struct raw *raw, const struct doc *v, void *obj)
{
	struct raw_phys *p = obj;
	int use;

	if (raw_enum(raw, v, "use", topo_use_names, TOPO_PROVIDER + 1, &use))
		p->use = (enum topo_use)use;
}

static const struct raw_key phys_keys[] = {
	{"cidr", false, phys_cidr},
	{"mtu", false, phys_mtu},
	{"use", false, phys_use},
};
TABLE(phys, "physical");

static struct raw_phys *new_phys(struct raw *raw, const char *name)
{
	size_t index = raw->nphys;
	struct raw_phys *p =
		new_item(raw, &raw->phys, &raw->nphys, sizeof(*p));

	p->name = name;
	p->index = index;
	p->mtu = RAW_MTU_DEFAULT;
	p->use = TOPO_PROVIDER;
	for (size_t i = 0; i <= TOPO_PROVIDER; i++)
		if (strcmp(name, topo_use_names[i]) == 0)
			p->use = (enum topo_use)i;
	map_puts(raw->a, &raw->phys_names, name, p);
	return p;
}

static void add_phys(struct raw *raw, const struct doc *key,
		     const struct doc *v, void *obj)
{
	struct raw_phys *p = new_phys(raw, key->str);

	(void)obj;
	p->at = key;
	raw_map(raw, v, &phys_table, p, key,
		called(raw, "physical network", key));
}

/* --- networks and subnets ------------------------------------------------- */

static void subnet_cidr(struct raw *raw, const struct doc *v, void *obj)
{
	struct raw_subnet *s = obj;

	s->cidr_at = v;
	raw_cidr(raw, v, &s->cidr);
}

static void subnet_gateway(struct raw *raw, const struct doc *v, void *obj)
{
	struct raw_subnet *s = obj;

	s->gateway_at = v;
	if (v->kind == DOC_SCALAR && strcmp(v->str, "none") == 0)
		s->no_gateway = true;
	else
		raw_ip(raw, v, &s->gateway);
}

static void subnet_pool(struct raw *raw, const struct doc *v, void *obj)
{
	struct raw_subnet *s = obj;

	s->pool_at = v;
	raw_range(raw, v, &s->first, &s->last);
}

static const struct raw_key subnet_keys[] = {
	{"cidr", true, subnet_cidr},
	{"gateway", false, subnet_gateway},
	{"pool", false, subnet_pool},
};
TABLE(subnet, "subnet");

static void add_subnet(struct raw *raw, const struct doc *key,
		       const struct doc *v, void *obj)
{
	struct raw_net *net = obj;
	struct raw_subnet *s, *same;
	size_t index = raw->nsubnets;

	s = new_item(raw, &raw->subnets, &raw->nsubnets, sizeof(*s));
	*(struct raw_subnet **)arena_push(raw->a, &net->subnets,
					  &net->nsubnets, sizeof(s)) = s;
	s->name = key->str;
	s->at = key;
	s->net = net;
	s->index = index;
	same = map_puts(raw->a, &raw->subnet_names, s->name, s);
	if (same)
		raw_wrong(raw, key,
			  "a subnet named '%s' is in network '%s' already "
			  "(line %u); routers name subnets, so each needs "
			  "its own", s->name, same->net->name,
			  same->at->line);
	raw_map(raw, v, &subnet_table, s, key, called(raw, "subnet", key));
}

static void net_external(struct raw *raw, const struct doc *v, void *obj)
{
	struct raw_net *n = obj;

	n->external_at = v;
	raw_bool(raw, v, &n->external);
}

static void net_project(struct raw *raw, const struct doc *v, void *obj)
{
	struct raw_net *n = obj;

	n->project = read_project(raw, v, n->project);
}

static void net_type(struct raw *raw, const struct doc *v, void *obj)
{
	struct raw_net *n = obj;
	int type;

	n->type_at = v;
	if (raw_enum(raw, v, "type", topo_type_names, TOPO_VXLAN + 1, &type)) {
		n->type = (enum topo_type)type;
		n->type_known = true;
	}
}

static void net_physical(struct raw *raw, const struct doc *v, void *obj)
{
	struct raw_net *n = obj;

	read_ref(raw, v, &n->phys);
}

static void net_segment(struct raw *raw, const struct doc *v, void *obj)
{
	struct raw_net *n = obj;

	n->vni_at = v;
	raw_u32(raw, v, 1, RAW_VNI_MAX, &n->vni);
}

static void net_subnets(struct raw *raw, const struct doc *v, void *obj)
{
	raw_named(raw, v, "subnet", TOPO_SUBNETS_MAX, TOPO_NAME_MAX,
		  add_subnet, obj);
}

static const struct raw_key net_keys[] = {
	{"external", false, net_external}, {"project", false, net_project},
	{"type", false, net_type},	   {"physical", false, net_physical},
	{"segment", false, net_segment},   {"subnets", false, net_subnets},
};
TABLE(net, "network");

static void add_net(struct raw *raw, const struct doc *key,
		    const struct doc *v, void *obj)
{
	size_t index = raw->nnets;
	struct raw_net *n =
		new_item(raw, &raw->nets, &raw->nnets, sizeof(*n));

	(void)obj;
	n->name = key->str;
	n->at = key;
	n->index = index;
	map_puts(raw->a, &raw->net_names, n->name, n);
	raw_map(raw, v, &net_table, n, key, called(raw, "network", key));
	if (!n->project)
		n->project = n->external ? RAW_ADMIN : RAW_PROJECT;
	if (!n->type_at) {
		n->type = n->external ? TOPO_FLAT : TOPO_VXLAN;
		n->type_known = true;
	}
}

/* --- routers -------------------------------------------------------------- */

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
	DOC_FOREACH(item, v)
	{
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
	{"vrid", false, ha_vrid},
	{"priority", false, ha_priority},
	{"interval", false, ha_interval},
	{"preempt", false, ha_preempt},
	{"garp_repeat", false, ha_garp_repeat},
	{"garp_refresh", false, ha_garp_refresh},
	{"track", false, ha_track},
};
TABLE(ha, "ha");

static void router_project(struct raw *raw, const struct doc *v, void *obj)
{
	struct raw_router *r = obj;

	r->project = read_project(raw, v, r->project);
}

static void router_gateway(struct raw *raw, const struct doc *v, void *obj)
{
	struct raw_router *r = obj;

	read_ref(raw, v, &r->gateway);
}

static void router_address(struct raw *raw, const struct doc *v, void *obj)
{
	struct raw_router *r = obj;

	r->pins_at = v;
	read_pins(raw, v, &r->pins, &r->npins);
}

static void router_interfaces(struct raw *raw, const struct doc *v, void *obj)
{
	struct raw_router *r = obj;
	const struct doc *item;
	struct raw_ref *ref;

	if (v->kind != DOC_LIST) {
		raw_wrong(raw, v, "expected a list of subnet names, such as "
				  "[subnet1]");
		return;
	}
	DOC_FOREACH(item, v)
	{
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

	raw_map(raw, v, &ha_table, r, v, called(raw, "ha of router", r->at));
}

static const struct raw_key router_keys[] = {
	{"project", false, router_project},
	{"gateway", false, router_gateway},
	{"external_address", false, router_address},
	{"interfaces", false, router_interfaces},
	{"ha", false, router_ha},
};
TABLE(router, "router");

static void add_router(struct raw *raw, const struct doc *key,
		       const struct doc *v, void *obj)
{
	struct raw_router *r =
		new_item(raw, &raw->routers, &raw->nrouters, sizeof(*r));

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
	raw_map(raw, v, &router_table, r, key, called(raw, "router", key));
}

/* --- instances ------------------------------------------------------------ */

static void instance_node(struct raw *raw, const struct doc *v, void *obj)
{
	struct raw_instance *i = obj;

	read_ref(raw, v, &i->node);
}

static void instance_network(struct raw *raw, const struct doc *v, void *obj)
{
	struct raw_instance *i = obj;

	read_ref(raw, v, &i->network);
}

static void instance_address(struct raw *raw, const struct doc *v, void *obj)
{
	struct raw_instance *i = obj;

	i->pins_at = v;
	read_pins(raw, v, &i->pins, &i->npins);
}

static const struct raw_key instance_keys[] = {
	{"node", true, instance_node},
	{"network", true, instance_network},
	{"address", false, instance_address},
};
TABLE(instance, "instance");

static void add_instance(struct raw *raw, const struct doc *key,
			 const struct doc *v, void *obj)
{
	struct raw_instance *i =
		new_item(raw, &raw->instances, &raw->ninstances, sizeof(*i));

	(void)obj;
	i->name = key->str;
	i->at = key;
	raw_host_ok(raw, key, "instance");
	raw_map(raw, v, &instance_table, i, key,
		called(raw, "instance", key));
}

/* --- the whole file ------------------------------------------------------- */

static void lab_name(struct raw *raw, const struct doc *v, void *obj)
{
	(void)obj;
	if (raw_text(raw, v) && raw_name_ok(raw, v, "lab", TOPO_LAB_NAME_MAX))
		raw->name = v->str;
}

static void lab_mechanism(struct raw *raw, const struct doc *v, void *obj)
{
	(void)raw;
	(void)v;
	(void)obj; /* read before: nodes take it as their default */
}

static void lab_l2_population(struct raw *raw, const struct doc *v, void *obj)
{
	(void)obj;
	raw_bool(raw, v, &raw->l2_population);
}

static void lab_nodes(struct raw *raw, const struct doc *v, void *obj)
{
	raw->nodes_at = v;
	raw_named(raw, v, "node", TOPO_NODES_MAX, TOPO_NAME_MAX, add_node, obj);
}

static void lab_physical(struct raw *raw, const struct doc *v, void *obj)
{
	raw->has_phys = true;
	raw->phys_at = v;
	raw_named(raw, v, "physical network", TOPO_PHYS_MAX, TOPO_NAME_MAX,
		  add_phys, obj);
}

static void lab_networks(struct raw *raw, const struct doc *v, void *obj)
{
	raw_named(raw, v, "network", TOPO_NETWORKS_MAX, TOPO_NAME_MAX, add_net,
		  obj);
}

static void lab_routers(struct raw *raw, const struct doc *v, void *obj)
{
	raw_named(raw, v, "router", TOPO_ROUTERS_MAX, TOPO_NAME_MAX,
		  add_router, obj);
}

static void lab_instances(struct raw *raw, const struct doc *v, void *obj)
{
	raw_named(raw, v, "instance", TOPO_INSTANCES_MAX, TOPO_NAME_MAX,
		  add_instance, obj);
}

static const struct raw_key lab_keys[] = {
	{"lab", true, lab_name},
	{"mechanism", false, lab_mechanism},
	{"l2_population", false, lab_l2_population},
	{"nodes", true, lab_nodes},
	{"physical", false, lab_physical},
	{"networks", false, lab_networks},
	{"routers", false, lab_routers},
	{"instances", false, lab_instances},
};
TABLE(lab, "lab");

const struct raw_table *const raw_tables[] = {
	&lab_table,    &node_table,   &phys_table, &net_table,
	&subnet_table, &router_table, &ha_table,   &instance_table,
	NULL,
};

void raw_load(struct raw *raw, const struct doc *root)
{
	const struct doc *mechanism = doc_get(root, "mechanism");

	if (!root || doc_is_null(root)) {
		raw_wrong(raw, NULL, "the file is empty: a lab needs at least "
				     "the keys 'lab' and 'nodes'");
		return;
	}
	if (!doc_is_null(mechanism))
		read_mechanism(raw, mechanism, &raw->mechanism);
	raw_map(raw, root, &lab_table, NULL, root, "the lab");
	if (!raw->has_phys) {
		new_phys(raw, "management");
		new_phys(raw, "tunnel");
	}
}
