/* SPDX-License-Identifier: MIT */
/*
 * The difference, on the shipped lab: a node as its plan says (as a kernel
 * would show it) has none; then each kind of drift, one at a time, and the
 * changes that must come of it.
 */
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "provision/kinds/link/link.h"
#include "provision/node/diff.h"
#include "provision/plan/plan.h"
#include "t/lib/tap.h"
#include "topologies/topo.h"

/* --- a kernel that has carried a plan out --------------------------------- */

struct world {
	const struct lab *lab;
	struct arena a;
	struct plan p;
	struct observed o;
};

static struct seen_ns *sim_ns(struct observed *o, const char *name)
{
	return (struct seen_ns *)(uintptr_t)seen_ns(o, name);
}

static struct res_link *sim_link(struct world *w, const char *ns,
				 const char *name)
{
	return (struct res_link *)(uintptr_t)seen_link(seen_ns(&w->o, ns),
						       name);
}

static struct res_link *new_link(struct world *w, const char *ns_name,
				 const char *name, const char *kind)
{
	struct seen_ns *ns = sim_ns(&w->o, ns_name);
	struct res_link *l = &seen_push(&w->a, ns, RES_LINK)->link;

	l->index = (unsigned)ns->of[RES_LINK].n;
	l->name = name;
	l->type = kind;
	l->kind = link_kind_of(kind);
	l->mtu = 1500;
	l->running = true;
	return l;
}

static struct res_addr *new_addr(struct world *w, const char *ns_name,
				 const char *dev, const char *addr)
{
	struct seen_ns *ns = sim_ns(&w->o, ns_name);
	struct res_addr *o = &seen_push(&w->a, ns, RES_ADDR)->addr;

	o->dev = dev;
	if (addr)
		ipnet_parse(addr, &o->addr);
	return o;
}

static struct res_route *new_route(struct world *w, const char *ns_name,
				   const char *dev, const char *to,
				   const char *via)
{
	struct seen_ns *ns = sim_ns(&w->o, ns_name);
	struct res_route *o = &seen_push(&w->a, ns, RES_ROUTE)->route;

	o->dev = dev;
	o->proto = RTPROT_STATIC;
	if (to)
		ipnet_parse(to, &o->to);
	if (via)
		ip_parse(via, &o->via);
	return o;
}

/* As the kernel makes one with a vxlan link. */
static void new_fdb(struct world *w, const char *dev, const struct ip *dst)
{
	struct res_fdb *f = &seen_push(&w->a, sim_ns(&w->o, ""), RES_FDB)->fdb;

	f->dev = dev;
	f->dst = *dst;
	f->permanent = true;
}

static void made_link(struct world *w, const struct res *r)
{
	const struct res_link *l = &r->link;
	static const char *const words[] = {
		"bridge", "vxlan", "veth", "tun", "", "vlan", "openvswitch"};
	struct res_link *o = sim_link(w, r->netns, l->name);

	if (!o)
		o = new_link(w, r->netns, l->name, words[l->kind]);
	if (l->kind != LINK_EXISTING)
		o->alias = w->p.mark;
	if (l->has_mac)
		o->mac = l->mac;
	if (l->mtu)
		o->mtu = l->mtu;
	o->up = l->up;
	o->master = l->master;
	o->addr_gen_none = l->addr_gen_none;
	/* Of a router with an engine it follows the role. */
	o->ipv6_router = l->ipv6_by_role && !l->engine_addrs;
	o->ipv6_off = l->ipv6_off;
	o->vni = l->vni;
	o->group = l->group;
	o->local = l->local;
	o->dev = l->dev;
	o->port = l->port;
	o->learning = l->learning;
	o->vlan = l->vlan;
	if (l->kind == LINK_VXLAN && ip_is_set(&l->group))
		new_fdb(w, l->name, &l->group);
	if ((l->kind == LINK_VETH || l->kind == LINK_INTERNAL) &&
	    !l->addr_gen_none)
		new_addr(w, r->netns, l->name, "fe80::1234/64")->proto =
			IFAPROT_KERNEL_LL;
}

/* Those that the kernel makes with a namespace. */
static void new_kernel_rules(struct world *w, const char *ns)
{
	static const struct res_rule all[] = {
		{4, 0, "lookup 255", NULL},     {4, 32766, "lookup 254", NULL},
		{4, 32767, "lookup 253", NULL}, {6, 0, "lookup 255", NULL},
		{6, 32766, "lookup 254", NULL},
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(all); i++)
		seen_push(&w->a, sim_ns(&w->o, ns), RES_RULE)->rule = all[i];
}

static void pair_up(struct world *w)
{
	struct res_link *out, *in;
	size_t i;

	for (i = 0; i < w->p.n; i++) {
		const struct res *r = &w->p.res[i];

		if (r->kind != RES_LINK || !r->link.peer)
			continue;
		out = sim_link(w, r->netns, r->link.name);
		in = sim_link(w, r->link.peer_netns, r->link.peer);
		out->peer_index = in->index;
		in->peer_index = out->index;
	}
}

static void made_service(struct world *w, const struct res *r)
{
	const struct res_service *want = &r->service;
	const struct lab *lab = w->lab;
	struct res_service *s =
		&seen_push(&w->a, sim_ns(&w->o, ""), RES_SERVICE)->service;
	char *shape = arena_alloc(&w->a, SERVICE_DIGEST_MAX), *digest;

	*s = *want;
	s->running = s->wanted = true;
	service_shape(want, shape);
	s->shape = shape;
	s->files = arena_array(&w->a, want->nfiles + 1, sizeof(*s->files));
	for (size_t i = 0; i < want->nfiles; i++) {
		s->files[i] = want->files[i];
		digest = arena_alloc(&w->a, SERVICE_DIGEST_MAX);
		service_digest(want->files[i].text, strlen(want->files[i].text),
			       digest);
		s->files[i].digest = digest;
	}
	if (strcmp(want->name, "vrrp") != 0)
		return;
	s->engine.running = s->engine.files = true;
	s->engine.routers =
		arena_array(&w->a, lab->nrouters, sizeof(*s->engine.routers));
	s->engine.nrouters = lab->nrouters;
	for (size_t i = 0; i < lab->nrouters; i++)
		s->engine.routers[i] =
			(struct obs_router){.id = lab->routers[i].uuid,
					    .state = "backup",
					    .file = "backup"};
}

/* What the kernel makes with an address. */
static void connected(struct world *w, const char *ns, const char *dev,
		      const struct ipnet *addr)
{
	struct res_route *r = new_route(w, ns, dev, "10.9.0.0/16", NULL);

	r->proto = RTPROT_KERNEL;
	r->to = *addr;
	r->to.ip = ipnet_network(addr);
}

static void made(struct world *w, const struct res *r)
{
	struct seen_ns *ns;
	struct res_sysctl *s;
	struct res_fdb *f;
	struct res_file *file;

	switch (r->kind) {
	case RES_NETNS:
		ns = arena_push(&w->a, &w->o.ns, &w->o.nns, sizeof(*ns));
		ns->name = r->netns;
		new_link(w, r->netns, "lo", "loopback")->alias = w->p.mark;
		new_addr(w, r->netns, "lo", "127.0.0.1/8");
		new_addr(w, r->netns, "lo", "::1/128");
		new_kernel_rules(w, r->netns);
		break;
	case RES_LINK:
		made_link(w, r);
		break;
	case RES_SYSCTL:
		ns = sim_ns(&w->o, r->netns);
		s = &seen_push(&w->a, ns, RES_SYSCTL)->sysctl;
		s->key = r->sysctl.key;
		s->value = r->sysctl.value;
		break;
	case RES_ADDR:
		new_addr(w, r->netns, r->addr.dev, NULL)->addr = r->addr.addr;
		connected(w, r->netns, r->addr.dev, &r->addr.addr);
		break;
	case RES_ROUTE:
		new_route(w, r->netns, r->route.dev, NULL, NULL)->to =
			r->route.to;
		ns = sim_ns(&w->o, r->netns);
		ns->of[RES_ROUTE].items[ns->of[RES_ROUTE].n - 1].route.via =
			r->route.via;
		break;
	case RES_FDB:
		ns = sim_ns(&w->o, r->netns);
		f = &seen_push(&w->a, ns, RES_FDB)->fdb;
		*f = (struct res_fdb){.dev = r->fdb.dev,
				      .mac = r->fdb.mac,
				      .dst = r->fdb.dst,
				      .permanent = true};
		break;
	case RES_RULES:
		seen_push(&w->a, sim_ns(&w->o, r->netns), RES_RULES)->rules =
			r->rules;
		break;
	case RES_FILTER:
		seen_push(&w->a, sim_ns(&w->o, r->netns), RES_FILTER)->filter =
			r->filter;
		break;
	case RES_FILE:
		file = &seen_push(&w->a, sim_ns(&w->o, ""), RES_FILE)->file;
		file->path = r->file.path;
		file->digest = arena_alloc(&w->a, SERVICE_DIGEST_MAX);
		service_digest(r->file.text, strlen(r->file.text),
			       (char *)(uintptr_t)file->digest);
		break;
	case RES_NEIGH:
		seen_push(&w->a, sim_ns(&w->o, r->netns), RES_NEIGH)->neigh =
			r->neigh;
		break;
	case RES_RULE:
	case RES_QDISC:
	case RES_XFRM:
	case RES_PROCESS:
		break; /* no plan has them */
	case RES_SERVICE:
		made_service(w, r);
		break;
	case RES_ADVERTS:
		seen_push(&w->a, sim_ns(&w->o, ""), RES_ADVERTS)->adverts =
			r->adverts;
		break;
	case RES_OFFLOAD:
		seen_push(&w->a, sim_ns(&w->o, r->netns), RES_OFFLOAD)
			->offload = r->offload;
		break;
	case RES_OVS:
		seen_push(&w->a, sim_ns(&w->o, ""), RES_OVS)->ovs = r->ovs;
		break;
	case RES_FLOWS:
		seen_push(&w->a, sim_ns(&w->o, ""), RES_FLOWS)->flows.bridge =
			r->flows.bridge;
		break;
	}
}

