/* SPDX-License-Identifier: MIT */
#include "verify/evidence.h"

#include <string.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/mono.h"
#include "topologies/secgroup/secgroup.h"
#include "provision/plan/services/radvd.h"
#include "provision/fabric/internet.h"
#include "verify/decode/decode.h"

static const char not_looked[] = "not looked at";

static void plan_ha(struct evidence *e)
{
	const struct lab *lab = e->lab;
	size_t i, h;

	e->ha_of = arena_array(&e->arena, lab->nrouters, sizeof(*e->ha_of));
	for (i = 0; i < lab->nrouters; i++) {
		const struct topo_router *r = &lab->routers[i];

		e->ha_of[i] = e->nha;
		for (h = 0; h < r->nhosts; h++) {
			struct seen_ha *s = arena_push(&e->arena, &e->ha,
						       &e->nha, sizeof(*s));

			s->router = r;
			s->host = h;
			s->frames.error = not_looked;
		}
	}
}

static void plan_tunnels(struct evidence *e)
{
	const struct lab *lab = e->lab;
	size_t i, k, n;

	for (i = 0; i < lab->nnodes; i++) {
		const struct topo_node *node = &lab->nodes[i];
		const struct topo_nic *nic = NULL;
		struct seen_tunnel *s;

		for (k = n = 0; k < lab->nrouters; k++)
			if (topo_ha_port(&lab->routers[k], node)) {
				n++;
				nic = topo_carrier(node,
						   lab->routers[k].ha_network);
			}
		if (!n || !nic)
			continue;
		s = arena_push(&e->arena, &e->tunnels, &e->ntunnels,
			       sizeof(*s));
		s->node = node;
		s->nic = nic;
		s->routers = n;
		s->frames.error = not_looked;
	}
}

static void add_ping(struct evidence *e, struct seen_ping **list, size_t *n,
		     const struct topo_router *r,
		     const struct topo_instance *in, const struct ip *dst)
{
	struct seen_ping *s = arena_push(&e->arena, list, n, sizeof(*s));

	s->router = r;
	s->instance = in;
	s->dst = *dst;
	s->pings.error = not_looked;
}

static void plan_inside(struct evidence *e, const struct topo_instance *in,
			const struct topo_port *qr)
{
	size_t i, k;

	if (qr->network != in->port->network)
		return;
	for (i = 0; i < qr->naddrs; i++)
		for (k = 0; k < in->port->naddrs; k++)
			if (ipnet_contains(&in->port->addrs[k].addr,
					   &qr->addrs[i].addr.ip) &&
			    tries_lets_echo_out(in, &qr->addrs[i].addr.ip)) {
				add_ping(e, &e->inside, &e->ninside, qr->router,
					 in, &qr->addrs[i].addr.ip);
				break;
			}
}

static void plan_pings(struct evidence *e)
{
	const struct lab *lab = e->lab;
	size_t i, k, q;

	for (i = 0; i < lab->nrouters; i++) {
		const struct topo_router *r = &lab->routers[i];

		for (k = 0; r->gateway && k < r->gateway->naddrs; k++)
			add_ping(e, &e->outside, &e->noutside, r, NULL,
				 &r->gateway->addrs[k].addr.ip);
		for (k = 0; k < r->nfloatings; k++) {
			add_ping(e, &e->outside, &e->noutside, r, NULL,
				 &r->floatings[k]->addr);
			e->outside[e->noutside - 1].floating = r->floatings[k];
		}
	}
	for (i = 0; i < lab->ninstances; i++)
		for (k = 0; k < lab->nrouters; k++)
			for (q = 0; q < lab->routers[k].nqr; q++)
				plan_inside(e, &lab->instances[i],
					    lab->routers[k].qr[q]);
}

/* Where packets for the Internet go: ranges that are nobody's, for tests of
 * networks (RFC 2544, RFC 5180), or others where the lab uses those itself. */
static const struct ipnet beyond[2][2] = {
	{{{4, {198, 18}}, 15}, {{4, {240}}, 5}},
	{{{6, {0x20, 0x01, 0x00, 0x02}}, 48}, {{6, {0x01}}, 64}},
};

static const struct ipnet *beyond_of(const struct lab *lab, int family)
{
	const struct ipnet *list = beyond[family == 6];
	size_t i;

	for (i = 0; i < lab->nsubnets; i++)
		if (ipnet_overlap(&lab->subnets[i].cidr, &list[0]))
			return &list[1];
	return &list[0];
}

