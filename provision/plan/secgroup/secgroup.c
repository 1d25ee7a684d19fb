/* SPDX-License-Identifier: MIT */
/*
 * Security groups
 * ===============
 * The chains are those that Neutron's Linux bridge agent has on a compute node,
 * by name and in their order. A frame between a tap and the rest of its bridge
 * is given to iptables by br_netfilter; there each port has three chains: i is
 * for what goes to it, o for what comes from it, s for whose addresses it may
 * come from. Frames that are no IP are seen by ebtables: no foreign MAC
 * address, and no ARP for an address that is not the port's.
 *
 * Connections are tracked in a zone a network, as networks may have the same
 * addresses.
 *
 * Neutron lets a port without an IPv6 address send IPv6 from any; here it has
 * its link-local one, and may send from that alone.
 */
#include "provision/plan/secgroup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/conn.h"
#include "provision/plan/rules.h"
#include "topologies/secgroup/secgroup.h"

#define WRAP "neutron-linuxbri-"
#define SG_CHAIN WRAP "sg-chain"
#define FALLBACK WRAP "sg-fallback"
#define TAIL 10 /* letters of a port's id in a chain's name */
#define ZONE_FIRST 4097u

#define COMMENT(text) "-m comment --comment \"" text "\" "

static const int families[] = {4, 6};

struct port {
	struct plan_ctx *c;
	const struct topo_port *p;
	const char *in, *out, *spoof; /* chains */
};

static void add(const struct port *x, int family, const char *chain,
		const char *rule)
{
	rules_add(x->c, "", family, "filter", chain, rule);
}

/* --- what is there once ---------------------------------------------------
 */

static void wrap(struct plan_ctx *c, int family, const char *table,
		 const char *chain)
{
	const char *own = arena_printf(c->arena, WRAP "%s", chain);

	rules_chain(c, "", family, table, own);
	rules_add(c, "", family, table, chain,
		  arena_printf(c->arena, "-j %s", own));
}

static void frame(struct plan_ctx *c, int family)
{
	static const char *const tops[] = {"FORWARD", "OUTPUT"};
	static const char *const chains[] = {"INPUT", "FORWARD", "OUTPUT"};
	size_t i;

	for (i = 0; i < ARRAY_LEN(tops); i++)
		rules_add(c, "", family, "filter", tops[i],
			  "-j neutron-filter-top");
	for (i = 0; i < ARRAY_LEN(chains); i++)
		wrap(c, family, "filter", chains[i]);
	rules_add(c, "", family, "filter", "neutron-filter-top",
		  "-j " WRAP "local");
	rules_chain(c, "", family, "filter", WRAP "local");
	rules_chain(c, "", family, "filter", SG_CHAIN);
	rules_add(
		c, "", family, "filter", FALLBACK,
		COMMENT("Default drop rule for unmatched traffic.") "-j DROP");
	wrap(c, family, "raw", "PREROUTING");
	wrap(c, family, "raw", "OUTPUT");
}

/* --- of a port ------------------------------------------------------------
 */

unsigned secgroup_zone(const struct topo_network *n)
{
	return ZONE_FIRST + (unsigned)n->index;
}

static void zone(const struct port *x, int family)
{
	const char *words = arena_printf(
		x->c->arena, COMMENT("Set zone for %s") "-j CT --zone %u",
		x->p->tap + 4, secgroup_zone(x->p->network));
	const char *const match[] = {
		arena_printf(x->c->arena, "-m physdev --physdev-in %s %s",
			     x->p->network->bridge, words),
		arena_printf(x->c->arena, "-i %s %s", x->p->network->bridge,
			     words),
		arena_printf(x->c->arena, "-m physdev --physdev-in %s %s",
			     x->p->tap, words)};

	for (size_t i = 0; i < ARRAY_LEN(match); i++)
		rules_add(x->c, "", family, "raw", WRAP "PREROUTING", match[i]);
}

