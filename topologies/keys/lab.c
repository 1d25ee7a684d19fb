/* SPDX-License-Identifier: MIT */
/*
 * What each kind of map in a lab file may hold, as tables of keys, and where
 * it goes. topologies/schema.json says the same to editors; a test compares.
 */
#include <string.h>

#include "lib/auto.h"
#include "topologies/raw.h"

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
	{"role", RAW_REQUIRED, node_role},
	{"mechanism", 0, node_mechanism},
};
static const struct raw_table node_table = {"node", node_keys,
					    ARRAY_LEN(node_keys)};

static void add_node(struct raw *raw, const struct doc *key,
		     const struct doc *v, void *obj)
{
	size_t index = raw->nnodes;
	struct raw_node *n =
		raw_new(raw, &raw->nodes, &raw->nnodes, sizeof(*n));

	(void)obj;
	n->name = key->str;
	n->at = key;
	n->index = index;
	n->mechanism = raw->mechanism;
	raw_host_ok(raw, key, "node");
	map_puts(raw->a, &raw->node_names, n->name, n);
	raw_map(raw, v, &node_table, n, key, raw_called(raw, "node", key));
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
	{"cidr", 0, phys_cidr},
	{"mtu", 0, phys_mtu},
	{"use", 0, phys_use},
};
static const struct raw_table phys_table = {"physical", phys_keys,
					    ARRAY_LEN(phys_keys)};

static struct raw_phys *new_phys(struct raw *raw, const char *name)
{
	size_t index = raw->nphys;
	struct raw_phys *p = raw_new(raw, &raw->phys, &raw->nphys, sizeof(*p));

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
		raw_called(raw, "physical network", key));
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
	{"cidr", RAW_REQUIRED, subnet_cidr},
	{"gateway", 0, subnet_gateway},
	{"pool", 0, subnet_pool},
};
static const struct raw_table subnet_table = {"subnet", subnet_keys,
					      ARRAY_LEN(subnet_keys)};

static void add_subnet(struct raw *raw, const struct doc *key,
		       const struct doc *v, void *obj)
{
	struct raw_net *net = obj;
	struct raw_subnet *s, *same;
	size_t index = raw->nsubnets;

	s = raw_new(raw, &raw->subnets, &raw->nsubnets, sizeof(*s));
	*(struct raw_subnet **)arena_push(raw->a, &net->subnets, &net->nsubnets,
					  sizeof(struct raw_subnet *)) = s;
	s->name = key->str;
	s->at = key;
	s->net = net;
	s->index = index;
	same = map_puts(raw->a, &raw->subnet_names, s->name, s);
	if (same)
		raw_wrong(raw, key,
			  "a subnet named '%s' is in network '%s' already "
			  "(line %u); routers name subnets, so each needs "
			  "its own",
			  s->name, same->net->name, same->at->line);
	raw_map(raw, v, &subnet_table, s, key, raw_called(raw, "subnet", key));
}

static void net_external(struct raw *raw, const struct doc *v, void *obj)
{
	struct raw_net *n = obj;

	n->external_at = v;
	n->external_known = raw_bool(raw, v, &n->external);
}

static void net_project(struct raw *raw, const struct doc *v, void *obj)
{
	struct raw_net *n = obj;

	n->project = raw_project_name(raw, v, n->project);
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

	raw_ref(raw, v, &n->phys);
}

static void net_segment(struct raw *raw, const struct doc *v, void *obj)
{
	struct raw_net *n = obj;

	n->vni_at = v;
	raw_u32(raw, v, 1, RAW_VNI_MAX, &n->vni);
}

static void net_subnets(struct raw *raw, const struct doc *v, void *obj)
{
	raw_named(raw, v, "subnet", TOPO_SUBNETS_MAX, TOPO_NAME_MAX, add_subnet,
		  obj);
}

static const struct raw_key net_keys[] = {
	{"external", 0, net_external}, {"project", 0, net_project},
	{"type", 0, net_type},         {"physical", 0, net_physical},
	{"segment", 0, net_segment},   {"subnets", RAW_EMPTY, net_subnets},
};
static const struct raw_table net_table = {"network", net_keys,
					   ARRAY_LEN(net_keys)};

static void add_net(struct raw *raw, const struct doc *key, const struct doc *v,
		    void *obj)
{
	size_t index = raw->nnets;
	struct raw_net *n = raw_new(raw, &raw->nets, &raw->nnets, sizeof(*n));

	(void)obj;
	n->name = key->str;
	n->at = key;
	n->index = index;
	map_puts(raw->a, &raw->net_names, n->name, n);
	raw_map(raw, v, &net_table, n, key, raw_called(raw, "network", key));
	if (!n->project)
		n->project = n->external ? RAW_ADMIN : RAW_PROJECT;
	if (!n->external_at)
		n->external_known = true;
	if (!n->type_at && n->external_known) {
		n->type = n->external ? TOPO_FLAT : TOPO_VXLAN;
		n->type_known = true;
	}
}

/* --- instances ------------------------------------------------------------ */

static void instance_node(struct raw *raw, const struct doc *v, void *obj)
{
	struct raw_instance *i = obj;

	raw_ref(raw, v, &i->node);
}

static void instance_network(struct raw *raw, const struct doc *v, void *obj)
{
	struct raw_instance *i = obj;

	raw_ref(raw, v, &i->network);
}

static void instance_address(struct raw *raw, const struct doc *v, void *obj)
{
	struct raw_instance *i = obj;

	i->pins_at = v;
	raw_pins(raw, v, &i->pins, &i->npins);
}

static const struct raw_key instance_keys[] = {
	{"node", RAW_REQUIRED, instance_node},
	{"network", RAW_REQUIRED, instance_network},
	{"address", 0, instance_address},
};
static const struct raw_table instance_table = {"instance", instance_keys,
						ARRAY_LEN(instance_keys)};

static void add_instance(struct raw *raw, const struct doc *key,
			 const struct doc *v, void *obj)
{
	struct raw_instance *i =
		raw_new(raw, &raw->instances, &raw->ninstances, sizeof(*i));

	(void)obj;
	i->name = key->str;
	i->at = key;
	raw_host_ok(raw, key, "instance");
	raw_map(raw, v, &instance_table, i, key,
		raw_called(raw, "instance", key));
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
		  raw_add_router, obj);
}

static void lab_instances(struct raw *raw, const struct doc *v, void *obj)
{
	raw_named(raw, v, "instance", TOPO_INSTANCES_MAX, TOPO_NAME_MAX,
		  add_instance, obj);
}

static const struct raw_key lab_keys[] = {
	{"lab", RAW_REQUIRED, lab_name},
	{"mechanism", 0, lab_mechanism},
	{"l2_population", 0, lab_l2_population},
	{"nodes", RAW_REQUIRED, lab_nodes},
	{"physical", RAW_EMPTY, lab_physical},
	{"networks", RAW_EMPTY, lab_networks},
	{"routers", RAW_EMPTY, lab_routers},
	{"instances", RAW_EMPTY, lab_instances},
};
static const struct raw_table lab_table = {"lab", lab_keys,
					   ARRAY_LEN(lab_keys)};

const struct raw_table *const raw_tables[] = {
	&lab_table,    &node_table,     &phys_table,
	&net_table,    &subnet_table,   &raw_router_table,
	&raw_ha_table, &instance_table, NULL,
};

void raw_load(struct raw *raw, const struct doc *root)
{
	const struct doc *mechanism = doc_get(root, "mechanism");

	if (!root || doc_is_null(root)) {
		raw_wrong(raw, NULL,
			  "the file is empty: a lab needs at least "
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