/* The router whose address the instance has as its gateway of a family, if
 * it leads to a network where the host outside is. */
static const struct topo_router *way_out(const struct lab *lab,
					 const struct topo_instance *in,
					 int family)
{
	const struct topo_port *p = in->port;
	const struct ip *gw = NULL;
	size_t i, k, q;

	/* The first gateway is the one that the default route has. */
	for (i = 0; i < p->naddrs && !gw; i++)
		if (p->addrs[i].subnet &&
		    p->addrs[i].subnet->gateway.family == family)
			gw = &p->addrs[i].subnet->gateway;
	for (i = 0; gw && i < lab->nrouters; i++) {
		const struct topo_router *r = &lab->routers[i];
		struct ip hop = {0};

		if (r->gateway && r->gateway->network->phys &&
		    r->gateway->network->phys->use == TOPO_PROVIDER)
			hop = topo_next_hop(r->gateway, family);
		for (q = 0; ip_is_set(&hop) && q < r->nqr; q++)
			for (k = 0; k < r->qr[q]->naddrs; k++)
				if (r->qr[q]->network == p->network &&
				    ip_equal(&r->qr[q]->addrs[k].addr.ip, gw))
					return r;
	}
	return NULL;
}

/* The router that has the gateway address of an instance's subnet, or NULL. */
static const struct topo_router *way_in(const struct lab *lab,
					const struct topo_addr *a)
{
	size_t i, k, q;

	for (i = 0; i < lab->nrouters; i++)
		for (q = 0; q < lab->routers[i].nqr; q++) {
			const struct topo_port *qr = lab->routers[i].qr[q];

			for (k = 0; k < qr->naddrs; k++)
				if (qr->addrs[k].subnet == a->subnet &&
				    ip_equal(&qr->addrs[k].addr.ip,
					     &a->subnet->gateway))
					return &lab->routers[i];
		}
	return NULL;
}

/* An instance behind the router that may ping the floating address: another one
 * than whose it is, where there is one. */
static const struct topo_instance *hairpin_from(const struct lab *lab,
						const struct topo_floating *f)
{
	const struct topo_instance *own = NULL;

	for (size_t i = 0; i < lab->ninstances; i++) {
		const struct topo_instance *in = &lab->instances[i];

		for (size_t k = 0; k < in->port->naddrs; k++) {
			const struct topo_addr *a = &in->port->addrs[k];

			if (!a->subnet || a->addr.ip.family != 4 ||
			    way_in(lab, a) != f->router ||
			    !tries_lets_echo_out(in, &f->addr))
				continue;
			if (in->port != f->port)
				return in;
			own = in;
		}
	}
	return own;
}

/* One floating address of each router, from inside. */
static void plan_hairpins(struct evidence *e)
{
	const struct lab *lab = e->lab;
	size_t n = 0;

	for (size_t i = 0; i < lab->nrouters; i++) {
		const struct topo_router *r = &lab->routers[i];

		for (size_t k = 0;
		     k < r->nfloatings && n < EVIDENCE_HAIRPINS_MAX; k++) {
			const struct topo_floating *f = r->floatings[k];
			const struct topo_instance *in =
				tries_lets_hairpin(f) ? hairpin_from(lab, f)
						      : NULL;

			if (!in)
				continue;
			add_ping(e, &e->inside, &e->ninside, r, in, &f->addr);
			e->inside[e->ninside - 1].floating = f;
			n++;
			break;
		}
	}
}

/* Routers that passages of IPv4 go through. */
static void plan_through(struct evidence *e)
{
	size_t n = 0;

	for (size_t i = 0; i < e->lab->nrouters && n < EVIDENCE_THROUGH_MAX;
	     i++) {
		const struct topo_router *r = &e->lab->routers[i];
		bool through = false;

		for (size_t k = 0; k < e->npassages; k++)
			through = through || (e->passages[k].router == r &&
					      e->passages[k].dst.family == 4);
		n += through;
		for (size_t h = 0; through && h < r->nhosts; h++) {
			struct seen_through *t =
				arena_push(&e->arena, &e->through, &e->nthrough,
					   sizeof(*t));

			t->router = r;
			t->host = h;
			t->frames.error = not_looked;
		}
	}
}

