/* SPDX-License-Identifier: MIT */
/*
 * The model and its look-ups; how a file becomes one is told in load.c.
 */
#include "topologies/topo.h"

#include <stdio.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/mono.h"

const char *const topo_engine_names[] = {
	[TOPO_ENGINE_LABCTL] = "labctl",
	[TOPO_ENGINE_KEEPALIVED] = "keepalived",
};
_Static_assert(sizeof(topo_engine_names) / sizeof(topo_engine_names[0]) ==
		       TOPO_ENGINE_KEEPALIVED + 1,
	       "engines");

const char *const topo_role_names[] = {
	[TOPO_CONTROLLER] = "controller",
	[TOPO_NETWORK] = "network",
	[TOPO_COMPUTE] = "compute",
};
_Static_assert(ARRAY_LEN(topo_role_names) == TOPO_COMPUTE + 1, "names");

const char *const topo_agent_names[] = {"l3", "dhcp", "metadata"};
_Static_assert(TOPO_AGENTS_ALL == (1 << ARRAY_LEN(topo_agent_names)) - 1,
	       "names");

const char *const topo_ipv6_names[] = {
	[TOPO_IPV6_NONE] = "none",
	[TOPO_IPV6_SLAAC] = "slaac",
	[TOPO_IPV6_STATEFUL] = "dhcpv6-stateful",
	[TOPO_IPV6_STATELESS] = "dhcpv6-stateless",
};
_Static_assert(ARRAY_LEN(topo_ipv6_names) == TOPO_IPV6_STATELESS + 1, "names");

bool topo_eui64(enum topo_ipv6_mode m)
{
	return m == TOPO_IPV6_SLAAC || m == TOPO_IPV6_STATELESS;
}

bool topo_dhcpv6(enum topo_ipv6_mode m)
{
	return m == TOPO_IPV6_STATEFUL || m == TOPO_IPV6_STATELESS;
}

const char *const topo_mechanism_names[] = {
#define NAME_OF(NAME, name, types) #name,
	TOPO_MECHANISM_LIST(NAME_OF)
#undef NAME_OF
};

const char *const topo_type_names[] = {
	[TOPO_LOCAL] = "local", [TOPO_FLAT] = "flat", [TOPO_VLAN] = "vlan",
	[TOPO_VXLAN] = "vxlan", [TOPO_GRE] = "gre",   [TOPO_GENEVE] = "geneve",
};
_Static_assert(ARRAY_LEN(topo_type_names) == TOPO_TYPES, "names");

const char *const topo_type_titles[] = {
	[TOPO_LOCAL] = "local", [TOPO_FLAT] = "flat", [TOPO_VLAN] = "VLAN",
	[TOPO_VXLAN] = "VXLAN", [TOPO_GRE] = "GRE",   [TOPO_GENEVE] = "Geneve",
};
_Static_assert(ARRAY_LEN(topo_type_titles) == TOPO_TYPES, "titles");

/* Outer IPv4 20; UDP and VXLAN or Geneve 8 each, GRE with a key 8; the inner
 * frame's own header 14. A tag is no part of what a wire's MTU counts. */
static const unsigned overheads[TOPO_TYPES] = {
	[TOPO_VXLAN] = 50, [TOPO_GRE] = 42, [TOPO_GENEVE] = 50};

unsigned topo_overhead(enum topo_type type)
{
	return overheads[type];
}

bool topo_tunnelled(enum topo_type type)
{
	return overheads[type] != 0;
}

bool topo_segmented(enum topo_type type)
{
	return type == TOPO_VLAN || topo_tunnelled(type);
}

/* Bit i: type i. */
static const unsigned types_of[] = {
#define TYPES_OF(NAME, name, types) types,
	TOPO_MECHANISM_LIST(TYPES_OF)
#undef TYPES_OF
};

bool topo_mechanism_has(enum topo_mechanism m, enum topo_type type)
{
	return types_of[m] >> type & 1;
}

const char *const topo_use_names[] = {
	[TOPO_MANAGEMENT] = "management",
	[TOPO_TUNNEL] = "tunnel",
	[TOPO_PROVIDER] = "provider",
};
_Static_assert(ARRAY_LEN(topo_use_names) == TOPO_PROVIDER + 1, "names");

