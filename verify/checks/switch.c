/* SPDX-License-Identifier: MIT */
/* Judges of Open vSwitch: what `ovs-vsctl show` lists, and its flows, which
 * Open vSwitch itself compares where the node's agent asks it to. */
#include <stdio.h>
#include <string.h>

#include "lib/auto.h"
#include "verify/check.h"
#include "verify/checks/plug.h"
#include "verify/checks/sight.h"
#include "verify/command.h"
#include "verify/scopes.h"

/* A service of the node's that must run. */
static void runs(const struct seen_ns *root, const char *name,
		 struct verdict *v)
{
	const struct res_list *l = &root->of[RES_SERVICE];
	const char *why = "was never begun";

	verdict_want(v, "%s runs", name);
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->items[i].service.name, name) == 0)
			why = service_trouble(v->arena, &l->items[i].service);
	verdict_saw(v, !why, "%s %s%s", name, why ? "does not run: " : "runs",
		    why ? why : "");
}

static void is_switch(const struct seen_ns *root, const char *name, bool secure,
		      struct verdict *v)
{
	const struct res_ovs *o = plug_seen(root, name);

	verdict_want(v, "%s%s", name, secure ? ", secure" : "");
	if (!o || o->bridge) {
		verdict_saw(v, false, "no %s", name);
		return;
	}
	if (o->error) {
		verdict_saw(v, false, "%s: %s", name, o->error);
		return;
	}
	if (o->set)
		verdict_saw(v, false, "%s, where somebody set %s", name,
			    o->set);
	verdict_saw(v, !secure || strcmp(o->fail_mode, "secure") == 0, "%s%s%s",
		    name, *o->fail_mode ? ", " : "", o->fail_mode);
}

static void has_port(const struct seen_ns *root, const char *bridge,
		     const char *name, const char *peer, struct verdict *v)
{
	const struct res_ovs *o = plug_seen(root, name);
	size_t skip = strlen("peer=");

	verdict_want(v, "%s on %s%s%s", name, bridge,
		     peer ? ", joined to " : "", peer ? peer : "");
	if (!o || !o->bridge)
		verdict_saw(v, false, "no %s", name);
	else if (o->error)
		verdict_saw(v, false, "%s on %s: %s", name, o->bridge,
			    o->error);
	else if (o->set)
		verdict_saw(v, false, "%s on %s, where somebody set %s", name,
			    o->bridge, o->set);
	else if (!peer)
		verdict_saw(v, strcmp(o->bridge, bridge) == 0, "%s on %s", name,
			    o->bridge);
	else
		verdict_saw(v,
			    strcmp(o->bridge, bridge) == 0 &&
				    strncmp(o->options, "peer=", skip) == 0 &&
				    strcmp(o->options + skip, peer) == 0,
			    "%s on %s, %s", name, o->bridge,
			    *o->options ? o->options : "joined to nothing");
}

/* The bridges of provider networks that networks on this node are on. */
static void physical(const struct evidence *e, const struct seen_ns *root,
		     const struct topo_node *n, struct verdict *v)
{
	char bridge[IFNAME_MAX], in[IFNAME_MAX + 4], phy[IFNAME_MAX + 4];
	bool joined;
	bool done[TOPO_PHYS_MAX] = {false};

	for (size_t i = 0; i < e->lab->nnetworks; i++) {
		const struct topo_network *net = &e->lab->networks[i];
		const struct topo_nic *nic;

		if (!topo_network_on(e->lab, net, n) ||
		    topo_tunnelled(net->type))
			continue;
		nic = topo_carrier(n, net);
		if (!nic || done[nic->phys->index])
			continue;
		done[nic->phys->index] = true;
		topo_phys_bridge(net->phys, bridge);
		snprintf(in, sizeof(in), "int-%s", bridge);
		snprintf(phy, sizeof(phy), "phy-%s", bridge);
		joined = topo_joined(e->lab, net->phys, n);
		is_switch(root, bridge, joined, v);
		has_port(root, bridge, nic->ifname, NULL, v);
		if (!joined)
			continue;
		has_port(root, bridge, phy, in, v);
		has_port(root, "br-int", in, phy, v);
	}
}