/* The interfaces that a node has before any lab. */
static void bare(struct world *w)
{
	static const char *const nics[] = {"eth0", "eth1", "eth2"};
	struct seen_ns *own;
	size_t i;

	own = arena_push(&w->a, &w->o.ns, &w->o.nns, sizeof(*own));
	own->name = "";
	new_link(w, "", "lo", "loopback")->up = true;
	for (i = 0; i < ARRAY_LEN(nics); i++) {
		new_link(w, "", nics[i], "veth")->up = true;
		new_addr(w, "", nics[i], "10.0.0.5/24");
		new_addr(w, "", nics[i], "fe80::99/64");
	}
}

static void world_init(struct world *w, const struct lab *lab, const char *node)
{
	size_t i;

	*w = (struct world){.lab = lab};
	plan_build(&w->a, lab, topo_node(lab, node), &w->p);
	bare(w);
	/* Namespaces first: pushing one moves the others. */
	for (i = 0; i < w->p.n; i++)
		if (w->p.res[i].kind == RES_NETNS)
			made(w, &w->p.res[i]);
	for (i = 0; i < w->p.n; i++)
		if (w->p.res[i].kind != RES_NETNS)
			made(w, &w->p.res[i]);
	pair_up(w);
}

static void print_changes(const struct changes *c, struct buf *out)
{
	size_t i;

	buf_adds(out, "");
	for (i = 0; i < c->n; i++) {
		const struct change *ch = &c->items[i];
		/* What a new thing is to be like is the plan's business. */
		bool why = ch->why && (ch->op != CHANGE_ADD || ch->blocked);

		buf_printf(out, "%s %s%s%s%s\n", change_op_signs[ch->op],
			   ch->what, why ? ": " : "", why ? ch->why : "",
			   ch->blocked ? " (blocked)" : "");
	}
}

/* Long names are written short in the table: R, V, and ports by kind. */
static void shorten(struct buf *b, const char *from, const char *to)
{
	auto_buf struct buf out = {0};
	const char *at, *rest = b->data;

	while ((at = strstr(rest, from))) {
		buf_add(&out, rest, (size_t)(at - rest));
		buf_adds(&out, to);
		rest = at + strlen(from);
	}
	buf_adds(&out, rest);
	buf_reset(b);
	buf_add(b, out.data, out.len);
}

/* --- drift ---------------------------------------------------------------- */

static const char *R, *CONF, *V, *HA, *HATAP, *QR, *QRTAP, *QG, *QGTAP, *BRX,
	*BRP, *VMTAP;

static void names(const struct lab *lab, struct buf *b)
{
	static char conf[128];

	if (b) {
		shorten(b, CONF, "CONF");
		shorten(b, R, "R");
		shorten(b, V, "V");
		shorten(b, HATAP, "HATAP");
		shorten(b, HA, "HA");
		shorten(b, QRTAP, "QRTAP");
		shorten(b, QR, "QR");
		shorten(b, QGTAP, "QGTAP");
		shorten(b, QG, "QG");
		shorten(b, VMTAP, "VMTAP");
		shorten(b, BRX, "BRX");
		shorten(b, BRP, "BRP");
		return;
	}
	R = lab->routers[0].netns;
	snprintf(conf, sizeof(conf), SERVICE_HA_CONFS "/%s/keepalived.conf",
		 lab->routers[0].uuid);
	CONF = conf;
	HA = lab->routers[0].ha_ports[0]->ifname;
	HATAP = lab->routers[0].ha_ports[0]->tap;
	QR = lab->routers[0].qr[0]->ifname;
	QRTAP = lab->routers[0].qr[0]->tap;
	QG = lab->routers[0].gateway->ifname;
	QGTAP = lab->routers[0].gateway->tap;
	V = lab->instances[0].netns;
	VMTAP = lab->instances[0].port->tap;
	BRX = lab->routers[0].gateway->network->bridge;
	BRP = lab->routers[0].qr[0]->network->bridge;
}

static void drop_link(struct world *w, const char *ns_name, const char *name)
{
	struct seen_ns *ns = sim_ns(&w->o, ns_name);
	size_t i;

	for (i = 0; i < ns->of[RES_LINK].n; i++)
		if (strcmp(ns->of[RES_LINK].items[i].link.name, name) == 0) {
			ns->of[RES_LINK].items[i].link.name = "gone";
			ns->of[RES_LINK].items[i].link.type = "loopback";
			ns->of[RES_LINK].items[i].link.kind = LINK_EXISTING;
			ns->of[RES_LINK].items[i].link.alias = NULL;
			ns->of[RES_LINK].items[i].link.master = NULL;
		}
	for (i = 0; i < ns->of[RES_ADDR].n; i++)
		if (strcmp(ns->of[RES_ADDR].items[i].addr.dev, name) == 0)
			ns->of[RES_ADDR].items[i].addr.dev = "gone";
	for (i = 0; i < ns->of[RES_ROUTE].n; i++)
		if (strcmp(ns->of[RES_ROUTE].items[i].route.dev, name) == 0)
			ns->of[RES_ROUTE].items[i].route.dev = "gone";
}

static void d_none(struct world *w)
{
	(void)w;
}

static void d_addr_deleted(struct world *w)
{
	for (size_t i = 0; i < sim_ns(&w->o, R)->of[RES_ADDR].n; i++)
		if (strcmp(sim_ns(&w->o, R)->of[RES_ADDR].items[i].addr.dev,
			   HA) == 0)
			sim_ns(&w->o, R)->of[RES_ADDR].items[i].addr.dev =
				"gone";
}

static void d_addr_extra(struct world *w)
{
	new_addr(w, R, QR, "198.51.100.77/24");
	new_addr(w, "", BRX, "203.0.113.9/24");
}

static void d_addr_virtual(struct world *w)
{
	new_addr(w, R, QR, "198.51.100.1/24");
	new_addr(w, R, QG, "203.0.113.21/24");
	new_addr(w, R, HA, "169.254.0.1/24");
	new_route(w, R, QG, "0.0.0.0/0", "203.0.113.1");
	new_route(w, R, QG, "::/0", "fd00:203:0:113::1");
}

static void d_addr_link_local(struct world *w)
{
	new_addr(w, R, QR, "fe80::bad/64");
}

/* Those of the kernel have its mark, or where it has none, the MAC's. */
static void d_addr_link_local_by_hand(struct world *w)
{
	struct ipnet by_mac = {.len = 64};

	const char *ns = sim_ns(&w->o, R) ? R : V;
	const char *dev = sim_ns(&w->o, R) ? HA : "eth0";

	by_mac.ip = ip_link_local(&sim_link(w, ns, dev)->mac);
	new_addr(w, ns, dev, NULL)->addr = by_mac;
	new_addr(w, ns, dev, "fe80::bad/64");
}

static void d_addr_loopback(struct world *w)
{
	new_addr(w, R, "lo", "127.0.0.2/8");
	new_addr(w, R, "lo", "198.51.100.10/32");
	new_addr(w, "", "lo", "127.0.0.2/8");
}