static void plan_internet(struct evidence *e)
{
	struct seen_internet *t;
	struct ip dst;
	size_t i, k;

	if (ip_parse(EMUL_OPENSTACK, &dst) < 0)
		return;
	/* Where the lab has that range itself, there is no such host. */
	for (i = 0; i < e->lab->nsubnets; i++)
		if (ipnet_contains(&e->lab->subnets[i].cidr, &dst))
			return;
	for (i = 0; i < e->npassages; i++) {
		const struct seen_passage *p = &e->passages[i];
		struct ip own = evidence_own(p);

		for (k = 0; k < e->ninternet; k++)
			if (e->internet[k].router == p->router)
				break;
		/* Who is not translated gets no answer from there. */
		if (p->dst.family != 4 || k < e->ninternet ||
		    e->ninternet == EVIDENCE_INTERNET_MAX ||
		    (!p->router->snat &&
		     !topo_floating_of(p->router, p->instance->port, &own)))
			continue;
		t = arena_push(&e->arena, &e->internet, &e->ninternet,
			       sizeof(*t));
		t->router = p->router;
		t->instance = p->instance;
		t->dst = dst;
		t->pings.error = t->trace.error = not_looked;
	}
}

const struct ip *evidence_isle_ip(const struct topo_instance *in, int family)
{
	if (in->port->network->external)
		return NULL;
	for (size_t i = 0; i < in->port->naddrs; i++)
		if (in->port->addrs[i].addr.ip.family == family)
			return &in->port->addrs[i].addr.ip;
	return NULL;
}

static void plan_isles_of(struct evidence *e, int family)
{
	size_t first = e->nisles, i, k;

	for (i = 0; i < e->lab->ninstances; i++) {
		const struct topo_instance *in = &e->lab->instances[i];
		const struct ip *own = evidence_isle_ip(in, family);
		struct seen_isle *t;

		for (k = first; k < e->nisles; k++)
			if (strcmp(evidence_project(e->isles[k].instance),
				   evidence_project(in)) == 0)
				break;
		if (!own || k < e->nisles || k - first == EVIDENCE_ISLES_MAX)
			continue;
		t = arena_push(&e->arena, &e->isles, &e->nisles, sizeof(*t));
		t->instance = in;
		t->dst = *own;
		t->frames.error = t->own.error = not_looked;
	}
	if (e->nisles - first == 1)
		e->nisles = first; /* nobody is there to be kept away */
}

static void plan_isles(struct evidence *e)
{
	plan_isles_of(e, 4);
	plan_isles_of(e, 6);
}

struct ip evidence_outside(const struct seen_passage *p)
{
	const struct ip *gw = topo_external_ip(p->router, p->dst.family);
	struct ip own = evidence_own(p);
	const struct topo_floating *f;

	f = topo_floating_of(p->router, p->instance->port, &own);
	if (f)
		return f->addr;
	return p->router->snat && gw ? *gw : own;
}

const char *evidence_project(const struct topo_instance *in)
{
	return in->port->network->project;
}

struct ip evidence_own(const struct seen_passage *p)
{
	const struct topo_port *port = p->instance->port;
	struct ip own = {0};

	for (size_t i = port->naddrs; i-- > 0;)
		if (port->addrs[i].addr.ip.family == p->dst.family)
			own = port->addrs[i].addr.ip;
	return own;
}

static void plan_passages(struct evidence *e)
{
	static const int families[] = {4, 6};
	const struct lab *lab = e->lab;
	size_t i, k;

	e->left.error = not_looked;
	for (i = 0; i < lab->ninstances; i++)
		for (k = 0; k < ARRAY_LEN(families); k++) {
			const struct topo_instance *in = &lab->instances[i];
			const struct topo_router *r =
				way_out(lab, in, families[k]);
			struct ip dst =
				ip_add(beyond_of(lab, families[k])->ip, i + 1);
			struct seen_passage *p;

			if (!r ||
			    !tries_lets_out(in, TOPO_UDP, PROBE_PORT, &dst))
				continue;
			p = arena_push(&e->arena, &e->passages, &e->npassages,
				       sizeof(*p));
			p->router = r;
			p->instance = in;
			p->dst = dst;
			p->error = not_looked;
		}
}