static void judge_switch(const struct evidence *e, const struct subject *s,
			 struct verdict *v)
{
	const struct seen_ns *root = sight_ns(e, s->node, "", v);
	const struct topo_nic *nic = topo_nic(s->node, TOPO_TUNNEL);

	if (!root)
		return;
	runs(root, "ovsdb-server", v);
	runs(root, "ovs-vswitchd", v);
	runs(root, "ovs-flows", v);
	is_switch(root, "br-int", true, v);
	if (nic) {
		is_switch(root, "br-tun", true, v);
		has_port(root, "br-int", "patch-tun", "patch-int", v);
		has_port(root, "br-tun", "patch-int", "patch-tun", v);
	}
	if (nic && topo_in_userspace(s->node)) {
		is_switch(root, nic->dev, false, v);
		has_port(root, nic->dev, nic->ifname, NULL, v);
	}
	physical(e, root, s->node, v);
}

static void command_switch(const struct evidence *e, const struct subject *s,
			   struct buf *out)
{
	(void)e;
	command_exec(out, s->node, "");
	buf_adds(out, "ovs-vsctl show");
}

/* Is a port of br-int one of the network's on the node? */
static bool belongs(const struct evidence *e, const struct subject *s,
		    const char *name)
{
	char own[IFNAME_MAX];

	for (size_t k = 0; k < e->lab->nports; k++) {
		const struct topo_port *p = &e->lab->ports[k];

		if (p->network != s->network || !plug_on(p, s->node) ||
		    topo_plugged_outside(p, s->node))
			continue;
		plug_name(p, s->node, own);
		if (strcmp(own, name) == 0)
			return true;
	}
	return false;
}

static void judge_ports(const struct evidence *e, const struct subject *s,
			struct verdict *v)
{
	const struct seen_ns *root = sight_ns(e, s->node, "", v);
	unsigned vlan = topo_local_vlan(s->network, s->node);
	const struct res_list *l;

	if (!root)
		return;
	verdict_want(v, "tag %u on its ports alone", vlan);
	plug_all(e, root, s->node, s->network, v);
	l = &root->of[RES_OVS];
	for (size_t i = 0; i < l->n; i++) {
		const struct res_ovs *o = &l->items[i].ovs;

		if (!o->bridge || o->tag != vlan ||
		    strcmp(o->bridge, "br-int") != 0)
			continue;
		if (!belongs(e, s, o->name))
			verdict_saw(v, false,
				    "%s with tag %u, where it is "
				    "foreign",
				    o->name, vlan);
		else
			verdict_saw(v, true, "%s with tag %u", o->name, vlan);
	}
}

static void command_ports(const struct evidence *e, const struct subject *s,
			  struct buf *out)
{
	(void)e;
	command_exec(out, s->node, "");
	buf_printf(out, "ovs-vsctl find port tag=%u",
		   topo_local_vlan(s->network, s->node));
}

/* What a tunnel has before its two ends and its other key. */
#define IN_KEY "df_default=true,in_key=flow,"

static void tunnel(const struct seen_ns *root, enum topo_type type,
		   const struct topo_node *near, const struct topo_node *far,
		   struct verdict *v)
{
	const struct topo_nic *from = topo_nic(near, TOPO_TUNNEL);
	const struct topo_nic *to = topo_nic(far, TOPO_TUNNEL);
	char here[IP_TEXT_MAX], there[IP_TEXT_MAX], want[2 * IP_TEXT_MAX + 64];
	const struct res_list *l = &root->of[RES_OVS];
	const struct res_ovs *found = NULL;