static void strange_port(struct world *w, struct mac mac)
{
	struct res_link *l = new_link(w, "", "strange", "veth");

	l->up = true;
	l->master = BRX;
	l->mac = mac;
}

static void d_strange_port(struct world *w)
{
	strange_port(w, (struct mac){{MAC_LABS, 1, 2, 3}});
}

static void d_own_machine(struct world *w)
{
	strange_port(w, (struct mac){{0x52, 0x54, 0, 1, 2, 3}});
}

static void d_addr_not_ours(struct world *w)
{
	new_addr(w, "", "eth1", "192.0.2.1/24");
	new_link(w, "", "mine", "dummy")->up = true;
	new_addr(w, "", "mine", "192.0.2.2/24");
	new_route(w, "", "mine", "192.0.2.128/25", NULL);
}

/* All on a link goes with it. */
static void d_link_in_ours(struct world *w)
{
	new_link(w, R, "mine", "dummy")->up = true;
	new_addr(w, R, "mine", "192.0.2.2/24");
	new_route(w, R, "mine", "192.0.2.128/25", NULL);
	new_link(w, R, "theirs", "bridge")->alias = "labctl:other";
	new_link(w, R, "sit0", "sit");
	new_link(w, R, "tunl0", "ipip");
	new_link(w, R, "sit1", "sit");
}

static void d_down(struct world *w)
{
	sim_link(w, R, HA)->up = false;
	sim_link(w, "", BRP)->up = false;
	sim_link(w, "", "eth2")->up = false;
}

static void d_lo_down(struct world *w)
{
	sim_link(w, R, "lo")->up = false;
}

static void d_attrs(struct world *w)
{
	sim_link(w, R, QR)->mtu = 1500;
	sim_link(w, R, QG)->mac.b[5] ^= 1;
	sim_link(w, R, HA)->addr_gen_none = true;
	sim_link(w, R, QG)->ipv6_router = true;
	sim_link(w, "", QRTAP)->ipv6_off = false;
	sim_link(w, "", BRP)->stp = true;
}

static void d_port_removed(struct world *w)
{
	sim_link(w, "", QGTAP)->master = NULL;
	sim_link(w, "", "eth2")->master = NULL;
	sim_link(w, "", "vxlan-1")->master = BRX;
}

static void d_netns_deleted(struct world *w)
{
	struct seen_ns *ns = sim_ns(&w->o, R);
	size_t k, i;

	ns->name = "elsewhere";
	for (k = 0; k < RES_KINDS; k++)
		for (i = 0; i < ns->of[k].n; i++)
			ns->of[k].items[i].netns = ns->name;
	ns->of[RES_LINK].items[0].link.alias = NULL;
}

static void d_netns_unmarked(struct world *w)
{
	sim_link(w, R, "lo")->alias = NULL;
}

static void d_netns_extra(struct world *w)
{
	struct seen_ns *ns;

	ns = arena_push(&w->a, &w->o.ns, &w->o.nns, sizeof(*ns));
	ns->name = "qrouter-old";
	new_link(w, "qrouter-old", "lo", "loopback")->alias = w->p.mark;
	new_link(w, "qrouter-old", "qr-old", "veth")->alias = w->p.mark;
	new_link(w, "", "tap-old", "veth")->alias = w->p.mark;
	new_link(w, "", "brq-old", "bridge")->alias = w->p.mark;
	ns = arena_push(&w->a, &w->o.ns, &w->o.nns, sizeof(*ns));
	ns->name = "another-lab";
	new_link(w, "another-lab", "lo", "loopback")->alias = "labctl:other";
	new_link(w, "", "tap-other", "veth")->alias = "labctl:other";
	new_link(w, "", "docker0", "bridge");
}

static void d_pair_broken(struct world *w)
{
	drop_link(w, "", QRTAP);
	drop_link(w, R, QR);
}

static void d_pair_moved(struct world *w)
{
	sim_link(w, "", QRTAP)->peer_index = 77;
}

static void d_inner_gone(struct world *w)
{
	drop_link(w, R, HA);
}

static void d_vxlan(struct world *w)
{
	sim_link(w, "", "vxlan-1")->port = 4789;
}

static void d_vxlan_foreign(struct world *w)
{
	sim_link(w, "", "vxlan-1")->port = 4789;
	sim_link(w, "", "vxlan-1")->alias = "labctl:other";
}

static void d_vxlan_unmarked(struct world *w)
{
	sim_link(w, "", "vxlan-1")->port = 4789;
	sim_link(w, "", "vxlan-1")->alias = NULL;
}

static void d_unmarked(struct world *w)
{
	sim_link(w, "", "vxlan-1")->alias = NULL;
}

static void d_bridge_gone(struct world *w)
{
	drop_link(w, "", BRP);
	sim_link(w, "", "vxlan-1")->master = NULL;
	for (size_t i = 0; i < w->p.n; i++)
		if (w->p.res[i].kind == RES_LINK && w->p.res[i].link.master &&
		    strcmp(w->p.res[i].link.master, BRP) == 0)
			sim_link(w, "", w->p.res[i].link.name)->master = NULL;
}

static void d_nic_missing(struct world *w)
{
	drop_link(w, "", "eth2");
}

static void set_sysctl(struct world *w, const char *ns_name, const char *key,
		       const char *value)
{
	struct seen_ns *ns = sim_ns(&w->o, ns_name);

	for (size_t i = 0; i < ns->of[RES_SYSCTL].n; i++) {
		if (strcmp(ns->of[RES_SYSCTL].items[i].sysctl.key, key) != 0)
			continue;
		if (value)
			ns->of[RES_SYSCTL].items[i].sysctl.value = value;
		else
			ns->of[RES_SYSCTL].items[i].sysctl.key = "gone";
	}
}

static void d_sysctl(struct world *w)
{
	set_sysctl(w, R, "net/ipv4/conf/all/rp_filter", "1");
	set_sysctl(w, "", "net/ipv4/ip_forward", NULL);
}

static void d_forwarding(struct world *w)
{
	set_sysctl(w, R, "net/ipv6/conf/all/forwarding", "0");
}

static void d_bridge_nf(struct world *w)
{
	set_sysctl(w, "", "net/bridge/bridge-nf-call-iptables", NULL);
	set_sysctl(w, "", "net/bridge/bridge-nf-call-ip6tables", "0");
}

/* As `ip route flush table main` leaves it. */
static void d_routes_flushed(struct world *w)
{
	sim_ns(&w->o, V)->of[RES_ROUTE].n = 0;
}

static void d_route_missing(struct world *w)
{
	struct seen_ns *ns = sim_ns(&w->o, V);

	for (size_t i = 0; i < ns->of[RES_ROUTE].n; i++)
		if (ns->of[RES_ROUTE].items[i].route.to.len == 0 &&
		    ns->of[RES_ROUTE].items[i].route.via.family == 6)
			ns->of[RES_ROUTE].items[i].route.dev = "gone";
}

static void d_addr_another(struct world *w)
{
	struct res_list *l = &sim_ns(&w->o, V)->of[RES_ADDR];
	size_t i;

	for (i = 0; i < l->n; i++)
		if (l->items[i].addr.addr.ip.family == 4 &&
		    strcmp(l->items[i].addr.dev, "eth0") == 0)
			l->items[i].addr.addr.ip.b[3] = 77;
}

static void d_route_extra(struct world *w)
{
	new_route(w, V, "eth0", "0.0.0.0/0", "198.51.100.254");
	new_route(w, V, "eth0", "192.0.2.0/24", "198.51.100.9");
}

/* What its own service says. */
static struct seen_engine *engine(struct world *w)
{
	return (struct seen_engine *)(uintptr_t)seen_engine(&w->o);
}

/* The plan had given them to a router that is to have an engine now. */
static void d_addr_stood(struct world *w)
{
	struct res_addr *a = new_addr(w, R, QR, "fd00:198:51:100::1/64");

	d_addr_virtual(w);
	a->proto = RTPROT_KEEPALIVED;
	connected(w, R, QR, &a->addr);
	engine(w)->nrouters = 0;
}

static void d_route_wrong_virtual(struct world *w)
{
	new_route(w, R, QG, "0.0.0.0/0", "203.0.113.99");
}

static void d_group_lost(struct world *w)
{
	sim_ns(&w->o, "")->of[RES_FDB].items[0].fdb.dst.b[3] = 99;
}

static void d_port(struct world *w)
{
	sim_link(w, "", QRTAP)->port_odd = 1u << 12; /* see kinds/link/port.c */
	sim_link(w, "", "eth2")->port_odd = 1u << 0;
}

