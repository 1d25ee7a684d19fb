/* SPDX-License-Identifier: MIT */
#include "t/lib/broken.h"

#include <string.h>

#include "lib/mono.h"
#include "t/lib/healthy.h"

static const struct lab *lab;
static const struct topo_router *r; /* hosts: network1 standby, 2 active */

void broken_lab(const struct lab *l)
{
	lab = l;
	r = &lab->routers[0];
}

#define FLOATING "203.0.113.17"

static const char *ha_dev(size_t host)
{
	return r->ha_ports[host]->ifname;
}

static const char *ha_addr(size_t host)
{
	static char text[IP_TEXT_MAX];

	return ipnet_print(&r->ha_ports[host]->addrs[0].addr, text);
}

static void agent_gone(struct evidence *e)
{
	struct seen_node *n = &e->nodes[topo_node(lab, "controller")->index];

	n->nsamples = 0;
	n->error = n->drift.error = "connection refused";
}

static void wrong_host(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "controller", o)
	o->hostname = "network1";
}

static void ns_deleted(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "network1", o)
	healthy_ns_del(o, r->netns);
	e->ha[0].frames = (struct seen_frames){.error = "no namespace"};
}

static void ns_other_uuid(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "compute1", o)
	{
		struct seen_ns *ns =
			arena_push(&e->arena, &o->ns, &o->nns, sizeof(*ns));

		ns->name = "qrouter-00000000-0000-5000-8000-000000000000";
	}
}

static void ns_of_other_lab(struct evidence *e)
{
	struct observed *o;

	ns_other_uuid(e);
	EACH_SAMPLE(e, "compute1", o)
	{
		struct seen_ns *ns = &o->ns[o->nns - 1];
		struct res_link *lo = &seen_push(&e->arena, ns, RES_LINK)->link;

		lo->name = "lo";
		lo->alias = "labctl:another";
	}
}

static void vip_on_backup(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "network1", o)
	healthy_addr_add(e, o, r->netns, ha_dev(0), "169.254.0.1/24");
}

static void vip_missing(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "network2", o)
	healthy_addr_del(o, r->netns, ha_dev(1), "169.254.0.1/24");
}

static void link_local_on_backup(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "network1", o)
	healthy_addr_add(e, o, r->netns, r->gateway->ifname, "fe80::1/64");
}

static void foreign_on_active(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "network2", o)
	healthy_addr_add(e, o, r->netns, r->gateway->ifname, "203.0.113.99/24");
}

static void no_default_route(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "network2", o)
	healthy_ns(o, r->netns)->of[RES_ROUTE].n--;
}

static void default_on_backup(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "network1", o)
	{
		struct seen_ns *ns = healthy_ns(o, r->netns);
		struct res_route *q =
			&seen_push(&e->arena, ns, RES_ROUTE)->route;

		q->dev = r->gateway->ifname;
		q->via = topo_next_hop(r->gateway, 4);
	}
}

static void ha_duplicated(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "network1", o)
	healthy_addr_add(e, o, r->netns, ha_dev(0), ha_addr(1));
}

static void ha_missing(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "network1", o)
	healthy_addr_del(o, r->netns, ha_dev(0), ha_addr(0));
}

/* SIGSTOP on the active: silent, deaf, its addresses stay; network1 took
 * over and holds them as well. */