	if (!from || !to || near == far || far->role == TOPO_CONTROLLER)
		return;
	ip_print(&from->addr.ip, here);
	ip_print(&to->addr.ip, there);
	snprintf(want, sizeof(want), "local_ip=%s,out_key=flow,remote_ip=%s",
		 here, there);
	verdict_want(v, "a %s tunnel to %s (%s)", topo_type_names[type],
		     far->name, there);
	for (size_t i = 0; i < l->n; i++) {
		const struct res_ovs *o = &l->items[i].ovs;

		if (o->bridge && strcmp(o->bridge, "br-tun") == 0 &&
		    strcmp(o->type, topo_type_names[type]) == 0 &&
		    strstr(o->options, want))
			found = o;
	}
	if (found && found->error)
		verdict_saw(v, false, "%s: %s", found->name, found->error);
	else if (found && found->set)
		verdict_saw(v, false, "%s, where somebody set %s", found->name,
			    found->set);
	else if (found &&
		 (strncmp(found->options, IN_KEY, strlen(IN_KEY)) != 0 ||
		  strcmp(found->options + strlen(IN_KEY), want) != 0))
		verdict_saw(v, false, "%s with %s", found->name,
			    found->options);
	else
		verdict_saw(v, found, "%s to %s", found ? found->name : "none",
			    far->name);
}

static void judge_tunnels(const struct evidence *e, const struct subject *s,
			  struct verdict *v)
{
	const struct seen_ns *root = sight_ns(e, s->node, "", v);
	bool done[TOPO_TYPES] = {false};

	for (size_t i = 0; root && i < e->lab->nnetworks; i++) {
		const struct topo_network *net = &e->lab->networks[i];

		if (!topo_tunnelled(net->type) || done[net->type] ||
		    !topo_network_on(e->lab, net, s->node))
			continue;
		done[net->type] = true;
		for (size_t k = 0; k < e->lab->nnodes; k++)
			tunnel(root, net->type, s->node, &e->lab->nodes[k], v);
	}
}

static void judge_flows(const struct evidence *e, const struct subject *s,
			struct verdict *v)
{
	const struct seen_drift *d = &e->nodes[s->node->index].drift;
	static const char flows[] = "flows of ";
	bool right = true;

	if (d->error) {
		verdict_blind(v, "%s: %s", s->node->name, d->error);
		return;
	}
	verdict_want(v, "flows of each bridge, table by table, as planned");
	for (size_t i = 0; i < d->n; i++) {
		if (strncmp(d->changes[i].what, flows, sizeof(flows) - 1) != 0)
			continue;
		right = false;
		verdict_saw(v, false, "%s: %s", d->changes[i].what,
			    d->changes[i].op == '~' && d->changes[i].why
				    ? d->changes[i].why
				    : "the switch has none, or tells none");
	}
	if (right)
		verdict_saw(v, true, "as planned");
}

static void command_flows(const struct evidence *e, const struct subject *s,
			  struct buf *out)
{
	(void)e;
	command_exec(out, s->node, "");
	buf_adds(out, "ovs-ofctl dump-flows br-int");
}

/* clang-format off */
const struct check switch_checks[] = {
	{"switch", scope_switches, NEEDS_TABLES,
	 "has Open vSwitch's bridges, joined as they should be",
	 "Open vSwitch's daemons, bridges, patch ports and interfaces",
	 judge_switch, command_switch},
	{"tags", scope_switched, NEEDS_TABLES,
	 "has its VLAN on its ports and no other",
	 "each network's ports on br-int and their tags",
	 judge_ports, command_ports},
	{"tunnels", scope_tunnelling, NEEDS_TABLES,
	 "has a tunnel to each other node",
	 "Open vSwitch's tunnels and their two ends",
	 judge_tunnels, command_switch},
	{"flows", scope_switches, NEEDS_DRIFT,
	 "has the flows of its bridges, and no others",
	 "Open vSwitch's flows, table by table",
	 judge_flows, command_flows},
	{NULL, NULL, NEEDS_TABLES, NULL, NULL, NULL, NULL},
};
/* clang-format on */
