/* SPDX-License-Identifier: MIT */
/*
 * What carries a network from node to node. A flat network has all untagged
 * frames of a provider network; a VLAN has its tag there, from the range that
 * the provider network gives out or by a pin; an overlay has a VNI or key on
 * the tunnel network.
 */
#include "topologies/segments.h"

#include "lib/auto.h"
#include "topologies/dangling.h"
#include "topologies/error.h"

/* --- wires ---------------------------------------------------------------- */

static void check_named(struct raw *raw, struct raw_node *n,
			const struct raw_ref *ref)
{
	const struct raw_phys *p = map_gets(&raw->phys_names, ref->name);

	if (!p)
		raw_dangling(raw, ref, "physical network", raw->phys,
			     raw->nphys);
	else if (p->use != TOPO_PROVIDER)
		raw_wrong(raw, ref->at,
			  "'%s' is no provider network: all nodes that need it "
			  "are on it",
			  p->name);
	else if (n->role_known && n->role == TOPO_CONTROLLER)
		raw_wrong(raw, ref->at,
			  "controller '%s' is on no provider network", n->name);
}

void raw_check_wires(struct raw *raw)
{
	for (size_t i = 0; i < raw->nphys; i++) {
		struct raw_phys *p = raw->phys[i];

		if (p->first_vlan && p->use != TOPO_PROVIDER) {
			raw_wrong(raw, p->vlans_at,
				  "'%s' is for the nodes themselves; only "
				  "provider networks have VLANs",
				  p->name);
			p->first_vlan = p->last_vlan = 0;
		}
		if (p->first_vlan && !raw->vlans)
			raw->vlans = p;
	}
	for (size_t i = 0; i < raw->nnodes; i++)
		for (size_t k = 0; k < raw->nodes[i]->nplugs; k++)
			check_named(raw, raw->nodes[i],
				    &raw->nodes[i]->plugs[k]);
}

/* --- networks ------------------------------------------------------------- */

static bool on_wire(enum topo_type type)
{
	return type == TOPO_FLAT || type == TOPO_VLAN;
}

/* The provider network that it names, or, of a VLAN, that is there for it. */
static struct raw_phys *wire_of(struct raw *raw, struct raw_net *n)
{
	struct raw_phys *p;

	if (!n->phys.at && n->type == TOPO_VLAN && raw->vlans)
		return raw->phys[raw->vlans->index];
	if (!n->phys.at) {
		raw_wrong(raw, n->type_at ? n->type_at : n->at,
			  n->type == TOPO_VLAN
				  ? "VLAN network '%s' needs the key "
				    "'physical', or a provider network with "
				    "'vlans'"
				  : "flat network '%s' needs the key "
				    "'physical'",
			  n->name);
		return NULL;
	}
	p = map_gets(&raw->phys_names, n->phys.name);
	if (!p) {
		raw_dangling(raw, &n->phys, "physical network", raw->phys,
			     raw->nphys);
		return NULL;
	}
	if (p->use != TOPO_PROVIDER) {
		raw_wrong(raw, n->phys.at,
			  "'%s' is for the nodes themselves; a %s network "
			  "needs a provider network",
			  p->name, topo_type_titles[n->type]);
		return NULL;
	}
	return p;
}

/* A project's VLAN is one of those that the wire has for projects; who makes
 * an external network may take any, as an administrator in Neutron. */
static void check_vlan(struct raw *raw, struct raw_net *n,
		       const struct raw_phys *p)
{
	if (!n->segment && !n->segment_at && !p->first_vlan)
		raw_wrong(raw, n->phys.at,
			  "'%s' gives out no VLANs: write 'segment' here, or "
			  "'vlans: 101-200' at '%s'",
			  p->name, p->name);
	else if (n->segment && p->first_vlan && !n->external &&
		 (n->segment < p->first_vlan || n->segment > p->last_vlan))
		raw_wrong(
			raw, n->segment_at,
			"VLAN %u is outside %u-%u, which physical network "
			"'%s'%s has for projects",
			n->segment, p->first_vlan, p->last_vlan, p->name,
			p->at ? arena_printf(raw->a, " (line %u)", p->at->line)
			      : "");
}

