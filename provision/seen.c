/* SPDX-License-Identifier: MIT */
#include "provision/seen.h"

#include <string.h>

struct res *seen_push(struct arena *a, struct seen_ns *ns, enum res_kind kind)
{
	struct res_list *list = &ns->of[kind];
	struct res *r;

	if (list->n >= SEEN_LIST_MAX)
		return NULL;
	r = arena_push(a, &list->items, &list->n, sizeof(*r));
	r->kind = kind;
	r->netns = ns->name;
	return r;
}

const struct seen_ns *seen_ns(const struct observed *o, const char *name)
{
	size_t i;

	for (i = 0; o && i < o->nns; i++)
		if (strcmp(o->ns[i].name, name) == 0)
			return &o->ns[i];
	return NULL;
}

const struct res_link *seen_link(const struct seen_ns *ns, const char *name)
{
	const struct res_list *links = ns ? &ns->of[RES_LINK] : NULL;
	size_t i;

	for (i = 0; links && i < links->n; i++)
		if (strcmp(links->items[i].link.name, name) == 0)
			return &links->items[i].link;
	return NULL;
}

const char *seen_link_name(const struct seen_ns *ns, unsigned index)
{
	const struct res_list *links = &ns->of[RES_LINK];
	size_t i;

	/* Dumps come in the order of the index, mostly dense from 1. */
	if (index && index <= links->n &&
	    links->items[index - 1].link.index == index)
		return links->items[index - 1].link.name;
	for (i = 0; i < links->n; i++)
		if (links->items[i].link.index == index)
			return links->items[i].link.name;
	return NULL;
}

bool seen_has_addr(const struct seen_ns *ns, const char *dev,
		   const struct ipnet *addr)
{
	const struct res_list *addrs = ns ? &ns->of[RES_ADDR] : NULL;
	size_t i;

	for (i = 0; addrs && i < addrs->n; i++)
		if (strcmp(addrs->items[i].addr.dev, dev) == 0 &&
		    ipnet_equal(&addrs->items[i].addr.addr, addr))
			return true;
	return false;
}

bool seen_marked(const struct seen_ns *ns, const char *mark)
{
	const struct res_link *lo = seen_link(ns, "lo");

	return lo && lo->alias && strcmp(lo->alias, mark) == 0;
}

const struct seen_engine *seen_engine(const struct observed *o)
{
	static const struct seen_engine none;
	const struct seen_ns *own = seen_ns(o, "");
	const struct res_list *list = own ? &own->of[RES_SERVICE] : NULL;
	const struct seen_engine *ret = o ? &none : NULL;
	size_t i;

	for (i = 0; list && i < list->n; i++) {
		const struct res_service *s = &list->items[i].service;

		if (strcmp(s->name, SERVICE_ENGINE) == 0)
			return &s->engine;
		if (strcmp(s->name, SERVICE_STATE_CHANGE) == 0)
			ret = &s->engine;
	}
	return ret;
}

const struct obs_router *seen_router(const struct observed *o, const char *id)
{
	const struct seen_engine *e = seen_engine(o);
	size_t i;

	for (i = 0; e && i < e->nrouters; i++)
		if (strcmp(e->routers[i].id, id) == 0)
			return &e->routers[i];
	return NULL;
}