static void engine_stopped(struct evidence *e)
{
	struct observed *o;
	size_t i;

	EACH_SAMPLE(e, "network2", o)
	{
		healthy_engine(&e->arena, o)->running = false;
		healthy_engine(&e->arena, o)->pid = 10;
		healthy_engine(&e->arena, o)->error =
			"the VRRP engine does not answer";
		healthy_engine(&e->arena, o)->nrouters = 0;
	}
	EACH_SAMPLE(e, "network1", o)
	{
		struct observed *twin = healthy_sample(e, "network2", 0);
		struct seen_ns *mine = healthy_ns(o, r->netns);
		struct seen_ns *theirs = healthy_ns(twin, r->netns);

		healthy_router(o, r->uuid)->state = "active";
		healthy_router(o, r->uuid)->file = "master";
		mine->of[RES_ROUTE] = theirs->of[RES_ROUTE];
		for (i = 0; i < theirs->of[RES_ADDR].n; i++) {
			char text[IP_TEXT_MAX];

			if (strcmp(theirs->of[RES_ADDR].items[i].addr.dev,
				   ha_dev(1)) != 0)
				healthy_addr_add(
					e, o, r->netns,
					theirs->of[RES_ADDR].items[i].addr.dev,
					ipnet_print(&theirs->of[RES_ADDR]
							     .items[i]
							     .addr.addr,
						    text));
		}
		healthy_addr_add(e, o, r->netns, ha_dev(0), "169.254.0.1/24");
	}
	for (i = 0; i < 2; i++) {
		for (size_t k = 0; k < 2; k++) {
			e->ha[i].frames.frames[k].ip_src =
				r->ha_ports[0]->addrs[0].addr.ip;
			e->ha[i].frames.frames[k].src = r->ha_ports[0]->mac;
			e->tunnels[i].frames.frames[k].ip_src =
				r->ha_ports[0]->addrs[0].addr.ip;
			e->tunnels[i].frames.frames[k].src =
				r->ha_ports[0]->mac;
			e->tunnels[i].frames.frames[k].outer_src =
				topo_nic(r->hosts[0], TOPO_TUNNEL)->addr.ip;
		}
	}
}

static void engine_gone_on_backup(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "network1", o)
	{
		healthy_engine(&e->arena, o)->running = false;
		healthy_engine(&e->arena, o)->error =
			"no such file or directory";
		healthy_engine(&e->arena, o)->nrouters = 0;
	}
}

static void service_died(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "network1", o)
	{
		struct res *s;
		size_t i;

		for (i = 0; *o->ns[i].name; i++)
			;
		s = seen_push(&e->arena, &o->ns[i], RES_SERVICE);
		s->service = (struct res_service){.name = "ra", .wanted = true};
	}
}

static void adverts_filtered(struct evidence *e)
{
	e->ha[0].frames.n = 0;
}

static void field(struct evidence *e, void (*change)(struct frame *))
{
	size_t i, k;

	for (i = 0; i < e->nha; i++)
		for (k = 0; k < e->ha[i].frames.n; k++)
			change(&e->ha[i].frames.frames[k]);
}

static void to_3s(struct frame *f)
{
	f->advert.adver_cs = 300;
}

static void wrong_interval_field(struct evidence *e)
{
	field(e, to_3s);
}

static void wrong_interval_measured(struct evidence *e)
{
	e->ha[0].frames.frames[1].t += NS_PER_S;
}

static void silence(struct evidence *e)
{
	e->ha[0].frames.n = 1;
	e->ha[0].frames.to += 3 * NS_PER_S;
}

static void to_vrid_7(struct frame *f)
{
	f->advert.vrid = 7;
}

static void wrong_vrid(struct evidence *e)
{
	field(e, to_vrid_7);
}

static void to_ttl_64(struct frame *f)
{
	f->ttl = 64;
}

static void wrong_ttl(struct evidence *e)
{
	field(e, to_ttl_64);
}

static void second_sender(struct evidence *e)
{
	struct frame f = healthy_advert(r, 0, NS_PER_S), *slot;

	ip_parse("169.254.192.77", &f.ip_src);
	slot = arena_push(&e->arena, &e->ha[0].frames.frames,
			  &e->ha[0].frames.n, sizeof(*slot));
	*slot = f;
}

/* It keeps all hosts down: all that is heard is the stranger. */
static void stranger_rules(struct evidence *e)
{
	struct observed *o;
	size_t i, k;

	EACH_SAMPLE(e, "network2", o)
	{
		healthy_router(o, r->uuid)->state = "backup";
		healthy_router(o, r->uuid)->file = "backup";
		healthy_ns(o, r->netns)->of[RES_ROUTE].n = 0;
		healthy_ns(o, r->netns)->of[RES_ADDR].n = 0;
		healthy_addr_add(e, o, r->netns, ha_dev(1), ha_addr(1));
	}
	for (i = 0; i < 2; i++)
		for (k = 0; k < 2; k++)
			ip_parse("169.254.192.77",
				 &e->ha[i].frames.frames[k].ip_src);
}

