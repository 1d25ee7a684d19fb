/* SPDX-License-Identifier: MIT */
/*
 * A router's keepalived.conf
 * ==========================
 * Only people read it: the engine has its own configuration, made from the
 * same model (plan/services/engine.c). It stands where Neutron's agent keeps
 * that of its keepalived, beside the state file that the engine writes, so that
 * the documents' `cat` shows what they print. `labctl vrrp import` reads it
 * back.
 *
 * Words and their order are those of neutron/agent/linux/keepalived.py. Where
 * announcements are repeated it is the text of 2015, with garp_master_repeat
 * and garp_master_refresh; otherwise that from 2016 on, with
 * garp_master_delay and global_defs before it. Either cannot say all: neither
 * the tracked tunnel interface, nor who waits how long among equals.
 */
#include "provision/plan/services/ha_confs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/buf.h"

#define GARP_DELAY_S 60

struct vip {
	char text[IP_TEXT_MAX];
	const char *dev;
	bool link; /* of scope link */
};

struct vips {
	struct arena *a;
	struct vip *items;
	size_t n;
};

static void add(struct vips *v, const struct ipnet *net, const char *dev,
		bool link)
{
	struct vip *one = arena_push(v->a, &v->items, &v->n, sizeof(*one));

	ipnet_print(net, one->text);
	one->dev = dev;
	one->link = link;
}

static void add_port(struct vips *v, const struct topo_port *p)
{
	struct ipnet local = {.ip = ip_link_local(&p->mac), .len = 64};

	for (size_t i = 0; i < p->naddrs; i++)
		add(v, &p->addrs[i].addr, p->ifname, false);
	add(v, &local, p->ifname, true);
}

/* As text, not as numbers: so does Neutron. */
static int by_text(const void *a, const void *b)
{
	return strcmp(((const struct vip *)a)->text,
		      ((const struct vip *)b)->text);
}

static void excluded(struct arena *a, const struct topo_router *r,
		     struct buf *b)
{
	struct vips v = {.a = a};
	size_t i;

	if (r->gateway)
		add_port(&v, r->gateway);
	for (i = 0; i < r->nfloatings; i++) {
		struct ipnet one = topo_floating_net(r->floatings[i]);

		add(&v, &one, r->gateway->ifname, false);
	}
	for (i = 0; i < r->nqr; i++)
		add_port(&v, r->qr[i]);
	if (!v.n)
		return;
	qsort(v.items, v.n, sizeof(*v.items), by_text);
	buf_adds(b, "    virtual_ipaddress_excluded {\n");
	for (i = 0; i < v.n; i++)
		buf_printf(b, "        %s dev %s%s\n", v.items[i].text,
			   v.items[i].dev,
			   v.items[i].link ? " scope link" : "");
	buf_adds(b, "    }\n");
}

static void routes(const struct topo_router *r, struct buf *b)
{
	static const struct {
		int family;
		const char *all;
	} to[] = {{4, "0.0.0.0/0"}, {6, "::/0"}};
	char text[IP_TEXT_MAX], net[IP_TEXT_MAX];
	bool any = r->nroutes > 0;
	size_t i;

	if (any)
		buf_adds(b, "    virtual_routes {\n");
	for (i = 0; r->gateway && i < ARRAY_LEN(to); i++) {
		struct ip via = topo_next_hop(r->gateway, to[i].family);

		if (!ip_is_set(&via))
			continue;
		if (!any)
			buf_adds(b, "    virtual_routes {\n");
		any = true;
		buf_printf(b, "        %s via %s dev %s\n", to[i].all,
			   ip_print(&via, text), r->gateway->ifname);
	}
	/* Its own ones come without a dev, as Neutron has them. */
	for (i = 0; i < r->nroutes; i++)
		buf_printf(b, "        %s via %s\n",
			   ipnet_print(&r->routes[i].to, net),
			   ip_print(&r->routes[i].via, text));
	if (any)
		buf_adds(b, "    }\n");
}

/* Neutron's health check is a script of keepalived's, which pings for it. */
static bool checked(const struct topo_router *r)
{
	struct ip gateways[2];

	return topo_pinged(r, gateways) > 0;
}

static const char *script_path(struct arena *a, const struct topo_router *r)
{
	return arena_printf(a,
			    SERVICE_HA_CONFS "/%s/" SERVICE_HA_SCRIPT "%u.sh",
			    r->uuid, r->ha.vrid);
}