void raw_check_carrier(struct raw *raw, struct raw_net *n)
{
	struct raw_phys *p;

	if (n->segment_at && !topo_segmented(n->type)) {
		raw_wrong(raw, n->segment_at,
			  "only VLAN, VXLAN, GRE and Geneve networks have a "
			  "segment; '%s' is %s",
			  n->name, topo_type_names[n->type]);
		n->segment = 0;
	}
	if (n->type == TOPO_VLAN && n->segment > TOPO_VLAN_MAX) {
		raw_wrong(raw, n->segment_at,
			  "a VLAN is 1 to %u, and %u is not", TOPO_VLAN_MAX,
			  n->segment);
		n->segment = 0;
	}
	if (!on_wire(n->type)) {
		if (n->phys.name)
			raw_wrong(raw, n->phys.at,
				  "only flat and VLAN networks are on a "
				  "physical network; '%s' is %s",
				  n->name, topo_type_names[n->type]);
		return;
	}
	p = wire_of(raw, n);
	if (!p)
		return;
	if (n->type == TOPO_FLAT && p->flat) {
		raw_wrong(raw, n->phys.at,
			  "'%s' carries flat network '%s' (line %u) already; "
			  "untagged frames cannot be told apart",
			  p->name, p->flat->name, p->flat->at->line);
		return;
	}
	n->on = p;
	if (n->type == TOPO_FLAT)
		p->flat = n;
	else
		check_vlan(raw, n, p);
}

void raw_check_ha_type(struct raw *raw)
{
	const struct doc *at =
		raw->ha_type_at ? raw->ha_type_at : raw->tenant_types_at;
	enum topo_type type = raw->ha_network_type;

	if (!raw->nrouters)
		return;
	if (!topo_segmented(type)) {
		raw_wrong(raw, at,
			  "HA networks are vlan, vxlan, gre or geneve, as many "
			  "nodes and projects have them");
		return;
	}
	if (type == TOPO_VLAN && !raw->vlans) {
		raw_wrong(raw, at,
			  "HA networks that are VLANs need a provider network "
			  "with 'vlans'");
		return;
	}
	for (size_t i = 0; i < raw->nnodes; i++) {
		const struct raw_node *n = raw->nodes[i];

		if (!n->role_known || n->role != TOPO_NETWORK ||
		    topo_mechanism_has(n->mechanism, type))
			continue;
		raw_wrong(raw, at,
			  "node '%s' has mechanism %s, which has no %s "
			  "networks",
			  n->name, topo_mechanism_names[n->mechanism],
			  topo_type_names[type]);
		return;
	}
}

/* --- interfaces of nodes -------------------------------------------------- */

static bool names(const struct raw *raw, const struct raw_node *n,
		  const struct raw_phys *p)
{
	for (size_t i = 0; i < n->nplugs; i++)
		if (map_gets(&raw->phys_names, n->plugs[i].name) == p)
			return true;
	return false;
}

/* Whether an instance or the DHCP of a node is on this provider network. */
static bool used_on(const struct raw *raw, const struct raw_node *n,
		    const struct raw_phys *p)
{
	size_t i, k;

	for (i = 0; i < raw->ninstances; i++)
		if (raw->instances[i]->on == n &&
		    raw->instances[i]->net->on == p)
			return true;
	for (i = 0; i < raw->nnets; i++)
		for (k = 0; raw->nets[i]->on == p && k < raw->nets[i]->ndhcp;
		     k++)
			if (raw->nets[i]->dhcp_on[k] == n)
				return true;
	return false;
}

bool raw_plugged(const struct raw *raw, const struct raw_node *n,
		 const struct raw_phys *p)
{
	if (n->plugs_at)
		return names(raw, n, p);
	return n->role == TOPO_NETWORK ||
	       (n->role == TOPO_COMPUTE && used_on(raw, n, p));
}

static bool lacks(const struct raw *raw, const struct raw_node *n,
		  const struct raw_phys *p)
{
	return p && n->plugs_at && !names(raw, n, p);
}

/* A router may come to any node with the agent l3. */
static void check_hosts_of(struct raw *raw, const struct raw_phys *p,
			   const char *what)
{
	for (size_t i = 0; i < raw->nnodes; i++) {
		const struct raw_node *n = raw->nodes[i];

		if (!(n->agents & TOPO_AGENT_L3) || !lacks(raw, n, p))
			continue;
		raw_wrong(raw, n->plugs_at,
			  "node '%s' has no interface on '%s', which carries "
			  "%s",
			  n->name, p->name, what);
		return;
	}
}

static void check_served(struct raw *raw, const struct raw_net *net)
{
	for (size_t i = 0; i < raw->nnodes && net->dhcp; i++) {
		const struct raw_node *n = raw->nodes[i];

		if ((n->agents & TOPO_AGENT_DHCP) && lacks(raw, n, net->on))
			raw_wrong(raw, n->plugs_at,
				  "node '%s' has a DHCP agent and no interface "
				  "on '%s', which carries network '%s'",
				  n->name, net->on->name, net->name);
	}
}

