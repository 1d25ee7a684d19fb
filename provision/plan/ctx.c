/* SPDX-License-Identifier: MIT */
#include "provision/plan/ctx.h"

#include <string.h>

struct res *plan_add(struct plan_ctx *c, enum res_kind kind, const char *netns)
{
	struct res *r =
		arena_push(c->arena, &c->plan->res, &c->plan->n, sizeof(*r));

	r->kind = kind;
	r->netns = netns;
	return r;
}

static struct res *link_of(const struct plan_ctx *c, const char *name)
{
	size_t i;

	for (i = 0; i < c->plan->n; i++)
		if (c->plan->res[i].kind == RES_LINK &&
		    strcmp(c->plan->res[i].link.name, name) == 0 &&
		    !*c->plan->res[i].netns)
			return &c->plan->res[i];
	return NULL;
}

void plan_use_nic(struct plan_ctx *c, const char *name, const char *master)
{
	struct res *r = link_of(c, name);

	if (!r) {
		r = plan_add(c, RES_LINK, "");
		r->link = (struct res_link){
			.kind = LINK_EXISTING, .name = name, .up = true};
	}
	if (master) {
		r->link.master = master;
		r->link.addr_gen_none = true;
		r->link.ipv6_off = true;
	}
}

void plan_settings(struct plan_ctx *c, const char *netns,
		   const struct plan_setting *s)
{
	struct res *r;

	for (; s->key; s++) {
		r = plan_add(c, RES_SYSCTL, netns);
		r->sysctl.key = s->key;
		r->sysctl.value = s->value;
	}
}

void plan_loopback(struct plan_ctx *c, const char *netns)
{
	struct res *r = plan_add(c, RES_LINK, netns);

	r->link.kind = LINK_EXISTING;
	r->link.name = "lo";
	r->link.up = true;
}

void plan_addresses(struct plan_ctx *c, const struct topo_port *p,
		    const char *netns)
{
	struct res *r;
	size_t i;

	for (i = 0; i < p->naddrs; i++) {
		if (topo_leased(p, &p->addrs[i]))
			continue;
		r = plan_add(c, RES_ADDR, netns);
		r->addr.dev = p->ifname;
		r->addr.addr = p->addrs[i].addr;
	}
}