const char *const evidence_metadata_paths[] = {
	[METADATA_ID] = "/openstack/latest/meta_data.json",
	[METADATA_HOSTNAME] = "/latest/meta-data/hostname",
	[METADATA_LOCAL] = "/latest/meta-data/local-ipv4",
	[METADATA_PUBLIC] = "/latest/meta-data/public-ipv4",
};
_Static_assert(ARRAY_LEN(evidence_metadata_paths) == METADATA_ASKED, "paths");
_Static_assert(METADATA_ASKED <= HTTP_PATHS_MAX, "room for their answers");

static void plan_reached(struct evidence *e)
{
	const struct lab *lab = e->lab;
	size_t i, k;

	for (i = 0; i < lab->ninstances; i++) {
		const struct topo_instance *in = &lab->instances[i];
		const struct topo_router *r = way_out(lab, in, 6);
		struct seen_reach *s;

		for (k = 0; r && k < in->port->naddrs; k++) {
			if (in->port->addrs[k].addr.ip.family != 6)
				continue;
			/* Whose range another's is too, nobody finds. */
			if (in->port->addrs[k].subnet &&
			    topo_shadow(lab, r, in->port->addrs[k].subnet))
				continue;
			if (!tries_lets_echo6(in, r))
				break;
			s = arena_push(&e->arena, &e->reached, &e->nreached,
				       sizeof(*s));
			s->router = r;
			s->instance = in;
			s->dst = in->port->addrs[k].addr.ip;
			s->replies.error = not_looked;
			break;
		}
	}
}

const struct topo_addr *evidence_served(const struct topo_instance *in)
{
	return topo_lent4(in->port);
}

bool evidence_lent6(const struct topo_addr *a)
{
	return a->subnet && a->subnet->dhcp &&
	       a->subnet->ipv6 == TOPO_IPV6_STATEFUL;
}

enum topo_ipv6_mode evidence_asks6(const struct topo_instance *in)
{
	for (size_t i = 0; i < in->port->naddrs; i++) {
		const struct topo_addr *a = &in->port->addrs[i];

		if (a->subnet && topo_dhcpv6(a->subnet->ipv6) &&
		    topo_leased(in->port, a))
			return a->subnet->ipv6;
	}
	return TOPO_IPV6_NONE;
}

/* Where it is to be had is as in provision/plan/services/metadata.c. */
bool evidence_has_metadata(const struct lab *lab,
			   const struct topo_instance *in)
{
	const struct topo_addr *lent = evidence_served(in);
	const struct topo_network *net = in->port->network;
	const struct topo_router *r = lent ? way_in(lab, lent) : NULL;
	size_t i;

	if (!lent || in->is_static)
		return false;
	if (r && !lab->force_metadata) {
		for (i = 0; i < r->nhosts; i++)
			if (!(r->hosts[i]->agents & TOPO_AGENT_METADATA))
				return false;
		return true;
	}
	for (i = 0; i < net->ndhcp; i++)
		if (!(net->dhcp_hosts[i]->agents & TOPO_AGENT_METADATA))
			return false;
	return net->ndhcp > 0;
}

bool evidence_advertised(const struct topo_instance *in,
			 const struct topo_addr *a)
{
	return !in->is_static && a->subnet && a->addr.ip.family == 6 &&
	       topo_eui64(a->subnet->ipv6) && topo_leased(in->port, a);
}

size_t evidence_dns6(const struct topo_instance *in, struct ip *ret, size_t n)
{
	const struct topo_network *net = in->port->network;
	const struct ip *ip;
	size_t i, k, got = 0;

	for (i = 0; i < in->port->naddrs; i++) {
		const struct topo_subnet *s = in->port->addrs[i].subnet;

		if (!s || !topo_dhcpv6(s->ipv6) || in->is_static)
			continue;
		for (k = 0; k < s->ndns && got < n; k++)
			ret[got++] = s->dns[k];
		for (k = 0; !s->ndns && k < net->ndhcp && got < n; k++)
			if ((ip = topo_addr_in(net->dhcp_ports[k], s)))
				ret[got++] = *ip;
		return got; /* one subnet's options are told: the first's */
	}
	return 0;
}

/* Either a server of its own network, or one that the host outside plays: whom
 * else a file names nobody has. */
