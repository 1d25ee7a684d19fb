/* SPDX-License-Identifier: MIT */
#include "verify/checks/plug.h"

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

static void on_switch(const struct seen_ns *root, unsigned vlan,
		      const char *name, struct verdict *v)
{
	const struct res_link *l = seen_link(root, name);
	const struct res_ovs *o = plug_seen(root, name);

	verdict_want(v, "%s on " OVS_INT ", tag %u, up", name, vlan);
	if (!l)
		verdict_saw(v, false, "%s is not there", name);
	else if (!o || !o->bridge)
		verdict_saw(v, false, "%s %s, on no switch", name,
			    sight_up_text(l));
	else if (o->error)
		verdict_saw(v, false, "%s on %s: %s", name, o->bridge,
			    o->error);
	else
		verdict_saw(v,
			    l->up && strcmp(o->bridge, OVS_INT) == 0 &&
				    o->tag == vlan,
			    "%s on %s, tag %u, %s", name, o->bridge, o->tag,
			    sight_up_text(l));
}

void plug_port(const struct seen_ns *root, const struct topo_node *n,
	       const struct topo_network *net, const char *name,
	       struct verdict *v)
{
	if (n->mechanism == TOPO_OPENVSWITCH)
		on_switch(root, topo_local_vlan(net, n), name, v);
	else
		on_bridge(root, net->bridge, name, v);
}

void plug_all(const struct evidence *e, const struct seen_ns *root,
	      const struct topo_node *n, const struct topo_network *net,
	      struct verdict *v)
{
	for (size_t i = 0; i < e->lab->nports; i++) {
		const struct topo_port *p = &e->lab->ports[i];

		if (p->network == net && !p->instance &&
		    p->kind != TOPO_PORT_DHCP && plug_on(p, n))
			plug_port(root, n, net, p->tap, v);
	}
}
