/* SPDX-License-Identifier: MIT */
/*
 * The chains of one port, by Neutron's names: i is for what goes to it, o for
 * what comes from it, s for whose addresses it may come from.
 */
#include "provision/plan/secgroup/port.h"

#include "lib/auto.h"
#include "provision/plan/rules.h"
#include "provision/plan/secgroup/sets.h"
#include "topologies/secgroup/secgroup.h"

#define TAIL 10 /* letters of a port's id in a chain's name */
#define ZONE_FIRST 4097u

/* clang-format off */
#define UNALLOWED \
	SECGROUP_COMMENT("Drop traffic without an IP/MAC allow rule.") "-j DROP"
#define UNMATCHED \
	SECGROUP_COMMENT("Send unmatched traffic to the fallback chain.")
/* clang-format on */

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

const char *secgroup_agent(const struct topo_node *n)
{
	return n->mechanism == TOPO_OPENVSWITCH ? "neutron-openvswi"
						: "neutron-linuxbri";
}

const char *secgroup_chain(struct plan_ctx *c, const char *name)
{
	return arena_printf(c->arena, "%s-%s", secgroup_agent(c->node), name);
}

const char *secgroup_jump(struct plan_ctx *c, const char *words,
			  const char *name)
{
	return arena_printf(c->arena, "%s-j %s-%s", words,
			    secgroup_agent(c->node), name);
}

unsigned secgroup_zone(const struct topo_port *p)
{
	return ZONE_FIRST + (unsigned)(p->node->mechanism == TOPO_OPENVSWITCH
					       ? p->instance->index
					       : p->network->index);
}
_Static_assert(ZONE_FIRST + TOPO_INSTANCES_MAX < 65536 &&
		       ZONE_FIRST + 2 * TOPO_NETWORKS_MAX < 65536,
	       "a zone is 16 bits");

/* What leads from the tap to the other nodes: the network's bridge, or the
 * pair's end in the port's own. And the words that Neutron names a port by. */
static const char *beyond(const struct port *x, char name[IFNAME_MAX],
			  const char **ret_words)
{
	if (!x->p->hybrid) {
		*ret_words = x->p->tap;
		return x->p->network->bridge;
	}
	topo_port_link(x->p, "qvb", name);
	*ret_words = x->p->uuid;
	return name;
}

static void zone(const struct port *x, int family)
{
	char name[IFNAME_MAX];
	const char *device, *far = beyond(x, name, &device);
	const char *words = arena_printf(
		x->c->arena,
		SECGROUP_COMMENT("Set zone for %s") "-j CT --zone %u",
		device + 4, secgroup_zone(x->p));
	const char *const match[] = {
		arena_printf(x->c->arena, "-m physdev --physdev-in %s %s", far,
			     words),
		arena_printf(x->c->arena, "-i %s %s", far, words),
		arena_printf(x->c->arena, "-m physdev --physdev-in %s %s",
			     x->p->tap, words)};

	for (size_t i = 0; i < ARRAY_LEN(match); i++)
		rules_add(x->c, "", family, "raw",
			  secgroup_chain(x->c, "PREROUTING"), match[i]);
}

static void jumps(const struct port *x, int family)
{
	const char *tap = x->p->tap;
	struct arena *a = x->c->arena;
	const char *const ways[] = {"out", "in"};
	const char *const chains[] = {x->in, x->out};
	const char *group = secgroup_chain(x->c, "sg-chain");

	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		add(x, family, secgroup_chain(x->c, "FORWARD"),
		    arena_printf(a,
				 "-m physdev --physdev-%s %s "
				 "--physdev-is-bridged " SECGROUP_COMMENT(
					 "Direct traffic from the VM interface "
					 "to the security group "
					 "chain.") "-j %s",
				 ways[i], tap, group));
		add(x, family, group,
		    arena_printf(a,
				 "-m physdev --physdev-%s %s "
				 "--physdev-is-bridged " SECGROUP_COMMENT(
					 "Jump to the VM specific "
					 "chain.") "-j %s",
				 ways[i], tap, chains[i]));
	}
	add(x, family, secgroup_chain(x->c, "INPUT"),
	    arena_printf(a,
			 "-m physdev --physdev-in %s "
			 "--physdev-is-bridged " SECGROUP_COMMENT(
				 "Direct incoming traffic from VM to the "
				 "security group chain.") "-j %s",
			 tap, x->out));
}