static void jumps(const struct port *x, int family)
{
	const char *tap = x->p->tap;
	struct arena *a = x->c->arena;
	const char *const ways[] = {"out", "in"};
	const char *const chains[] = {x->in, x->out};

	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		add(x, family, WRAP "FORWARD",
		    arena_printf(a,
				 "-m physdev --physdev-%s %s "
				 "--physdev-is-bridged " COMMENT(
					 "Direct traffic from the VM interface "
					 "to the security group "
					 "chain.") "-j " SG_CHAIN,
				 ways[i], tap));
		add(x, family, SG_CHAIN,
		    arena_printf(a,
				 "-m physdev --physdev-%s %s "
				 "--physdev-is-bridged " COMMENT(
					 "Jump to the VM specific "
					 "chain.") "-j %s",
				 ways[i], tap, chains[i]));
	}
	add(x, family, WRAP "INPUT",
	    arena_printf(a,
			 "-m physdev --physdev-in %s "
			 "--physdev-is-bridged " COMMENT(
				 "Direct incoming traffic from VM to the "
				 "security group chain.") "-j %s",
			 tap, x->out));
}

/* Nothing of an instance without port security is filtered. */
static void open_port(struct plan_ctx *c, const struct topo_port *p, int family)
{
	static const struct {
		const char *chain, *way;
	} where[] = {{WRAP "FORWARD", "out"},
		     {WRAP "FORWARD", "in"},
		     {WRAP "INPUT", "in"}};

	for (size_t i = 0; i < ARRAY_LEN(where); i++)
		rules_add(c, "", family, "filter", where[i].chain,
			  arena_printf(
				  c->arena,
				  "-m physdev --physdev-%s %s "
				  "--physdev-is-bridged " COMMENT(
					  "Accept all packets when port "
					  "security is disabled.") "-j ACCEPT",
				  where[i].way, p->tap));
}

static void pair(const struct port *x, const struct ipnet *addr,
		 const struct mac *mac)
{
	char net[IP_TEXT_MAX], hw[MAC_TEXT_MAX];

	rules_once(x->c, "", addr->ip.family, "filter", x->spoof,
		   arena_printf(x->c->arena,
				"-s %s -m mac --mac-source %s " COMMENT(
					"Allow traffic from defined IP/MAC "
					"pairs.") "-j RETURN",
				ipnet_print(addr, net), mac_print(mac, hw)));
}

static struct ipnet host(const struct ip *ip)
{
	return (struct ipnet){*ip, (uint8_t)ip_bits(ip)};
}

static void pair_of(const struct port *x, const struct ipnet *addr,
		    const struct mac *mac)
{
	struct ip own = ip_link_local(mac);
	struct ipnet local = host(&own);

	pair(x, addr, mac);
	if (addr->ip.family == 6)
		pair(x, &local, mac);
}

static void spoofing(const struct port *x)
{
	const struct topo_port *p = x->p;
	struct ip own = ip_link_local(&p->mac);
	struct ipnet net;
	size_t i;

	for (i = 0; i < p->npairs; i++)
		pair_of(x, &p->pairs[i].addr, &p->pairs[i].mac);
	for (i = 0; i < p->naddrs; i++) {
		net = host(&p->addrs[i].addr.ip);
		pair_of(x, &net, &p->mac);
	}
	net = host(&own);
	pair(x, &net, &p->mac);
	for (i = 0; i < ARRAY_LEN(families); i++)
		add(x, families[i], x->spoof,
		    COMMENT("Drop traffic without an IP/MAC allow rule.") "-j "
									  "DRO"
									  "P");
}

/* What a host must be let say before it has an address, and what it may never
 * say: that it is a server or a router. */
static void fixed_out4(const struct port *x)
{
	add(x, 4, x->out,
	    "-s 0.0.0.0/32 -d 255.255.255.255/32 -p udp -m udp --sport 68 "
	    "--dport 67 " COMMENT("Allow DHCP client traffic.") "-j RETURN");
	add(x, 4, x->out, arena_printf(x->c->arena, "-j %s", x->spoof));
	add(x, 4, x->out,
	    "-p udp -m udp --sport 68 --dport 67 " COMMENT(
		    "Allow DHCP client traffic.") "-j RETURN");
	add(x, 4, x->out,
	    "-p udp -m udp --sport 67 --dport 68 " COMMENT(
		    "Prevent DHCP Spoofing by VM.") "-j DROP");
}

