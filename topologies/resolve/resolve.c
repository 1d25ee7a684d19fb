/* SPDX-License-Identifier: MIT */
/*
 * From a raw lab without errors to the frozen model: everything that a person
 * did not write follows from what was written and from nothing else, neither
 * the machine nor the day. Sizes are counted first; each array is allocated
 * once and pointers into it stay.
 */
#include "topologies/resolve/resolve.h"

#include <stdio.h>
#include <string.h>

#include "lib/auto.h"
#include "topologies/resolve/network.h"
#include "topologies/resolve/node.h"
#include "topologies/resolve/work.h"
#include "topologies/secgroup/raw.h"

/* --- ports ---------------------------------------------------------------- */

/* A port whose UUID is that of "port/..."; ifname is for the caller. */
static struct topo_port *new_port(struct resolve *r, enum topo_port_kind kind,
				  struct topo_network *net, const char *name,
				  const char *of, const char *prefix,
				  size_t naddrs)
{
	struct topo_port *p = &r->lab->ports[r->next_port];
	struct uuid u;

	p->index = r->next_port++;
	p->kind = kind;
	p->network = net;
	u = ids_prefix_uuid(&r->ids, p->uuid, "port/%s/%s/%s",
			    topo_port_kind_names[kind], name, of);
	p->mac = ids_mac(&r->ids, &u);
	ids_ifname(p->tap, "tap", p->uuid);
	ids_ifname(p->ifname, prefix, p->uuid);
	p->naddrs = naddrs;
	p->addrs = arena_array(r->a, naddrs, sizeof(*p->addrs));
	return p;
}

static void set_addr(struct topo_addr *a, const struct topo_subnet *s,
		     const struct ip *ip)
{
	*a = (struct topo_addr){{*ip, s->cidr.len}, s};
}

/* What a port makes of a prefix and its MAC (RFC 4862 5.5.3). */
static struct ip slaac_addr(const struct ipnet *prefix, const struct mac *mac)
{
	struct ip ip = ip_link_local(mac);

	memcpy(ip.b, prefix->ip.b, 8);
	return ip;
}

static void set_given(struct resolve *r, struct topo_port *p,
		      const struct raw_given *given)
{
	for (size_t i = 0; i < p->naddrs; i++) {
		const struct topo_subnet *s =
			&r->lab->subnets[given[i].subnet->index];
		struct ip ip = given[i].ip;

		if (!ip_is_set(&ip))
			ip = slaac_addr(&s->cidr, &p->mac);
		set_addr(&p->addrs[i], s, &ip);
	}
}

static void mark_on(struct topo_network *net, const struct topo_node *n)
{
	net->on |= UINT64_C(1) << n->index;
}

/* --- routers -------------------------------------------------------------- */

static void resolve_ha(struct resolve *r, const struct raw_router *raw,
		       struct topo_router *t, size_t lead, unsigned *next_host)
{
	struct topo_network *net =
		&r->lab->networks[r->first_ha + raw->in->index];
	struct topo_port *p;
	size_t i;

	t->ha = raw->ha;
	/* Neutron has it track its own interface only. */
	if (t->ha.engine == TOPO_ENGINE_KEEPALIVED)
		t->ha.track = TOPO_TRACK_HA;
	t->ha.vip =
		(struct ipnet){ip_v4(RAW_VIP_NET + raw->ha.vrid), RAW_VIP_LEN};
	t->ha_network = net;
	t->ha_ports = arena_array(r->a, t->nhosts, sizeof(struct topo_port *));
	for (i = 0; i < t->nhosts; i++) {
		p = new_port(r, TOPO_PORT_HA, net, t->name, t->hosts[i]->name,
			     "ha-", 1);
		p->node = t->hosts[i];
		p->router = t;
		t->ha_ports[i] = p;
		mark_on(net, t->hosts[i]);
	}
	/* Around from the one behind the leader, which comes last and so has
	 * the highest. */
	for (i = 1; i <= t->nhosts; i++)
		t->ha_ports[(lead + i) % t->nhosts]->addrs[0].addr =
			(struct ipnet){ip_v4(RAW_HA_NET + ++*next_host),
				       RAW_HA_LEN};
}