static void spoofed(struct evidence *e)
{
	e->ha[0].frames.frames[1].src.b[5] ^= 1;
}

static void other_router_of_project(struct evidence *e)
{
	struct seen_frames *seen = &e->ha[0].frames;

	second_sender(e);
	seen->frames[seen->n - 1].advert.vrid = 2;
}

/* Heard on the tunnel of one node only; no receiver cares. */
static void other_vrid(struct evidence *e)
{
	struct seen_frames *s = &e->tunnels[0].frames;
	struct frame *f = arena_push(&e->arena, &s->frames, &s->n, sizeof(*f));

	*f = s->frames[0];
	f->src.b[5] ^= 1;
	f->ip_src.b[3] = 77;
	f->advert.vrid = 77;
}

static void wrong_vni(struct evidence *e)
{
	e->tunnels[0].frames.frames[0].vni++;
}

static void partitioned(struct evidence *e)
{
	struct observed *o;
	size_t k;

	engine_stopped(e); /* both hold everything */
	EACH_SAMPLE(e, "network2", o)
	{
		struct seen_engine *g = healthy_engine(&e->arena, o);
		struct obs_router *s = arena_push(&e->arena, &g->routers,
						  &g->nrouters, sizeof(*s));

		healthy_engine(&e->arena, o)->running = true;
		healthy_engine(&e->arena, o)->error = NULL;
		*s = (struct obs_router){
			.id = r->uuid, .state = "active", .file = "master"};
	}
	for (k = 0; k < 2; k++) {
		e->ha[1].frames.frames[k].ip_src =
			r->ha_ports[1]->addrs[0].addr.ip;
		e->ha[1].frames.frames[k].src = r->ha_ports[1]->mac;
		e->tunnels[1].frames.frames[k] =
			healthy_advert(r, 1, (int64_t)k * 2 * NS_PER_S);
		e->tunnels[1].frames.frames[k].tunnel = TOPO_VXLAN;
		e->tunnels[1].frames.frames[k].vni = r->ha_network->vni;
		e->tunnels[1].frames.frames[k].outer_src =
			topo_nic(r->hosts[1], TOPO_TUNNEL)->addr.ip;
	}
}

static void two_active_by_turns(struct evidence *e)
{
	struct observed *o = healthy_sample(e, "network1", 1);

	healthy_router(o, r->uuid)->state = "active";
}

static void standby_in_fault(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "network1", o)
	{
		healthy_router(o, r->uuid)->state = "fault";
		healthy_router(o, r->uuid)->file = "backup";
	}
}

static void wrong_state_file(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "network1", o)
	healthy_router(o, r->uuid)->file = "master";
}

static void qr_mac(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "network1", o)
	healthy_link(o, r->netns, r->qr[0]->ifname)->mac.b[5] ^= 1;
}

static void qg_talks(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "network1", o)
	healthy_link(o, r->netns, r->gateway->ifname)->addr_gen_none = false;
}

static void cable_out(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "compute1", o)
	healthy_link(o, "", lab->instances[0].port->tap)->master = NULL;
}

static void instance_gatewayless(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "compute1", o)
	healthy_ns(o, lab->instances[0].netns)->of[RES_ROUTE].n = 0;
}

static void external_port_removed(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "network2", o)
	healthy_link(o, "", "eth2")->master = NULL;
}

static void foreign_bridge_port(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "network2", o)
	healthy_link(o, "", "eth0")->master = r->gateway->network->bridge;
}

static void tap_down(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "network2", o)
	healthy_link(o, "", r->qr[0]->tap)->up = false;
}