static void fixed_out6(const struct port *x)
{
	static const int unspecified[] = {131, 135, 143};

	for (size_t i = 0; i < ARRAY_LEN(unspecified); i++)
		add(x, 6, x->out,
		    arena_printf(
			    x->c->arena,
			    "-s ::/128 -d ff02::/16 -p ipv6-icmp -m icmp6 "
			    "--icmpv6-type %d " COMMENT(
				    "Allow IPv6 ICMP traffic.") "-j RETURN",
			    unspecified[i]));
	add(x, 6, x->out, arena_printf(x->c->arena, "-j %s", x->spoof));
	add(x, 6, x->out,
	    "-p ipv6-icmp -m icmp6 --icmpv6-type 134 " COMMENT(
		    "Drop IPv6 Router Advts from VM Instance.") "-j DROP");
	add(x, 6, x->out,
	    "-p ipv6-icmp " COMMENT("Allow IPv6 ICMP traffic.") "-j RETURN");
	add(x, 6, x->out,
	    "-p udp -m udp --sport 546 --dport 547 " COMMENT(
		    "Allow DHCP client traffic.") "-j RETURN");
	add(x, 6, x->out,
	    "-p udp -m udp --sport 547 --dport 546 " COMMENT(
		    "Prevent DHCP Spoofing by VM.") "-j DROP");
}

/* What answers what is let through. */
static void established(const struct port *x, int family, const char *chain)
{
	add(x, family, chain,
	    "-m conntrack --ctstate RELATED,ESTABLISHED " COMMENT(
		    "Direct packets associated with a known session to the "
		    "RETURN chain.") "-j RETURN");
}

/* Servers' and routers' answers, whatever the groups are. */
static void provided(const struct port *x, int family)
{
	static const char *const rest[] = {"255.255.255.255/32", "fe80::/64"};
	const char *ports = family == 6 ? "--sport 547 --dport 546"
					: "--sport 67 --dport 68";
	const struct topo_port *p = x->p;
	char text[IP_TEXT_MAX];
	struct ipnet net;
	size_t i;
	bool any = family == 4;

	for (i = 0; i < p->naddrs; i++) {
		if (p->addrs[i].addr.ip.family != family)
			continue;
		any = true;
		net = host(&p->addrs[i].addr.ip);
		add(x, family, x->in,
		    arena_printf(x->c->arena,
				 "-d %s -p udp -m udp %s -j RETURN",
				 ipnet_print(&net, text), ports));
	}
	if (!any)
		return;
	add(x, family, x->in,
	    arena_printf(x->c->arena, "-d %s -p udp -m udp %s -j RETURN",
			 rest[family == 6], ports));
	if (family == 6)
		add(x, family, x->in,
		    "-p ipv6-icmp -m icmp6 --icmpv6-type 134 -j RETURN");
}

/* --- groups ---------------------------------------------------------------
 */

void secgroup_set_name(const struct topo_secgroup *g, int family,
		       char ret[SECGROUP_SET_MAX])
{
	snprintf(ret, SECGROUP_SET_MAX, "NIPv%d%.24s", family == 6 ? 6 : 4,
		 g->uuid);
}

static void matches(const struct topo_secrule *r, struct buf *out)
{
	const char *name = topo_protocol_name(r->protocol);
	bool icmp = r->protocol == TOPO_ICMP || r->protocol == TOPO_ICMPV6;

	if (r->protocol == TOPO_ANY)
		return;
	if (name)
		buf_printf(out, "-p %s ", name);
	else
		buf_printf(out, "-p %d ", r->protocol);
	if (r->min == TOPO_ANY)
		return;
	if (icmp) {
		buf_printf(out,
			   r->protocol == TOPO_ICMP
				   ? "-m icmp --icmp-type %d"
				   : "-m icmp6 --icmpv6-type %d",
			   r->min);
		if (r->max != TOPO_ANY)
			buf_printf(out, "/%d", r->max);
	} else {
		buf_printf(out, "-m %s --dport %d", name ? name : "dccp",
			   r->min);
		if (r->max != r->min)
			buf_printf(out, ":%d", r->max);
	}
	buf_addc(out, ' ');
}

