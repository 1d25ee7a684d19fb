/* SPDX-License-Identifier: MIT */
#include "topologies/print.h"

#include <stdio.h>
#include <strings.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "topologies/topo.h"

/* A name as YAML takes it for a text: some look like numbers or truths. */
static void name(struct buf *b, const char *s)
{
	static const char *const words[] = {"true", "false", "null", "yes",
					    "no",   "on",    "off",  "none",
					    "y",    "n"};
	bool bare = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z');

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		bare = bare && strcasecmp(s, words[i]) != 0;
	buf_printf(b, bare ? "%s" : "\"%s\"", s);
}

static void key_name(struct buf *b, const char *indent, const char *s)
{
	buf_adds(b, indent);
	name(b, s);
	buf_addc(b, ':');
}

static void value_name(struct buf *b, const char *key, const char *s)
{
	buf_adds(b, key);
	name(b, s);
	buf_addc(b, '\n');
}

/* Addresses are quoted: colons mean something to YAML. */
static void address(struct buf *b, const struct ip *ip)
{
	char text[IP_TEXT_MAX];

	buf_printf(b, "\"%s\"", ip_print(ip, text));
}

static void list(struct buf *b, const struct topo_port *p)
{
	buf_addc(b, '[');
	for (size_t i = 0; i < p->naddrs; i++) {
		if (i)
			buf_adds(b, ", ");
		address(b, &p->addrs[i].addr.ip);
	}
	buf_adds(b, "]\n");
}

static void print_nodes(const struct lab *lab, struct buf *b)
{
	char addr[IP_TEXT_MAX], mac[MAC_TEXT_MAX];

	buf_adds(b, "\nnodes:\n");
	for (size_t i = 0; i < lab->nnodes; i++) {
		const struct topo_node *n = &lab->nodes[i];

		key_name(b, "  ", n->name);
		buf_printf(b, "  # %s\n    role: %s\n    mechanism: %s\n",
			   n->uuid, topo_role_names[n->role],
			   topo_mechanism_names[n->mechanism]);
		for (size_t k = 0; k < n->nnics; k++) {
			const struct topo_nic *nic = &n->nics[k];

			buf_printf(b, "    # %s: %s %s", nic->ifname,
				   nic->phys->name, mac_print(&nic->mac, mac));
			if (ip_is_set(&nic->addr.ip))
				buf_printf(b, " %s",
					   ipnet_print(&nic->addr, addr));
			buf_addc(b, '\n');
		}
	}
}

static void print_phys(const struct lab *lab, struct buf *b)
{
	char text[IP_TEXT_MAX];

	buf_adds(b, "\nphysical:\n");
	for (size_t i = 0; i < lab->nphys; i++) {
		const struct topo_phys *p = &lab->phys[i];

		key_name(b, "  ", p->name);
		buf_printf(b, "\n    use: %s\n", topo_use_names[p->use]);
		if (ip_is_set(&p->cidr.ip))
			buf_printf(b, "    cidr: \"%s\"\n",
				   ipnet_print(&p->cidr, text));
		buf_printf(b, "    mtu: %u\n", p->mtu);
	}
}

static void print_subnet(const struct topo_subnet *s, struct buf *b)
{
	char text[IP_TEXT_MAX];
	bool inside = ip_is_set(&s->gateway) &&
		      ip_cmp(&s->gateway, &s->pool_first) >= 0 &&
		      ip_cmp(&s->gateway, &s->pool_last) <= 0;

	key_name(b, "      ", s->name);
	buf_printf(b,
		   "  # %s\n        cidr: \"%s\"\n        gateway: ", s->uuid,
		   ipnet_print(&s->cidr, text));
	if (ip_is_set(&s->gateway))
		address(b, &s->gateway);
	else
		buf_adds(b, "none");
	buf_addc(b, '\n');
	/* Only the default pool can have the gateway inside. */
	if (inside)
		return;
	buf_printf(b, "        pool: \"%s", ip_print(&s->pool_first, text));
	buf_printf(b, "-%s\"\n", ip_print(&s->pool_last, text));
}

static void print_network(const struct topo_network *n, struct buf *b)
{
	key_name(b, "  ", n->name);
	buf_printf(b, "  # %s\n    external: %s\n", n->uuid,
		   n->external ? "true" : "false");
	value_name(b, "    project: ", n->project);
	buf_printf(b, "    type: %s\n", topo_type_names[n->type]);
	if (n->type == TOPO_FLAT)
		value_name(b, "    physical: ", n->phys->name);
	if (n->type == TOPO_VXLAN)
		buf_printf(b, "    segment: %u\n", n->vni);
	buf_printf(b, "    # %s mtu %u %s\n", n->bridge, n->mtu, n->vxlan);
	/* No blank at the end of a line. */
	if (!*n->vxlan) {
		b->len -= 2;
		buf_addc(b, '\n');
	}
	if (n->nsubnets)
		buf_adds(b, "    subnets:\n");
	for (size_t i = 0; i < n->nsubnets; i++)
		print_subnet(n->subnets[i], b);
}