const char *const topo_port_kind_names[] = {
	[TOPO_PORT_HA] = "ha",     [TOPO_PORT_QR] = "qr",
	[TOPO_PORT_QG] = "qg",     [TOPO_PORT_INSTANCE] = "instance",
	[TOPO_PORT_DHCP] = "dhcp",
};
_Static_assert(ARRAY_LEN(topo_port_kind_names) == TOPO_PORT_DHCP + 1, "names");

void lab_free(struct lab *lab)
{
	struct arena a;

	if (!lab)
		return;
	/* The lab is inside what goes. */
	a = lab->arena;
	arena_release(&a);
}

const char *const topo_datapath_names[] = {
	[TOPO_DATAPATH_AUTO] = "auto",
	[TOPO_DATAPATH_KERNEL] = "kernel",
	[TOPO_DATAPATH_USERSPACE] = "userspace",
};

void topo_settle(struct lab *lab, bool kernel)
{
	for (size_t i = 0; i < lab->nnodes; i++) {
		struct topo_node *n = &lab->nodes[i];

		if (n->mechanism != TOPO_OPENVSWITCH ||
		    n->datapath == TOPO_DATAPATH_USERSPACE)
			continue;
		n->by_kernel = n->datapath == TOPO_DATAPATH_KERNEL || kernel;
		for (size_t k = 0; k < n->nnics; k++)
			topo_name_dev(n, &n->nics[k]);
	}
	topo_name_ports(lab);
}

void topo_name_dev(const struct topo_node *n, struct topo_nic *nic)
{
	const char *br = topo_in_userspace(n) && nic->phys->use == TOPO_TUNNEL
				 ? "br-"
				 : "";

	snprintf(nic->dev, sizeof(nic->dev), "%s%.*s", br,
		 (int)(sizeof(nic->dev) - sizeof("br-")), nic->ifname);
}

bool topo_in_userspace(const struct topo_node *n)
{
	return n->mechanism == TOPO_OPENVSWITCH && !n->by_kernel;
}

bool topo_any_userspace(const struct lab *lab)
{
	for (size_t i = 0; i < lab->nnodes; i++)
		if (topo_in_userspace(&lab->nodes[i]))
			return true;
	return false;
}

bool topo_is_internal(const struct topo_port *p, const struct topo_node *n)
{
	return n->mechanism == TOPO_OPENVSWITCH && n->by_kernel &&
	       !n->use_veth && !p->instance;
}

void topo_name_ports(struct lab *lab)
{
	for (size_t i = 0; i < lab->nports; i++) {
		struct topo_port *p = &lab->ports[i];

		if (p->kind == TOPO_PORT_DHCP)
			topo_port_link(
				p, topo_is_internal(p, p->node) ? "tap" : "ns-",
				p->ifname);
	}
}

const struct topo_node *topo_node(const struct lab *lab, const char *name)
{
	for (size_t i = 0; i < lab->nnodes; i++)
		if (strcmp(lab->nodes[i].name, name) == 0)
			return &lab->nodes[i];
	return NULL;
}

const struct topo_router *topo_router(const struct lab *lab, const char *name)
{
	for (size_t i = 0; i < lab->nrouters; i++)
		if (strcmp(lab->routers[i].name, name) == 0)
			return &lab->routers[i];
	return NULL;
}

const struct topo_instance *topo_instance(const struct lab *lab,
					  const char *name)
{
	for (size_t i = 0; i < lab->ninstances; i++)
		if (strcmp(lab->instances[i].name, name) == 0)
			return &lab->instances[i];
	return NULL;
}

const struct topo_network *topo_network(const struct lab *lab, const char *name)
{
	for (size_t i = 0; i < lab->nnetworks; i++)
		if (strcmp(lab->networks[i].name, name) == 0)
			return &lab->networks[i];
	return NULL;
}

const struct topo_nic *topo_nic(const struct topo_node *n, enum topo_use use)
{
	for (size_t i = 0; i < n->nnics; i++)
		if (n->nics[i].phys->use == use)
			return &n->nics[i];
	return NULL;
}

const struct topo_nic *topo_nic_on(const struct topo_node *n,
				   const struct topo_phys *p)
{
	for (size_t i = 0; i < n->nnics; i++)
		if (n->nics[i].phys == p)
			return &n->nics[i];
	return NULL;
}

