/* SPDX-License-Identifier: MIT */
/*
 * Groups are a project's: a name means the group that the project has by it,
 * for instances that of their network. Groups may refer to one another in any
 * way, to themselves too.
 */
#include <string.h>

#include "lib/auto.h"
#include "topologies/dangling.h"
#include "topologies/error.h"
#include "topologies/secgroup/raw.h"
#include "topologies/secgroup/secgroup.h"

#define DEFAULT "default"

enum { IPV4, IPV6 };

static const char *key_of(struct raw *raw, const char *project,
			  const char *title)
{
	return arena_printf(raw->a, "%s\n%s", project, title);
}

struct groups {
	struct raw *raw;
	struct map by_title; /* key_of() */
	struct map by_key;
};

static struct raw_secgroup *find(struct groups *g, const char *project,
				 const char *title)
{
	return map_gets(&g->by_title, key_of(g->raw, project, title));
}

static void dangling(struct groups *g, const struct raw_ref *ref,
		     const char *project)
{
	struct raw *raw = g->raw;
	const struct raw_secgroup *other = map_gets(&g->by_key, ref->name);
	struct name {
		const char *name;
	} **near = NULL, *one;
	size_t n = 0, i;

	if (other && other->at && strcmp(other->project, project) != 0) {
		raw_wrong(raw, ref->at,
			  "security group '%s' is of project '%s' (line %u), "
			  "not of '%s'",
			  ref->name, other->project, other->at->line, project);
		return;
	}
	for (i = 0; i < raw->nsecgroups; i++) {
		if (strcmp(raw->secgroups[i]->project, project) != 0)
			continue;
		one = arena_alloc(raw->a, sizeof(*one));
		one->name = raw->secgroups[i]->title;
		*(struct name **)arena_push(raw->a, &near, &n,
					    sizeof(struct name *)) = one;
	}
	raw_dangling(raw, ref, "security group", near, n);
}

/* --- groups ---------------------------------------------------------------
 */

static bool same(const struct raw_secrule *a, const struct raw_secrule *b)
{
	return a->direction == b->direction && a->ethertype == b->ethertype &&
	       a->protocol == b->protocol && a->min == b->min &&
	       a->max == b->max && ipnet_equal(&a->remote, &b->remote) &&
	       a->of == b->of;
}

static void add_rule(struct groups *g, struct raw_secgroup *group,
		     unsigned direction, unsigned ethertype,
		     struct raw_secgroup *of)
{
	struct raw_secrule r = {.direction = direction,
				.ethertype = ethertype,
				.protocol = TOPO_ANY,
				.min = TOPO_ANY,
				.max = TOPO_ANY,
				.of = of};

	for (size_t i = 0; i < group->nrules; i++)
		if (same(&group->rules[i], &r))
			return;
	*(struct raw_secrule *)arena_push(g->raw->a, &group->rules,
					  &group->nrules, sizeof(r)) = r;
}

/* A list that can grow: that of the file cannot. */
static void copy_rules(struct groups *g, struct raw_secgroup *group)
{
	const struct raw_secrule *from = group->rules;
	size_t n = group->nrules;

	group->rules = NULL;
	group->nrules = 0;
	for (size_t i = 0; i < n; i++)
		*(struct raw_secrule *)arena_push(g->raw->a, &group->rules,
						  &group->nrules,
						  sizeof(*from)) = from[i];
}

/* What Neutron gives each group at its birth, and the default one. */
static void anyway(struct groups *g, struct raw_secgroup *group)
{
	bool egress = false;

	copy_rules(g, group);
	for (size_t i = 0; i < group->nrules; i++)
		egress = egress || group->rules[i].direction;
	for (unsigned f = IPV4; !egress && f <= IPV6; f++)
		add_rule(g, group, 1, f, NULL);
	for (unsigned f = IPV4; f <= IPV6; f++)
		if (strcmp(group->title, DEFAULT) == 0)
			add_rule(g, group, 0, f, group);
}

static void twice(struct raw *raw, const struct raw_secgroup *group)
{
	for (size_t i = 0; i < group->nrules; i++)
		for (size_t k = 0; k < i; k++) {
			const struct raw_secrule *a = &group->rules[k];
			const struct raw_secrule *b = &group->rules[i];

			if (a->wrong || b->wrong || !same(a, b))
				continue;
			raw_wrong(raw, b->at,
				  "the same rule is in line %u already",
				  a->at->line);
			break;
		}
}

static void check_rules(struct groups *g, struct raw_secgroup *group)
{
	for (size_t i = 0; i < group->nrules; i++) {
		struct raw_secrule *r = &group->rules[i];

		if (!r->group.name)
			continue;
		r->of = find(g, group->project, r->group.name);
		r->wrong = r->wrong || !r->of;
		if (!r->of)
			dangling(g, &r->group, group->project);
	}
	twice(g->raw, group);
}

/* A key that nobody has. */
static const char *free_key(struct groups *g, const char *project)
{
	const char *key = DEFAULT;
	unsigned n = 0;

	if (!map_gets(&g->by_key, key))
		return key;
	do
		key = n++ ? arena_printf(g->raw->a, "%s-" DEFAULT "-%u",
					 project, n)
			  : arena_printf(g->raw->a, "%s-" DEFAULT, project);
	while (map_gets(&g->by_key, key));
	return key;
}