/* Nothing of an instance without port security is filtered. */
void secgroup_open_port(struct plan_ctx *c, const struct topo_port *p,
			int family)
{
	static const struct {
		const char *chain, *way;
	} where[] = {{"FORWARD", "out"}, {"FORWARD", "in"}, {"INPUT", "in"}};

	for (size_t i = 0; i < ARRAY_LEN(where); i++)
		rules_add(c, "", family, "filter",
			  secgroup_chain(c, where[i].chain),
			  arena_printf(
				  c->arena,
				  "-m physdev --physdev-%s %s "
				  "--physdev-is-bridged " SECGROUP_COMMENT(
					  "Accept all packets when port "
					  "security is disabled.") "-j ACCEPT",
				  where[i].way, p->tap));
}

static void pair(const struct port *x, const struct ipnet *addr,
		 const struct mac *mac)
{
	char net[IP_TEXT_MAX], hw[MAC_TEXT_MAX];

	rules_once(
		x->c, "", addr->ip.family, "filter", x->spoof,
		arena_printf(x->c->arena,
			     "-s %s -m mac --mac-source %s " SECGROUP_COMMENT(
				     "Allow traffic from defined IP/MAC "
				     "pairs.") "-j RETURN",
			     ipnet_print(addr, net), mac_print(mac, hw)));
}

static void pair_of(const struct port *x, const struct ipnet *addr,
		    const struct mac *mac)
{
	struct ip own = ip_link_local(mac);
	struct ipnet local = ipnet_host(&own);

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
		net = ipnet_host(&p->addrs[i].addr.ip);
		pair_of(x, &net, &p->mac);
	}
	net = ipnet_host(&own);
	pair(x, &net, &p->mac);
	for (i = 0; i < ARRAY_LEN(families); i++)
		add(x, families[i], x->spoof, UNALLOWED);
}

/* What a host must be let say before it has an address, and what it may never
 * say: that it is a server or a router. */
static void fixed_out4(const struct port *x)
{
	add(x, 4, x->out,
	    "-s 0.0.0.0/32 -d 255.255.255.255/32 -p udp -m udp --sport 68 "
	    "--dport 67 " SECGROUP_COMMENT(
		    "Allow DHCP client traffic.") "-j RETURN");
	add(x, 4, x->out, arena_printf(x->c->arena, "-j %s", x->spoof));
	add(x, 4, x->out,
	    "-p udp -m udp --sport 68 --dport 67 " SECGROUP_COMMENT(
		    "Allow DHCP client traffic.") "-j RETURN");
	add(x, 4, x->out,
	    "-p udp -m udp --sport 67 --dport 68 " SECGROUP_COMMENT(
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
			    "--icmpv6-type %d " SECGROUP_COMMENT(
				    "Allow IPv6 ICMP traffic.") "-j RETURN",
			    unspecified[i]));
	add(x, 6, x->out, arena_printf(x->c->arena, "-j %s", x->spoof));
	add(x, 6, x->out,
	    "-p ipv6-icmp -m icmp6 --icmpv6-type 134 " SECGROUP_COMMENT(
		    "Drop IPv6 Router Advts from VM Instance.") "-j DROP");
	add(x, 6, x->out,
	    "-p ipv6-icmp " SECGROUP_COMMENT(
		    "Allow IPv6 ICMP traffic.") "-j RETURN");
	add(x, 6, x->out,
	    "-p udp -m udp --sport 546 --dport 547 " SECGROUP_COMMENT(
		    "Allow DHCP client traffic.") "-j RETURN");
	add(x, 6, x->out,
	    "-p udp -m udp --sport 547 --dport 546 " SECGROUP_COMMENT(
		    "Prevent DHCP Spoofing by VM.") "-j DROP");
}

/* What answers what is let through. */
static void established(const struct port *x, int family, const char *chain)
{
	add(x, family, chain,
	    "-m conntrack --ctstate RELATED,ESTABLISHED " SECGROUP_COMMENT(
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
		net = ipnet_host(&p->addrs[i].addr.ip);
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
	    "-m conntrack --ctstate INVALID " SECGROUP_COMMENT(
		    "Drop packets that appear related to an existing "
		    "connection (e.g. TCP ACK/FIN) but do not have an entry in "
		    "conntrack.") "-j DROP");
	add(x, family, chain, secgroup_jump(x->c, UNMATCHED, "sg-fallback"));
}

static const char *chain_of(struct plan_ctx *c, const struct topo_port *p,
			    char way)
{
	return arena_printf(c->arena, "%s-%c%.*s", secgroup_agent(c->node), way,
			    TAIL, p->uuid);
}

void secgroup_guard(struct plan_ctx *c, const struct topo_port *p)
{
	static const int told[] = {130, 135, 136};
	struct port x = {
		.c = c,
		.p = p,
		.in = chain_of(c, p, 'i'),
		.out = chain_of(c, p, 'o'),
		.spoof = chain_of(c, p, 's'),
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