static const char *rule_text(struct arena *a, const struct topo_secrule *r)
{
	auto_buf struct buf out = {0};
	char text[IP_TEXT_MAX], set[SECGROUP_SET_MAX];

	if (ip_is_set(&r->remote.ip))
		buf_printf(&out, "%s %s ", r->egress ? "-d" : "-s",
			   ipnet_print(&r->remote, text));
	matches(r, &out);
	if (r->group) {
		secgroup_set_name(r->group, r->family, set);
		buf_printf(&out, "-m set --match-set %s %s ", set,
			   r->egress ? "dst" : "src");
	}
	buf_adds(&out, "-j RETURN");
	return arena_strndup(a, out.data, out.len);
}

static void groups(const struct port *x, int family, bool egress)
{
	const char *chain = egress ? x->out : x->in;
	size_t i, k;

	for (i = 0; i < x->p->ngroups; i++)
		for (k = 0; k < x->p->groups[i]->nrules; k++) {
			const struct topo_secrule *r =
				&x->p->groups[i]->rules[k];

			if (r->family == family && r->egress == egress)
				rules_once(x->c, "", family, "filter", chain,
					   rule_text(x->c->arena, r));
		}
	add(x, family, chain,
	    "-m conntrack --ctstate INVALID " COMMENT(
		    "Drop packets that appear related to an existing "
		    "connection (e.g. TCP ACK/FIN) but do not have an entry in "
		    "conntrack.") "-j DROP");
	add(x, family, chain,
	    COMMENT("Send unmatched traffic to the fallback chain.") "-j"
								     " " FALLBACK);
}

static void guard(struct plan_ctx *c, const struct topo_port *p)
{
	static const int told[] = {130, 135, 136};
	struct port x = {
		.c = c,
		.p = p,
		.in = arena_printf(c->arena, WRAP "i%.*s", TAIL, p->uuid),
		.out = arena_printf(c->arena, WRAP "o%.*s", TAIL, p->uuid),
		.spoof = arena_printf(c->arena, WRAP "s%.*s", TAIL, p->uuid),
	};
	size_t i, k;

	spoofing(&x);
	fixed_out4(&x);
	fixed_out6(&x);
	for (k = 0; k < ARRAY_LEN(told); k++)
		add(&x, 6, x.in,
		    arena_printf(c->arena,
				 "-p ipv6-icmp -m icmp6 --icmpv6-type %d -j "
				 "RETURN",
				 told[k]));
	for (i = 0; i < ARRAY_LEN(families); i++) {
		zone(&x, families[i]);
		jumps(&x, families[i]);
		established(&x, families[i], x.in);
		provided(&x, families[i]);
		groups(&x, families[i], false);
		established(&x, families[i], x.out);
		groups(&x, families[i], true);
	}
}

/* --- frames ---------------------------------------------------------------
 */

/* As ebtables prints one in a list. */
static const char *short_mac(const struct mac *m, char out[MAC_TEXT_MAX])
{
	snprintf(out, MAC_TEXT_MAX, "%x:%x:%x:%x:%x:%x", m->b[0], m->b[1],
		 m->b[2], m->b[3], m->b[4], m->b[5]);
	return out;
}

static int by_mac(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct mac));
}

static void macs(const struct topo_port *p, struct buf *out)
{
	struct mac all[TOPO_PAIRS_MAX + 1] = {p->mac};
	size_t n = 1, i;
	char text[MAC_TEXT_MAX];

	for (i = 0; i < p->npairs; i++)
		all[n++] = p->pairs[i].mac;
	qsort(all, n, sizeof(*all), by_mac);
	for (i = 0; i < n; i++)
		if (!i || !mac_equal(&all[i], &all[i - 1]))
			buf_printf(out, "%s%s", i ? "," : "",
				   short_mac(&all[i], text));
}