static void vxlan_group(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "compute2", o)
	healthy_link(o, "", r->qr[0]->network->vxlan)->group.b[3] ^= 1;
}

static void mtu_vxlan(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "network1", o)
	healthy_link(o, "", r->qr[0]->network->vxlan)->mtu = 1500;
}

static void mtu_instance(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "compute2", o)
	healthy_link(o, lab->instances[1].netns, "eth0")->mtu = 1500;
}

static void mtu_tunnel_nic(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "compute2", o)
	healthy_link(o, "", "eth1")->mtu = 1400;
}

static void nic_down(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "compute2", o)
	healthy_link(o, "", "eth1")->up = false;
}

static void nic_address(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "compute2", o)
	healthy_addr_del(o, "", "eth1", "10.0.1.32/24");
}

static void ping_lost(struct evidence *e)
{
	e->outside[0].pings.probes[2].rtt = -1;
}

static void no_hairpin(struct evidence *e)
{
	struct seen_ping *p = &e->inside[e->ninside - 1];

	for (size_t i = 0; i < EVIDENCE_PROBES; i++)
		p->pings.probes[i].rtt = -1;
}

static void ping_doubled(struct evidence *e)
{
	e->inside[0].pings.duplicates = 4;
}

static void ping_unsent(struct evidence *e)
{
	size_t i;

	for (i = 0; i < EVIDENCE_PROBES; i++)
		e->inside[0].pings.probes[i].rtt = -1;
	e->inside[0].pings.send_error = "Network is unreachable";
}

static void ping_late(struct evidence *e)
{
	struct seen_ping *p = &e->inside[0];

	ping_unsent(e);
	p->repeated = true;
	p->again = e->inside[1].pings;
}

static void ping_never(struct evidence *e)
{
	ping_late(e);
	e->inside[0].again = e->inside[0].pings;
}

static void outside_gone(struct evidence *e)
{
	e->outside[0].pings =
		(struct seen_pings){.error = "no host outside runs"};
}

static void ha_net_gone(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "network1", o)
	healthy_link(o, "", r->ha_network->vxlan)->name = "away";
}

/* A setting that no other check looks at, and more of them than are told. */
static void drifted(struct evidence *e)
{
	struct seen_drift *d =
		&e->nodes[topo_node(lab, "network1")->index].drift;
	size_t i;

	for (i = 0; i < 50; i++) {
		struct node_change *c =
			arena_push(&e->arena, &d->changes, &d->n, sizeof(*c));

		*c = (struct node_change){'~', "net/ipv4/ip_forward",
					  "0, wanted 1"};
	}
}

static void drift_untold(struct evidence *e)
{
	e->nodes[topo_node(lab, "network1")->index].drift =
		(struct seen_drift){.error = "the answer is too long"};
}

/* The router answers, and drops what it should forward. */
static void forwards_nothing(struct evidence *e)
{
	e->left.n = 0;
}

static void forwards_no_ipv6(struct evidence *e)
{
	e->left.frames[1].ip_dst.b[15] ^= 0xff;
}

static void not_translated(struct evidence *e)
{
	e->left.frames[2].ip_src = lab->instances[1].port->addrs[0].addr.ip;
}

static void another_way_out(struct evidence *e)
{
	e->left.frames[0].src.b[5] ^= 1;
}

static void router_address_outside(struct evidence *e)
{
	struct observed *o = (struct observed *)e->host.samples[0];
	struct res_addr *a =
		&seen_push(&e->arena, healthy_ns(o, ""), RES_ADDR)->addr;

	a->dev = "eth0";
	a->addr = r->gateway->addrs[0].addr;
}

static void instance_address_on_node(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "compute2", o)
	{
		struct res_addr *a =
			&seen_push(&e->arena, healthy_ns(o, ""), RES_ADDR)
				 ->addr;

		a->dev = "eth1";
		a->addr = lab->instances[0].port->addrs[0].addr;
	}
}

static void no_tables_outside(struct evidence *e)
{
	e->host.nsamples = 0;
	e->host.error = "no host outside runs";
}