static void d_port_of_bridge_down(struct world *w)
{
	sim_link(w, "", BRP)->up = false;
	sim_link(w, "", QRTAP)->port_odd = 1u << 0;
}

static void d_ipv4(struct world *w)
{
	sim_link(w, R, QR)->no_forward = true;
	sim_link(w, R, QG)->rp_filter = 1;
}

static void d_deaf(struct world *w)
{
	sim_link(w, R, QR)->no_arp = true;
	sim_link(w, R, QG)->no_multicast = true;
	sim_link(w, R, HA)->arp_ignore = 8;
	sim_link(w, "", "eth2")->no_arp = true; /* the node's, not the lab's */
}

static void seen_sysctl(struct world *w, const char *ns, const char *key,
			const char *value, const char *usual)
{
	struct res *r = seen_push(&w->a, sim_ns(&w->o, ns), RES_SYSCTL);

	r->sysctl.key = key;
	r->sysctl.value = value;
	r->sysctl.usual = usual;
}

static void d_sysctl_of_no_plan(struct world *w)
{
	const char *rmem = "4096\t131072\t6291456";

	seen_sysctl(w, R, "net/ipv4/icmp_echo_ignore_all", "1", "0");
	seen_sysctl(w, R, "net/ipv6/icmp/echo_ignore_all", "0", "0");
	seen_sysctl(w, R, "net/ipv4/tcp_rmem", "1\t1\t1", rmem);
	seen_sysctl(w, R, "net/ipv4/ip_local_reserved_ports", "1-65535", "");
	seen_sysctl(w, "", "net/ipv4/ip_default_ttl", "1", "64");
	/* Nobody knows what it should be. */
	seen_sysctl(w, R, "net/ipv4/tcp_syncookies", "0", NULL);
	/* These follow from the plan's own. */
	seen_sysctl(w, R, "net/ipv4/conf/all/accept_redirects", "1", "1");
	seen_sysctl(w, R, "net/ipv4/conf/all/forwarding", "1", "0");
}

static void links_sysctl(struct world *w, const char *ns, const char *folder,
			 const char *dev, const char *name, const char *value,
			 const char *usual)
{
	seen_sysctl(w, ns,
		    arena_printf(&w->a, "net/%s/%s/%s", folder, dev, name),
		    value, usual);
}

static void d_sysctl_of_links(struct world *w)
{
	links_sysctl(w, R, "ipv4/conf", QR, "proxy_arp", "1", "0");
	links_sysctl(w, R, "ipv4/neigh", QR, "mcast_solicit", "0", "3");
	links_sysctl(w, "", "ipv6/conf", QRTAP, "hop_limit", "1", "64");
	/* The plan has another for all of a router's links. */
	links_sysctl(w, R, "ipv6/conf", QR, "accept_dad", "0", "1");
	links_sysctl(w, R, "ipv6/conf", QG, "accept_dad", "2", "1");
	/* Before the plan's, and perhaps copied to it. */
	links_sysctl(w, R, "ipv6/conf", "lo", "accept_dad", "0", "-1");
	links_sysctl(w, R, "ipv4/conf", "lo", "tag", "1", "0");
	/* Not the lab's, going, and made anew. */
	links_sysctl(w, "", "ipv4/conf", "docker0", "proxy_arp", "1", "0");
	links_sysctl(w, R, "ipv4/conf", "mine", "proxy_arp", "1", "0");
	links_sysctl(w, R, "ipv4/conf", HA, "proxy_arp", "1", "0");
	drop_link(w, "", HATAP);
}

/* What turns forwarding off turns it off on each link: set once. */
static void d_ip_forward(struct world *w)
{
	set_sysctl(w, R, "net/ipv4/ip_forward", "0");
	sim_link(w, R, QR)->no_forward = true;
	sim_link(w, R, QG)->no_forward = true;
}

static struct res_rule *new_rule(struct world *w, const char *ns,
				 const char *words)
{
	struct res_rule *r =
		&seen_push(&w->a, sim_ns(&w->o, ns), RES_RULE)->rule;

	r->family = 4;
	r->priority = 100;
	r->words = words;
	return r;
}

static void d_rules(struct world *w)
{
	new_rule(w, R, "prohibit");
	new_rule(w, R, "lookup 7")->family = 6;
	new_rule(w, "", "lookup 100"); /* the node's own */
}

static void d_rules_missing(struct world *w)
{
	struct res_list *l = &sim_ns(&w->o, R)->of[RES_RULE];

	l->items[1].rule.priority = 400;
	l->items[3].rule.words = "prohibit";
}

static void d_routes_of_all_kinds(struct world *w)
{
	new_route(w, R, NULL, "203.0.113.0/25", NULL)->type = RTN_BLACKHOLE;
	new_route(w, R, NULL, "::/0", NULL)->type = RTN_PROHIBIT;
	new_route(w, R, NULL, "192.0.2.7/32", NULL)->type = RTN_LOCAL;
	new_route(w, R, QR, "192.0.2.0/24", NULL)->table = 100;
	new_route(w, "", NULL, "192.0.2.0/24", NULL)->type = RTN_UNREACHABLE;
}

static void d_proxy(struct world *w)
{
	struct res_neigh *n =
		&seen_push(&w->a, sim_ns(&w->o, R), RES_NEIGH)->neigh;

	n->dev = QR;
	ip_parse("198.51.100.9", &n->addr);
	n->proxy = true;
	n = &seen_push(&w->a, sim_ns(&w->o, R), RES_NEIGH)->neigh;
	n->dev = "";
	ip_parse("fd00::9", &n->addr);
	n->proxy = true;
}

static void gro_on(struct world *w, const char *ns, const char *dev)
{
	struct res *r = seen_push(&w->a, sim_ns(&w->o, ns), RES_OFFLOAD);

	r->offload.dev = dev;
	r->offload.gro = true;
}

static void d_gro(struct world *w)
{
	gro_on(w, R, QR);
	gro_on(w, "", QRTAP);
	gro_on(w, "", "eth1"); /* the fabric's wire */
	gro_on(w, "", "vnet0");
}

static void d_neigh(struct world *w)
{
	struct res_neigh *n =
		&seen_push(&w->a, sim_ns(&w->o, R), RES_NEIGH)->neigh;

	n->dev = QG;
	ip_parse("203.0.113.1", &n->addr);
	mac_parse("02:00:00:00:00:66", &n->mac);
}

static void d_reserved(struct world *w)
{
	struct res_neigh *n = &sim_ns(&w->o, V)->of[RES_NEIGH].items[0].neigh;

	n->addr.b[3] = 99;
}

static void d_slaac(struct world *w)
{
	new_addr(w, V, "eth0", "fd00:198:51:100:f816:3eff:fe00:1/64")->dynamic =
		true;
	new_addr(w, V, "eth0", "192.0.2.7/24")->dynamic = true;
}

static void d_slaac_on_shared(struct world *w)
{
	new_addr(w, R, QR, "fd00::5/64")->dynamic = true;
}

static void d_engine_dead(struct world *w)
{
	engine(w)->running = false;
}

static void d_engine_silent(struct world *w)
{
	engine(w)->running = false;
	engine(w)->error = "the VRRP engine does not answer";
}

static void d_engine_other(struct world *w)
{
	struct seen_ns *own = sim_ns(&w->o, "");

	own->of[RES_SERVICE].items[0].service.files[0].digest = "";
}

static void d_file_other(struct world *w)
{
	sim_ns(&w->o, "")->of[RES_FILE].items[0].file.digest = "0";
}

static void d_file_gone(struct world *w)
{
	sim_ns(&w->o, "")->of[RES_FILE].items[0].file.digest = "";
}

static void d_file_extra(struct world *w)
{
	seen_push(&w->a, sim_ns(&w->o, ""), RES_FILE)->file.path =
		"/var/lib/neutron/ha_confs/x/keepalived.conf";
}

static void d_engine_lacks(struct world *w)
{
	engine(w)->routers[0].amiss = "demo-router lacks fd00::21/64 on qg-1";
}

static void d_fdb(struct world *w)
{
	struct seen_ns *ns = sim_ns(&w->o, "");
	struct res_fdb *f;

	ns->of[RES_FDB].items[0].fdb.dev = "gone";
	f = &seen_push(&w->a, ns, RES_FDB)->fdb;
	*f = ns->of[RES_FDB].items[1].fdb;
	ip_parse("10.0.1.99", &f->dst);
	f = &seen_push(&w->a, ns, RES_FDB)->fdb;
	*f = ns->of[RES_FDB].items[1].fdb;
	ip_parse("10.0.1.98", &f->dst);
	f->permanent = false; /* learned */
}