static void arp(const struct topo_port *p, struct buf *out)
{
	char text[IP_TEXT_MAX];
	size_t i;

	for (i = 0; i < p->naddrs; i++)
		if (p->addrs[i].addr.ip.family == 4)
			buf_printf(out,
				   "-A neutronARP-%s -p ARP --arp-ip-src %s -j "
				   "ACCEPT\n",
				   p->tap,
				   ip_print(&p->addrs[i].addr.ip, text));
	for (i = 0; i < p->npairs; i++) {
		const struct ipnet *net = &p->pairs[i].addr;

		if (net->ip.family == 4)
			buf_printf(out,
				   "-A neutronARP-%s -p ARP --arp-ip-src %s -j "
				   "ACCEPT\n",
				   p->tap,
				   net->len == 32 ? ip_print(&net->ip, text)
						  : ipnet_print(net, text));
	}
}

static const char *bridge_text(struct arena *a,
			       const struct topo_port *const *ports, size_t n)
{
	auto_buf struct buf out = {0};
	size_t i;

	if (!n)
		return "";
	buf_adds(&out, "*nat\n:PREROUTING ACCEPT\n");
	for (i = 0; i < n; i++)
		buf_printf(&out, ":neutronARP-%s DROP\n:neutronMAC-%s DROP\n",
			   ports[i]->tap, ports[i]->tap);
	for (i = 0; i < n; i++)
		buf_printf(&out,
			   "-A PREROUTING -i %s -j neutronMAC-%s\n"
			   "-A PREROUTING -p ARP -i %s -j neutronARP-%s\n",
			   ports[i]->tap, ports[i]->tap, ports[i]->tap,
			   ports[i]->tap);
	for (i = 0; i < n; i++) {
		buf_printf(&out, "-A neutronMAC-%s -i %s --among-src ",
			   ports[i]->tap, ports[i]->tap);
		macs(ports[i], &out);
		buf_adds(&out, " -j RETURN\n");
		arp(ports[i], &out);
	}
	buf_adds(&out, "COMMIT\n");
	return arena_strndup(a, out.data, out.len);
}

/* --- sets -----------------------------------------------------------------
 */

struct set {
	char name[SECGROUP_SET_MAX];
	const struct topo_secgroup *group;
	int family;
};

