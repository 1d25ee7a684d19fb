/* SPDX-License-Identifier: MIT */
#include "topologies/print.h"

#include <stdio.h>
#include <strings.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/doc.h"
#include "topologies/links.h"
#include "topologies/secgroup/raw.h"
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

/* What can be pinned: not what follows from the port's MAC. */
static void list(struct buf *b, const struct topo_port *p)
{
	bool more = false;

	buf_addc(b, '[');
	for (size_t i = 0; i < p->naddrs; i++) {
		if (p->instance && topo_eui64(p->addrs[i].subnet->ipv6))
			continue;
		buf_adds(b, more ? ", " : "");
		address(b, &p->addrs[i].addr.ip);
		more = true;
	}
	buf_adds(b, "]\n");
}

/* A text of any characters, quoted. */
static void value_text(struct buf *b, const char *key, const char *s)
{
	struct json j;

	buf_adds(b, key);
	json_init(&j, b, 0);
	json_str(&j, s);
	buf_addc(b, '\n');
}

/* What the node's role does not tell. */
static void print_agents(const struct topo_node *n, struct buf *b)
{
	unsigned usual = n->role == TOPO_NETWORK ? TOPO_AGENTS_ALL : 0;
	bool more = false;

	if (n->agents == usual)
		return;
	buf_adds(b, "    agents: [");
	for (unsigned i = 0; 1u << i <= TOPO_AGENTS_ALL; i++) {
		if (!(n->agents >> i & 1))
			continue;
		buf_printf(b, "%s%s", more ? ", " : "", topo_agent_names[i]);
		more = true;
	}
	buf_adds(b, "]\n");
}

static void print_agent(const struct lab *lab, const struct topo_node *n,
			struct buf *b)
{
	if (n->l2_population != lab->l2_population)
		buf_printf(b, "    l2_population: %s\n",
			   n->l2_population ? "true" : "false");
	if (n->arp_responder)
		buf_adds(b, "    arp_responder: true\n");
	if (!n->prevent_arp_spoofing)
		buf_adds(b, "    prevent_arp_spoofing: false\n");
	if (n->datapath != TOPO_DATAPATH_AUTO)
		buf_printf(b, "    datapath: %s\n",
			   topo_datapath_names[n->datapath]);
	if (n->mechanism == TOPO_OPENVSWITCH && n->use_veth)
		buf_adds(b, "    ovs_use_veth: true\n");
	if (n->external_bridge)
		buf_printf(b, "    external_network_bridge: %s\n",
			   n->external_bridge);
}

static void print_plugs(const struct topo_node *n, struct buf *b)
{
	bool more = false;

	if (!n->plugged)
		return;
	buf_adds(b, "    physical: [");
	for (size_t i = 0; i < n->nnics; i++) {
		if (n->nics[i].phys->use != TOPO_PROVIDER)
			continue;
		buf_adds(b, more ? ", " : "");
		name(b, n->nics[i].phys->name);
		more = true;
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
		print_agents(n, b);
		print_agent(lab, n, b);
		print_plugs(n, b);
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
		if (p->first_vlan)
			buf_printf(b, "    vlans: \"%u-%u\"\n", p->first_vlan,
				   p->last_vlan);
	}
}

static void print_told(const struct topo_subnet *s, struct buf *b)
{
	char text[IP_TEXT_MAX];

	buf_printf(b, "        dhcp: %s\n", s->dhcp ? "true" : "false");
	if (s->cidr.ip.family == 6)
		buf_printf(b, "        ipv6: %s\n", topo_ipv6_names[s->ipv6]);
	for (size_t i = 0; i < s->ndns; i++) {
		buf_adds(b, i ? ", " : "        dns: [");
		address(b, &s->dns[i]);
	}
	if (s->ndns)
		buf_adds(b, "]\n");
	if (s->nhost_routes)
		buf_adds(b, "        host_routes:\n");
	for (size_t i = 0; i < s->nhost_routes; i++) {
		buf_printf(b, "          - {to: \"%s\", via: ",
			   ipnet_print(&s->host_routes[i].to, text));
		address(b, &s->host_routes[i].via);
		buf_adds(b, "}\n");
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
	print_told(s, b);
	/* Only the default pool can have the gateway inside. */
	if (inside)
		return;
	buf_printf(b, "        pool: \"%s", ip_print(&s->pool_first, text));
	buf_printf(b, "-%s\"\n", ip_print(&s->pool_last, text));
}

static void print_port(const struct topo_port *p, struct buf *b)
{
	char mac[MAC_TEXT_MAX], net[IP_TEXT_MAX];

	buf_printf(b, "    # %s: %s %s %s", p->ifname, p->uuid, p->tap,
		   mac_print(&p->mac, mac));
	for (size_t i = 0; i < p->naddrs; i++)
		buf_printf(b, " %s", ipnet_print(&p->addrs[i].addr, net));
	if (!p->instance && p->node)
		buf_printf(b, " on %s", p->node->name);
	buf_addc(b, '\n');
}

static void print_network(const struct topo_network *n, struct buf *b)
{
	key_name(b, "  ", n->name);
	buf_printf(b, "  # %s\n    external: %s\n", n->uuid,
		   n->external ? "true" : "false");
	value_name(b, "    project: ", n->project);
	buf_printf(b, "    type: %s\n", topo_type_names[n->type]);
	if (n->type == TOPO_FLAT || n->type == TOPO_VLAN)
		value_name(b, "    physical: ", n->phys->name);
	if (topo_segmented(n->type))
		buf_printf(b, "    segment: %u\n", topo_segment(n));
	buf_printf(b, "    # %s mtu %u %s\n", n->bridge, n->mtu, n->vxlan);
	/* No blank at the end of a line. */
	if (!*n->vxlan) {
		b->len -= 2;
		buf_addc(b, '\n');
	}
	for (size_t i = 0; i < n->ndhcp; i++)
		print_port(n->dhcp_ports[i], b);
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
		buf_printf(b, "  # %s: %s\n  #   %s ", n->name, n->uuid,
			   n->bridge);
		if (n->type == TOPO_VLAN)
			buf_printf(b, "VLAN %u on %s", n->vlan, n->phys->name);
		else
			buf_adds(b, n->vxlan);
		buf_printf(b, " mtu %u %s\n", n->mtu,
			   ipnet_print(&n->subnets[0]->cidr, net));
	}
}

