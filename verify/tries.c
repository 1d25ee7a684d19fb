/* SPDX-License-Identifier: MIT */
#include "verify/tries.h"

#include <string.h>

#include "lib/auto.h"
#include "topologies/secgroup/secgroup.h"
#include "verify/looks/capture/hear.h"
#include "verify/tries_frame.h"

#define FLOWS_MAX 12    /* tried from one place to another */
#define ECHO4 (8u << 8) /* type and code */
#define ECHO6 (128u << 8)

struct planning {
	struct arena *a;
	const struct lab *lab;
	struct seen_tries *list;
	size_t n;
	uint32_t id;
};

/* --- what is tried --------------------------------------------------------
 */

struct flow {
	int protocol;
	uint16_t dport;
};

static void add_flow(struct flow *list, size_t *n, int protocol, unsigned dport)
{
	for (size_t i = 0; i < *n; i++)
		if (list[i].protocol == protocol && list[i].dport == dport)
			return;
	if (*n < FLOWS_MAX && dport <= UINT16_MAX)
		list[(*n)++] = (struct flow){protocol, (uint16_t)dport};
}

/* What documents try, and what the instance's rules are about: the first port
 * of each, and the one behind the last. */
static size_t flows_of(const struct topo_port *p, int family, struct flow *ret)
{
	size_t n = 0, i, k;

	add_flow(ret, &n, family == 6 ? TOPO_ICMPV6 : TOPO_ICMP,
		 family == 6 ? ECHO6 : ECHO4);
	add_flow(ret, &n, TOPO_TCP, 22);
	add_flow(ret, &n, TOPO_TCP, 23);
	add_flow(ret, &n, TOPO_UDP, 7);
	for (i = 0; i < p->ngroups; i++)
		for (k = 0; k < p->groups[i]->nrules; k++) {
			const struct topo_secrule *r = &p->groups[i]->rules[k];

			if (r->egress || r->family != family ||
			    r->min == TOPO_ANY ||
			    (r->protocol != TOPO_TCP &&
			     r->protocol != TOPO_UDP))
				continue;
			add_flow(ret, &n, r->protocol, (unsigned)r->min);
			add_flow(ret, &n, r->protocol, (unsigned)r->max + 1);
		}
	return n;
}

static const char *flow_words(struct arena *a, const struct flow *f)
{
	if (f->protocol == TOPO_ICMP || f->protocol == TOPO_ICMPV6)
		return "echo";
	return arena_printf(a, "%s %u", f->protocol == TOPO_TCP ? "tcp" : "udp",
			    f->dport);
}

static bool lets(const struct topo_port *p, bool egress, const struct flow *f,
		 const struct ip *remote)
{
	struct topo_flow t = {.egress = egress,
			      .protocol = (uint8_t)f->protocol,
			      .sport = TRIES_SPORT,
			      .dport = f->dport,
			      .remote = *remote};

	return topo_lets(p, &t);
}

static const struct ip *addr_of(const struct topo_port *p, int family)
{
	for (size_t i = 0; i < p->naddrs; i++)
		if (p->addrs[i].addr.ip.family == family)
			return &p->addrs[i].addr.ip;
	return NULL;
}

static struct seen_tries *add_tries(struct planning *p)
{
	return arena_push(p->a, &p->list, &p->n, sizeof(struct seen_tries));
}

static struct seen_try *add_try(struct planning *p, struct seen_tries *t)
{
	struct seen_try *x;

	if (p->id + 1 >= HEAR_IDS_MAX)
		return NULL;
	x = arena_push(p->a, &t->items, &t->n, sizeof(*x));
	x->id = ++p->id;
	x->netns = t->from ? t->from->netns : "";
	x->error = "not looked at";
	return x;
}

/* From src to dst, which the instance has as own; a frame where mac is told. */
static void reach(struct planning *p, const struct topo_instance *from,
		  const struct topo_instance *to,
		  const struct topo_floating *floating, const struct ip *src,
		  const struct ip *dst, const struct mac *mac, bool way)
{
	struct seen_tries *t = add_tries(p);
	struct flow flows[FLOWS_MAX];
	size_t n = flows_of(to->port, dst->family, flows), i;

	t->from = from;
	t->to = to;
	t->floating = floating;
	t->family = dst->family;
	t->error = "not looked at";
	for (i = 0; i < n; i++) {
		struct seen_try *x = add_try(p, t);
		struct tries_packet pkt = {
			.src = *src,
			.dst = *dst,
			.protocol = (uint8_t)flows[i].protocol,
			.dport = flows[i].dport,
		};

		if (!x)
			return;
		x->what = flow_words(p->a, &flows[i]);
		x->let = way && lets(to->port, false, &flows[i], src) &&
			 (!from || lets(from->port, true, &flows[i], dst));
		if (mac) {
			pkt.has_mac = true;
			pkt.smac = from->port->mac;
			pkt.dmac = *mac;
			x->dev = from->port->ifname;
		}
		x->bytes = tries_packet(p->a, &pkt, x->id, &x->len);
	}
}

/* --- from outside ---------------------------------------------------------
 */

