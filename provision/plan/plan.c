/* SPDX-License-Identifier: MIT */
/*
 * The plan of a node
 * ==================
 * A plan is the desired state of one node as a flat list of resources, in an
 * order in which they can be made: namespaces, sysctls (before links, which
 * inherit them), links (bridges, then uplinks, then veth pairs), addresses,
 * routes, forwarding entries, and the engine last, which needs all of them.
 * Taking away is the same order reversed.
 *
 * Nothing is looked up on a machine here: the same lab gives the same plan
 * everywhere. What a mechanism (ML2's word) does is behind struct mechanism;
 * this file knows only routers and sysctls. Other parts add what is
 * theirs, all of it at once; at the end all goes into the order of making.
 *
 * A backup's silence. Every host of a router has its qr and qg links with one
 * MAC address, so one frame from a backup moves that address in all switches.
 * Without link-local addresses (addr_gen_mode none), duplicate address
 * detection and router solicitations one sender is left: a link whose
 * forwarding is on joins the all-routers groups and reports them by MLD when
 * it comes up, and again to every querier. IPv6 forwards by conf/all alone,
 * the link's own flag only makes it a router towards its neighbours. So
 * conf/all is 1, conf/default 0 before any link is there, and links keep 0.
 * A demoted router would still leave its solicited-node groups by MLD, which
 * the rules of plan_radvd() keep in. Should somebody take them away: with an
 * unsolicited report interval of 20 ms (whole ticks at any HZ, so that it reads
 * back as written) these reports are out in less than 100 ms and not, as by
 * default, up to two seconds later, after the new Active has announced itself.
 */
#include "provision/plan/plan.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/auto.h"
#include "provision/kinds/kind.h"
#include "provision/plan/services/dhcp.h"
#include "provision/plan/services/engine.h"
#include "provision/plan/services/ha_confs.h"
#include "provision/plan/instance.h"
#include "provision/plan/services/keepalived.h"
#include "provision/plan/mechanism/mechanism.h"
#include "provision/plan/services/metadata.h"
#include "provision/plan/nat.h"
#include "provision/plan/neigh.h"
#include "provision/plan/services/radvd.h"
#include "provision/plan/services/sync.h"
#include "provision/plan/rules.h"
#include "provision/plan/secgroup/secgroup.h"

/* As the documents set them. */
static const struct plan_setting network_node[] = {
	{"net/ipv4/ip_forward", "1"},
	{"net/ipv4/conf/all/rp_filter", "0"},
	{"net/ipv4/conf/default/rp_filter", "0"},
	/* Projects' bridges are links of the node's own: its kernel must not
	 * answer ARP there for the node's addresses, which a project may have
	 * as well. */
	{"net/ipv4/conf/all/arp_ignore", "1"},
	/* On in each new namespace, and nothing is filtered there. */
	{"net/bridge/bridge-nf-call-arptables", "0"},
	{"net/bridge/bridge-nf-call-iptables", "0"},
	{"net/bridge/bridge-nf-call-ip6tables", "0"},
	{NULL, NULL},
};

static const struct plan_setting compute_node[] = {
	{"net/ipv4/conf/all/rp_filter", "0"},
	{"net/ipv4/conf/default/rp_filter", "0"},
	{"net/ipv4/conf/all/arp_ignore", "1"},
	{"net/bridge/bridge-nf-call-iptables", "1"},
	{"net/bridge/bridge-nf-call-ip6tables", "1"},
	/* What is under a tag goes the same way, or a tag is a way past. */
	{"net/bridge/bridge-nf-filter-vlan-tagged", "1"},
	{NULL, NULL},
};

/*
 * Writing conf/all/forwarding sets conf/default too: so that comes second.
 * Two qr interfaces can be on one network (IPv4 and IPv6 have a port each):
 * each answers ARP for its own addresses only, and asks with its own.
 */