static void on_hosts(const struct topo_router *t, struct topo_network *net)
{
	for (size_t i = 0; i < t->nhosts; i++)
		mark_on(net, t->hosts[i]);
}

static void resolve_router(struct resolve *r, const struct raw_router *raw,
			   struct topo_router *t, unsigned *next_host)
{
	size_t hosts[TOPO_NODES_MAX], lead;

	t->name = arena_strdup(r->a, raw->name);
	t->project = arena_strdup(r->a, raw->project);
	t->index = (size_t)(t - r->lab->routers);
	ids_uuid(&r->ids, t->uuid, "router/%s", t->name);
	snprintf(t->netns, sizeof(t->netns), "qrouter-%s", t->uuid);
	t->is_ha = raw->is_ha;
	t->nhosts = spread_few(&r->spread, raw->is_ha ? r->spread.each : 1,
			       hosts, &lead);
	t->hosts = arena_array(r->a, t->nhosts, sizeof(struct topo_node *));
	for (size_t i = 0; i < t->nhosts; i++)
		t->hosts[i] = r->l3_nodes[hosts[i]];
	if (t->is_ha)
		resolve_ha(r, raw, t, lead, &next_host[raw->in->index]);
	if (raw->ext) {
		t->gateway = new_port(
			r, TOPO_PORT_QG, &r->lab->networks[raw->ext->index],
			t->name, raw->ext->name, "qg-", raw->ngiven);
		t->gateway->router = t;
		t->snat = raw->snat;
		set_given(r, t->gateway, raw->given);
		on_hosts(t, t->gateway->network);
	}
	t->nqr = raw->nsubnets;
	t->qr = arena_array(r->a, t->nqr, sizeof(struct topo_port *));
	for (size_t i = 0; i < t->nqr; i++) {
		struct topo_subnet *s =
			&r->lab->subnets[raw->subnets[i]->index];

		t->qr[i] = new_port(r, TOPO_PORT_QR, s->network, t->name,
				    s->name, "qr-", 1);
		t->qr[i]->router = t;
		set_addr(&t->qr[i]->addrs[0], s, &s->gateway);
		on_hosts(t, s->network);
	}
	t->routes = arena_array(r->a, raw->nroutes, sizeof(*t->routes));
	for (size_t i = 0; i < raw->nroutes; i++)
		t->routes[t->nroutes++] = (struct topo_route){
			raw->routes[i].to, raw->routes[i].via};
}

static void resolve_routers(struct resolve *r)
{
	const struct raw *raw = r->raw;
	struct lab *lab = r->lab;
	unsigned *next_host =
		arena_array(r->ids.a, raw->nprojects, sizeof(*next_host));

	lab->nrouters = raw->nrouters;
	lab->routers = arena_array(r->a, lab->nrouters, sizeof(*lab->routers));
	for (size_t i = 0; i < lab->nrouters; i++)
		resolve_router(r, raw->routers[i], &lab->routers[i], next_host);
}

/* --- instances ------------------------------------------------------------ */

static const char *copied(struct resolve *r, const char *text)
{
	return text ? arena_strdup(r->a, text) : NULL;
}