static void print_networks(const struct lab *lab, struct buf *b)
{
	bool own = lab->nnetworks && !lab->networks[0].ha;
	char net[IP_TEXT_MAX];

	if (own)
		buf_adds(b, "\nnetworks:\n");
	for (size_t i = 0; i < lab->nnetworks; i++) {
		const struct topo_network *n = &lab->networks[i];

		if (!n->ha) {
			print_network(n, b);
			continue;
		}
		buf_printf(b, "  # %s: %s\n  #   %s %s mtu %u %s\n", n->name,
			   n->uuid, n->bridge, n->vxlan, n->mtu,
			   ipnet_print(&n->subnets[0]->cidr, net));
	}
}

static void print_port(const struct topo_port *p, struct buf *b)
{
	char mac[MAC_TEXT_MAX], net[IP_TEXT_MAX];

	buf_printf(b, "    # %s: %s %s %s", p->ifname, p->uuid, p->tap,
		   mac_print(&p->mac, mac));
	for (size_t i = 0; i < p->naddrs; i++)
		buf_printf(b, " %s", ipnet_print(&p->addrs[i].addr, net));
	if (p->router && p->node)
		buf_printf(b, " on %s", p->node->name);
	buf_addc(b, '\n');
}

static void print_ha(const struct topo_ha *ha, struct buf *b)
{
	char net[IP_TEXT_MAX];

	buf_printf(b,
		   "    ha:\n      vrid: %u\n      priority: %u\n"
		   "      interval: %us\n      preempt: %s\n"
		   "      garp_repeat: %u\n      garp_refresh: %us\n"
		   "      track: [%s%s%s]\n      # %s\n",
		   ha->vrid, ha->priority, ha->adver_cs / 100,
		   ha->preempt ? "true" : "false", ha->garp_repeat,
		   ha->garp_refresh_s, ha->track & TOPO_TRACK_HA ? "ha" : "",
		   (ha->track & TOPO_TRACK_HA) &&
				   (ha->track & TOPO_TRACK_TUNNEL)
			   ? ", "
			   : "",
		   ha->track & TOPO_TRACK_TUNNEL ? "tunnel" : "",
		   ipnet_print(&ha->vip, net));
}

static void print_routers(const struct lab *lab, struct buf *b)
{
	if (lab->nrouters)
		buf_adds(b, "\nrouters:\n");
	for (size_t i = 0; i < lab->nrouters; i++) {
		const struct topo_router *r = &lab->routers[i];
		size_t k;

		key_name(b, "  ", r->name);
		buf_printf(b, "  # %s\n", r->uuid);
		value_name(b, "    project: ", r->project);
		if (r->gateway) {
			value_name(b,
				   "    gateway: ", r->gateway->network->name);
			buf_adds(b, "    external_address: ");
			list(b, r->gateway);
		}
		buf_adds(b, "    interfaces: [");
		for (k = 0; k < r->nqr; k++) {
			buf_adds(b, k ? ", " : "");
			name(b, r->qr[k]->addrs[0].subnet->name);
		}
		buf_adds(b, "]\n");
		print_ha(&r->ha, b);
		for (k = 0; k < r->nhosts; k++)
			print_port(r->ha_ports[k], b);
		if (r->gateway)
			print_port(r->gateway, b);
		for (k = 0; k < r->nqr; k++)
			print_port(r->qr[k], b);
	}
}

static void print_instances(const struct lab *lab, struct buf *b)
{
	if (lab->ninstances)
		buf_adds(b, "\ninstances:\n");
	for (size_t i = 0; i < lab->ninstances; i++) {
		const struct topo_instance *n = &lab->instances[i];

		key_name(b, "  ", n->name);
		buf_printf(b, "  # %s\n", n->uuid);
		value_name(b, "    node: ", n->node->name);
		value_name(b, "    network: ", n->port->network->name);
		buf_adds(b, "    address: ");
		list(b, n->port);
		print_port(n->port, b);
	}
}

void topo_print(const struct lab *lab, struct buf *out)
{
	buf_adds(out, "lab: ");
	name(out, lab->name);
	buf_printf(out,
		   "  # %s\nl2_population: %s\nmax_l3_agents_per_router: %u\n",
		   lab->uuid, lab->l2_population ? "true" : "false",
		   lab->max_l3_agents);
	print_nodes(lab, out);
	print_phys(lab, out);
	print_networks(lab, out);
	print_routers(lab, out);
	print_instances(lab, out);
}