static void script_head(struct arena *a, const struct topo_router *r,
			struct buf *b)
{
	char interval[32];

	if (r->ha.health_ms % 1000)
		snprintf(interval, sizeof(interval), "%u.%03u",
			 r->ha.health_ms / 1000, r->ha.health_ms % 1000);
	else
		snprintf(interval, sizeof(interval), "%u",
			 r->ha.health_ms / 1000);
	buf_printf(b,
		   "\nvrrp_script ha_health_check_%u {\n"
		   "    script \"%s\"\n"
		   "    interval %s\n"
		   "    fall 2\n"
		   "    rise 2\n"
		   "}\n\n",
		   r->ha.vrid, script_path(a, r), interval);
}

/* Its health check's script, which stands beside it; NULL: it has none. */
static const char *health_script(struct arena *a, const struct topo_router *r)
{
	static const struct {
		int family;
		const char *ping;
	} by[] = {{4, "ping"}, {6, "ping6"}};
	const struct topo_port *p = r->gateway;
	auto_buf struct buf b = {0};
	char text[IP_TEXT_MAX];

	if (!checked(r))
		return NULL;
	buf_printf(&b, "#!/bin/bash -eu\nip a | grep %s || exit 0",
		   ip_print(&p->addrs[0].addr.ip, text));
	for (size_t i = 0; i < ARRAY_LEN(by); i++) {
		struct ip via = topo_next_hop(p, by[i].family);

		if (ip_is_set(&via))
			buf_printf(&b,
				   "\n%s -c 1 -w 1 %s 1>/dev/null || exit 1",
				   by[i].ping, ip_print(&via, text));
	}
	return arena_strndup(a, b.data, b.len);
}

const char *plan_keepalived_conf(struct arena *a, const struct topo_router *r,
				 const struct topo_node *node)
{
	const char *ha = topo_ha_port(r, node)->ifname;
	bool repeats = r->ha.garp_refresh_s != 0;
	auto_buf struct buf b = {0};
	char text[IP_TEXT_MAX];

	if (!repeats)
		buf_adds(&b, "global_defs {\n"
			     "    notification_email_from "
			     "neutron@openstack.local\n"
			     "    router_id neutron\n"
			     "}\n");
	if (checked(r))
		script_head(a, r, &b);
	buf_printf(&b,
		   "vrrp_instance VR_%u {\n"
		   "    state BACKUP\n"
		   "    interface %s\n"
		   "    virtual_router_id %u\n"
		   "    priority %u\n",
		   r->ha.vrid, ha, r->ha.vrid, topo_priority(r, node));
	if (repeats)
		buf_printf(&b,
			   "    garp_master_repeat %u\n"
			   "    garp_master_refresh %u\n",
			   r->ha.garp_repeat, r->ha.garp_refresh_s);
	else
		buf_printf(&b, "    garp_master_delay %d\n", GARP_DELAY_S);
	if (!r->ha.preempt)
		buf_adds(&b, "    nopreempt\n");
	buf_printf(&b,
		   "    advert_int %u\n"
		   "    track_interface {\n"
		   "        %s\n"
		   "    }\n"
		   "    virtual_ipaddress {\n"
		   "        %s dev %s\n"
		   "    }\n",
		   r->ha.adver_cs / 100, ha, ipnet_print(&r->ha.vip, text), ha);
	excluded(a, r, &b);
	routes(r, &b);
	if (checked(r))
		buf_printf(&b,
			   "    track_script {\n"
			   "        ha_health_check_%u\n"
			   "    }\n",
			   r->ha.vrid);
	buf_addc(&b, '}');
	return arena_strndup(a, b.data, b.len);
}

void plan_ha_confs(struct plan_ctx *c, const struct topo_router *r)
{
	const char *script;
	struct res_file *f;

	if (!r->is_ha)
		return;
	/* keepalived's own is a file of its service. */
	if (topo_has_engine(r)) {
		f = &plan_add(c, RES_FILE, "")->file;
		f->path = arena_printf(c->arena,
				       SERVICE_HA_CONFS "/%s/" SERVICE_HA_CONF,
				       r->uuid);
		f->text = plan_keepalived_conf(c->arena, r, c->node);
	}
	script = health_script(c->arena, r);
	if (!script)
		return;
	f = &plan_add(c, RES_FILE, "")->file;
	f->path = script_path(c->arena, r);
	f->text = script;
}
