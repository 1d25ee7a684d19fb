/* SPDX-License-Identifier: MIT */
/* Networks and subnets: the file's, and those in which routers hear one
 * another. */
#include "topologies/resolve/network.h"

#include <stdio.h>

#include "topologies/check_subnet.h"

static void carrier(struct resolve *r, struct topo_network *n,
		    const struct raw_phys *p)
{
	n->mtu = RAW_MTU_DEFAULT;
	if (p) {
		n->phys = &r->lab->phys[p->index];
		n->mtu = p->mtu;
	}
	n->mtu -= topo_overhead(n->type);
	if (n->type != TOPO_VXLAN)
		return;
	n->group = ip_v4(RAW_GROUP);
	snprintf(n->vxlan, sizeof(n->vxlan), "vxlan-%u", n->vni);
}

static void segment(struct topo_network *n, uint32_t number)
{
	if (n->type == TOPO_VLAN)
		n->vlan = number;
	else
		n->vni = number;
}

static void resolve_told(struct resolve *r, const struct raw_subnet *raw,
			 struct topo_subnet *s)
{
	s->dns = arena_array(r->a, raw->ndns, sizeof(*s->dns));
	for (size_t i = 0; i < raw->ndns; i++)
		s->dns[s->ndns++] = raw->dns[i].ip;
	s->host_routes =
		arena_array(r->a, raw->nroutes, sizeof(*s->host_routes));
	for (size_t i = 0; i < raw->nroutes; i++)
		s->host_routes[s->nhost_routes++] = (struct topo_route){
			raw->routes[i].to, raw->routes[i].via};
}

static void resolve_network(struct resolve *r, const struct raw_net *raw,
			    struct topo_network *n)
{
	n->name = arena_strdup(r->a, raw->name);
	n->project = arena_strdup(r->a, raw->project);
	n->external = raw->external;
	n->type = raw->type;
	segment(n, raw->segment);
	n->index = raw->index;
	ids_prefix_uuid(&r->ids, n->uuid, "network/%s", n->name);
	ids_ifname(n->bridge, "brq", n->uuid);
	snprintf(n->qdhcp, sizeof(n->qdhcp), "qdhcp-%s", n->uuid);
	carrier(r, n, topo_tunnelled(n->type) ? r->raw->tunnel : raw->on);
	n->nsubnets = raw->nsubnets;
	n->subnets =
		arena_array(r->a, n->nsubnets, sizeof(struct topo_subnet *));
	for (size_t i = 0; i < n->nsubnets; i++) {
		const struct raw_subnet *rs = raw->subnets[i];
		struct topo_subnet *s = &r->lab->subnets[rs->index];

		n->subnets[i] = s;
		*s = (struct topo_subnet){
			.name = arena_strdup(r->a, rs->name),
			.network = n,
			.cidr = rs->cidr,
			.gateway = rs->gateway,
			.pool_first = rs->first,
			.pool_last = rs->last,
			.dhcp = rs->dhcp,
			.ipv6 = rs->ipv6,
			.isolated = !rs->router,
		};
		resolve_told(r, rs, s);
		ids_uuid(&r->ids, s->uuid, "subnet/%s", s->name);
	}
}

/* A project's hidden network, in which its routers hear one another. */
static void resolve_ha_network(struct resolve *r, const struct raw_project *p,
			       struct topo_network *n, struct topo_subnet *s)
{
	const char *nth = "", *id = p->name;

	/* The first is called as if there were but one. */
	if (p->nth > 1) {
		nth = arena_printf(r->a, " %u", p->nth);
		id = arena_printf(r->a, "%s/%u", p->name, p->nth);
	}
	n->name = arena_printf(r->a, "HA network tenant %s%s", p->name, nth);
	n->project = arena_strdup(r->a, p->name);
	n->ha = true;
	n->ha_nth = p->nth;
	n->type = r->raw->ha_network_type;
	segment(n, p->segment);
	n->index = (size_t)(n - r->lab->networks);
	ids_prefix_uuid(&r->ids, n->uuid, "ha-network/%s", id);
	ids_ifname(n->bridge, "brq", n->uuid);
	carrier(r, n, topo_tunnelled(n->type) ? r->raw->tunnel : r->raw->vlans);
	n->nsubnets = 1;
	n->subnets = arena_array(r->a, 1, sizeof(struct topo_subnet *));
	n->subnets[0] = s;
	s->name = arena_printf(r->a, "HA subnet tenant %s%s", p->name, nth);
	s->network = n;
	s->cidr = (struct ipnet){ip_v4(RAW_HA_NET), RAW_HA_LEN};
	s->pool_first = raw_first_host(&s->cidr);
	s->pool_last = raw_last_host(&s->cidr);
	ids_uuid(&r->ids, s->uuid, "ha-subnet/%s", id);
}

void resolve_networks(struct resolve *r)
{
	const struct raw *raw = r->raw;
	struct lab *lab = r->lab;
	size_t i;

	lab->nnetworks = raw->nnets + raw->nprojects;
	lab->networks =
		arena_array(r->a, lab->nnetworks, sizeof(*lab->networks));
	lab->nsubnets = raw->nsubnets + raw->nprojects;
	lab->subnets = arena_array(r->a, lab->nsubnets, sizeof(*lab->subnets));
	r->first_ha = raw->nnets;
	for (i = 0; i < raw->nnets; i++)
		resolve_network(r, raw->nets[i], &lab->networks[i]);
	for (i = 0; i < raw->nprojects; i++)
		resolve_ha_network(r, raw->projects[i],
				   &lab->networks[raw->nnets + i],
				   &lab->subnets[raw->nsubnets + i]);
}
