/* SPDX-License-Identifier: MIT */
#include "lib/auto.h"
#include "topologies/secgroup/raw.h"
#include "topologies/secgroup/secgroup.h"

static void resolve_rules(struct lab *lab, const struct raw_secgroup *raw,
			  struct topo_secgroup *g)
{
	g->nrules = raw->nrules;
	g->rules = arena_array(&lab->arena, g->nrules, sizeof(*g->rules));
	for (size_t i = 0; i < g->nrules; i++) {
		const struct raw_secrule *r = &raw->rules[i];

		g->rules[i] = (struct topo_secrule){
			.egress = r->direction,
			.family = r->ethertype ? 6 : 4,
			.protocol = r->protocol,
			.min = r->min,
			.max = r->max,
			.remote = r->remote,
			.group = r->of ? &lab->secgroups[r->of->index] : NULL,
		};
	}
}

static void resolve_port(struct lab *lab, const struct raw_instance *raw,
			 struct topo_port *p)
{
	struct topo_pair *pairs;
	size_t i;

	p->filtered = p->port_security = raw->filtered;
	p->hybrid = p->node->mechanism == TOPO_OPENVSWITCH;
	if (!p->filtered)
		return;
	p->ngroups = raw->nin;
	p->groups = arena_array(&lab->arena, p->ngroups,
				sizeof(struct topo_secgroup *));
	for (i = 0; i < p->ngroups; i++) {
		struct topo_secgroup *g = &lab->secgroups[raw->in[i]->index];

		p->groups[i] = g;
		*(const struct topo_port **)arena_push(
			&lab->arena, &g->members, &g->nmembers,
			sizeof(struct topo_port *)) = p;
	}
	p->npairs = raw->npairs;
	p->pairs = pairs = arena_array(&lab->arena, p->npairs, sizeof(*pairs));
	for (i = 0; i < p->npairs; i++)
		pairs[i] = (struct topo_pair){
			raw->pairs[i].addr,
			raw->pairs[i].has_mac ? raw->pairs[i].mac : p->mac};
}

void resolve_secgroups(const struct raw *raw, struct lab *lab, struct ids *ids)
{
	bool any = raw->secgroups_at;
	size_t i;

	for (i = 0; i < raw->ninstances; i++) {
		const struct raw_instance *in = raw->instances[i];

		any = any || in->filtered;
		lab->instances[i].port->port_security =
			!in->port_security_at || in->port_security;
	}
	if (!any)
		return;
	lab->nsecgroups = raw->nsecgroups;
	lab->secgroups = arena_array(&lab->arena, lab->nsecgroups,
				     sizeof(*lab->secgroups));
	for (i = 0; i < lab->nsecgroups; i++) {
		const struct raw_secgroup *r = raw->secgroups[i];
		struct topo_secgroup *g = &lab->secgroups[i];

		g->key = arena_strdup(&lab->arena, r->name);
		g->name = arena_strdup(&lab->arena, r->title);
		g->project = arena_strdup(&lab->arena, r->project);
		if (r->description)
			g->description =
				arena_strdup(&lab->arena, r->description);
		g->index = i;
		ids_uuid(ids, g->uuid, "security-group/%s/%s", g->project,
			 g->name);
		resolve_rules(lab, r, g);
	}
	for (i = 0; i < raw->ninstances; i++)
		resolve_port(lab, raw->instances[i], lab->instances[i].port);
}