static const struct topo_router *router_of(const struct lab *lab,
					   const struct topo_addr *a)
{
	for (size_t i = 0; a->subnet && i < lab->nrouters; i++)
		for (size_t k = 0; k < lab->routers[i].nqr; k++)
			if (lab->routers[i].qr[k]->addrs[0].subnet == a->subnet)
				return &lab->routers[i];
	return NULL;
}

/* The address of the host outside, as the router's next hop. */
static struct ip outside_of(const struct topo_router *r, int family)
{
	struct ip none = {0};

	if (!r || !r->gateway || !r->gateway->network->phys ||
	    r->gateway->network->phys->use != TOPO_PROVIDER)
		return none;
	return topo_next_hop(r->gateway, family);
}

static void from_outside(struct planning *p, const struct topo_instance *to)
{
	const struct lab *lab = p->lab;
	size_t i;

	for (i = 0; i < lab->nfloatings; i++) {
		const struct topo_floating *f = &lab->floatings[i];
		struct ip src = outside_of(f->router, 4);

		if (f->port == to->port && ip_is_set(&src))
			reach(p, NULL, to, f, &src, &f->addr, NULL, true);
	}
	for (i = 0; i < to->port->naddrs; i++) {
		const struct topo_addr *a = &to->port->addrs[i];
		const struct topo_router *r = router_of(lab, a);
		struct ip src = outside_of(r, 6);

		if (a->addr.ip.family == 6 && ip_is_set(&src) &&
		    topo_external_ip(r, 6) && !topo_shadow(lab, r, a->subnet))
			reach(p, NULL, to, NULL, &src, &a->addr.ip, NULL, true);
	}
}

/* --- from other instances -------------------------------------------------
 */

static bool linked(const struct lab *lab, const struct topo_network *x,
		   const struct topo_network *y)
{
	for (size_t i = 0; i < lab->nrouters; i++) {
		const struct topo_router *r = &lab->routers[i];
		bool has_x = false, has_y = false;

		for (size_t k = 0; k < r->nqr; k++) {
			has_x = has_x || r->qr[k]->network == x;
			has_y = has_y || r->qr[k]->network == y;
		}
		if (has_x && has_y)
			return true;
	}
	return false;
}

enum kin { SAME_NETWORK, BY_ROUTER, STRANGER, KINS };

static enum kin kin_of(const struct lab *lab, const struct topo_instance *x,
		       const struct topo_instance *y)
{
	const struct topo_network *a = x->port->network, *b = y->port->network;

	if (a == b)
		return SAME_NETWORK;
	if (strcmp(a->project, b->project) != 0)
		return STRANGER;
	return linked(lab, a, b) ? BY_ROUTER : KINS;
}

static bool same_subnet(const struct topo_instance *x,
			const struct topo_instance *y, int family)
{
	for (size_t i = 0; i < x->port->naddrs; i++)
		for (size_t k = 0; k < y->port->naddrs; k++)
			if (x->port->addrs[i].addr.ip.family == family &&
			    x->port->addrs[i].subnet ==
				    y->port->addrs[k].subnet)
				return true;
	return false;
}

static void between(struct planning *p, const struct topo_instance *from,
		    const struct topo_instance *to, enum kin kin)
{
	for (int family = 4; family <= 6; family += 2) {
		const struct ip *src = addr_of(from->port, family);
		const struct ip *dst = addr_of(to->port, family);

		if (!src || !dst)
			continue;
		if (kin == SAME_NETWORK && !same_subnet(from, to, family))
			continue;
		/* By IPv6 strangers have a way, the world outside. */
		if (kin == STRANGER && family == 6)
			continue;
		reach(p, from, to, NULL, src, dst,
		      kin == STRANGER ? &to->port->mac : NULL, kin != STRANGER);
	}
}

/* The next of each sort, so that all take their turn. */
static void from_others(struct planning *p, const struct topo_instance *to)
{
	const struct lab *lab = p->lab;
	bool had[KINS + 1] = {false};

	for (size_t i = 1; i < lab->ninstances; i++) {
		const struct topo_instance *from =
			&lab->instances[(to->index + i) % lab->ninstances];
		enum kin kin = kin_of(lab, from, to);

		if (kin == KINS || had[kin])
			continue;
		had[kin] = true;
		between(p, from, to, kin);
	}
}

/* --- with other addresses -------------------------------------------------
 */

const char *tries_uplink(const struct topo_instance *in)
{
	const struct topo_network *net = in->port->network;
	const struct topo_nic *nic;

	if (net->type == TOPO_VXLAN && in->node->mechanism == TOPO_LINUXBRIDGE)
		return net->vxlan;
	nic = topo_carrier(in->node, net);
	return nic ? nic->ifname : NULL;
}

static void spoof(struct planning *p, struct seen_tries *t, const char *what,
		  bool let, const struct tries_packet *pkt)
{
	struct seen_try *x = add_try(p, t);

	if (!x)
		return;
	x->what = what;
	x->let = let;
	x->dev = t->from->port->ifname;
	x->bytes = tries_packet(p->a, pkt, x->id, &x->len);
}

