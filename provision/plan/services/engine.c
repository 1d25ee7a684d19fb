/* SPDX-License-Identifier: MIT */
/*
 * What a node's VRRP engine is told: one JSON document (which is YAML) with
 * all routers of the node, and the list of addresses and routes that are from
 * then on its business alone.
 */
#include "provision/plan/service.h"
#include "provision/plan/services/engine.h"

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/doc.h"
#include "provision/plan/services/radvd.h"

/* A rank's delay and what all ranks together stay below: version 2 counts the
 * skew in 1/256 s, so one priority step is 3.9 ms. */
#define PROMOTE_STEP_US 1000u
#define PROMOTE_MAX_US 3900u

/* A resource that is the engine's from then on. */
static struct res *virtual(struct plan_ctx *c, enum res_kind kind,
			   const struct topo_router *r)
{
	struct res *v = arena_push(c->arena, &c->plan->virt, &c->plan->nvirt,
				   sizeof(*v));

	v->kind = kind;
	v->netns = r->netns;
	return v;
}

static void address(struct plan_ctx *c, struct json *j,
		    const struct topo_router *r, const char *dev,
		    const struct ipnet *addr)
{
	struct res *v = virtual(c, RES_ADDR, r);
	char text[IP_TEXT_MAX];

	v->addr.dev = dev;
	v->addr.addr = *addr;
	v->addr.router = r->uuid;
	json_obj(j);
	json_kstr(j, "address", ipnet_print(addr, text));
	json_kstr(j, "dev", dev);
	json_obj_end(j);
}

static void port_addresses(struct plan_ctx *c, struct json *j,
			   const struct topo_router *r,
			   const struct topo_port *p)
{
	struct ipnet ll = {.ip = ip_link_local(&p->mac), .len = 64};
	size_t i;

	for (i = 0; i < p->naddrs; i++)
		address(c, j, r, p->ifname, &p->addrs[i].addr);
	address(c, j, r, p->ifname, &ll);
}

static void route(struct plan_ctx *c, const struct topo_router *r,
		  const struct topo_port *p, const struct topo_route *t)
{
	struct res *v = virtual(c, RES_ROUTE, r);

	v->route.to = t->to;
	v->route.via = t->via;
	v->route.dev = p->ifname;
	v->route.router = r->uuid;
}

static void routes(struct plan_ctx *c, struct json *j,
		   const struct topo_router *r)
{
	size_t i, from = c->plan->nvirt;
	char text[IP_TEXT_MAX];

	plan_each_route(c, r, route);
	json_key(j, "virtual_routes");
	json_arr(j);
	for (i = from; i < c->plan->nvirt; i++) {
		const struct res_route *v = &c->plan->virt[i].route;

		json_obj(j);
		json_kstr(j, "to", ipnet_print(&v->to, text));
		json_kstr(j, "via", ip_print(&v->via, text));
		json_kstr(j, "dev", v->dev);
		json_obj_end(j);
	}
	json_arr_end(j);
}

/* Whether a physical network is what its projects' networks, or the one on
 * which hosts hear one another, go by. */
static bool is_below(const struct topo_router *r, const struct topo_phys *p)
{
	bool is = p->use == TOPO_TUNNEL || p == r->ha_network->phys;

	for (size_t i = 0; i < r->nqr; i++)
		is = is || p == r->qr[i]->network->phys;
	return is;
}

static void track(struct plan_ctx *c, struct json *j,
		  const struct topo_router *r, const struct topo_port *ha)
{
	json_key(j, "track");
	json_arr(j);
	if (r->ha.track & TOPO_TRACK_HA) {
		json_obj(j);
		json_kstr(j, "interface", ha->ifname);
		json_kstr(j, "netns", r->netns);
		json_obj_end(j);
	}
	for (size_t i = 0; i < c->node->nnics; i++) {
		const struct topo_nic *nic = &c->node->nics[i];

		if (!(r->ha.track & TOPO_TRACK_TUNNEL) ||
		    !is_below(r, nic->phys))
			continue;
		json_obj(j);
		json_kstr(j, "interface", nic->ifname);
		json_kstr(j, "netns", "");
		json_obj_end(j);
	}
	json_arr_end(j);
}

/* The next hops of its default routes are what it must reach. */
static void health(struct json *j, const struct topo_router *r)
{
	struct ip gateways[2];
	size_t n = topo_pinged(r, gateways);
	char text[IP_TEXT_MAX];

	if (!n)
		return;
	json_key(j, "health");
	json_obj(j);
	json_key(j, "interval");
	json_fmt(j, "%ums", r->ha.health_ms);
	json_key(j, "gateways");
	json_arr(j);
	for (size_t i = 0; i < n; i++)
		json_str(j, ip_print(&gateways[i], text));
	json_arr_end(j);
	json_obj_end(j);
}

/* Where it advertises itself, its kernel must answer as a router's does. */
static void forwarding(struct json *j, const struct topo_router *r)
{
	if (!plan_router_advertises(r))
		return;
	json_key(j, "forwarding");
	json_arr(j);
	for (size_t i = 0; i < r->nqr; i++)
		json_str(j, r->qr[i]->ifname);
	if (r->gateway)
		json_str(j, r->gateway->ifname);
	json_arr_end(j);
}

