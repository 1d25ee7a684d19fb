/* SPDX-License-Identifier: MIT */
#include "provision/plan/services/sync.h"

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/doc.h"
#include "provision/plan/service.h"
#include "provision/sync/config.h"

_Static_assert(SYNC_ROUTERS_MAX >= TOPO_ROUTERS_MAX, "a node may have all");
_Static_assert(SYNC_PEERS_MAX >= TOPO_NODES_MAX - 1, "on all nodes");

static void one(struct plan_ctx *c, struct sync_config *config,
		const struct topo_router *r)
{
	const struct topo_port *ha = topo_ha_port(r, c->node);
	struct sync_router *s =
		arena_push(c->arena, &config->routers, &config->n, sizeof(*s));

	s->id = r->uuid;
	s->netns = r->netns;
	s->dev = ha->ifname;
	s->address = ha->addrs[0].addr.ip;
	s->peers = arena_array(c->arena, r->nhosts, sizeof(*s->peers));
	for (size_t i = 0; i < r->nhosts; i++)
		if (r->hosts[i] != c->node)
			s->peers[s->npeers++] = (struct sync_peer){
				.address = r->ha_ports[i]->addrs[0].addr.ip,
				.mac = r->ha_ports[i]->mac};
}

static void service(struct plan_ctx *c, const char *config)
{
	const char *const words[] = {"labctl", "conntrack",
				     plan_state_file(c, "conntrack.json")};
	struct res_service *s =
		plan_service(c, "conntrack", "connections for standbys", words,
			     ARRAY_LEN(words));

	plan_service_file(c, s, "conntrack.json", config);
}

void plan_sync(struct plan_ctx *c)
{
	struct sync_config config = {.roles = c->plan->state_dir};
	auto_buf struct buf text = {0};
	struct json j;

	for (size_t i = 0; i < c->lab->nrouters; i++) {
		const struct topo_router *r = &c->lab->routers[i];

		if (topo_synced(r) && topo_ha_port(r, c->node))
			one(c, &config, r);
	}
	if (!config.n)
		return;
	json_init(&j, &text, 0);
	json_obj(&j);
	keys_write(&sync_config_table, &config, &j);
	json_obj_end(&j);
	buf_addc(&text, '\n');
	service(c, arena_strndup(c->arena, text.data, text.len));
}
