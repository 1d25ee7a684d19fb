/* SPDX-License-Identifier: MIT */
#include "lib/auto.h"
#include "topologies/secgroup/raw.h"
#include "topologies/secgroup/secgroup.h"

static bool is_icmp(const struct topo_secrule *r)
{
	return r->protocol == TOPO_ICMP || r->protocol == TOPO_ICMPV6;
}

static void protocol(struct buf *b, int n)
{
	const char *name = topo_protocol_name(n);

	if (name)
		buf_adds(b, name);
	else
		buf_printf(b, "%d", n);
}

/* Names are letters, digits and '-', '_', '.': in quotes they are texts. */
static void print_rule(const struct topo_secrule *r, struct buf *b)
{
	char text[IP_TEXT_MAX];

	buf_printf(b, "      - {direction: %s, ethertype: IPv%d",
		   r->egress ? "egress" : "ingress", r->family);
	if (r->protocol != TOPO_ANY) {
		buf_adds(b, ", protocol: ");
		protocol(b, r->protocol);
	}
	if (r->min != TOPO_ANY && is_icmp(r))
		buf_printf(b,
			   r->max != TOPO_ANY ? ", icmp: %d/%d" : ", icmp: %d",
			   r->min, r->max);
	else if (r->min != TOPO_ANY)
		buf_printf(b,
			   r->max != r->min ? ", ports: %d-%d" : ", ports: %d",
			   r->min, r->max);
	if (r->group)
		buf_printf(b, ", remote_group: \"%s\"", r->group->name);
	else if (ip_is_set(&r->remote.ip))
		buf_printf(b, ", remote_ip: \"%s\"",
			   ipnet_print(&r->remote, text));
	buf_adds(b, "}\n");
}

void print_secgroups(const struct lab *lab, struct buf *out)
{
	struct json j;

	if (lab->nsecgroups)
		buf_adds(out, "\nsecurity_groups:\n");
	for (size_t i = 0; i < lab->nsecgroups; i++) {
		const struct topo_secgroup *g = &lab->secgroups[i];

		buf_printf(out,
			   "  \"%s\":  # %s\n    project: \"%s\"\n"
			   "    name: \"%s\"\n",
			   g->key, g->uuid, g->project, g->name);
		if (g->description) {
			buf_adds(out, "    description: ");
			json_init(&j, out, 0);
			json_str(&j, g->description);
			buf_addc(out, '\n');
		}
		if (g->nrules)
			buf_adds(out, "    rules:\n");
		for (size_t k = 0; k < g->nrules; k++)
			print_rule(&g->rules[k], out);
	}
}

void print_port_groups(const struct lab *lab, const struct topo_port *p,
		       struct buf *out)
{
	char text[IP_TEXT_MAX], mac[MAC_TEXT_MAX];
	size_t i;

	if (!p->port_security)
		buf_adds(out, "    port_security: false\n");
	if (!lab->nsecgroups || !p->filtered)
		return;
	buf_adds(out, "    security_groups: [");
	for (i = 0; i < p->ngroups; i++)
		buf_printf(out, "%s\"%s\"", i ? ", " : "", p->groups[i]->name);
	buf_adds(out, "]\n");
	if (p->npairs)
		buf_adds(out, "    allowed_address_pairs:\n");
	for (i = 0; i < p->npairs; i++)
		buf_printf(out, "      - {address: \"%s\", mac: \"%s\"}\n",
			   ipnet_print(&p->pairs[i].addr, text),
			   mac_print(&p->pairs[i].mac, mac));
}

static void json_rule(struct json *j, const struct topo_secrule *r)
{
	char text[IP_TEXT_MAX];

	json_obj(j);
	json_kstr(j, "direction", r->egress ? "egress" : "ingress");
	json_kstr(j, "ethertype", r->family == 6 ? "IPv6" : "IPv4");
	if (r->protocol != TOPO_ANY)
		json_kint(j, "protocol", r->protocol);
	if (r->min != TOPO_ANY)
		json_kint(j, is_icmp(r) ? "icmp_type" : "port_min", r->min);
	if (r->max != TOPO_ANY)
		json_kint(j, is_icmp(r) ? "icmp_code" : "port_max", r->max);
	if (r->group)
		json_kstr(j, "remote_group", r->group->uuid);
	else if (ip_is_set(&r->remote.ip))
		json_kstr(j, "remote_ip", ipnet_print(&r->remote, text));
	json_obj_end(j);
}

void json_secgroups(struct json *j, const struct lab *lab)
{
	size_t i, k;

	if (!lab->nsecgroups)
		return;
	json_key(j, "security_groups");
	json_arr(j);
	for (i = 0; i < lab->nsecgroups; i++) {
		const struct topo_secgroup *g = &lab->secgroups[i];

		json_obj(j);
		json_kstr(j, "name", g->name);
		json_kstr(j, "id", g->uuid);
		json_kstr(j, "project", g->project);
		if (g->description)
			json_kstr(j, "description", g->description);
		json_key(j, "rules");
		json_arr(j);
		for (k = 0; k < g->nrules; k++)
			json_rule(j, &g->rules[k]);
		json_arr_end(j);
		json_key(j, "ports");
		json_arr(j);
		for (k = 0; k < g->nmembers; k++)
			json_str(j, g->members[k]->uuid);
		json_arr_end(j);
		json_obj_end(j);
	}
	json_arr_end(j);
}

void json_port_groups(struct json *j, const struct lab *lab,
		      const struct topo_port *p)
{
	char text[IP_TEXT_MAX], mac[MAC_TEXT_MAX];
	size_t i;

	if (!lab->nsecgroups || !p->instance)
		return;
	json_kbool(j, "port_security", p->filtered);
	json_key(j, "security_groups");
	json_arr(j);
	for (i = 0; i < p->ngroups; i++)
		json_str(j, p->groups[i]->uuid);
	json_arr_end(j);
	if (!p->npairs)
		return;
	json_key(j, "allowed_address_pairs");
	json_arr(j);
	for (i = 0; i < p->npairs; i++) {
		json_obj(j);
		json_kstr(j, "address", ipnet_print(&p->pairs[i].addr, text));
		json_kstr(j, "mac", mac_print(&p->pairs[i].mac, mac));
		json_obj_end(j);
	}
	json_arr_end(j);
}