static struct ip parse(const char *text)
{
	struct ip ip = {0};

	(void)ip_parse(text, &ip);
	return ip;
}

/* All go to a MAC address that nobody has, so every port of the bridge would
 * send them on, and nobody is the worse for one that is let through. */
static void spoofs(struct planning *p, const struct topo_instance *in)
{
	static const struct mac nobody = {{0x02, 0x6c, 0x61, 0x62, 0, 1}};
	static const struct mac foreign = {{0x02, 0x6c, 0x61, 0x62, 0, 2}};
	const struct topo_port *port = in->port;
	const struct ip *four = addr_of(port, 4), *six = addr_of(port, 6);
	bool open = !in->node->prevent_arp_spoofing; /* to ARP */
	struct ip local = ip_link_local(&port->mac);
	struct tries_packet own = {.has_mac = true,
				   .smac = port->mac,
				   .dmac = nobody},
			    x;
	struct seen_tries *t = add_tries(p);

	t->from = in;
	t->error = "not looked at";
	x = own;
	x.arp = four != NULL;
	x.src = four ? *four : local;
	x.dst = four ? parse("192.0.2.2") : parse("fe80::2");
	x.protocol = TOPO_ICMPV6;
	x.dport = ECHO6;
	spoof(p, t, "its own addresses", true, &x);
	x.smac = foreign;
	spoof(p, t, "another MAC address", open && four, &x);
	for (size_t i = 0; i < port->npairs; i++) {
		if (port->pairs[i].addr.ip.family != 4)
			continue;
		x = own;
		x.arp = true;
		x.smac = port->pairs[i].mac;
		x.src = port->pairs[i].addr.ip;
		x.dst = parse("192.0.2.2");
		spoof(p, t, "an address pair's", true, &x);
	}
	if (four) {
		x = own;
		x.arp = true;
		x.src = parse("192.0.2.1");
		x.dst = parse("192.0.2.2");
		spoof(p, t, "ARP for another address", open, &x);
		x.tags = 1;
		spoof(p, t, "ARP for another address, under a tag", open, &x);
		x.arp = false;
		x.tags = 0;
		x.protocol = TOPO_ICMP;
		x.dport = ECHO4;
		spoof(p, t, "another IPv4 address", false, &x);
		x.tags = 1;
		spoof(p, t, "another IPv4 address, under a tag", false, &x);
		x.tags = 2;
		if (!open)
			spoof(p, t, "another IPv4 address, under two tags",
			      false, &x);
		x.tags = 0;
		x.src = *four;
		x.dst = parse("255.255.255.255");
		x.protocol = TOPO_UDP;
		x.sport = 67;
		x.dport = 68;
		spoof(p, t, "a DHCP server's answer", false, &x);
	}
	if (!six)
		return;
	x = own;
	x.src = parse("2001:db8::1");
	x.dst = parse("2001:db8::2");
	x.protocol = TOPO_ICMPV6;
	x.dport = ECHO6;
	spoof(p, t, "another IPv6 address", false, &x);
	x.dport = 136u << 8;
	x.dst = parse("ff02::1");
	spoof(p, t, "a neighbour advertisement from another address", false,
	      &x);
	x.src = local;
	x.dport = 134u << 8;
	spoof(p, t, "a router advertisement", false, &x);
}

void tries_plan(struct arena *a, const struct lab *lab, struct seen_tries **ret,
		size_t *ret_n)
{
	struct planning p = {.a = a, .lab = lab};

	for (size_t i = 0; lab->nsecgroups && i < lab->ninstances; i++) {
		const struct topo_instance *in = &lab->instances[i];

		if (!in->port->filtered)
			continue;
		from_outside(&p, in);
		from_others(&p, in);
		if (tries_uplink(in))
			spoofs(&p, in);
	}
	*ret = p.list;
	*ret_n = p.n;
}

bool tries_lets_echo(const struct topo_floating *f)
{
	struct flow echo = {TOPO_ICMP, ECHO4};
	struct ip src = outside_of(f->router, 4);

	return !ip_is_set(&src) || lets(f->port, false, &echo, &src);
}

bool tries_lets_hairpin(const struct topo_floating *f)
{
	const struct ip *src = topo_external_ip(f->router, 4);
	struct flow echo = {TOPO_ICMP, ECHO4};

	return src && lets(f->port, false, &echo, src);
}

bool tries_lets_echo6(const struct topo_instance *in,
		      const struct topo_router *r)
{
	struct flow echo = {TOPO_ICMPV6, ECHO6};
	struct ip src = outside_of(r, 6);

	return !ip_is_set(&src) || lets(in->port, false, &echo, &src);
}

bool tries_lets_echo_out(const struct topo_instance *in, const struct ip *dst)
{
	return dst->family == 6 ? tries_lets_out(in, TOPO_ICMPV6, ECHO6, dst)
				: tries_lets_out(in, TOPO_ICMP, ECHO4, dst);
}

bool tries_lets_out(const struct topo_instance *in, int protocol,
		    uint16_t dport, const struct ip *dst)
{
	struct flow f = {protocol, dport};

	return lets(in->port, true, &f, dst);
}
