/* SPDX-License-Identifier: MIT */
#include "lib/doc.h"
#include "topologies/topo.h"
#include "topologies/links.h"
#include "topologies/print.h"
#include "topologies/secgroup/raw.h"

static void json_ip(struct json *j, const char *key, const struct ip *ip)
{
	char text[IP_TEXT_MAX];

	if (ip_is_set(ip))
		json_kstr(j, key, ip_print(ip, text));
}

static void json_net(struct json *j, const char *key, const struct ipnet *n)
{
	char text[IP_TEXT_MAX];

	if (ip_is_set(&n->ip))
		json_kstr(j, key, ipnet_print(n, text));
}

static void json_mac(struct json *j, const struct mac *m)
{
	char text[MAC_TEXT_MAX];

	json_kstr(j, "mac", mac_print(m, text));
}

static void json_nodes(struct json *j, const struct lab *lab)
{
	json_key(j, "nodes");
	json_arr(j);
	for (size_t i = 0; i < lab->nnodes; i++) {
		const struct topo_node *n = &lab->nodes[i];

		json_obj(j);
		json_kstr(j, "name", n->name);
		json_kstr(j, "id", n->uuid);
		json_kstr(j, "role", topo_role_names[n->role]);
		json_kstr(j, "mechanism", topo_mechanism_names[n->mechanism]);
		json_key(j, "agents");
		json_arr(j);
		for (unsigned k = 0; 1u << k <= TOPO_AGENTS_ALL; k++)
			if (n->agents >> k & 1)
				json_str(j, topo_agent_names[k]);
		json_arr_end(j);
		json_kbool(j, "l2_population", n->l2_population);
		json_kbool(j, "arp_responder", n->arp_responder);
		json_kbool(j, "prevent_arp_spoofing", n->prevent_arp_spoofing);
		if (n->external_bridge)
			json_kstr(j, "external_network_bridge",
				  n->external_bridge);
		json_key(j, "interfaces");
		json_arr(j);
		for (size_t k = 0; k < n->nnics; k++) {
			json_obj(j);
			json_kstr(j, "name", n->nics[k].ifname);
			json_kstr(j, "physical", n->nics[k].phys->name);
			json_mac(j, &n->nics[k].mac);
			json_net(j, "address", &n->nics[k].addr);
			json_obj_end(j);
		}
		json_arr_end(j);
		json_obj_end(j);
	}
	json_arr_end(j);
}

static void json_phys(struct json *j, const struct lab *lab)
{
	json_key(j, "physical");
	json_arr(j);
	for (size_t i = 0; i < lab->nphys; i++) {
		json_obj(j);
		json_kstr(j, "name", lab->phys[i].name);
		json_kstr(j, "use", topo_use_names[lab->phys[i].use]);
		json_net(j, "cidr", &lab->phys[i].cidr);
		json_kint(j, "mtu", lab->phys[i].mtu);
		if (lab->phys[i].first_vlan) {
			json_kint(j, "first_vlan", lab->phys[i].first_vlan);
			json_kint(j, "last_vlan", lab->phys[i].last_vlan);
		}
		json_obj_end(j);
	}
	json_arr_end(j);
}

static void json_subnet(struct json *j, const struct topo_subnet *s)
{
	char text[IP_TEXT_MAX];

	json_obj(j);
	json_kstr(j, "name", s->name);
	json_kstr(j, "id", s->uuid);
	json_net(j, "cidr", &s->cidr);
	json_ip(j, "gateway", &s->gateway);
	json_ip(j, "first", &s->pool_first);
	json_ip(j, "last", &s->pool_last);
	json_kbool(j, "dhcp", s->dhcp);
	if (s->cidr.ip.family == 6)
		json_kstr(j, "ipv6", topo_ipv6_names[s->ipv6]);
	json_key(j, "dns");
	json_arr(j);
	for (size_t i = 0; i < s->ndns; i++)
		json_str(j, ip_print(&s->dns[i], text));
	json_arr_end(j);
	json_key(j, "host_routes");
	json_arr(j);
	for (size_t i = 0; i < s->nhost_routes; i++) {
		json_obj(j);
		json_net(j, "to", &s->host_routes[i].to);
		json_ip(j, "via", &s->host_routes[i].via);
		json_obj_end(j);
	}
	json_arr_end(j);
	json_obj_end(j);
}