static void resolve_instances(struct resolve *r)
{
	struct lab *lab = r->lab;

	lab->ninstances = r->raw->ninstances;
	lab->instances =
		arena_array(r->a, lab->ninstances, sizeof(*lab->instances));
	for (size_t i = 0; i < lab->ninstances; i++) {
		const struct raw_instance *raw = r->raw->instances[i];
		struct topo_instance *t = &lab->instances[i];
		struct topo_port *p;

		t->name = arena_strdup(r->a, raw->name);
		t->node = &lab->nodes[raw->on->index];
		t->index = i;
		ids_uuid(&r->ids, t->uuid, "instance/%s", t->name);
		snprintf(t->netns, sizeof(t->netns), "vm-%s", t->uuid);
		t->is_static = raw->is_static;
		t->user_data = copied(r, raw->user_data);
		t->public_key = copied(r, raw->public_key);
		p = new_port(r, TOPO_PORT_INSTANCE,
			     &lab->networks[raw->net->index], t->name,
			     raw->net->name, "", raw->ngiven);
		/* Inside the machine it is a plain first interface. */
		snprintf(p->ifname, sizeof(p->ifname), "eth0");
		p->node = t->node;
		p->instance = t;
		set_given(r, p, raw->given);
		t->port = p;
		mark_on(p->network, t->node);
	}
}

/* --- DHCP ----------------------------------------------------------------- */

static void resolve_dhcp_port(struct resolve *r, const struct raw_net *raw,
			      struct topo_network *n, size_t at)
{
	const struct topo_node *node = &r->lab->nodes[raw->dhcp_on[at]->index];
	struct raw_given *given;
	struct topo_port *p;
	size_t k = 0;

	given = arena_array(r->ids.a, raw->nsubnets, sizeof(*given));
	for (size_t i = 0; i < raw->nsubnets; i++)
		if (raw->subnets[i]->dhcp)
			given[k++] = raw->dhcp_given[at][i];
	p = new_port(r, TOPO_PORT_DHCP, n, n->name, node->name, "ns-", k);
	p->node = node;
	set_given(r, p, given);
	n->dhcp_hosts[at] = node;
	n->dhcp_ports[at] = p;
	mark_on(n, node);
}

/* Last, so that a lab which comes to have DHCP keeps its other ports' ids. */
static void resolve_dhcp(struct resolve *r)
{
	for (size_t i = 0; i < r->raw->nnets; i++) {
		const struct raw_net *raw = r->raw->nets[i];
		struct topo_network *n = &r->lab->networks[i];

		n->ndhcp = raw->ndhcp;
		n->dhcp_hosts =
			arena_array(r->a, n->ndhcp, sizeof(struct topo_node *));
		n->dhcp_ports =
			arena_array(r->a, n->ndhcp, sizeof(struct topo_port *));
		for (size_t k = 0; k < n->ndhcp; k++)
			resolve_dhcp_port(r, raw, n, k);
	}
}

/* --- floating addresses ----------------------------------------------------
 */

static void resolve_floatings(struct resolve *r)
{
	const struct raw *raw = r->raw;
	struct lab *lab = r->lab;

	lab->nfloatings = raw->nfloatings;
	lab->floatings =
		arena_array(r->a, lab->nfloatings, sizeof(*lab->floatings));
	for (size_t i = 0; i < lab->nfloatings; i++) {
		const struct raw_floating *f = raw->floatings[i];
		struct topo_floating *t = &lab->floatings[i];
		struct topo_instance *in = NULL;
		struct topo_router *to = NULL;

		for (size_t k = 0; !in; k++)
			if (raw->instances[k] == f->of)
				in = &lab->instances[k];
		for (size_t k = 0; !to; k++)
			if (raw->routers[k] == f->router)
				to = &lab->routers[k];
		*t = (struct topo_floating){.name = copied(r, f->name),
					    .addr = f->addr.ip,
					    .port = in->port,
					    .fixed = f->fixed.ip,
					    .router = to};
		if (!in->floating)
			in->floating = t;
		*(struct topo_floating **)arena_push(
			r->a, &to->floatings, &to->nfloatings,
			sizeof(struct topo_floating *)) = t;
	}
}

static void note(struct resolve *r, const char *text)
{
	*(const char **)arena_push(r->a, &r->lab->notes, &r->lab->nnotes,
				   sizeof(const char *)) = text;
}

