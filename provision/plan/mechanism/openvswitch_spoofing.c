/* SPDX-License-Identifier: MIT */
/*
 * prevent_arp_spoofing: an instance speaks for itself alone, and for what it is
 * allowed beside: ARP and neighbour advertisements for those addresses, frames
 * from those MAC addresses. Tables 24 and 25 of br-int are Neutron's, and what
 * a port may say stands there. A range of all addresses needs no table; a flow
 * can name no target of it.
 */
#include "provision/plan/mechanism/openvswitch.h"

#include "topologies/secgroup/secgroup.h"

struct allowed {
	struct buf *out;
	unsigned port;
	bool any4, any6; /* addresses that are all there are */
};

static void first(const struct allowed *a)
{
	/* What is under a tag no rule sees; see secgroup/frames.c. */
	buf_printf(a->out,
		   "table=0,priority=11,in_port=%u,vlan_tci=0x1000/0x1000,"
		   "actions=drop\n",
		   a->port);
	if (!a->any4)
		buf_printf(a->out,
			   "table=0,priority=10,arp,in_port=%u,"
			   "actions=resubmit(,24)\n",
			   a->port);
	if (!a->any6)
		buf_printf(a->out,
			   "table=0,priority=10,icmp6,in_port=%u,"
			   "icmp_type=136,actions=resubmit(,24)\n",
			   a->port);
	buf_printf(a->out,
		   "table=0,priority=9,in_port=%u,actions=resubmit(,25)\n",
		   a->port);
}

/* Ranges as Open vSwitch prints them: a host's without a length. */
static const char *range(const struct ipnet *net, char out[IP_TEXT_MAX])
{
	struct ipnet whole = {ipnet_network(net), net->len};

	return net->len == ip_bits(&net->ip) ? ip_print(&net->ip, out)
					     : ipnet_print(&whole, out);
}

static void address(const struct allowed *a, const struct ipnet *net)
{
	char t[IP_TEXT_MAX];

	if (net->ip.family == 4 && !a->any4)
		buf_printf(a->out,
			   "table=24,priority=2,arp,in_port=%u,"
			   "arp_spa=%s,actions=resubmit(,25)\n",
			   a->port, range(net, t));
	else if (net->ip.family == 6 && !a->any6)
		buf_printf(a->out,
			   "table=24,priority=2,icmp6,in_port=%u,"
			   "icmp_type=136,nd_target=%s,actions=NORMAL\n",
			   a->port, range(net, t));
}

static void mac(const struct allowed *a, const struct mac *m)
{
	struct ip own = ip_link_local(m);
	struct ipnet local = ipnet_host(&own);
	char t[MAC_TEXT_MAX];

	address(a, &local);
	buf_printf(a->out,
		   "table=25,priority=2,in_port=%u,dl_src=%s,actions=NORMAL\n",
		   a->port, mac_print(m, t));
}

/* Has an earlier pair this MAC address, or the port? */
static bool had(const struct topo_port *p, size_t pair)
{
	const struct mac *m = &p->pairs[pair].mac;

	for (size_t i = 0; i < pair; i++)
		if (mac_equal(&p->pairs[i].mac, m))
			return true;
	return mac_equal(&p->mac, m);
}

/* Is an address told already? */
static bool told(const struct topo_port *p, size_t pair)
{
	const struct ipnet *net = &p->pairs[pair].addr;
	size_t i;

	for (i = 0; i < pair; i++)
		if (ipnet_equal(&p->pairs[i].addr, net))
			return true;
	for (i = 0; i < p->naddrs; i++)
		if (net->len == ip_bits(&net->ip) &&
		    ip_equal(&p->addrs[i].addr.ip, &net->ip))
			return true;
	return false;
}

void openvswitch_spoofing(struct plan_ctx *c, const struct topo_port *p,
			  unsigned number)
{
	struct allowed a = {.out = &c->ovs->br_int, .port = number};
	size_t i;

	if (!p->instance || !p->port_security || !c->node->prevent_arp_spoofing)
		return;
	for (i = 0; i < p->npairs; i++)
		if (!p->pairs[i].addr.len)
			*(p->pairs[i].addr.ip.family == 4 ? &a.any4 : &a.any6) =
				true;
	first(&a);
	mac(&a, &p->mac);
	for (i = 0; i < p->npairs; i++)
		if (!had(p, i))
			mac(&a, &p->pairs[i].mac);
	for (i = 0; i < p->naddrs; i++) {
		const struct ip *ip = &p->addrs[i].addr.ip;
		struct ipnet one = ipnet_host(ip);

		address(&a, &one);
	}
	for (i = 0; i < p->npairs; i++)
		if (!told(p, i))
			address(&a, &p->pairs[i].addr);
}