static void print_ha(const struct topo_router *r, struct buf *b)
{
	const struct topo_ha *ha = &r->ha;
	char net[IP_TEXT_MAX];

	if (!r->is_ha) {
		buf_adds(b, "    ha: false\n");
		return;
	}
	buf_adds(b, "    ha:\n");
	if (ha->engine != TOPO_ENGINE_LABCTL)
		buf_printf(b, "      engine: %s\n",
			   topo_engine_names[ha->engine]);
	/* The other engine has no such thing. */
	if (ha->engine == TOPO_ENGINE_LABCTL)
		buf_printf(b, "      sync_connections: %s\n",
			   ha->sync ? "true" : "false");
	/* A pin is for the first network: the others have what is left over,
	 * in the file's order. */
	buf_printf(b, "      %svrid: %u\n",
		   r->ha_network->ha_nth > 1 ? "# " : "", ha->vrid);
	buf_printf(b,
		   "      priority: %u\n"
		   "      interval: %us\n      preempt: %s\n"
		   "      garp_repeat: %u\n      garp_refresh: %us\n"
		   "      health_check_interval: %ums\n"
		   "      track: [%s%s%s]\n      # %s\n",
		   ha->priority, ha->adver_cs / 100,
		   ha->preempt ? "true" : "false", ha->garp_repeat,
		   ha->garp_refresh_s, ha->health_ms,
		   ha->track & TOPO_TRACK_HA ? "ha" : "",
		   (ha->track & TOPO_TRACK_HA) &&
				   (ha->track & TOPO_TRACK_TUNNEL)
			   ? ", "
			   : "",
		   ha->track & TOPO_TRACK_TUNNEL ? "tunnel" : "",
		   ipnet_print(&ha->vip, net));
}

static void print_routes(const struct topo_router *r, struct buf *b)
{
	char text[IP_TEXT_MAX];

	if (r->nroutes)
		buf_adds(b, "    routes:\n");
	for (size_t i = 0; i < r->nroutes; i++) {
		buf_printf(b, "      - {to: \"%s\", via: ",
			   ipnet_print(&r->routes[i].to, text));
		address(b, &r->routes[i].via);
		buf_adds(b, "}\n");
	}
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
			if (!r->snat)
				buf_adds(b, "    snat: false\n");
		}
		buf_adds(b, "    interfaces: [");
		for (k = 0; k < r->nqr; k++) {
			buf_adds(b, k ? ", " : "");
			name(b, r->qr[k]->addrs[0].subnet->name);
		}
		buf_adds(b, "]\n");
		print_routes(r, b);
		print_ha(r, b);
		if (!r->is_ha && r->nhosts)
			buf_printf(b, "    # on %s\n", r->hosts[0]->name);
		for (k = 0; r->is_ha && k < r->nhosts; k++)
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
		if (n->floating && !n->floating->name) {
			buf_adds(b, "    floating_ip: ");
			address(b, &n->floating->addr);
			buf_addc(b, '\n');
		}
		if (n->is_static)
			buf_adds(b, "    static: true\n");
		if (n->user_data)
			value_text(b, "    user_data: ", n->user_data);
		if (n->public_key)
			value_text(b, "    public_key: ", n->public_key);
		print_port_groups(lab, n->port, b);
		print_port(n->port, b);
	}
}

static void print_floatings(const struct lab *lab, struct buf *b)
{
	bool any = false;

	for (size_t i = 0; i < lab->nfloatings; i++) {
		const struct topo_floating *f = &lab->floatings[i];

		if (!f->name)
			continue;
		if (!any)
			buf_adds(b, "\nfloating_ips:\n");
		any = true;
		key_name(b, "  ", f->name);
		buf_adds(b, "\n    address: ");
		address(b, &f->addr);
		value_name(b, "\n    instance: ", f->port->instance->name);
		buf_adds(b, "    fixed: ");
		address(b, &f->fixed);
		value_name(b, "\n    network: ",
			   f->router->gateway->network->name);
	}
}

static void print_links(const struct lab *lab, struct buf *b)
{
	bool any = false;

	for (size_t i = 0; i < lab->nlinks; i++) {
		if (!lab->links[i].of_file)
			continue;
		buf_adds(b, any ? "" : "\nlinks:\n");
		any = true;
		key_name(b, "  ", lab->links[i].name);
		buf_addc(b, ' ');
		topo_impair_print(&lab->links[i].filed, true, b);
		buf_addc(b, '\n');
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
	if (lab->ha_network_type != TOPO_VXLAN)
		buf_printf(out, "ha_network_type: %s\n",
			   topo_type_names[lab->ha_network_type]);
	if (lab->dhcp_agents_per_network != 2)
		buf_printf(out, "dhcp_agents_per_network: %u\n",
			   lab->dhcp_agents_per_network);
	if (lab->force_metadata)
		buf_adds(out, "force_metadata: true\n");
	print_nodes(lab, out);
	print_phys(lab, out);
	print_links(lab, out);
	print_networks(lab, out);
	print_routers(lab, out);
	print_instances(lab, out);
	print_floatings(lab, out);
	print_secgroups(lab, out);
}