static void no_capture_outside(struct evidence *e)
{
	e->left = (struct seen_frames){.error = "no host outside runs"};
}

static void nothing_sent(struct evidence *e)
{
	e->passages[0].error = "connection reset";
}

static struct seen_ping *floating_ping(struct evidence *e)
{
	size_t i = 0;

	while (!e->outside[i].floating)
		i++;
	return &e->outside[i];
}

static void floating_on_backup(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "network1", o)
	healthy_addr_add(e, o, r->netns, r->gateway->ifname, FLOATING "/32");
}

static void floating_missing(struct evidence *e)
{
	struct observed *o;

	EACH_SAMPLE(e, "network2", o)
	healthy_addr_del(o, r->netns, r->gateway->ifname, FLOATING "/32");
}

static void floating_wide(struct evidence *e)
{
	struct observed *o;

	floating_missing(e);
	EACH_SAMPLE(e, "network2", o)
	healthy_addr_add(e, o, r->netns, r->gateway->ifname, FLOATING "/24");
}

static void floating_not_passed(struct evidence *e)
{
	for (size_t i = 0; i < EVIDENCE_PROBES; i++)
		floating_ping(e)->pings.probes[i].ttl = 64;
}

static void floating_silent(struct evidence *e)
{
	for (size_t i = 0; i < EVIDENCE_PROBES; i++)
		floating_ping(e)->pings.probes[i].rtt = -1;
}

static void floating_not_used(struct evidence *e)
{
	e->left.frames[2].ip_src = *topo_external_ip(r, 4);
}

#define WRONG_FLOATING                                                         \
	"wrong floating: " FLOATING " to selfservice-instance2 by router2"
#define BLIND_FLOATING                                                         \
	"blind floating: " FLOATING " to selfservice-instance2 by router2"