static const char *called(struct raw *raw, const struct raw_net *n,
			  const struct raw_router *r)
{
	return arena_printf(raw->a, "network '%s' of router '%s' (line %u)",
			    n->name, r->name, r->at->line);
}

void raw_check_plugs(struct raw *raw)
{
	size_t i, k;

	for (i = 0; i < raw->ninstances; i++) {
		const struct raw_instance *in = raw->instances[i];

		if (in->on && in->net && lacks(raw, in->on, in->net->on))
			raw_wrong(raw, in->node.at,
				  "node '%s' has no interface on '%s', which "
				  "carries network '%s' of this instance",
				  in->on->name, in->net->on->name,
				  in->net->name);
	}
	for (i = 0; i < raw->nrouters; i++) {
		const struct raw_router *r = raw->routers[i];

		if (r->ext && r->ext->on)
			check_hosts_of(raw, r->ext->on, called(raw, r->ext, r));
		for (k = 0; k < r->nsubnets; k++)
			if (r->subnets[k]->net->on)
				check_hosts_of(
					raw, r->subnets[k]->net->on,
					called(raw, r->subnets[k]->net, r));
		if (r->is_ha && raw->ha_network_type == TOPO_VLAN && raw->vlans)
			check_hosts_of(raw, raw->vlans,
				       "the routers' HA network");
	}
	for (i = 0; i < raw->nnets; i++)
		check_served(raw, raw->nets[i]);
}

/* --- numbers -------------------------------------------------------------- */

struct range {
	struct map *taken;
	uint32_t *next, last;
};

/* The lowest that is free from *next up; 0: none. */
static uint32_t next_free(struct raw *raw, const struct range *r, void *by)
{
	uint32_t *key = arena_alloc(raw->a, sizeof(*key));

	while (*r->next <= r->last) {
		*key = (*r->next)++;
		if (!map_put(raw->a, r->taken, key, sizeof(*key), by))
			return *key;
	}
	return 0;
}

static void pin(struct raw *raw, struct raw_net *n, struct map *taken)
{
	const struct raw_net *same;

	same = map_put(raw->a, taken, &n->segment, sizeof(n->segment), n);
	if (!same)
		return;
	if (n->type == TOPO_VLAN)
		raw_wrong(raw, n->segment_at,
			  "VLAN %u on '%s' is that of network '%s' (line %u)",
			  n->segment, n->on->name, same->name, same->at->line);
	else
		raw_wrong(raw, n->segment_at,
			  "VNI %u is that of network '%s' (line %u)",
			  n->segment, same->name, same->at->line);
}

/* 0: none is left, which is said. */
static uint32_t vlan(struct raw *raw, const struct raw_phys *on, void *by,
		     const char *what, const struct doc *at)
{
	struct raw_phys *p = raw->phys[on->index];
	struct range r = {&p->taken, &p->next_vlan, p->last_vlan};
	uint32_t v = 0;

	if (!p->first_vlan)
		return 0;
	if (!p->next_vlan)
		p->next_vlan = p->first_vlan;
	v = next_free(raw, &r, by);
	if (!v)
		raw_wrong(raw, at, "no VLAN is left in %u-%u of '%s' for %s",
			  p->first_vlan, p->last_vlan, p->name, what);
	return v;
}

void raw_number_segments(struct raw *raw)
{
	struct map used = {0};
	uint32_t next = 1;
	struct range vnis = {&used, &next, RAW_VNI_MAX};
	size_t i;

	for (i = 0; i < raw->nnets; i++) {
		struct raw_net *n = raw->nets[i];

		if (!n->segment)
			continue;
		if (n->type != TOPO_VLAN)
			pin(raw, n, &used);
		else if (n->on)
			pin(raw, n, &raw->phys[n->on->index]->taken);
	}
	for (i = 0; i < raw->nnets; i++) {
		struct raw_net *n = raw->nets[i];

		if (!n->type_known || n->segment_at)
			continue;
		if (topo_tunnelled(n->type))
			n->segment = next_free(raw, &vnis, n);
		else if (n->type == TOPO_VLAN && n->on)
			n->segment = vlan(
				raw, n->on, n,
				arena_printf(raw->a, "network '%s'", n->name),
				n->at);
	}
	for (i = 0; i < raw->nprojects; i++) {
		struct raw_project *p = raw->projects[i];

		if (raw->ha_network_type != TOPO_VLAN)
			p->segment = next_free(raw, &vnis, p);
		else if (raw->vlans)
			p->segment = vlan(
				raw, raw->vlans, p,
				arena_printf(raw->a,
					     "the HA network of project '%s'",
					     p->name),
				raw->vlans->vlans_at);
	}
}