static const struct plan_setting router[] = {
	{"net/ipv4/ip_forward", "1"},
	{"net/ipv4/conf/all/arp_ignore", "1"},
	{"net/ipv4/conf/all/arp_announce", "2"},
	{"net/ipv4/conf/all/rp_filter", "0"},
	{"net/ipv4/conf/default/rp_filter", "0"},
	{"net/ipv4/igmp_link_local_mcast_reports", "0"},
	{"net/ipv6/conf/all/forwarding", "1"},
	{"net/ipv6/conf/default/forwarding", "0"},
	{"net/ipv6/conf/all/accept_dad", "0"},
	{"net/ipv6/conf/default/accept_dad", "0"},
	{"net/ipv6/conf/default/accept_ra", "0"},
	{"net/ipv6/conf/default/accept_redirects", "0"},
	{"net/ipv6/conf/default/mldv2_unsolicited_report_interval", "20"},
	{NULL, NULL},
};

/* Calls fn for each router on the node. */
static void each_router(struct plan_ctx *c,
			void (*fn)(struct plan_ctx *,
				   const struct topo_router *))
{
	size_t i;

	for (i = 0; i < c->lab->nrouters; i++)
		if (topo_carries(&c->lab->routers[i], c->node))
			fn(c, &c->lab->routers[i]);
}

static void router_netns(struct plan_ctx *c, const struct topo_router *r)
{
	plan_add(c, RES_NETNS, r->netns);
}

/* Addresses that the plan gives it are announced as an instance's are. */
static const struct plan_setting without_engine[] = {
	{"net/ipv4/conf/all/arp_notify", "1"},
	{"net/ipv6/conf/all/ndisc_notify", "1"},
	{NULL, NULL},
};

/* Of connections too that were there before anybody listened. */
static const struct plan_setting with_sync[] = {
	{"net/netfilter/nf_conntrack_events", "1"},
	{NULL, NULL},
};

static void router_sysctls(struct plan_ctx *c, const struct topo_router *r)
{
	plan_settings(c, r->netns, router);
	if (!r->is_ha)
		plan_settings(c, r->netns, without_engine);
	if (topo_synced(r))
		plan_settings(c, r->netns, with_sync);
}

static void router_links(struct plan_ctx *c, const struct topo_router *r)
{
	const struct mechanism *m = mechanisms[c->node->mechanism];
	size_t i;

	plan_loopback(c, r->netns);
	if (r->is_ha)
		m->port(c, topo_ha_port(r, c->node), r->netns);
	for (i = 0; i < r->nqr; i++)
		m->port(c, r->qr[i], r->netns);
	if (r->gateway)
		m->port(c, r->gateway, r->netns);
}

/* One that an engine would give a router as it becomes Active. */
static void own_addr(struct plan_ctx *c, const struct topo_router *r,
		     const struct topo_port *p, const struct ipnet *addr)
{
	struct res *a = plan_add(c, RES_ADDR, r->netns);

	a->addr.dev = p->ifname;
	a->addr.addr = *addr;
}

static void own_addrs(struct plan_ctx *c, const struct topo_router *r,
		      const struct topo_port *p)
{
	struct ipnet ll = {.ip = ip_link_local(&p->mac), .len = 64};

	plan_addresses(c, p, r->netns);
	own_addr(c, r, p, &ll);
}

static void router_addrs(struct plan_ctx *c, const struct topo_router *r)
{
	size_t i;

	if (r->is_ha) {
		plan_addresses(c, topo_ha_port(r, c->node), r->netns);
		return;
	}
	for (i = 0; i < r->nqr; i++)
		own_addrs(c, r, r->qr[i]);
	if (r->gateway)
		own_addrs(c, r, r->gateway);
	for (i = 0; i < r->nfloatings; i++) {
		struct ipnet one = topo_floating_net(r->floatings[i]);

		own_addr(c, r, r->gateway, &one);
	}
}

static void own_route(struct plan_ctx *c, const struct topo_router *r,
		      const struct topo_port *p, const struct topo_route *t)
{
	struct res *v = plan_add(c, RES_ROUTE, r->netns);

	v->route.to = t->to;
	v->route.via = t->via;
	v->route.dev = p->ifname;
}