/* Equal priorities: the greatest HA address goes first, the others wait a
 * little longer each, so that only one claims the role. */
static unsigned promote_us(const struct topo_router *r,
			   const struct topo_port *ha)
{
	size_t i, rank = 0;
	unsigned step = PROMOTE_STEP_US;

	for (i = 0; i < r->nhosts; i++)
		if (ip_cmp(&r->ha_ports[i]->addrs[0].addr.ip,
			   &ha->addrs[0].addr.ip) > 0)
			rank++;
	if (r->nhosts > 1 && step * (r->nhosts - 1) > PROMOTE_MAX_US)
		step = PROMOTE_MAX_US / (unsigned)(r->nhosts - 1);
	return step * (unsigned)rank;
}

static void one(struct plan_ctx *c, struct json *j, const struct topo_router *r)
{
	const struct topo_port *ha = topo_ha_port(r, c->node);
	char text[IP_TEXT_MAX];
	size_t i;

	json_obj(j);
	json_kstr(j, "name", r->name);
	json_kstr(j, "id", r->uuid);
	json_kstr(j, "netns", r->netns);
	json_kstr(j, "interface", ha->ifname);
	json_kint(j, "version", 2);
	json_kint(j, "vrid", r->ha.vrid);
	json_kint(j, "priority", topo_priority(r, c->node));
	json_key(j, "interval");
	if (r->ha.adver_cs % 100 == 0)
		json_fmt(j, "%us", r->ha.adver_cs / 100);
	else
		json_fmt(j, "%ums", r->ha.adver_cs * 10);
	json_kbool(j, "preempt", r->ha.preempt && !c->node->drained);
	json_kstr(j, "source", ip_print(&ha->addrs[0].addr.ip, text));
	json_key(j, "virtual_addresses");
	json_arr(j);
	address(c, j, r, ha->ifname, &r->ha.vip);
	json_arr_end(j);
	json_key(j, "excluded_addresses");
	json_arr(j);
	if (r->gateway)
		port_addresses(c, j, r, r->gateway);
	for (i = 0; i < r->nfloatings; i++) {
		struct ipnet one = topo_floating_net(r->floatings[i]);

		address(c, j, r, r->gateway->ifname, &one);
	}
	for (i = 0; i < r->nqr; i++)
		port_addresses(c, j, r, r->qr[i]);
	json_arr_end(j);
	routes(c, j, r);
	json_key(j, "garp");
	json_obj(j);
	json_kint(j, "repeat", r->ha.garp_repeat);
	json_key(j, "refresh");
	json_fmt(j, "%us", r->ha.garp_refresh_s);
	json_kstr(j, "delay", "0s");
	json_obj_end(j);
	track(c, j, r, ha);
	health(j, r);
	forwarding(j, r);
	json_key(j, "promote_delay");
	json_fmt(j, "%uus", promote_us(r, ha));
	json_key(j, "state_file");
	json_fmt(j, SERVICE_HA_CONFS "/%s/state", r->uuid);
	json_obj_end(j);
}

void plan_engine_virtual(struct plan_ctx *c, const struct topo_router *r)
{
	auto_buf struct buf unsaid = {0};
	size_t i = c->plan->nvirt;
	struct json j;

	/* The same list; only that our engine is not told. */
	json_init(&j, &unsaid, 0);
	one(c, &j, r);
	for (; i < c->plan->nvirt; i++) {
		struct res *v = &c->plan->virt[i];

		if (v->kind == RES_ADDR)
			v->addr.router = NULL;
		else
			v->route.router = NULL;
	}
}

/* The engine as a service of the node: it keeps its own routers through a
 * reload, and has a supervisor of its own that takes the virtual addresses
 * away when it dies. */
static void service(struct plan_ctx *c, const char *config)
{
	const char *const words[] = {"labctl", "vrrp", "run",
				     plan_state_file(c, "vrrp.yaml")};
	struct res_service *s = plan_service(c, SERVICE_ENGINE, "vrrp engine",
					     words, ARRAY_LEN(words));

	plan_service_file(c, s, "vrrp.yaml", config);
	s->control = "vrrp.sock";
	s->reload = "reload";
}

void plan_engine(struct plan_ctx *c)
{
	auto_buf struct buf text = {0};
	size_t i, n = 0;
	struct json j;

	json_init(&j, &text, 2);
	json_obj(&j);
	json_kstr(&j, "node", c->node->name);
	json_key(&j, "control");
	json_fmt(&j, "%s/vrrp.sock", c->plan->state_dir);
	json_key(&j, "routers");
	json_arr(&j);
	for (i = 0; i < c->lab->nrouters; i++) {
		const struct topo_router *router = &c->lab->routers[i];

		if (!topo_ha_port(router, c->node) ||
		    router->ha.engine != TOPO_ENGINE_LABCTL)
			continue;
		one(c, &j, router);
		n++;
	}
	json_arr_end(&j);
	json_obj_end(&j);
	buf_addc(&text, '\n');
	if (n)
		service(c, arena_strndup(c->arena, text.data, text.len));
}
