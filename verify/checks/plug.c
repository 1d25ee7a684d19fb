/* SPDX-License-Identifier: MIT */
#include "verify/checks/plug.h"

#include <stdio.h>
#include <string.h>

#include "verify/checks/sight.h"

#define OVS_INT "br-int"

bool plug_on(const struct topo_port *p, const struct topo_node *n)
{
	if (p->node)
		return p->node == n;
	return p->router && topo_carries(p->router, n);
}

const struct res_ovs *plug_seen(const struct seen_ns *root, const char *name)
{
	for (size_t i = 0; i < root->of[RES_OVS].n; i++)
		if (strcmp(root->of[RES_OVS].items[i].ovs.name, name) == 0)
			return &root->of[RES_OVS].items[i].ovs;
	return NULL;
}

static void on_bridge(const struct seen_ns *root, const char *bridge,
		      const char *name, struct verdict *v)
{
	const struct res_link *l = seen_link(root, name);

	verdict_want(v, "%s on %s, up", name, bridge);
	if (!l)
		verdict_saw(v, false, "%s is not there", name);
	else if (!l->master)
		verdict_saw(v, false, "%s %s, on no bridge", name,
			    sight_up_text(l));
	else
		verdict_saw(v, l->up && strcmp(l->master, bridge) == 0,
			    "%s on %s, %s", name, l->master, sight_up_text(l));
}

/* l: its link, wherever that is; NULL where it was not seen. */
static void on_switch(const struct seen_ns *root, const struct res_link *l,
		      const char *bridge, unsigned vlan, const char *name,
		      struct verdict *v)
{
	const struct res_ovs *o = plug_seen(root, name);

	if (vlan)
		verdict_want(v, "%s on %s, tag %u, up", name, bridge, vlan);
	else
		verdict_want(v, "%s on %s, up", name, bridge);
	if (!l)
		verdict_saw(v, false, "%s is not there", name);
	else if (!o || !o->bridge)
		verdict_saw(v, false, "%s %s, on no switch", name,
			    sight_up_text(l));
	else if (o->error)
		verdict_saw(v, false, "%s on %s: %s", name, o->bridge,
			    o->error);
	else if (o->set)
		verdict_saw(v, false, "%s on %s, where somebody set %s", name,
			    o->bridge, o->set);
	else if (o->tag)
		verdict_saw(v,
			    l->up && strcmp(o->bridge, bridge) == 0 &&
				    o->tag == vlan,
			    "%s on %s, tag %u, %s", name, o->bridge, o->tag,
			    sight_up_text(l));
	else
		verdict_saw(v, l->up && strcmp(o->bridge, bridge) == 0 && !vlan,
			    "%s on %s, %s", name, o->bridge, sight_up_text(l));
}

/* A bridge of the port's own, in which iptables sees what passes. */
static void hybrid(const struct seen_ns *root, const struct topo_port *p,
		   unsigned vlan, struct verdict *v)
{
	char qbr[IFNAME_MAX], name[IFNAME_MAX];
	const struct res_link *l;

	topo_port_link(p, "qbr", qbr);
	verdict_want(v, "%s up", qbr);
	l = seen_link(root, qbr);
	if (!l)
		verdict_saw(v, false, "%s is not there", qbr);
	else
		verdict_saw(v, l->up, "%s %s", qbr, l->up ? "up" : "down");
	on_bridge(root, qbr, p->tap, v);
	topo_port_link(p, "qvb", name);
	on_bridge(root, qbr, name, v);
	topo_port_link(p, "qvo", name);
	on_switch(root, seen_link(root, name), OVS_INT, vlan, name, v);
}

void plug_name(const struct topo_port *p, const struct topo_node *n,
	       char out[IFNAME_MAX])
{
	if (topo_is_internal(p, n))
		snprintf(out, IFNAME_MAX, "%s", p->ifname);
	else
		topo_port_link(p, p->hybrid ? "qvo" : "tap", out);
}

void plug_link(const struct seen_ns *root, const struct topo_network *net,
	       const char *name, struct verdict *v)
{
	on_bridge(root, net->bridge, name, v);
}

void plug_port(const struct seen_ns *root, const struct seen_ns *inside,
	       const struct topo_node *n, const struct topo_port *p,
	       struct verdict *v)
{
	unsigned vlan = topo_local_vlan(p->network, n);
	const struct res_link *l = NULL;
	char name[IFNAME_MAX];

	plug_name(p, n, name);
	if (!topo_is_internal(p, n))
		l = seen_link(root, name);
	else if (inside)
		l = seen_link(inside, name);

	if (n->mechanism != TOPO_OPENVSWITCH)
		on_bridge(root, p->network->bridge, p->tap, v);
	else if (topo_plugged_outside(p, n))
		on_switch(root, l, n->external_bridge, 0, name, v);
	else if (p->hybrid)
		hybrid(root, p, vlan, v);
	else
		on_switch(root, l, OVS_INT, vlan, name, v);
}

void plug_all(const struct evidence *e, const struct seen_ns *root,
	      const struct topo_node *n, const struct topo_network *net,
	      struct verdict *v)
{
	const struct observed *o = sight_sample(e, n, v);

	for (size_t i = 0; o && i < e->lab->nports; i++) {
		const struct topo_port *p = &e->lab->ports[i];

		if (p->network == net && !p->instance &&
		    p->kind != TOPO_PORT_DHCP && plug_on(p, n))
			plug_port(root, seen_ns(o, p->router->netns), n, p, v);
	}
}
