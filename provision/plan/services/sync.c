/* SPDX-License-Identifier: MIT */
#include "provision/plan/services/sync.h"

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/doc.h"

static void one(struct plan_ctx *c, struct json *j, const struct topo_router *r)
{
	const struct topo_port *ha = topo_ha_port(r, c->node);
	char text[IP_TEXT_MAX];
	size_t i;

	json_obj(j);
	json_kstr(j, "id", r->uuid);
	json_kstr(j, "netns", r->netns);
	json_kstr(j, "dev", ha->ifname);
	json_kstr(j, "address", ip_print(&ha->addrs[0].addr.ip, text));
	json_key(j, "peers");
	json_arr(j);
	for (i = 0; i < r->nhosts; i++)
		if (r->hosts[i] != c->node)
			json_str(j, ip_print(&r->ha_ports[i]->addrs[0].addr.ip,
					     text));
	json_arr_end(j);
	json_obj_end(j);
}

static void service(struct plan_ctx *c, const char *config)
{
	struct res_service *s = &plan_add(c, RES_SERVICE, "")->service;
	struct service_file *f = arena_alloc(c->arena, sizeof(*f));
	const char **argv = arena_array(c->arena, 3, sizeof(*argv));

	*f = (struct service_file){.path = "conntrack.json", .text = config};
	argv[0] = "labctl";
	argv[1] = "conntrack";
	argv[2] = arena_printf(c->arena, "%s/%s", c->plan->state_dir, f->path);
	*s = (struct res_service){.name = "conntrack",
				  .title = "connections for standbys",
				  .argv = argv,
				  .nargs = 3,
				  .files = f,
				  .nfiles = 1};
}

void plan_sync(struct plan_ctx *c)
{
	auto_buf struct buf text = {0};
	size_t i, n = 0;
	struct json j;

	json_init(&j, &text, 0);
	json_obj(&j);
	json_kstr(&j, "roles", c->plan->state_dir);
	json_key(&j, "routers");
	json_arr(&j);
	for (i = 0; i < c->lab->nrouters; i++) {
		const struct topo_router *r = &c->lab->routers[i];

		if (!topo_synced(r) || !topo_ha_port(r, c->node))
			continue;
		one(c, &j, r);
		n++;
	}
	json_arr_end(&j);
	json_obj_end(&j);
	buf_addc(&text, '\n');
	if (n)
		service(c, arena_strndup(c->arena, text.data, text.len));
}