static void json_networks(struct json *j, const struct lab *lab)
{
	json_key(j, "networks");
	json_arr(j);
	for (size_t i = 0; i < lab->nnetworks; i++) {
		const struct topo_network *n = &lab->networks[i];

		json_obj(j);
		json_kstr(j, "name", n->name);
		json_kstr(j, "id", n->uuid);
		json_kstr(j, "project", n->project);
		json_kbool(j, "external", n->external);
		json_kbool(j, "ha", n->ha);
		json_kstr(j, "type", topo_type_names[n->type]);
		if (n->phys)
			json_kstr(j, "physical", n->phys->name);
		if (topo_segmented(n->type))
			json_kint(j, "segment", topo_segment(n));
		if (n->type == TOPO_VXLAN) {
			json_ip(j, "group", &n->group);
			json_kstr(j, "vxlan", n->vxlan);
		}
		json_kint(j, "mtu", n->mtu);
		json_kstr(j, "bridge", n->bridge);
		json_key(j, "nodes");
		json_arr(j);
		for (size_t k = 0; k < lab->nnodes; k++)
			if (topo_network_on(lab, n, &lab->nodes[k]))
				json_str(j, lab->nodes[k].name);
		json_arr_end(j);
		json_key(j, "subnets");
		json_arr(j);
		for (size_t k = 0; k < n->nsubnets; k++)
			json_subnet(j, n->subnets[k]);
		json_arr_end(j);
		json_obj_end(j);
	}
	json_arr_end(j);
}

static void json_ports(struct json *j, const struct lab *lab)
{
	char text[IP_TEXT_MAX];

	json_key(j, "ports");
	json_arr(j);
	for (size_t i = 0; i < lab->nports; i++) {
		const struct topo_port *p = &lab->ports[i];

		json_obj(j);
		json_kstr(j, "id", p->uuid);
		json_kstr(j, "kind", topo_port_kind_names[p->kind]);
		json_kstr(j, "network", p->network->name);
		if (p->node)
			json_kstr(j, "node", p->node->name);
		if (p->router)
			json_kstr(j, "router", p->router->name);
		if (p->instance)
			json_kstr(j, "instance", p->instance->name);
		json_kstr(j, "interface", p->ifname);
		json_kstr(j, "tap", p->tap);
		json_mac(j, &p->mac);
		json_key(j, "addresses");
		json_arr(j);
		for (size_t k = 0; k < p->naddrs; k++)
			json_str(j, ipnet_print(&p->addrs[k].addr, text));
		json_arr_end(j);
		json_port_groups(j, lab, p);
		json_obj_end(j);
	}
	json_arr_end(j);
}

static void json_ha(struct json *j, const struct topo_ha *ha)
{
	json_key(j, "ha");
	json_obj(j);
	json_kstr(j, "engine", topo_engine_names[ha->engine]);
	json_kint(j, "vrid", ha->vrid);
	json_kint(j, "priority", ha->priority);
	json_kint(j, "interval_ms", (int64_t)ha->adver_cs * 10);
	json_kbool(j, "preempt", ha->preempt);
	json_kint(j, "garp_repeat", ha->garp_repeat);
	json_kint(j, "garp_refresh_s", ha->garp_refresh_s);
	json_kint(j, "health_check_interval_ms", ha->health_ms);
	json_kbool(j, "track_ha", ha->track & TOPO_TRACK_HA);
	json_kbool(j, "track_tunnel", ha->track & TOPO_TRACK_TUNNEL);
	json_kbool(j, "sync_connections", ha->sync);
	json_net(j, "virtual_address", &ha->vip);
	json_obj_end(j);
}