static void d_link_settings(struct world *w)
{
	sim_link(w, "", BRP)->own_odd = 3;       /* see kinds/link/bridge.c */
	sim_link(w, "", "vxlan-1")->own_odd = 1; /* see kinds/link/vxlan.c */
	sim_link(w, "", "vxlan-2")->proto_down = true;
	sim_link(w, R, QG)->xdp = true;
	sim_link(w, R, HA)->dormant = true;
	sim_link(w, "", "eth2")->xdp = true; /* the node's own */
}

static void d_vxlan_set_for_good(struct world *w)
{
	sim_link(w, "", "vxlan-1")->own_odd = 1u << 6;
}

static void d_ipv6(struct world *w)
{
	struct res_link *l = sim_link(w, V, "eth0");

	l->ipv6_mtu = 1280;
	l->accept_ra = 2;
}

static void d_vxlan_in_the_way(struct world *w)
{
	struct res_link *l = new_link(w, "", "mine", "vxlan");

	drop_link(w, "", "vxlan-1");
	l->vni = 1;
	l->port = 8472;
}

static void d_alias(struct world *w)
{
	sim_link(w, R, QR)->alias = "mine";
	sim_link(w, R, QG)->alias = "mine";
	sim_link(w, R, QG)->peer_index = 77;
}

static struct res_fdb *bridge_entry(struct world *w, const char *dev,
				    const char *bridge, uint8_t last)
{
	struct res_fdb *f = &seen_push(&w->a, sim_ns(&w->o, ""), RES_FDB)->fdb;

	f->dev = dev;
	f->bridge = bridge;
	f->mac.b[0] = 2;
	f->mac.b[5] = last;
	f->permanent = true;
	return f;
}

static void d_bridge_fdb(struct world *w)
{
	struct res_fdb *f;

	new_link(w, "", "docker0", "bridge");
	bridge_entry(w, QRTAP, BRP, 1);
	bridge_entry(w, "eth2", BRX, 2);
	bridge_entry(w, "eth1", "docker0", 3);
	f = bridge_entry(w, "vxlan-1", NULL, 4);
	f->dst = sim_link(w, "", "vxlan-1")->group;
	f->astray = true;
	f->port = 9;
}

static void d_qdisc(struct world *w)
{
	static const char *const where[] = {"R", "", ""};
	const char *const devs[] = {QR, QRTAP, "eth2"};
	size_t i;

	for (i = 0; i < ARRAY_LEN(where); i++) {
		struct res *r = seen_push(
			&w->a, sim_ns(&w->o, *where[i] ? R : ""), RES_QDISC);

		r->qdisc.dev = devs[i];
		r->qdisc.type = "tbf";
	}
}

static void d_beside(struct world *w)
{
	struct res *r = seen_push(&w->a, sim_ns(&w->o, R), RES_PROCESS);

	r->process.pid = 123;
	r->process.name = "radvd";
}

static void d_ipsec_and_old_tables(struct world *w)
{
	struct res *r = seen_push(&w->a, sim_ns(&w->o, R), RES_XFRM);

	r->xfrm.policies = 2;
	r = seen_push(&w->a, sim_ns(&w->o, R), RES_RULES);
	r->rules.family = 2;
	r->rules.table = "filter";
	r->rules.legacy = true;
}

struct drift {
	const char *name, *node;
	void (*make)(struct world *w);
	const char *expected;
};

#define PAIR_AGAIN                                                             \
	"- link QR in R\n- link QRTAP\n+ link QRTAP\n+ link QR in R\n"
#define ITS_NEIGHBOURS                                                         \
	"+ neighbour 198.51.100.2 reserved on QR in R\n"                       \
	"+ neighbour 198.51.100.3 reserved on QR in R\n"

