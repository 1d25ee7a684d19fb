/* SPDX-License-Identifier: MIT */
#include "t/lib/broken_switch.h"

#include <string.h>

#include "t/lib/healthy.h"

static const struct lab *lab;

void broken_switch_lab(const struct lab *l)
{
	lab = l;
}

static const char *port_link(const char *prefix)
{
	static char name[IFNAME_MAX];

	topo_port_link(lab->instances[0].port, prefix, name);
	return name;
}

static const char *tap(void)
{
	return port_link("qvo");
}

static void tag_wrong(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "compute1", o)
	healthy_ovs(o, tap())->tag = 7;
}

static void tag_of_another(struct evidence *e)
{
	const struct topo_port *qr = lab->routers[0].qr[0];
	struct observed *o;

	EACH_SAMPLE(e, "network1", o)
	healthy_ovs(o, qr->tap)->tag =
		topo_local_vlan(lab->routers[0].ha_network, &lab->nodes[1]);
}

static void on_another_bridge(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "compute1", o)
	healthy_ovs(o, tap())->bridge = "br-tun";
}

static void unplugged(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "compute1", o)
	healthy_ovs(o, tap())->name = "away";
}

static void own_bridge_gone(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "compute1", o)
	healthy_link(o, "", port_link("qbr"))->name = "away";
}

static void tap_off_own_bridge(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "compute1", o)
	healthy_link(o, "", port_link("tap"))->master = NULL;
}

static void pair_off_own_bridge(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "compute1", o)
	healthy_link(o, "", port_link("qvb"))->up = false;
}

static void no_device(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "compute1", o)
	healthy_ovs(o, tap())->error = "could not open network device";
}

static void tunnel_gone(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "network2", o)
	healthy_ovs(o, "vxlan-compute1")->options = "remote_ip=10.0.1.99";
}

static void patch_gone(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "network1", o)
	healthy_ovs(o, "patch-int")->name = "away";
}

static void patch_elsewhere(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "network1", o)
	healthy_ovs(o, "phy-br-ex")->options = "peer=patch-tun";
}

static void not_secure(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "compute2", o)
	healthy_ovs(o, "br-int")->fail_mode = "standalone";
}

static void no_bridge(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "network2", o)
	healthy_ovs(o, "br-ex")->name = "away";
}

static void nic_elsewhere(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "compute2", o)
	healthy_ovs(o, "eth1")->bridge = "br-int";
}

static void address_on_nic(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "compute2", o)
	healthy_addr_del(o, "", "br-eth1", "10.0.1.32/24");
}

static void daemon_dead(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "network1", o)
	{
		struct res_list *l = &healthy_ns(o, "")->of[RES_SERVICE];

		for (size_t i = 0; i < l->n; i++)
			if (strcmp(l->items[i].service.name, "ovs-vswitchd") ==
			    0)
				l->items[i].service.running = false;
	}
}

static void unanswered(struct evidence *e)
{
	e->boots[0].holders.n--;
}

static void answered_otherwise(struct evidence *e)
{
	e->boots[0].holders.items[0].mac.b[5] ^= 1;
}

static void answered_twice(struct evidence *e)
{
	struct seen_holders *h = &e->boots[0].holders;

	h->items[h->n] = h->items[0];
	h->items[h->n++].mac.b[5] ^= 1;
}

static void flow_too_many(struct evidence *e)
{
	static const struct node_change one = {
		.op = '~',
		.what = "flows of br-tun",
		.why = "table 0: 1 too many, 0 missing: -priority=9 "
		       "actions=drop"};
	struct seen_drift *d =
		&e->nodes[topo_node(lab, "network1")->index].drift;

	*(struct node_change *)arena_push(&e->arena, &d->changes, &d->n,
					  sizeof(one)) = one;
}

const struct broken broken_switch[] = {
	{"a healthy lab with Open vSwitch", NULL, NULL},
	{"an instance's tag wrong", tag_wrong,
	 "wrong cables: demo-instance1 on compute1"},
	{"a router's port with another network's tag", tag_of_another,
	 "wrong tags: demo-net on network1; "
	 "wrong tags: HA network tenant demo on network1"},
	{"an instance's port on another bridge", on_another_bridge,
	 "wrong cables: demo-instance1 on compute1"},
	{"an instance's port removed", unplugged,
	 "wrong cables: demo-instance1 on compute1; "
	 "wrong tags: demo-net on compute1"},
	{"an instance's own bridge gone", own_bridge_gone,
	 "blind mtu: demo-net on compute1; "
	 "wrong cables: demo-instance1 on compute1"},
	{"an instance's tap not on its own bridge", tap_off_own_bridge,
	 "wrong cables: demo-instance1 on compute1"},
	{"what leads from it to br-int down", pair_off_own_bridge,
	 "wrong cables: demo-instance1 on compute1"},
	{"an instance's port without its device", no_device,
	 "wrong cables: demo-instance1 on compute1"},
	{"a tunnel's far end wrong", tunnel_gone, "wrong tunnels: network2"},
	{"a patch port removed", patch_gone, "wrong switch: network1"},
	{"a patch port joined to another", patch_elsewhere,
	 "wrong switch: network1"},
	{"br-int not secure", not_secure, "wrong switch: compute2"},
	{"br-ex gone", no_bridge, "wrong switch: network2"},
	{"the tunnel's interface on another bridge", nic_elsewhere,
	 "wrong switch: compute2"},
	{"the tunnel's address gone", address_on_nic, "wrong nics: compute2"},
	{"a flow too many", flow_too_many,
	 "wrong flows: network1; wrong drift: network1"},
	{"an address that nobody answers for", unanswered,
	 "wrong arp: demo-net"},
	{"one that another answers for", answered_otherwise,
	 "wrong arp: demo-net"},
	{"one that two answer for", answered_twice, "wrong arp: demo-net"},
	{"ovs-vswitchd dead", daemon_dead,
	 "wrong engine: network1; wrong switch: network1"},
	{NULL, NULL, NULL},
};