static void resolve_notes(struct resolve *r)
{
	for (size_t i = 0; i < r->raw->nprojects; i++) {
		const struct raw_project *p = r->raw->projects[i];

		if (p->nth > 1)
			note(r, arena_printf(
					r->a,
					"project '%s' has more than %d highly "
					"available routers, which Neutron "
					"refuses: %zu are on HA network %u, "
					"with VRIDs of its own",
					p->name, TOPO_HA_ROUTERS_MAX,
					p->nrouters, p->nth));
	}
}

/* What the real thing does worse, where somebody asked for it. */
static void note_keepalived(struct resolve *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->lab->nrouters; i++)
		n += r->lab->routers[i].is_ha &&
		     r->lab->routers[i].ha.engine == TOPO_ENGINE_KEEPALIVED;
	if (n)
		note(r, arena_printf(
				r->a,
				"keepalived speaks for %zu router%s, as in "
				"Neutron: a cut overlay is not noticed by who "
				"is cut off, who stays active too",
				n, n == 1 ? "" : "s"));
}

/* What the world outside cannot know the way to. */
static void note_shadows(struct resolve *r)
{
	const struct lab *lab = r->lab;

	for (size_t i = 0; i < lab->nrouters; i++)
		for (size_t q = 0; q < lab->routers[i].nqr; q++) {
			const struct topo_router *x = &lab->routers[i];
			const struct topo_subnet *s = x->qr[q]->addrs[0].subnet;
			const struct topo_subnet *other =
				topo_external_ip(x, 6) ? topo_shadow(lab, x, s)
						       : NULL;
			char text[IP_TEXT_MAX];

			if (other)
				note(r, arena_printf(
						r->a,
						"%s of subnet '%s' is a range "
						"of '%s' too, and IPv6 is not "
						"translated: from outside the "
						"way leads to '%s' alone",
						ipnet_print(&s->cidr, text),
						s->name, other->name,
						other->name));
		}
}

static size_t count_ports(const struct resolve *r)
{
	size_t n = r->raw->ninstances;

	for (size_t i = 0; i < r->raw->nnets; i++)
		n += r->raw->nets[i]->ndhcp;
	for (size_t i = 0; i < r->raw->nrouters; i++)
		n += (r->raw->routers[i]->is_ha ? r->spread.each : 0) +
		     (r->raw->routers[i]->ext != NULL) +
		     r->raw->routers[i]->nsubnets;
	return n;
}

struct lab *raw_resolve(const struct raw *raw, const char *text, size_t len)
{
	struct arena first = {0};
	struct lab *lab = arena_alloc(&first, sizeof(*lab));
	struct resolve r = {.raw = raw, .lab = lab, .a = &lab->arena};

	/* The lab is in its own arena, whose head it then carries. */
	lab->arena = first;
	lab->name = arena_strdup(r.a, raw->name);
	lab->mark = arena_printf(r.a, TOPO_MARK "%s", lab->name);
	lab->l2_population = raw->agent.l2_population;
	lab->ha_network_type = raw->ha_network_type;
	lab->vxlan_port = RAW_VXLAN_PORT;
	lab->max_l3_agents = raw->max_l3_agents;
	lab->dhcp_agents_per_network = raw->dhcp_agents;
	lab->force_metadata = raw->force_metadata;
	lab->text = arena_strndup(r.a, text, len);
	lab->text_len = len;
	ids_init(&r.ids, raw->a, lab->name, lab->uuid);
	resolve_phys(&r);
	resolve_nodes(&r);
	spread_init(&r.spread, r.nl3_nodes, raw->max_l3_agents);
	resolve_networks(&r);
	lab->nports = count_ports(&r);
	lab->ports = arena_array(r.a, lab->nports, sizeof(*lab->ports));
	resolve_routers(&r);
	resolve_instances(&r);
	resolve_dhcp(&r);
	topo_name_ports(lab);
	resolve_floatings(&r);
	resolve_secgroups(raw, lab, &r.ids);
	resolve_notes(&r);
	note_keepalived(&r);
	note_shadows(&r);
	return lab;
}