static const struct drift drifts[] = {
	{"as planned", "network1", d_none, ""},
	{"an address deleted", "network1", d_addr_deleted,
	 "+ address 169.254.192.1/18 on HA in R\n"},
	{"addresses too many", "network1", d_addr_extra,
	 "- address 198.51.100.77/24 on QR in R\n"
	 "- address 203.0.113.9/24 on BRX\n"
	 "+ neighbour 198.51.100.2 reserved on QR in R\n"
	 "+ neighbour 198.51.100.3 reserved on QR in R\n"},
	{"what the engine owns, while it is active", "network1", d_addr_virtual,
	 ""},
	{"the same before the engine has the router", "network1", d_addr_stood,
	 "- route -6 default via fd00:203:0:113::1 dev QG in R\n"
	 "- route default via 203.0.113.1 dev QG in R\n"
	 "- address 169.254.0.1/24 on HA in R\n"
	 "- address 203.0.113.21/24 on QG in R\n"
	 "- address 198.51.100.1/24 on QR in R\n"
	 "+ neighbour 198.51.100.2 reserved on QR in R\n"
	 "+ neighbour 198.51.100.3 reserved on QR in R\n"
	 "+ neighbour 203.0.113.1 reserved on QG in R\n"},
	{"a link-local address on a shared link", "network1", d_addr_link_local,
	 "- address fe80::bad/64 on QR in R\n"},
	{"a link-local address by hand where the kernel makes one", "network1",
	 d_addr_link_local_by_hand, "- address fe80::bad/64 on HA in R\n"},
	{"an instance's", "compute1", d_addr_link_local_by_hand,
	 "- address fe80::bad/64 on eth0 in V\n"},
	{"addresses on lo", "network1", d_addr_loopback,
	 "- address 198.51.100.10/32 on lo in R\n"
	 "- address 127.0.0.2/8 on lo in R\n"},
	{"addresses, routes and links of others in the node's own namespace",
	 "network1", d_addr_not_ours, ""},
	{"links in the lab's; not those that modules make", "network1",
	 d_link_in_ours,
	 "- link sit1 in R\n- link mine in R\n- link theirs in R\n"},
	{"links down", "network1", d_down,
	 "~ link eth2: down\n~ link BRP: down\n~ link HA in R: down\n"},
	{"lo down", "network1", d_lo_down, "~ link lo in R: down\n"},
	{"attributes of links", "network1", d_attrs,
	 "~ link BRP: stp 1 forward_delay 0 mcast_snooping 0, wanted 0 0 0\n"
	 "~ link HA in R: addrgenmode none, wanted eui64\n"
	 "~ link QRTAP: IPv6 is on\n"
	 "~ link QR in R: mtu 1500, wanted 1450\n"
	 "~ link QG in R: address fa:16:3e:1f:90:c9, wanted "
	 "fa:16:3e:1f:90:c8, in the all-routers groups\n"},
	{"bridge ports removed, and in another bridge", "network1",
	 d_port_removed,
	 "~ link eth2: in no bridge, wanted BRX\n"
	 "~ link vxlan-1: in BRX, wanted BRP\n"
	 "~ link QGTAP: in no bridge, wanted BRX\n"},
	{"a namespace without the mark", "network1", d_netns_unmarked,
	 "~ netns R: without the lab's mark\n"},
	{"what an older file had; another lab's stays", "network1",
	 d_netns_extra,
	 "- link tap-old\n- link brq-old\n- netns qrouter-old\n"},
	{"a stranger's port in a bridge", "network1", d_strange_port,
	 "~ link strange: in BRX with a MAC address as labs give, and no port "
	 "of this one\n"},
	{"a machine of one's own in a bridge", "network1", d_own_machine, ""},
	{"both ends of a pair gone", "network1", d_pair_broken,
	 "+ link QRTAP\n+ link QR in R\n" ITS_NEIGHBOURS
	 "~ vrrp engine: its namespaces or links are made anew\n"},
	{"a tap whose peer is elsewhere", "network1", d_pair_moved,
	 PAIR_AGAIN ITS_NEIGHBOURS
	 "~ vrrp engine: its namespaces or links are made anew\n"},
	{"an inner end gone", "network1", d_inner_gone,
	 "- link HATAP\n+ link HATAP\n+ link HA in R\n"
	 "+ address 169.254.192.1/18 on HA in R\n"
	 "~ vrrp engine: its namespaces or links are made anew\n"},
	{"a vxlan link with another port", "network1", d_vxlan,
	 "- link vxlan-1\n+ link vxlan-1\n"},
	{"another lab's vxlan link in the way", "network1", d_vxlan_foreign,
	 "+ link vxlan-1: a link of that name belongs to 'labctl:other'; if "
	 "that is no more: ip link set vxlan-1 alias '' (blocked)\n"},
	{"somebody's vxlan link in the way", "network1", d_vxlan_unmarked,
	 "+ link vxlan-1: a vxlan link of that name is there and is not the "
	 "lab's; if nobody needs it: ip link del vxlan-1 (blocked)\n"},
	{"made, but not marked any more", "network1", d_unmarked,
	 "~ link vxlan-1: without the lab's mark\n"},
	{"a bridge deleted", "compute1", d_bridge_gone,
	 "+ link BRP\n~ link vxlan-1: in no bridge, wanted BRP\n"
	 "~ link VMTAP: in no bridge, wanted BRP\n"},
	{"an interface that the node has not", "network1", d_nic_missing,
	 "+ link eth2: the node has no such interface (blocked)\n"},
	{"sysctls", "network1", d_sysctl,
	 "~ sysctl net/ipv4/ip_forward: it cannot be read\n"
	 "~ sysctl net/ipv4/conf/all/rp_filter in R: 1, wanted 0\n"},
	{"IPv6 forwarding off: what it sets along is set again", "network1",
	 d_forwarding,
	 "~ sysctl net/ipv6/conf/all/forwarding in R: 0, wanted 1\n"
	 "~ sysctl net/ipv6/conf/default/forwarding in R: set again after "
	 "conf/all\n"
	 "~ link HA in R: in the all-routers groups\n"
	 "~ link QR in R: in the all-routers groups\n"
	 "~ link qr-ba0d6dbd-45 in R: in the all-routers groups\n"
	 "~ link QG in R: in the all-routers groups\n"},
	{"no br_netfilter: its settings do not apply", "compute1", d_bridge_nf,
	 "~ sysctl net/bridge/bridge-nf-call-ip6tables: 0, wanted 1\n"},
	{"all routes flushed, the kernel's too", "compute1", d_routes_flushed,
	 "+ route 198.51.100.0/24 dev eth0 in V\n"
	 "+ route fd00:198:51:100::/64 dev eth0 in V\n"
	 "+ route default via 198.51.100.1 dev eth0 in V\n"
	 "+ route -6 default via fd00:198:51:100::1 dev eth0 in V\n"},
	{"a route missing", "compute1", d_route_missing,
	 "+ route -6 default via fd00:198:51:100::1 dev eth0 in V\n"},
	{"a route goes with the last address", "compute1", d_addr_another,
	 "- address 198.51.100.77/24 on eth0 in V\n"
	 "+ address 198.51.100.2/24 on eth0 in V\n"
	 "+ route default via 198.51.100.1 dev eth0 in V\n"
	 "+ neighbour 198.51.100.1 reserved on eth0 in V\n"
	 "+ neighbour fd00:198:51:100::1 reserved on eth0 in V\n"},
	{"routes too many", "compute1", d_route_extra,
	 "- route 192.0.2.0/24 via 198.51.100.9 dev eth0 in V\n"
	 "- route default via 198.51.100.254 dev eth0 in V\n"},
	{"a default route through nobody", "network1", d_route_wrong_virtual,
	 "- route default via 203.0.113.99 dev QG in R\n"},
	{"a vxlan link's group replaced", "network1", d_group_lost,
	 "- fdb 00:00:00:00:00:00 dst 239.1.1.99 on vxlan-1\n"
	 "+ fdb 00:00:00:00:00:00 dst 239.1.1.1 on vxlan-1\n"},
	{"bridge ports set otherwise", "network1", d_port,
	 "~ link eth2: port not forwarding\n~ link QRTAP: isolated on\n"},
	{"ports of a bridge that is down", "network1", d_port_of_bridge_down,
	 "~ link BRP: down\n"},
	{"IPv4 settings of links", "network1", d_ipv4,
	 "~ link QR in R: IPv4 forwarding is off\n"
	 "~ link QG in R: rp_filter 1, wanted 0\n"},
	{"links that answer nobody", "network1", d_deaf,
	 "~ link HA in R: arp_ignore 8, wanted 0\n"
	 "~ link QR in R: ARP is off\n"
	 "~ link QG in R: multicast is off\n"},
	{"settings that no plan has", "network1", d_sysctl_of_no_plan,
	 "~ sysctl net/ipv4/ip_default_ttl: 1, wanted 64\n"
	 "~ sysctl net/ipv4/icmp_echo_ignore_all in R: 1, wanted 0\n"
	 "~ sysctl net/ipv4/tcp_rmem in R: 1 1 1, wanted 4096 131072 6291456\n"
	 "~ sysctl net/ipv4/ip_local_reserved_ports in R: 1-65535, wanted "
	 "nothing\n"
	 "~ sysctl net/ipv4/conf/all/accept_redirects in R: 1, wanted 0\n"},
	{"settings of links that no plan has", "network1", d_sysctl_of_links,
	 "- link HA in R\n+ link HATAP\n+ link HA in R\n"
	 "+ address 169.254.192.1/18 on HA in R\n"
	 "~ vrrp engine: its namespaces or links are made anew\n"
	 "~ sysctl net/ipv6/conf/QRTAP/hop_limit: 1, wanted 64\n"
	 "~ sysctl net/ipv4/conf/QR/proxy_arp in R: 1, wanted 0\n"
	 "~ sysctl net/ipv4/neigh/QR/mcast_solicit in R: 0, wanted 3\n"
	 "~ sysctl net/ipv6/conf/QG/accept_dad in R: 2, wanted 0\n"
	 "~ sysctl net/ipv4/conf/lo/tag in R: 1, wanted 0\n"},
	{"IPv4 forwarding off: one setting for all", "network1", d_ip_forward,
	 "~ sysctl net/ipv4/ip_forward in R: 0, wanted 1\n"},
	{"rules; the node's own are its own", "network1", d_rules,
	 "- rule -6 100: lookup 7 in R\n- rule 100: prohibit in R\n"},
	{"rules of the kernel's gone", "network1", d_rules_missing,
	 "- rule -6 0: prohibit in R\n- rule 400: lookup 254 in R\n"
	 "+ rule 32766: lookup 254 in R\n+ rule -6 0: lookup 255 in R\n"},
	{"routes of other tables and types", "network1", d_routes_of_all_kinds,
	 "- route 192.0.2.0/24 dev QR table 100 in R\n"
	 "- route local 192.0.2.7/32 in R\n"
	 "- route -6 prohibit default in R\n"
	 "- route blackhole 203.0.113.0/25 in R\n"},
	{"neighbours that are answered for", "network1", d_proxy,
	 "- neighbour fd00::9 answered for on all links in R\n"
	 "- neighbour 198.51.100.9 answered for on QR in R\n"},
	{"receive offload of the lab's links", "network1", d_gro,
	 "- receive offload of QR in R\n- receive offload of QRTAP\n"},
	{"a standing neighbour", "network1", d_neigh,
	 "- neighbour 203.0.113.1 lladdr 02:00:00:00:00:66 on QG in R\n"},
	{"a reserved neighbour gone, and one too many", "compute1", d_reserved,
	 "- neighbour 198.51.100.99 reserved on eth0 in V\n"
	 "+ neighbour 198.51.100.1 reserved on eth0 in V\n"},
	{"what an instance learned is no drift, what has a lifetime may be",
	 "compute1", d_slaac, "- address 192.0.2.7/24 on eth0 in V\n"},
	{"on a router's link nothing is learned", "network1", d_slaac_on_shared,
	 "- address fd00::5/64 on QR in R\n"},
	{"settings of links that no plan has", "network1", d_link_settings,
	 "~ link BRP: ageing_time not 300 s, vlan_filtering on\n"
	 "~ link vxlan-1: ttl not auto\n"
	 "~ link vxlan-2: protodown on\n"
	 "~ link HA in R: mode dormant\n"
	 "~ link QG in R: an XDP program on it\n"},
	{"a vxlan link made with what cannot be changed", "network1",
	 d_vxlan_set_for_good, "- link vxlan-1\n+ link vxlan-1\n"},
	{"IPv6 of an instance's link", "compute1", d_ipv6,
	 "~ link eth0 in V: accept_ra 2, wanted 0, IPv6 mtu 1280, wanted "
	 "1450\n"},
	{"another vxlan link with the VNI", "network1", d_vxlan_in_the_way,
	 "+ link vxlan-1: the vxlan link mine has its VNI 1 and is not the "
	 "lab's; if nobody needs it: ip link del mine (blocked)\n"},
	{"another's alias in a namespace of the lab's", "network1", d_alias,
	 "- link QG in R\n- link QGTAP\n"
	 "~ link QR in R: without the lab's mark\n"
	 "+ link QGTAP\n+ link QG in R\n"
	 "+ neighbour 203.0.113.1 reserved on QG in R\n"
	 "+ neighbour fd00:203:0:113::1 reserved on QG in R\n"
	 "~ vrrp engine: its namespaces or links are made anew\n"},
	{"standing entries of bridges", "network1", d_bridge_fdb,
	 "- fdb 02:00:00:00:00:04 dst 239.1.1.1 on vxlan-1 port 9\n"
	 "- fdb 02:00:00:00:00:02 on eth2 of BRX\n"
	 "- fdb 02:00:00:00:00:01 on QRTAP of BRP\n"},
	{"queueing disciplines", "network1", d_qdisc,
	 "- qdisc tbf on QR in R\n- qdisc tbf on QRTAP\n"},
	{"a radvd that somebody began", "network1", d_beside,
	 "- process 123, a radvd that is not the lab's in R\n"},
	{"IPsec, and tables of iptables' older make", "network1",
	 d_ipsec_and_old_tables,
	 "- table filter of iptables-legacy in R\n"
	 "- IPsec (ip xfrm: 2 policies, 0 states) in R\n"},
	{"the engine is not there", "network1", d_engine_dead,
	 "+ vrrp engine\n"},
	{"the engine does not answer", "network1", d_engine_silent,
	 "~ vrrp engine: the VRRP engine does not answer\n"},
	{"a router without an address of its own", "network1", d_engine_lacks,
	 "~ vrrp engine: demo-router lacks fd00::21/64 on qg-1\n"},
	{"a file that people read was edited", "network1", d_file_other,
	 "~ file CONF: other words\n"},
	{"a file that people read is gone", "network1", d_file_gone,
	 "+ file CONF\n"},
	{"the files of a router that is none", "network1", d_file_extra,
	 "- file /var/lib/neutron/ha_confs/x/keepalived.conf\n"},
	{"the engine has another configuration", "network1", d_engine_other,
	 "~ vrrp engine: another configuration\n"},
};