bool topo_synced(const struct topo_router *r)
{
	return r->is_ha && r->nhosts > 1 && r->ha.sync &&
	       r->ha.engine == TOPO_ENGINE_LABCTL;
}

uint8_t topo_priority(const struct topo_router *r, const struct topo_node *n)
{
	return n->drained ? 1 : r->ha.priority;
}

bool topo_carries(const struct topo_router *r, const struct topo_node *n)
{
	for (size_t i = 0; i < r->nhosts; i++)
		if (r->hosts[i] == n)
			return true;
	return false;
}

bool topo_has_engine(const struct topo_router *r)
{
	return r->is_ha && r->ha.engine == TOPO_ENGINE_LABCTL;
}

const struct topo_port *topo_ha_port(const struct topo_router *r,
				     const struct topo_node *n)
{
	for (size_t i = 0; r->is_ha && i < r->nhosts; i++)
		if (r->hosts[i] == n)
			return r->ha_ports[i];
	return NULL;
}

static bool reaches(const struct topo_port *p, const struct ip *ip)
{
	for (size_t i = 0; p && i < p->naddrs; i++)
		if (ipnet_contains(&p->addrs[i].addr, ip))
			return true;
	return false;
}

const struct topo_port *topo_route_port(const struct topo_router *r,
					const struct topo_route *route)
{
	for (size_t i = 0; i < r->nqr; i++)
		if (reaches(r->qr[i], &route->via))
			return r->qr[i];
	return reaches(r->gateway, &route->via) ? r->gateway : NULL;
}

const struct ip *topo_addr_in(const struct topo_port *p,
			      const struct topo_subnet *s)
{
	size_t i;

	for (i = 0; i < p->naddrs; i++)
		if (p->addrs[i].subnet == s)
			return &p->addrs[i].addr.ip;
	return NULL;
}

const struct topo_port *topo_dhcp_port(const struct topo_network *net,
				       const struct topo_node *n)
{
	for (size_t i = 0; i < net->ndhcp; i++)
		if (net->dhcp_hosts[i] == n)
			return net->dhcp_ports[i];
	return NULL;
}

bool topo_leased(const struct topo_port *p, const struct topo_addr *a)
{
	if (!p->instance || p->instance->is_static)
		return false;
	return a->addr.ip.family == 4 ? topo_lent4(p) == a
				      : a->subnet->ipv6 != TOPO_IPV6_NONE;
}

const struct topo_addr *topo_lent4(const struct topo_port *p)
{
	for (size_t i = 0; i < p->naddrs; i++)
		if (p->addrs[i].addr.ip.family == 4 && p->addrs[i].subnet &&
		    p->addrs[i].subnet->dhcp)
			return &p->addrs[i];
	return NULL;
}

bool topo_told(const struct topo_port *p)
{
	for (size_t i = 0; i < p->network->nsubnets; i++)
		if (p->network->subnets[i]->dhcp ||
		    p->network->subnets[i]->ipv6 != TOPO_IPV6_NONE)
			return true;
	return false;
}

uint32_t topo_segment(const struct topo_network *net)
{
	return net->type == TOPO_VLAN ? net->vlan : net->vni;
}

void topo_vlan_link(const struct topo_nic *nic, const struct topo_network *net,
		    char out[IFNAME_MAX])
{
	snprintf(out, IFNAME_MAX, "%.10s.%u", nic->ifname,
		 net->vlan & (TOPO_VLAN_MAX + 1));
}

const struct topo_nic *topo_carrier(const struct topo_node *n,
				    const struct topo_network *net)
{
	return net && net->phys ? topo_nic_on(n, net->phys) : NULL;
}

bool topo_network_on(const struct lab *lab, const struct topo_network *net,
		     const struct topo_node *n)
{
	(void)lab;
	return net->on >> n->index & 1;
}

bool topo_uses(const struct lab *lab, enum topo_mechanism m)
{
	for (size_t i = 0; i < lab->nnodes; i++)
		if (lab->nodes[i].mechanism == m &&
		    lab->nodes[i].role != TOPO_CONTROLLER)
			return true;
	return false;
}

unsigned topo_local_vlan(const struct topo_network *net,
			 const struct topo_node *n)
{
	const struct topo_network *o = net - net->index; /* the lab's first */
	unsigned vlan = 1;

	for (; o < net; o++)
		vlan += o->on >> n->index & 1;
	return vlan;
}
/* Each project can have a hidden network besides. */
_Static_assert(2 * TOPO_NETWORKS_MAX < 4095, "more networks than VLANs");

