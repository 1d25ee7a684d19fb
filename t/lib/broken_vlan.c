/* SPDX-License-Identifier: MIT */
#include "t/lib/broken_vlan.h"

#include "t/lib/healthy.h"

const char broken_vlan_text[] =
	"lab: vlans\n"
	"tenant_network_types: [vlan]\n"
	"nodes:\n"
	"  controller: {role: controller}\n"
	"  network1: {role: network}\n"
	"  network2: {role: network, mechanism: openvswitch}\n"
	"  compute1: {role: compute}\n"
	"  compute2: {role: compute, mechanism: openvswitch}\n"
	"physical:\n"
	"  management: {cidr: 10.0.0.0/24}\n"
	"  vlan: {vlans: 101-200}\n"
	"  external: {}\n"
	"networks:\n"
	"  ext-net:\n"
	"    external: true\n"
	"    physical: external\n"
	"    subnets:\n"
	"      ext-subnet: {cidr: 203.0.113.0/24, gateway: 203.0.113.1}\n"
	"  demo-net:\n"
	"    subnets:\n"
	"      demo-subnet: {cidr: 192.168.1.0/24, gateway: 192.168.1.1, "
	"dhcp: false}\n"
	"routers:\n"
	"  r: {gateway: ext-net, interfaces: [demo-subnet]}\n"
	"instances:\n"
	"  i1: {node: compute1, network: demo-net}\n"
	"  i2: {node: compute2, network: demo-net}\n";

static const struct lab *lab;

void broken_vlan_lab(const struct lab *l)
{
	lab = l;
}

static void tag_wrong(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "compute1", o)
	healthy_link(o, "", "eth2.101")->vlan = 105;
}

static void on_another_wire(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "network1", o)
	healthy_link(o, "", "eth2.102")->dev = "eth3";
}

static void down(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "compute1", o)
	healthy_link(o, "", "eth2.101")->up = false;
}

static void gone(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "network1", o)
	healthy_link(o, "", "eth2.102")->name = "away";
}

static void mtu(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "compute1", o)
	healthy_link(o, "", "eth2.101")->mtu = 1400;
}

static void ha_segment(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "network1", o)
	healthy_link(o, "", "eth2.102")->vlan = 103;
}

static void patch_gone(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "network2", o)
	healthy_ovs(o, "int-br-vlan")->name = "away";
}

static void retag(struct seen_frames *s, uint16_t vlan)
{
	for (size_t k = 0; k < s->n; k++)
		s->frames[k].vlan = vlan;
}

static void adverts_elsewhere(struct evidence *e)
{
	retag(&e->tunnels[0].frames, 103);
}

static void adverts_bare(struct evidence *e)
{
	retag(&e->tunnels[1].frames, 0);
}

static void adverts_lost(struct evidence *e)
{
	e->tunnels[1].frames.n = 0;
}

static void stranger(struct evidence *e)
{
	const struct topo_router *r = &lab->routers[0];
	struct seen_frames *s = &e->tunnels[0].frames;
	struct frame *f = arena_push(&e->arena, &s->frames, &s->n, sizeof(*f));

	*f = healthy_advert(r, 0, s->frames[0].t);
	f->vlan = (uint16_t)r->ha_network->vlan;
	f->ip_src.b[3] = 99;
	f->src.b[5] ^= 1;
}

const struct broken broken_vlan[] = {
	{"a healthy lab with VLANs", NULL, NULL},
	{"the tag of a VLAN's interface wrong", tag_wrong,
	 "wrong bridges: demo-net on compute1"},
	{"a VLAN's interface on another wire", on_another_wire,
	 "wrong bridges: HA network tenant demo on network1"},
	{"a VLAN's interface down", down,
	 "wrong bridges: demo-net on compute1"},
	{"a VLAN's interface gone", gone,
	 "wrong ha-network: of project demo; "
	 "wrong bridges: HA network tenant demo on network1; "
	 "blind mtu: HA network tenant demo on network1"},
	{"MTU of a VLAN's interface wrong", mtu,
	 "wrong mtu: demo-net on compute1"},
	{"the HA network's segment wrong on one node", ha_segment,
	 "wrong ha-network: of project demo; "
	 "wrong bridges: HA network tenant demo on network1"},
	{"the way to the wire removed", patch_gone, "wrong switch: network2"},
	{"adverts in another VLAN", adverts_elsewhere,
	 "wrong advert-vlan: r on network1"},
	{"adverts without a tag", adverts_bare,
	 "wrong advert-vlan: r on network2"},
	{"no adverts on a wire", adverts_lost,
	 "wrong advert-vlan: r on network2"},
	{"a stranger in the HA network's VLAN", stranger,
	 "wrong strangers: of project demo"},
	{NULL, NULL, NULL},
};
