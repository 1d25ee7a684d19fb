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
#include "provision/plan/service.h"
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
	struct arena *a = c->arena;
	const char *dir = arena_printf(a, SERVICE_HA_CONFS "/%s", r->uuid);
	const char *conf = arena_printf(a, "%s/" SERVICE_HA_CONF, dir);
	const char *const words[] = {
		"keepalived",
		"-n", /* in the foreground, and its words to us */
		"-l",
		"-D",
		"-P",
		"-f",
		conf,
		"-p",
		arena_printf(a, "%s.pid", dir),
		"-r",
		arena_printf(a, "%s.pid-vrrp", dir),
	};
	struct res_service *s =
		plan_service(c, arena_printf(a, "keepalived-%s", r->uuid),
			     arena_printf(a, "keepalived of %s", r->name),
			     words, ARRAY_LEN(words));

	plan_service_file(c, s, conf, plan_keepalived_conf(a, r, c->node));
	s->netns = r->netns;
	s->reload = "HUP";
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
	const char *const words[] = {"labctl",    "state-change",
				     "--socket",  plan_state_file(c, SOCKET),
				     "--routers", plan_state_file(c, ROUTERS)};
	auto_buf struct buf text = {0};
	struct res_service *s;
	struct json j;

	json_init(&j, &text, 0);
	json_obj(&j);
	state_change_encode(list, n, &j);
	json_obj_end(&j);
	buf_addc(&text, '\n');
	s = plan_service(c, SERVICE_STATE_CHANGE, "keepalived state change",
			 words, ARRAY_LEN(words));
	plan_service_file(c, s, ROUTERS,
			  arena_strndup(c->arena, text.data, text.len));
	s->control = SOCKET;
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