static void json_routers(struct json *j, const struct lab *lab)
{
	json_key(j, "routers");
	json_arr(j);
	for (size_t i = 0; i < lab->nrouters; i++) {
		const struct topo_router *r = &lab->routers[i];

		json_obj(j);
		json_kstr(j, "name", r->name);
		json_kstr(j, "id", r->uuid);
		json_kstr(j, "project", r->project);
		json_kstr(j, "netns", r->netns);
		if (r->is_ha) {
			json_kstr(j, "ha_network", r->ha_network->name);
			json_ha(j, &r->ha);
		}
		json_kbool(j, "snat", r->snat);
		json_key(j, "routes");
		json_arr(j);
		for (size_t k = 0; k < r->nroutes; k++) {
			json_obj(j);
			json_net(j, "to", &r->routes[k].to);
			json_ip(j, "via", &r->routes[k].via);
			json_obj_end(j);
		}
		json_arr_end(j);
		json_key(j, "nodes");
		json_arr(j);
		for (size_t k = 0; k < r->nhosts; k++)
			json_str(j, r->hosts[k]->name);
		json_arr_end(j);
		json_obj_end(j);
	}
	json_arr_end(j);
}

static void json_instances(struct json *j, const struct lab *lab)
{
	json_key(j, "instances");
	json_arr(j);
	for (size_t i = 0; i < lab->ninstances; i++) {
		const struct topo_instance *n = &lab->instances[i];

		json_obj(j);
		json_kstr(j, "name", n->name);
		json_kstr(j, "id", n->uuid);
		json_kstr(j, "node", n->node->name);
		json_kstr(j, "netns", n->netns);
		json_kstr(j, "port", n->port->uuid);
		json_kbool(j, "static", n->is_static);
		if (n->user_data)
			json_kstr(j, "user_data", n->user_data);
		if (n->public_key)
			json_kstr(j, "public_key", n->public_key);
		json_obj_end(j);
	}
	json_arr_end(j);
}

static void json_floatings(struct json *j, const struct lab *lab)
{
	json_key(j, "floating_ips");
	json_arr(j);
	for (size_t i = 0; i < lab->nfloatings; i++) {
		const struct topo_floating *f = &lab->floatings[i];

		json_obj(j);
		if (f->name)
			json_kstr(j, "name", f->name);
		json_ip(j, "address", &f->addr);
		json_kstr(j, "instance", f->port->instance->name);
		json_kstr(j, "port", f->port->uuid);
		json_ip(j, "fixed", &f->fixed);
		json_kstr(j, "router", f->router->name);
		json_obj_end(j);
	}
	json_arr_end(j);
}

void topo_links_json(const struct lab *lab, struct json *j)
{
	json_key(j, "links");
	json_arr(j);
	for (size_t i = 0; i < lab->nlinks; i++) {
		const struct topo_link *l = &lab->links[i];

		json_obj(j);
		json_kstr(j, "name", l->name);
		json_kstr(j, "node", l->node ? l->node->name : NULL);
		json_kstr(j, "physical", l->phys->name);
		json_kint(j, "delay_us", l->impair.delay_us);
		json_kint(j, "jitter_us", l->impair.jitter_us);
		json_kint(j, "loss_ppm", l->impair.loss_ppm);
		json_kint(j, "rate", (int64_t)l->impair.rate);
		json_kbool(j, "by_hand", l->by_hand);
		json_obj_end(j);
	}
	json_arr_end(j);
}

void topo_print_json(const struct lab *lab, struct json *j)
{
	json_obj(j);
	json_kstr(j, "lab", lab->name);
	json_kstr(j, "id", lab->uuid);
	json_kbool(j, "l2_population", lab->l2_population);
	json_kstr(j, "ha_network_type", topo_type_names[lab->ha_network_type]);
	json_kint(j, "max_l3_agents_per_router", lab->max_l3_agents);
	json_kint(j, "dhcp_agents_per_network", lab->dhcp_agents_per_network);
	json_kbool(j, "force_metadata", lab->force_metadata);
	json_nodes(j, lab);
	json_phys(j, lab);
	topo_links_json(lab, j);
	json_networks(j, lab);
	json_routers(j, lab);
	json_ports(j, lab);
	json_instances(j, lab);
	json_floatings(j, lab);
	json_secgroups(j, lab);
	json_key(j, "notes");
	json_arr(j);
	for (size_t i = 0; i < lab->nnotes; i++)
		json_str(j, lab->notes[i]);
	json_arr_end(j);
	json_obj_end(j);
}