static void run(const struct lab *lab, const struct drift *d)
{
	auto_buf struct buf got = {0};
	struct changes c;
	struct world w;

	world_init(&w, lab, d->node);
	d->make(&w);
	plan_diff(&w.a, &w.p, &w.o, &c);
	print_changes(&c, &got);
	names(lab, &got);
	is(got.data, d->expected, "%s", d->name);
	arena_release(&w.a);
}

static void fdb_drift(const struct lab *lab)
{
	static const struct drift d = {
		"forwarding entries missing and too many", "network1", d_fdb,
		"- fdb 00:00:00:00:00:00 dst 10.0.1.99 on vxlan-1\n"
		"+ fdb 00:00:00:00:00:00 dst 10.0.1.22 on vxlan-1\n"};

	run(lab, &d);
}

static struct res_ovs *sim_ovs(struct world *w, const char *name)
{
	struct res_list *l = &sim_ns(&w->o, "")->of[RES_OVS];

	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->items[i].ovs.name, name) == 0)
			return &l->items[i].ovs;
	return NULL;
}

static void d_ovs_tag(struct world *w)
{
	sim_ovs(w, "patch-tun")->tag = 4095;
}

static void d_ovs_moved(struct world *w)
{
	sim_ovs(w, "patch-tun")->bridge = "br-ex";
	sim_ovs(w, "patch-int")->error = "could not open network device";
}

static void d_ovs_gone(struct world *w)
{
	struct res_ovs *o = sim_ovs(w, "br-tun");

	o->name = "br-old";
	o = sim_ovs(w, "vxlan-0a000116");
	o->options = "remote_ip=10.0.1.99";
}

/* Of bridges that are not the lab's nothing is told. */
static void d_ovs_extra(struct world *w)
{
	struct seen_ns *ns = sim_ns(&w->o, "");

	seen_push(&w->a, ns, RES_OVS)->ovs =
		(struct res_ovs){.name = "stray", .bridge = "br-int", .tag = 1};
	seen_push(&w->a, ns, RES_OVS)->ovs =
		(struct res_ovs){.name = "br-theirs", .ids = "labctl=other"};
	seen_push(&w->a, ns, RES_OVS)->ovs =
		(struct res_ovs){.name = "eth9", .bridge = "br-theirs"};
}

static void d_ovs_insecure(struct world *w)
{
	sim_ovs(w, "br-int")->fail_mode = "standalone";
	sim_ovs(w, "br-ex")->ids = "";
}

static void d_ovs_set(struct world *w)
{
	sim_ovs(w, "br-int")->set = "controller set, stp_enable true";
	sim_ovs(w, "patch-tun")->set = "trunks 1,2";
}

static void d_ovs_blind(struct world *w)
{
	sim_ovs(w, "br-int")->error = "its database does not answer";
}

static void d_flows(struct world *w)
{
	struct res_list *l = &sim_ns(&w->o, "")->of[RES_FLOWS];

	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->items[i].flows.bridge, "br-tun") == 0)
			l->items[i].flows.differ = "-priority=9 actions=drop\n"
						   "+table=22 actions=drop\n";
		else if (strcmp(l->items[i].flows.bridge, "br-ex") == 0)
			l->items[i].flows.bridge = "br-old";
}

static void d_offload(struct world *w)
{
	sim_ns(&w->o, "")->of[RES_OFFLOAD].items[0].offload.tx = true;
}

static void d_tap_gone(struct world *w)
{
	sim_link(w, "", "br-eth1")->name = "br-old";
}