void topo_phys_bridge(const struct topo_phys *p, char out[IFNAME_MAX])
{
	/* "int-" goes before it. */
	if (strcmp(p->name, "external") == 0)
		snprintf(out, IFNAME_MAX, "br-ex");
	else if (strlen(p->name) <= 8)
		snprintf(out, IFNAME_MAX, "br-%.8s", p->name);
	else
		snprintf(out, IFNAME_MAX, "br-%.5s-%02zu", p->name,
			 p->index % 100);
}
_Static_assert(TOPO_PHYS_MAX < 100, "two digits");

bool topo_plugged_outside(const struct topo_port *p, const struct topo_node *n)
{
	return p->kind == TOPO_PORT_QG && n->external_bridge;
}

bool topo_joined(const struct lab *lab, const struct topo_phys *phys,
		 const struct topo_node *n)
{
	if (!n->external_bridge)
		return true;
	for (size_t i = 0; i < lab->nports; i++) {
		const struct topo_port *p = &lab->ports[i];

		if (p->network->phys == phys && !topo_plugged_outside(p, n) &&
		    (p->node ? p->node == n
			     : p->router && topo_carries(p->router, n)))
			return true;
	}
	return false;
}

void topo_port_link(const struct topo_port *p, const char *prefix,
		    char out[IFNAME_MAX])
{
	snprintf(out, IFNAME_MAX, "%.3s%.11s", prefix, p->uuid);
}

const struct ip *topo_external_ip(const struct topo_router *r, int family)
{
	for (size_t i = 0; r->gateway && i < r->gateway->naddrs; i++)
		if (r->gateway->addrs[i].addr.ip.family == family)
			return &r->gateway->addrs[i].addr.ip;
	return NULL;
}

const struct topo_subnet *topo_shadow(const struct lab *lab,
				      const struct topo_router *r,
				      const struct topo_subnet *s)
{
	const struct topo_router *o;
	const struct topo_subnet *other;
	size_t q, k;

	for (o = lab->routers; s->cidr.ip.family == 6 && o < r; o++)
		for (q = 0; topo_external_ip(o, 6) && q < o->nqr; q++)
			for (k = 0; k < o->qr[q]->naddrs; k++) {
				other = o->qr[q]->addrs[k].subnet;
				if (other && other != s &&
				    ipnet_overlap(&other->cidr, &s->cidr))
					return other;
			}
	return NULL;
}

struct ipnet topo_floating_net(const struct topo_floating *f)
{
	return ipnet_host(&f->addr);
}

const struct topo_floating *topo_floating_of(const struct topo_router *r,
					     const struct topo_port *p,
					     const struct ip *fixed)
{
	for (size_t i = 0; i < r->nfloatings; i++)
		if (r->floatings[i]->port == p &&
		    ip_equal(&r->floatings[i]->fixed, fixed))
			return r->floatings[i];
	return NULL;
}

struct ip topo_next_hop(const struct topo_port *qg, int family)
{
	const struct topo_network *net = qg ? qg->network : NULL;

	for (size_t i = 0; net && i < net->nsubnets; i++)
		if (ip_is_set(&net->subnets[i]->gateway) &&
		    net->subnets[i]->gateway.family == family)
			return net->subnets[i]->gateway;
	return (struct ip){0};
}

/* Its next hops outside, IPv4 before IPv6. */
static size_t gateways(const struct topo_router *r, struct ip ret[2])
{
	size_t n = 0;

	for (int family = 4; r->gateway && family <= 6; family += 2) {
		ret[n] = topo_next_hop(r->gateway, family);
		n += ip_is_set(&ret[n]);
	}
	return n;
}

size_t topo_pinged(const struct topo_router *r, struct ip ret[2])
{
	return r->is_ha && r->ha.health_ms ? gateways(r, ret) : 0;
}

int64_t topo_skew_ns(const struct topo_ha *ha)
{
	return (256 - ha->priority) * NS_PER_S / 256;
}

int64_t topo_master_down_ns(const struct topo_ha *ha)
{
	return 3 * (int64_t)ha->adver_cs * NS_PER_CS + topo_skew_ns(ha);
}