/* Of a router without an engine, which would have them with its role. */
static void router_routes(struct plan_ctx *c, const struct topo_router *r)
{
	if (!r->is_ha)
		plan_each_route(c, r, own_route);
}

void plan_each_route(struct plan_ctx *c, const struct topo_router *r,
		     plan_route_fn *fn)
{
	static const uint8_t families[] = {4, 6};
	size_t i;

	for (i = 0; r->gateway && i < ARRAY_LEN(families); i++) {
		struct topo_route all = {
			.to.ip.family = families[i],
			.via = topo_next_hop(r->gateway, families[i])};

		if (ip_is_set(&all.via))
			fn(c, r, r->gateway, &all);
	}
	for (i = 0; i < r->nroutes; i++)
		fn(c, r, topo_route_port(r, &r->routes[i]), &r->routes[i]);
}

static void name(struct arena *a, const char *lab, const char *mark,
		 struct plan *ret)
{
	*ret = (struct plan){
		.lab = lab,
		.mark = mark,
		.state_dir = arena_printf(a, PLAN_STATE_DIR "/%s", lab),
	};
}

int plan_none(struct arena *a, const char *lab, struct plan *ret,
	      struct err *reterr)
{
	static const char set[] = "._-abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

	/* As a file's checker has it: the name becomes that of a folder, and
	 * part of links' aliases. */
	if (!strspn(lab, set + 3) || lab[strspn(lab, set)] ||
	    strlen(lab) > TOPO_LAB_NAME_MAX)
		return err_set(reterr, -EINVAL, "'%.64s' can name no lab", lab);
	name(a, lab, arena_printf(a, TOPO_MARK "%s", lab), ret);
	return 0;
}

/* What parts have added in whichever order, in that of making; of one rank
 * in the order of the calls. */
static void by_rank(struct plan_ctx *c)
{
	struct res *res = arena_array(c->arena, c->plan->n, sizeof(*res));
	size_t i, n = 0;

	for (unsigned rank = 0; n < c->plan->n; rank++)
		for (i = 0; i < c->plan->n; i++)
			if (kind_of(&c->plan->res[i])->rank == rank)
				res[n++] = c->plan->res[i];
	c->plan->res = res;
}

void plan_build(struct arena *a, const struct lab *lab,
		const struct topo_node *node, struct plan *ret)
{
	const struct mechanism *m = mechanisms[node->mechanism];
	struct plan_ctx c = {.arena = a, .lab = lab, .node = node, .plan = ret};
	size_t i;

	name(a, lab->name, lab->mark, ret);
	ret->fresh = lab->fresh;
	each_router(&c, router_netns);
	if (node->role == TOPO_NETWORK)
		plan_settings(&c, "", network_node);
	if (node->role == TOPO_COMPUTE)
		plan_settings(&c, "", compute_node);
	each_router(&c, router_sysctls);
	if (m->begin)
		m->begin(&c);
	for (i = 0; i < lab->nnetworks; i++)
		if (topo_network_on(lab, &lab->networks[i], node))
			m->network(&c, &lab->networks[i]);
	each_router(&c, router_links);
	each_router(&c, router_addrs);
	each_router(&c, router_routes);
	each_router(&c, plan_router_neighbours);
	plan_instances(&c);
	for (i = 0; i < lab->nnetworks; i++) {
		const struct topo_network *n = &lab->networks[i];

		if (topo_network_on(lab, n, node) &&
		    m->uplinks[n->type]->entries)
			m->uplinks[n->type]->entries(&c, n);
	}
	each_router(&c, plan_nat);
	each_router(&c, plan_ha_confs);
	plan_engine(&c);
	plan_keepalived(&c);
	plan_sync(&c);
	plan_dhcp(&c);
	each_router(&c, plan_radvd);
	plan_metadata(&c); /* behind all other rules of routers but these */
	each_router(&c, plan_floatings);
	plan_secgroups(&c);
	rules_done(&c);
	if (m->end)
		m->end(&c);
	by_rank(&c);
}
