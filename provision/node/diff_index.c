/* SPDX-License-Identifier: MIT */
/* One text for each thing, the indexes over them, and how changes are noted. */
#include "provision/node/diff.h"

#include <stdarg.h>
#include <string.h>

static const char *key(struct diff *d, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static const char *key(struct diff *d, const char *fmt, ...)
{
	va_list ap;

	buf_reset(&d->key);
	va_start(ap, fmt);
	buf_vprintf(&d->key, fmt, ap);
	va_end(ap);
	return d->key.data;
}

const char *diff_key_netns(struct diff *d, const char *name)
{
	return key(d, "n/%s", name);
}

const char *diff_key_link(struct diff *d, const char *netns, const char *name)
{
	return key(d, "l/%s/%s", netns, name);
}

const char *diff_key_sysctl(struct diff *d, const char *netns, const char *name)
{
	return key(d, "s/%s/%s", netns, name);
}

const char *diff_key_addr(struct diff *d, const char *netns, const char *dev,
			  const struct ipnet *addr)
{
	char t[IP_TEXT_MAX];

	return key(d, "a/%s/%s/%s", netns, dev, ipnet_print(addr, t));
}

const char *diff_key_route(struct diff *d, const char *netns, const char *dev,
			   const struct ipnet *to, const struct ip *via)
{
	char t[IP_TEXT_MAX], v[IP_TEXT_MAX];

	return key(d, "r/%s/%s/%s/%s", netns, dev, ipnet_print(to, t),
		   ip_print(via, v));
}

const char *diff_key_fdb(struct diff *d, const char *netns, const char *dev,
			 const struct mac *mac, const struct ip *dst)
{
	char t[IP_TEXT_MAX], m[MAC_TEXT_MAX];

	return key(d, "f/%s/%s/%s/%s", netns, dev, mac_print(mac, m),
		   ip_print(dst, t));
}

const char *diff_key_res(struct diff *d, const struct res *r)
{
	switch (r->kind) {
	case RES_NETNS:
		return diff_key_netns(d, r->netns);
	case RES_LINK:
		return diff_key_link(d, r->netns, r->link.name);
	case RES_SYSCTL:
		return diff_key_sysctl(d, r->netns, r->sysctl.key);
	case RES_ADDR:
		return diff_key_addr(d, r->netns, r->addr.dev, &r->addr.addr);
	case RES_ROUTE:
		return diff_key_route(d, r->netns, r->route.dev, &r->route.to,
				      &r->route.via);
	case RES_FDB:
		return diff_key_fdb(d, r->netns, r->fdb.dev, &r->fdb.mac,
				    &r->fdb.dst);
	case RES_ENGINE:
		break;
	}
	return key(d, "engine");
}

static void index_ns(struct diff *d, const struct obs_ns *ns)
{
	size_t i;

	strmap_put(&d->seen, diff_key_netns(d, ns->name), ns);
	for (i = 0; i < ns->nlinks; i++)
		strmap_put(&d->seen,
			   diff_key_link(d, ns->name, ns->links[i].name),
			   &ns->links[i]);
	for (i = 0; i < ns->naddrs; i++)
		strmap_put(&d->seen,
			   diff_key_addr(d, ns->name, ns->addrs[i].dev,
					 &ns->addrs[i].addr),
			   &ns->addrs[i]);
	for (i = 0; i < ns->nroutes; i++)
		strmap_put(&d->seen,
			   diff_key_route(d, ns->name, ns->routes[i].dev,
					  &ns->routes[i].to,
					  &ns->routes[i].via),
			   &ns->routes[i]);
	for (i = 0; i < ns->nfdb; i++)
		if (ns->fdb[i].permanent)
			strmap_put(&d->seen,
				   diff_key_fdb(d, ns->name, ns->fdb[i].dev,
						&ns->fdb[i].mac,
						&ns->fdb[i].dst),
				   &ns->fdb[i]);
	for (i = 0; i < ns->nsysctls; i++)
		strmap_put(&d->seen,
			   diff_key_sysctl(d, ns->name, ns->sysctls[i].key),
			   &ns->sysctls[i]);
}

void diff_index(struct diff *d)
{
	size_t i;

	for (i = 0; i < d->p->n; i++)
		strmap_put(&d->want, diff_key_res(d, &d->p->res[i]),
			   &d->p->res[i]);
	for (i = 0; i < d->p->nvirt; i++) {
		const struct plan_virtual *v = &d->p->virt[i];

		strmap_put(
			&d->virt,
			ip_is_set(&v->via)
				? diff_key_route(d, v->netns, v->dev, &v->addr,
						 &v->via)
				: diff_key_addr(d, v->netns, v->dev, &v->addr),
			v);
	}
	for (i = 0; i < d->have->nns; i++)
		index_ns(d, &d->have->ns[i]);
}

bool diff_ours(const struct diff *d, const char *alias)
{
	return alias && strcmp(alias, d->p->mark) == 0;
}

bool diff_marked(const struct diff *d, const struct obs_ns *ns)
{
	const struct obs_link *lo = obs_link(ns, "lo");

	return lo && diff_ours(d, lo->alias);
}

struct change *diff_push(struct diff *d, struct changes *list,
			 enum change_op op, const struct res *r)
{
	struct change *c = arena_push(d->a, &list->items, &list->n, sizeof(*c));

	c->op = op;
	if (op == CHANGE_REMOVE)
		c->have = *r;
	else
		c->want = r;
	c->what = res_what(d->a, r);
	if (op == CHANGE_ADD)
		c->why = res_detail(d->a, r);
	return c;
}

void diff_remove_link(struct diff *d, const char *netns,
		      const struct obs_link *l)
{
	struct res r = {.kind = RES_LINK, .netns = netns};

	r.link.name = l->name;
	r.link.kind = LINK_VETH;
	if (strcmp(l->kind, "bridge") == 0)
		r.link.kind = LINK_BRIDGE;
	if (strcmp(l->kind, "vxlan") == 0)
		r.link.kind = LINK_VXLAN;
	diff_push(d, &d->del, CHANGE_REMOVE, &r);
}

const struct obs_link *diff_link_seen(struct diff *d, const char *netns,
				      const char *name)
{
	return strmap_get(&d->seen, diff_key_link(d, netns, name));
}

bool diff_is_anew(struct diff *d, const char *netns, const char *name)
{
	return strmap_get(&d->anew, diff_key_link(d, netns, name)) != NULL;
}