static int by_name(const void *a, const void *b)
{
	const struct set *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int by_net(const void *a, const void *b)
{
	const struct ipnet *x = a, *y = b;
	int r = ip_cmp(&x->ip, &y->ip);

	return r ? r : (x->len > y->len) - (x->len < y->len);
}

static void put_members(struct arena *a, const struct set *s, struct buf *out)
{
	struct ipnet *nets = NULL, *slot;
	char text[IP_TEXT_MAX];
	size_t n = 0, i, k;

	for (i = 0; i < s->group->nmembers; i++) {
		const struct topo_port *p = s->group->members[i];

		for (k = 0; k < p->naddrs + p->npairs; k++) {
			struct ipnet net =
				k < p->naddrs ? host(&p->addrs[k].addr.ip)
					      : p->pairs[k - p->naddrs].addr;

			if (net.ip.family != s->family)
				continue;
			slot = arena_push(a, &nets, &n, sizeof(*nets));
			*slot = net;
		}
	}
	if (n)
		qsort(nets, n, sizeof(*nets), by_net);
	for (i = 0; i < n; i++)
		if (!i || !ipnet_equal(&nets[i], &nets[i - 1]))
			buf_printf(out, "add %s %s\n", s->name,
				   ipnet_print(&nets[i], text));
}

const char *secgroup_sets(struct arena *a, const struct lab *lab,
			  const struct topo_node *node)
{
	auto_buf struct buf out = {0};
	bool *used = arena_array(a, 2 * lab->nsecgroups + 1, sizeof(*used));
	struct set *sets = NULL, *s;
	size_t n = 0, i, k, m;

	for (i = 0; i < lab->ninstances; i++) {
		const struct topo_port *p = lab->instances[i].port;

		for (k = 0; lab->instances[i].node == node && k < p->ngroups;
		     k++)
			for (m = 0; m < p->groups[k]->nrules; m++) {
				const struct topo_secrule *r =
					&p->groups[k]->rules[m];
				bool *slot =
					r->group ? &used[2 * r->group->index +
							 (r->family == 6)]
						 : NULL;

				if (!slot || *slot)
					continue;
				*slot = true;
				s = arena_push(a, &sets, &n, sizeof(*s));
				s->group = r->group;
				s->family = r->family;
				secgroup_set_name(r->group, r->family, s->name);
			}
	}
	if (n)
		qsort(sets, n, sizeof(*sets), by_name);
	buf_adds(&out, "");
	for (i = 0; i < n; i++) {
		buf_printf(&out, "create %s hash:net family %s\n", sets[i].name,
			   sets[i].family == 6 ? "inet6" : "inet");
		put_members(a, &sets[i], &out);
	}
	return arena_strndup(a, out.data, out.len);
}

/* --- connections ----------------------------------------------------------
 */

static bool has_addr(const struct topo_port *p, const struct ip *ip)
{
	for (size_t i = 0; i < p->naddrs; i++)
		if (ip_equal(&p->addrs[i].addr.ip, ip))
			return true;
	for (size_t i = 0; i < p->npairs; i++)
		if (ipnet_contains(&p->pairs[i].addr, ip))
			return true;
	return false;
}

/* Whether a port of the node, at either end, is not let have a connection. */
static bool forbids(const struct conn *conn, const void *ctx)
{
	const struct plan_ctx *c = ctx;
	struct topo_flow f = {.protocol = conn->protocol,
			      .sport = conn->sport,
			      .dport = conn->dport};

	for (size_t i = 0; i < c->lab->ninstances; i++) {
		const struct topo_port *p = c->lab->instances[i].port;

		if (p->node != c->node || !p->filtered ||
		    secgroup_zone(p->network) != conn->zone)
			continue;
		f.egress = has_addr(p, &conn->src);
		f.remote = f.egress ? conn->dst : conn->src;
		if (f.egress && !topo_lets(p, &f))
			return true;
		f.egress = false;
		f.remote = conn->src;
		if (has_addr(p, &conn->dst) && !topo_lets(p, &f))
			return true;
	}
	return false;
}

static int by_tap(const void *a, const void *b)
{
	const struct topo_port *const *x = a, *const *y = b;

	return strcmp((*x)->tap, (*y)->tap);
}

void plan_secgroups(struct plan_ctx *c)
{
	const struct lab *lab = c->lab;
	const struct topo_port **ports =
		arena_array(c->arena, lab->ninstances + 1, sizeof(*ports));
	const char *four, *six, *frames, *sets;
	struct plan_ctx *copy;
	size_t n = 0, guarded = 0, i, k;
	struct res *r;

	if (!topo_filters(lab, c->node))
		return;
	for (i = 0; i < lab->ninstances; i++)
		if (lab->instances[i].node == c->node &&
		    lab->instances[i].port->filtered)
			ports[n++] = lab->instances[i].port;
	guarded = n;
	for (i = 0; i < lab->ninstances; i++)
		if (lab->instances[i].node == c->node &&
		    !lab->instances[i].port->filtered)
			ports[n++] = lab->instances[i].port;
	qsort(ports, guarded, sizeof(*ports), by_tap);
	for (k = 0; k < ARRAY_LEN(families); k++)
		frame(c, families[k]);
	for (i = 0; i < guarded; i++)
		guard(c, ports[i]);
	for (k = 0; k < ARRAY_LEN(families); k++) {
		rules_add(c, "", families[k], "filter", SG_CHAIN, "-j ACCEPT");
		for (i = guarded; i < n; i++)
			open_port(c, ports[i], families[k]);
	}
	four = rules_text(c, "", 4);
	six = rules_text(c, "", 6);
	frames = bridge_text(c->arena, ports, guarded);
	sets = secgroup_sets(c->arena, lab, c->node);
	copy = arena_alloc(c->arena, sizeof(*copy));
	*copy = *c;
	r = plan_add(c, RES_FILTER, "");
	r->filter = (struct res_filter){.text4 = four,
					.text6 = six,
					.bridge = frames,
					.sets = sets,
					.forbids = forbids,
					.ctx = copy};
}