static void ovs_drift(const struct lab *lab)
{
	static const struct drift rows[] = {
		{"a tag where none is wanted", "network1", d_ovs_tag,
		 "~ port patch-tun of br-int: tag 4095, wanted 0\n"},
		{"a port on another bridge, one without device", "network1",
		 d_ovs_moved,
		 "~ port patch-tun of br-int: on br-ex, wanted br-int\n"
		 "~ port patch-int of br-tun: could not open network "
		 "device\n"},
		{"a bridge gone, a tunnel to elsewhere", "network1", d_ovs_gone,
		 "- switch br-old\n"
		 "+ switch br-tun\n"
		 "~ port vxlan-0a000116 of br-tun: options "
		 "remote_ip=10.0.1.99, wanted df_default=true,in_key=flow,"
		 "local_ip=10.0.1.21,out_key=flow,remote_ip=10.0.1.22\n"},
		{"a port too many; other people's", "network1", d_ovs_extra,
		 "- port stray of br-int\n"},
		{"not secure, without the mark", "network1", d_ovs_insecure,
		 "~ switch br-int: fail mode standalone, wanted secure\n"
		 "~ switch br-ex: ids none, wanted labctl=l3ha-ovs\n"},
		{"what the lab never sets", "network1", d_ovs_set,
		 "~ switch br-int: somebody set controller set, stp_enable "
		 "true\n"
		 "~ port patch-tun of br-int: somebody set trunks 1,2\n"},
		{"a database that cannot be asked", "network1", d_ovs_blind,
		 "~ switch br-int: its database does not answer\n"},
		{"flows too many, missing, all gone", "network1", d_flows,
		 "~ flows of br-tun: table 0: 1 too many, 0 missing: "
		 "-priority=9 actions=drop; table 22: 0 too many, 1 missing: "
		 "+table=22 actions=drop\n"
		 "+ flows of br-ex\n"},
		{"checksums left to the device", "network1", d_offload,
		 "~ checksums of eth1: left to the device\n"},
		{"the tap with the tunnel's address gone", "network1",
		 d_tap_gone,
		 "- link br-old\n+ link br-eth1\n+ address 10.0.1.21/24 on "
		 "br-eth1\n"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		run(lab, &rows[i]);
}

/* --- internal ports ------------------------------------------------------- */

/* What was on it does not come along. */
static void d_internal_moved(struct world *w)
{
	drop_link(w, R, HA);
	new_link(w, "", HA, "openvswitch")->alias = w->p.mark;
}

static void d_internal_gone(struct world *w)
{
	drop_link(w, R, HA);
}

static void d_internal_renamed(struct world *w)
{
	drop_link(w, R, HA);
	new_link(w, R, "foo", "openvswitch")->alias = w->p.mark;
}

/* A link by its name is no port's. */
static void d_internal_other(struct world *w)
{
	drop_link(w, R, HA);
	new_link(w, "", HA, "dummy");
}

static void d_internal_tag(struct world *w)
{
	sim_ovs(w, HA)->tag = 0;
	sim_ovs(w, QR)->number = 7;
}

static void d_internal_type(struct world *w)
{
	sim_ovs(w, HA)->type = "";
}

static void d_internal_deleted(struct world *w)
{
	drop_link(w, R, HA);
	sim_ovs(w, HA)->name = "stray";
}

static void d_internal_bridge(struct world *w)
{
	sim_ovs(w, HA)->bridge = "br-tun";
}

/* Bridges' own are as internal as ports. */
static void d_internal_bridges_own(struct world *w)
{
	new_link(w, "", "br-int", "openvswitch");
	new_link(w, "", "br-theirs", "openvswitch");
}

static void d_internal_was_veth(struct world *w)
{
	drop_link(w, R, HA);
	new_link(w, R, HA, "veth")->alias = w->p.mark;
	new_link(w, "", HATAP, "veth")->alias = w->p.mark;
	sim_ovs(w, HA)->name = HATAP;
}

#define HA_AGAIN                                                               \
	"+ link HA in R\n"                                                     \
	"+ address 169.254.192.1/18 on HA in R\n"                              \
	"~ vrrp engine: its namespaces or links are made anew\n"

static void internal_drift(const struct lab *lab)
{
	static const struct drift rows[] = {
		{"nothing", "network1", d_none, ""},
		{"bridges' own links", "network1", d_internal_bridges_own, ""},
		{"back where it was made", "network1", d_internal_moved,
		 HA_AGAIN},
		{"its link gone", "network1", d_internal_gone,
		 HA_AGAIN "~ port HA of br-int: its link is gone\n"},
		{"another's link of its name", "network1", d_internal_other,
		 HA_AGAIN "~ port HA of br-int: its link is gone\n"},
		{"renamed", "network1", d_internal_renamed,
		 "- link foo in R\n" HA_AGAIN
		 "~ port HA of br-int: its link is gone\n"},
		{"without its tag", "network1", d_internal_tag,
		 "~ port HA of br-int: tag 0, wanted 3\n"
		 "~ port QR of br-int: number 7, wanted 103\n"},
		{"not internal any more", "network1", d_internal_type,
		 HA_AGAIN "~ port HA of br-int: type none, wanted internal\n"},
		{"the port deleted", "network1", d_internal_deleted,
		 "- port stray of br-int\n" HA_AGAIN "+ port HA of br-int\n"},
		{"on another bridge", "network1", d_internal_bridge,
		 HA_AGAIN "~ port HA of br-int: on br-tun, wanted br-int\n"},
		{"a pair of veth before", "network1", d_internal_was_veth,
		 "- port HATAP of br-int\n"
		 "- link HATAP\n"
		 "- link HA in R\n" HA_AGAIN "+ port HA of br-int\n"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		run(lab, &rows[i]);
}

/* A deleted namespace takes all in it along, and the engine must rejoin. */
static void netns_deleted(const struct lab *lab)
{
	struct changes c;
	struct world w;
	size_t i, removed = 0, sysctls = 0, wanted = 0;

	world_init(&w, lab, "network1");
	for (i = 0; i < w.p.n; i++)
		wanted += w.p.res[i].kind == RES_SYSCTL && *w.p.res[i].netns;
	d_netns_deleted(&w);
	plan_diff(&w.a, &w.p, &w.o, &c);
	for (i = 0; i < c.n; i++) {
		removed += c.items[i].op == CHANGE_REMOVE;
		sysctls += c.items[i].op == CHANGE_ADD &&
			   c.items[i].want->kind == RES_SYSCTL;
	}
	is_int(removed, 4, "namespace deleted: its four taps go");
	is_int(sysctls, wanted, "namespace deleted: all its settings are new");
	is(c.items[4].what,
	   w.p.res[0].kind == RES_NETNS ? res_what(&w.a, &w.p.res[0]) : "",
	   "namespace deleted: it is made first");
	is_int(c.items[c.n - 1].nids, 1,
	       "namespace deleted: the engine takes its router up again");
	is(c.items[c.n - 1].ids[0], lab->routers[0].uuid, "that one");
	arena_release(&w.a);
}

/* Nothing there: everything is added in the plan's order. */
static void from_nothing(const struct lab *lab)
{
	struct observed nothing = {0};
	struct changes c;
	bool order = true;
	struct world w;
	size_t i;

	world_init(&w, lab, "network1");
	plan_diff(&w.a, &w.p, &nothing, &c);
	is_int(c.n, w.p.n, "an unknown node: every resource is to be made");
	for (i = 0; i < c.n; i++)
		order = order && c.items[i].op == CHANGE_ADD &&
			c.items[i].want == &w.p.res[i] && !c.items[i].blocked;
	ok(order, "an unknown node: in the plan's order");
	arena_release(&w.a);
}

/* An empty plan takes everything away, from the end to the beginning. */
static void to_nothing(const struct lab *lab)
{
	static const char expected[] = "- vrrp engine\n"
				       "- file CONF\n"
				       "- link QGTAP\n"
				       "- link tapba0d6dbd-45\n"
				       "- link QRTAP\n"
				       "- link HATAP\n"
				       "- link vxlan-2\n"
				       "- link vxlan-1\n"
				       "- link brq987370b4-aa\n"
				       "- link BRP\n"
				       "- link BRX\n"
				       "- netns R\n";
	auto_buf struct buf got = {0};
	struct changes c;
	struct world w;

	world_init(&w, lab, "network1");
	w.p.n = w.p.nvirt = 0;
	plan_diff(&w.a, &w.p, &w.o, &c);
	print_changes(&c, &got);
	names(lab, &got);
	is(got.data, expected, "an empty plan removes all of the mark");
	arena_release(&w.a);
	world_init(&w, lab, "controller");
	plan_diff(&w.a, &w.p, &w.o, &c);
	is_int(c.n, 0, "a node without the lab has nothing to remove");
	seen_push(&w.a, sim_ns(&w.o, ""), RES_SERVICE)->service =
		(struct res_service){.name = SERVICE_ENGINE,
				     .engine.files = true};
	plan_diff(&w.a, &w.p, &w.o, &c);
	is_int(c.n, 1, "a dead engine's files are removed");
	arena_release(&w.a);
}

static void property(const struct lab *lab, const char *words)
{
	struct changes c;
	struct world w;
	size_t i;

	for (i = 0; i < lab->nnodes; i++) {
		auto_buf struct buf got = {0};

		world_init(&w, lab, lab->nodes[i].name);
		plan_diff(&w.a, &w.p, &w.o, &c);
		print_changes(&c, &got);
		is(got.data, "", "%s: %s as planned has no difference", words,
		   lab->nodes[i].name);
		arena_release(&w.a);
	}
}

static struct lab *load(const char *file, bool l2pop)
{
	static const char off[] = "l2_population: false";
	auto_fclose FILE *f = fopen(file, "re");
	auto_buf struct buf text = {0};
	struct topo_errors errs = {0};
	struct lab *lab = NULL;
	char *at;

	text.len = f ? fread(buf_room(&text, 65536), 1, 65536, f) : 0;
	if (!text.data)
		return NULL;
	text.data[text.len] = '\0';
	at = l2pop ? strstr(text.data, off) : NULL;
	if (at)
		memcpy(at, "l2_population: true ", strlen(off));
	(void)topo_load_text(file, text.data, text.len, &lab, &errs);
	topo_errors_release(&errs);
	return lab;
}

int main(void)
{
	struct lab *lab = load("t/lib/plain.yaml", false);
	size_t i;

	if (!ok(lab != NULL, "the shipped lab loads"))
		return tap_done();
	names(lab, NULL);
	for (i = 0; i < ARRAY_LEN(drifts); i++)
		run(lab, &drifts[i]);
	netns_deleted(lab);
	from_nothing(lab);
	to_nothing(lab);
	property(lab, "l3ha");
	lab_free(lab);
	lab = load("t/lib/plain.yaml", true);
	names(lab, NULL);
	property(lab, "l2pop");
	fdb_drift(lab);
	lab_free(lab);
	lab = load("topologies/vrrp-rapid.yaml", false);
	property(lab, "rapid");
	lab_free(lab);
	lab = load("topologies/l3ha-linuxbridge.yaml", false);
	property(lab, "shipped");
	lab_free(lab);
	lab = load("topologies/l3ha-ovs.yaml", false);
	names(lab, NULL);
	property(lab, "ovs");
	ovs_drift(lab);
	lab_free(lab);
	lab = load("topologies/l3ha-ovs.yaml", false);
	topo_settle(lab, true);
	names(lab, NULL);
	property(lab, "internal ports");
	internal_drift(lab);
	lab_free(lab);
	return tap_done();
}