const struct broken broken[] = {
	{"a healthy lab", NULL, NULL},
	{"an agent that cannot be reached", agent_gone,
	 "blind agents: controller; blind nics: controller; "
	 "blind namespaces: controller; blind strays: l3ha-linuxbridge; blind "
	 "drift: controller"},
	{"another host's name", wrong_host, "wrong agents: controller"},
	{"namespace deleted on one network node", ns_deleted,
	 "wrong namespaces: network1; blind mtu: provider1 on network1; "
	 "blind mtu: selfservice2 on network1; "
	 "blind mtu: HA network tenant demo on network1; "
	 "blind ports: router2 on network1; "
	 "blind ha-address: router2 on network1; "
	 "blind addresses: router2 on network1; "
	 "blind default-route: router2 on network1; "
	 "blind adverts: router2 on network1; "
	 "blind advert-fields: router2 on network1; "
	 "blind advert-fields: router2 on network2; "
	 "blind advert-interval: router2 on network1; " BLIND_FLOATING "; "
	 "blind standby-rules: router2"},
	{"a router's namespace with another UUID", ns_other_uuid,
	 "wrong namespaces: compute1"},
	{"another lab's namespace", ns_of_other_lab, NULL},
	{"VIP also present on the backup", vip_on_backup,
	 "wrong addresses: router2 on network1"},
	{"VIP missing on the master", vip_missing,
	 "wrong addresses: router2 on network2"},
	{"a backup's qg with a link-local", link_local_on_backup,
	 "wrong addresses: router2 on network1"},
	{"a foreign address on the master", foreign_on_active,
	 "wrong addresses: router2 on network2"},
	{"no default route on the master", no_default_route,
	 "wrong default-route: router2 on network2"},
	{"default route on the backup", default_on_backup,
	 "wrong default-route: router2 on network1"},
	{"ha address duplicated", ha_duplicated,
	 "wrong ha-address: router2 on network1"},
	{"ha address missing", ha_missing,
	 "wrong ha-address: router2 on network1"},
	{"engine stopped on the master", engine_stopped,
	 "wrong engine: network2; blind active: router2; "
	 "blind state-file: router2 on network2; "
	 "wrong addresses: router2 on network2; "
	 "wrong default-route: router2 on network2; " WRONG_FLOATING "; "
	 "wrong nat-path: from selfservice-instance1 by router2, IPv4; "
	 "wrong nat-path: from selfservice-instance2 by router2, IPv4"},
	{"no engine on the backup", engine_gone_on_backup,
	 "wrong engine: network1; blind active: router2; "
	 "blind state-file: router2 on network1"},
	{"a service that does not run", service_died, "wrong engine: network1"},
	{"adverts dropped before one node", adverts_filtered,
	 "wrong adverts: router2 on network1; "
	 "blind advert-interval: router2 on network1"},
	{"wrong interval in the advert", wrong_interval_field,
	 "wrong advert-fields: router2 on network2"},
	{"wrong interval by the clock", wrong_interval_measured,
	 "wrong advert-interval: router2 on network1"},
	{"silence after one advert", silence,
	 "wrong advert-interval: router2 on network1"},
	{"wrong VRID", wrong_vrid, "wrong advert-fields: router2 on network2"},
	{"wrong TTL", wrong_ttl, "wrong advert-fields: router2 on network2"},
	{"a sender that is nobody", second_sender,
	 "wrong adverts: router2 on network1"},
	{"a sender with the active's address", spoofed,
	 "wrong adverts: router2 on network1"},
	{"a stranger that keeps all hosts down", stranger_rules,
	 "wrong active: router2; wrong adverts: router2 on network1; "
	 "wrong adverts: router2 on network2; "
	 "blind advert-tunnel: router2 on network1; "
	 "blind advert-tunnel: router2 on network2; "
	 "blind nat-path: from selfservice-instance1 by router2, IPv4; "
	 "blind nat-path: from selfservice-instance2 by router2, IPv4"},
	{"another router of the project", other_router_of_project, NULL},
	{"a stranger with a VRID of its own", other_vrid,
	 "wrong strangers: of project demo"},
	{"wrong VNI", wrong_vni, "wrong advert-tunnel: router2 on network1"},
	{"both nodes active: the overlay is partitioned", partitioned,
	 "wrong active: router2; wrong adverts: router2 on network1; "
	 "wrong adverts: router2 on network2; "
	 "wrong advert-tunnel: router2 on network1; "
	 "wrong advert-tunnel: router2 on network2"},
	{"two active for a moment", two_active_by_turns,
	 "wrong active: router2"},
	{"a standby in fault", standby_in_fault, "wrong active: router2"},
	{"wrong state file", wrong_state_file,
	 "wrong state-file: router2 on network1"},
	{"qr without its MAC", qr_mac, "wrong ports: router2 on network1"},
	{"qg that makes addresses", qg_talks,
	 "wrong ports: router2 on network1"},
	{"instance's cable out", cable_out,
	 "wrong cables: selfservice-instance1 on compute1"},
	{"instance without gateways", instance_gatewayless,
	 "wrong cables: selfservice-instance1 on compute1"},
	{"external bridge port removed", external_port_removed,
	 "wrong bridges: provider1 on network2"},
	{"a foreign port on a bridge", foreign_bridge_port,
	 "wrong bridges: provider1 on network2"},
	{"a router's tap down", tap_down,
	 "wrong bridges: selfservice2 on network2"},
	{"wrong multicast group", vxlan_group,
	 "wrong vxlan: selfservice2 on compute2"},
	{"MTU of the overlay's vxlan wrong", mtu_vxlan,
	 "wrong mtu: selfservice2 on network1"},
	{"MTU of an instance wrong", mtu_instance,
	 "wrong mtu: selfservice2 on compute2"},
	{"MTU of the tunnel interface wrong", mtu_tunnel_nic,
	 "wrong mtu: selfservice2 on compute2"},
	{"tunnel interface down", nic_down, "wrong nics: compute2"},
	{"tunnel address gone", nic_address, "wrong nics: compute2"},
	{"one echo of four lost", ping_lost,
	 "wrong outside-ping: router2 at 203.0.113.21"},
	{"replies that come twice", ping_doubled,
	 "wrong instance-ping: from selfservice-instance1, router2 at "
	 "198.51.100.1"},
	{"no way to send", ping_unsent,
	 "wrong instance-ping: from selfservice-instance1, router2 at "
	 "198.51.100.1"},
	{"a floating address that is not reached inside", no_hairpin,
	 "wrong hairpin: from selfservice-instance1, 203.0.113.17 to "
	 "selfservice-instance2 by router2"},
	{"replies when tried again", ping_late, NULL},
	{"no reply again", ping_never,
	 "wrong instance-ping: from selfservice-instance1, router2 at "
	 "198.51.100.1"},
	{"no host outside", outside_gone,
	 "blind outside-ping: router2 at 203.0.113.21; " BLIND_FLOATING},
	{"a floating address on the standby", floating_on_backup,
	 "wrong addresses: router2 on network1; " WRONG_FLOATING},
	{"a floating address on none", floating_missing,
	 "wrong addresses: router2 on network2; " WRONG_FLOATING},
	{"a floating address with a wrong length", floating_wide,
	 "wrong addresses: router2 on network2; " WRONG_FLOATING},
	{"a floating address that the router answers", floating_not_passed,
	 WRONG_FLOATING},
	{"a floating address that nobody answers", floating_silent,
	 WRONG_FLOATING},
	{"an instance that leaves with another's address", floating_not_used,
	 "wrong snat: from selfservice-instance2 by router2, IPv4"},
	{"the HA network's vxlan gone", ha_net_gone,
	 "wrong ha-network: of project demo; "
	 "wrong bridges: HA network tenant demo on network1; "
	 "wrong vxlan: HA network tenant demo on network1; "
	 "blind mtu: HA network tenant demo on network1"},
	{"a router that forwards nothing", forwards_nothing,
	 "wrong forwarding: from selfservice-instance1 by router2, IPv4; "
	 "wrong forwarding: from selfservice-instance1 by router2, IPv6; "
	 "wrong forwarding: from selfservice-instance2 by router2, IPv4; "
	 "wrong forwarding: from selfservice-instance2 by router2, IPv6; "
	 "blind snat: from selfservice-instance1 by router2, IPv4; "
	 "blind snat: from selfservice-instance2 by router2, IPv4"},
	{"a router without SNAT", not_translated,
	 "wrong snat: from selfservice-instance2 by router2, IPv4"},
	{"a router that forwards IPv4 only", forwards_no_ipv6,
	 "wrong forwarding: from selfservice-instance1 by router2, IPv6"},
	{"packets that leave by another way", another_way_out,
	 "wrong forwarding: from selfservice-instance1 by router2, IPv4"},
	{"a router's address on the host outside", router_address_outside,
	 "wrong strays: l3ha-linuxbridge"},
	{"an instance's address on a node", instance_address_on_node,
	 "wrong strays: l3ha-linuxbridge"},
	{"no tables of the host outside", no_tables_outside,
	 "blind strays: l3ha-linuxbridge"},
	{"no capture outside", no_capture_outside,
	 "blind forwarding: from selfservice-instance1 by router2, IPv4; "
	 "blind forwarding: from selfservice-instance1 by router2, IPv6; "
	 "blind forwarding: from selfservice-instance2 by router2, IPv4; "
	 "blind forwarding: from selfservice-instance2 by router2, IPv6; "
	 "blind snat: from selfservice-instance1 by router2, IPv4; "
	 "blind snat: from selfservice-instance2 by router2, IPv4"},
	{"an instance that could not send", nothing_sent,
	 "blind forwarding: from selfservice-instance1 by router2, IPv4; "
	 "blind snat: from selfservice-instance1 by router2, IPv4; "
	 "blind nat-path: from selfservice-instance1 by router2, IPv4"},
	{"settings that have drifted", drifted, "wrong drift: network1"},
	{"an agent that cannot tell what differs", drift_untold,
	 "blind drift: network1"},
	{NULL, NULL, NULL},
};
