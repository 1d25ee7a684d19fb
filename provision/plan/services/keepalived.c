/* SPDX-License-Identifier: MIT */
/*
 * keepalived in a router's namespace
 * ==================================
 * For those who must see the real thing: a process pair for each router, with
 * the configuration that Neutron writes (ha_confs.c) and Neutron's own words
 * on its command line. What it is, its addresses tell; a program of ours that
 * watches them (provision/services/state_change.h) has Neutron's part, for all
 * routers of the node.
 */
#include "provision/plan/services/keepalived.h"

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/doc.h"
#include "provision/plan/services/engine.h"
#include "provision/plan/services/ha_confs.h"
#include "provision/plan/services/radvd.h"
#include "provision/services/state_change.h"

#define SOCKET "keepalived.sock"
#define ROUTERS "state-change.json"

static void service(struct plan_ctx *c, const struct topo_router *r)
{
	struct res_service *s = &plan_add(c, RES_SERVICE, "")->service;
	struct arena *a = c->arena;
	const char *dir = arena_printf(a, SERVICE_HA_CONFS "/%s", r->uuid);
	struct service_file *f = arena_alloc(a, sizeof(*f));
	const char **argv = arena_array(a, 12, sizeof(*argv));
	size_t n = 0;

	*f = (struct service_file){
		.path = arena_printf(a, "%s/" SERVICE_HA_CONF, dir),
		.text = plan_keepalived_conf(a, r, c->node)};
	argv[n++] = "keepalived";
	argv[n++] = "-n"; /* in the foreground, and its words to us */
	argv[n++] = "-l";
	argv[n++] = "-D";
	argv[n++] = "-P";
	argv[n++] = "-f";
	argv[n++] = f->path;
	argv[n++] = "-p";
	argv[n++] = arena_printf(a, "%s.pid", dir);
	argv[n++] = "-r";
	argv[n++] = arena_printf(a, "%s.pid-vrrp", dir);
	*s = (struct res_service){
		.name = arena_printf(a, "keepalived-%s", r->uuid),
		.title = arena_printf(a, "keepalived of %s", r->name),
		.argv = argv,
		.nargs = n,
		.netns = r->netns,
		.files = f,
		.nfiles = 1,
		.reload = "HUP"};
}

static struct state_change_router watched(struct arena *a,
					  const struct topo_router *r)
{
	const char **devs = arena_array(a, r->nqr + 1, sizeof(*devs));
	struct state_change_router ret = {.id = r->uuid,
					  .netns = r->netns,
					  .vip = r->ha.vip,
					  .forwarding = devs};

	if (!plan_router_advertises(r))
		return ret;
	for (size_t i = 0; i < r->nqr; i++)
		devs[ret.nforwarding++] = r->qr[i]->ifname;
	if (r->gateway)
		devs[ret.nforwarding++] = r->gateway->ifname;
	return ret;
}

static void state_change(struct plan_ctx *c,
			 const struct state_change_router *list, size_t n)
{
	struct res_service *s = &plan_add(c, RES_SERVICE, "")->service;
	struct arena *a = c->arena;
	struct service_file *f = arena_alloc(a, sizeof(*f));
	const char **argv = arena_array(a, 6, sizeof(*argv));
	auto_buf struct buf text = {0};
	struct json j;

	json_init(&j, &text, 0);
	json_obj(&j);
	state_change_encode(list, n, &j);
	json_obj_end(&j);
	buf_addc(&text, '\n');
	*f = (struct service_file){
		.path = ROUTERS, .text = arena_strndup(a, text.data, text.len)};
	argv[0] = "labctl";
	argv[1] = "state-change";
	argv[2] = "--socket";
	argv[3] = arena_printf(a, "%s/" SOCKET, c->plan->state_dir);
	argv[4] = "--routers";
	argv[5] = arena_printf(a, "%s/" ROUTERS, c->plan->state_dir);
	*s = (struct res_service){.name = SERVICE_STATE_CHANGE,
				  .title = "keepalived state change",
				  .argv = argv,
				  .nargs = 6,
				  .files = f,
				  .nfiles = 1,
				  .control = SOCKET};
}

void plan_keepalived(struct plan_ctx *c)
{
	struct state_change_router *list =
		arena_array(c->arena, c->lab->nrouters + 1, sizeof(*list));
	size_t i, n = 0;

	for (i = 0; i < c->lab->nrouters; i++) {
		const struct topo_router *r = &c->lab->routers[i];

		if (!topo_ha_port(r, c->node) ||
		    r->ha.engine != TOPO_ENGINE_KEEPALIVED)
			continue;
		plan_engine_virtual(c, r);
		list[n++] = watched(c->arena, r);
	}
	/* Who tells is there before there is anything to tell of. */
	if (n)
		state_change(c, list, n);
	for (i = 0; i < c->lab->nrouters; i++)
		if (topo_ha_port(&c->lab->routers[i], c->node) &&
		    c->lab->routers[i].ha.engine == TOPO_ENGINE_KEEPALIVED)
			service(c, &c->lab->routers[i]);
}