static bool is_played(const struct topo_instance *in, const struct ip *server)
{
	const struct topo_network *net = in->port->network;

	for (size_t i = 0; i < net->ndhcp; i++)
		for (size_t k = 0; k < net->dhcp_ports[i]->naddrs; k++)
			if (ip_equal(&net->dhcp_ports[i]->addrs[k].addr.ip,
				     server))
				return true;
	return emul_internet_plays(server);
}

size_t evidence_played_dns(const struct topo_instance *in, struct ip *ret,
			   size_t n)
{
	size_t i, got = 0;

	n = evidence_dns(in, ret, n);
	for (i = 0; i < n; i++)
		if (is_played(in, &ret[i]))
			ret[got++] = ret[i];
	return got;
}

size_t evidence_dns(const struct topo_instance *in, struct ip *ret, size_t n)
{
	const struct topo_addr *lent = evidence_served(in);
	const struct topo_network *net = in->port->network;
	size_t i, k, m, got = 0;

	for (i = 0; lent && i < lent->subnet->ndns && got < n; i++)
		ret[got++] = lent->subnet->dns[i];
	for (i = 0; lent && !lent->subnet->ndns && i < net->ndhcp; i++)
		for (k = 0; k < net->dhcp_ports[i]->naddrs && got < n; k++)
			if (net->dhcp_ports[i]->addrs[k].subnet == lent->subnet)
				ret[got++] =
					net->dhcp_ports[i]->addrs[k].addr.ip;
	got += evidence_dns6(in, ret + got, n - got);
	for (i = 0; i < in->port->naddrs; i++) {
		const struct topo_addr *a = &in->port->addrs[i];

		if (!evidence_advertised(in, a) ||
		    a->subnet->ipv6 != TOPO_IPV6_SLAAC || a->subnet->isolated)
			continue;
		for (m = 0;
		     m < a->subnet->ndns && m < RADVD_RDNSS_MAX && got < n; m++)
			ret[got++] = a->subnet->dns[m];
	}
	return got;
}

bool evidence_resolves(const struct lab *lab, const struct topo_instance *in)
{
	const struct topo_router *r = way_out(lab, in, 4);
	struct ip all[EVIDENCE_DNS_MAX];

	return evidence_served(in) && !in->is_static && r && r->snat &&
	       evidence_played_dns(in, all, ARRAY_LEN(all));
}

const struct topo_instance *evidence_hears(const struct lab *lab,
					   const struct topo_network *net)
{
	size_t i;

	for (i = 0; i < lab->ninstances; i++)
		if (lab->instances[i].port->network == net)
			return &lab->instances[i];
	return NULL;
}

/* The instance's address in a subnet, or NULL. */
static const struct ip *own_in(const struct topo_instance *in,
			       const struct topo_subnet *s)
{
	return s ? topo_addr_in(in->port, s) : NULL;
}

size_t evidence_asked(const struct lab *lab, const struct topo_instance *in,
		      struct arp_target *ret, const struct topo_port **ret_of)
{
	size_t n = 0;

	for (size_t i = 0; i < lab->nports; i++) {
		const struct topo_port *p = &lab->ports[i];

		if (p->network != in->port->network || p == in->port)
			continue;
		for (size_t k = 0; k < p->naddrs; k++) {
			const struct ip *own = own_in(in, p->addrs[k].subnet);

			if (!own || own->family != 4 || n == ARP_TARGETS_MAX)
				continue;
			ret[n] = (struct arp_target){p->addrs[k].addr.ip, *own};
			ret_of[n++] = p;
		}
	}
	return n;
}

static void plan_boots(struct evidence *e)
{
	const struct lab *lab = e->lab;
	size_t i;

	e->boots =
		arena_array(&e->arena, lab->ninstances + 1, sizeof(*e->boots));
	for (i = 0; i < lab->ninstances; i++) {
		e->boots[i].instance = &lab->instances[i];
		e->boots[i].offers.error = not_looked;
		e->boots[i].offers6.error = not_looked;
		e->boots[i].guest.error = not_looked;
		e->boots[i].names.error = not_looked;
		e->boots[i].outside.error = not_looked;
		e->boots[i].metadata.error = not_looked;
		e->boots[i].adverts.error = not_looked;
		e->boots[i].holders.error = not_looked;
	}
}