static void put(struct groups *g, struct raw_secgroup *group)
{
	const struct raw_secgroup *o;

	map_puts(g->raw->a, &g->by_key, group->name, group);
	o = map_puts(g->raw->a, &g->by_title,
		     key_of(g->raw, group->project, group->title), group);
	if (o && o->at && group->at)
		raw_wrong(g->raw, group->title_at ? group->title_at : group->at,
			  "project '%s' has a security group '%s' already "
			  "(line %u)",
			  group->project, group->title, o->at->line);
}

static void ensure_default(struct groups *g, const char *project)
{
	struct raw *raw = g->raw;
	struct raw_secgroup *group;

	if (find(g, project, DEFAULT))
		return;
	group = arena_alloc(raw->a, sizeof(*group));
	group->name = free_key(g, project);
	group->title = DEFAULT;
	group->project = project;
	*(struct raw_secgroup **)arena_push(
		raw->a, &raw->secgroups, &raw->nsecgroups,
		sizeof(struct raw_secgroup *)) = group;
	put(g, group);
}

/* --- instances ------------------------------------------------------------
 */

static void check_off(struct raw *raw, const struct raw_instance *in)
{
	const struct doc *at = in->groups_at ? in->groups_at : in->pairs_at;

	if (at)
		raw_wrong(raw, at,
			  "with 'port_security: false' (line %u) an instance "
			  "has no %s",
			  in->port_security_at->line,
			  in->groups_at ? "security groups"
					: "address pairs: it may send with any "
					  "address");
}

static void check_pairs(struct raw *raw, const struct raw_instance *in)
{
	for (size_t i = 0; i < in->npairs; i++)
		for (size_t k = 0; k < i; k++)
			if (ip_is_set(&in->pairs[i].addr.ip) &&
			    ipnet_equal(&in->pairs[i].addr,
					&in->pairs[k].addr) &&
			    in->pairs[i].has_mac == in->pairs[k].has_mac &&
			    mac_equal(&in->pairs[i].mac, &in->pairs[k].mac)) {
				raw_wrong(raw, in->pairs_at,
					  "instance '%s' has the same address "
					  "pair twice",
					  in->name);
				return;
			}
}

static void join(struct groups *g, struct raw_instance *in,
		 const struct raw_ref *ref)
{
	struct raw_secgroup *group = find(g, in->net->project, ref->name);

	if (!group) {
		dangling(g, ref, in->net->project);
		return;
	}
	for (size_t i = 0; i < in->nin; i++)
		if (in->in[i] == group) {
			raw_wrong(g->raw, ref->at,
				  "security group '%s' is here twice",
				  ref->name);
			return;
		}
	*(struct raw_secgroup **)arena_push(g->raw->a, &in->in, &in->nin,
					    sizeof(struct raw_secgroup *)) =
		group;
}

static bool is_filtered(const struct raw *raw, const struct raw_instance *in)
{
	if (in->port_security_at)
		return in->port_security;
	return raw->secgroups_at || in->groups_at || in->pairs_at;
}

static void check_instance(struct groups *g, struct raw_instance *in)
{
	static const struct raw_ref usual = {.name = DEFAULT};
	size_t i;

	if (in->port_security_at && !in->port_security)
		check_off(g->raw, in);
	else
		check_pairs(g->raw, in);
	in->filtered = is_filtered(g->raw, in);
	if (!in->filtered || !in->net)
		return;
	for (i = 0; i < in->ngroups; i++)
		join(g, in, &in->groups[i]);
	if (!in->groups_at)
		join(g, in, &usual);
}

static void copy_groups(struct raw *raw)
{
	struct raw_secgroup **from = raw->secgroups;
	size_t n = raw->nsecgroups;

	raw->secgroups = NULL;
	raw->nsecgroups = 0;
	for (size_t i = 0; i < n; i++)
		*(struct raw_secgroup **)arena_push(
			raw->a, &raw->secgroups, &raw->nsecgroups,
			sizeof(struct raw_secgroup *)) = from[i];
}

void raw_check_secgroups(struct raw *raw)
{
	struct groups g = {.raw = raw};
	bool any = raw->secgroups_at;
	size_t i;

	for (i = 0; i < raw->ninstances; i++)
		any = any || is_filtered(raw, raw->instances[i]);
	if (!any) {
		for (i = 0; i < raw->ninstances; i++)
			check_instance(&g, raw->instances[i]);
		return;
	}
	copy_groups(raw);
	for (i = 0; i < raw->nsecgroups; i++)
		put(&g, raw->secgroups[i]);
	/* Rules of a new one are judged with the file's. */
	for (i = 0; i < raw->nsecgroups; i++)
		ensure_default(&g, raw->secgroups[i]->project);
	for (i = 0; i < raw->ninstances; i++)
		if (raw->instances[i]->net)
			ensure_default(&g, raw->instances[i]->net->project);
	for (i = 0; i < raw->nsecgroups; i++) {
		raw->secgroups[i]->index = i;
		check_rules(&g, raw->secgroups[i]);
		anyway(&g, raw->secgroups[i]);
	}
	for (i = 0; i < raw->ninstances; i++)
		check_instance(&g, raw->instances[i]);
}