void evidence_init(struct evidence *e, const struct lab *lab)
{
	size_t i;

	*e = (struct evidence){.lab = lab};
	e->nodes = arena_array(&e->arena, lab->nnodes, sizeof(*e->nodes));
	for (i = 0; i < lab->nnodes; i++)
		e->nodes[i].error = e->nodes[i].drift.error =
			e->nodes[i].radvd.error = not_looked;
	e->host.error = not_looked;
	plan_ha(e);
	plan_tunnels(e);
	plan_pings(e);
	plan_hairpins(e);
	plan_passages(e);
	plan_reached(e);
	plan_through(e);
	plan_internet(e);
	plan_isles(e);
	tries_plan(&e->arena, lab, &e->tries, &e->ntries);
	tracked_plan(&e->arena, lab, &e->tracking, &e->ntracking);
	hops_plan(&e->arena, lab, &e->gateways, &e->ngateways);
	plan_boots(e);
}

void evidence_release(struct evidence *e)
{
	size_t i;

	if (!e)
		return;
	for (i = 0; i < e->narenas; i++)
		arena_release(&e->arenas[i]);
	arena_release(&e->arena);
}

const struct observed *evidence_last(const struct evidence *e,
				     const struct topo_node *n)
{
	const struct seen_node *s = &e->nodes[n->index];

	return s->nsamples ? s->samples[s->nsamples - 1] : NULL;
}

const char *evidence_ha_filter(struct arena *a, const struct topo_router *r)
{
	auto_buf struct buf b = {0};
	char text[IP_TEXT_MAX];
	size_t i;

	/* By VRID, and by sender, for a sender may use a wrong VRID. */
	buf_printf(&b, "ip proto 112 and (ip[20 + 1] = %u", r->ha.vrid);
	for (i = 0; i < r->nhosts; i++)
		buf_printf(&b, " or src host %s",
			   ip_print(&r->ha_ports[i]->addrs[0].addr.ip, text));
	buf_addc(&b, ')');
	return arena_strndup(a, b.data, b.len);
}

const char *evidence_tunnel_filter(struct arena *a, const struct lab *lab)
{
	switch (lab->ha_network_type) {
	case TOPO_GRE:
		/* IPv4 header 20, GRE with a key 8; there the frame begins:
		 * its type 12 bytes on, its IP protocol 23. */
		return "ip proto 47 and ip[40:2] = 0x0800 and ip[51] = 112";
	case TOPO_VLAN:
		/* With no tag or any: a wrong one is to be seen too. */
		return "ip proto 112 or (vlan and ip proto 112)";
	case TOPO_VXLAN:
	case TOPO_GENEVE:
	case TOPO_LOCAL:
	case TOPO_FLAT:
		break;
	}
	/* UDP header 8, VXLAN or Geneve header 8; there it begins. */
	return arena_printf(a,
			    "udp dst port %u and udp[28:2] = 0x0800 and "
			    "udp[39] = 112",
			    lab->ha_network_type == TOPO_GENEVE
				    ? DECODE_GENEVE_PORT
				    : lab->vxlan_port);
}

bool evidence_told_of(const struct frame *f, const struct topo_network *net)
{
	if (net->type == TOPO_VLAN)
		return !f->tunnel && f->vlan == net->vlan;
	return f->tunnel == net->type && f->vni == net->vni;
}

const char *evidence_passage_filter(struct arena *a, const struct lab *lab)
{
	char v4[IP_TEXT_MAX], v6[IP_TEXT_MAX];

	return arena_printf(a, "udp dst port %d and (dst net %s or dst net %s)",
			    PROBE_PORT, ipnet_print(beyond_of(lab, 4), v4),
			    ipnet_print(beyond_of(lab, 6), v6));
}

const struct frame *evidence_left(const struct evidence *e,
				  const struct seen_passage *p)
{
	size_t i;

	for (i = 0; i < e->left.n; i++)
		if (!e->left.frames[i].outgoing &&
		    ip_equal(&e->left.frames[i].ip_dst, &p->dst))
			return &e->left.frames[i];
	return NULL;
}

int64_t evidence_interval_ns(const struct topo_router *r)
{
	return r->ha.adver_cs * NS_PER_CS;
}

int64_t evidence_longest_ns(const struct lab *lab)
{
	int64_t longest = 0;
	size_t i;

	for (i = 0; i < lab->nrouters; i++)
		if (evidence_interval_ns(&lab->routers[i]) > longest)
			longest = evidence_interval_ns(&lab->routers[i]);
	return longest;
}
