/* SPDX-License-Identifier: MIT */
/* What is there and should not be: only ever what carries the lab's mark. */
#include <linux/rtnetlink.h>
#include <string.h>

#include "provision/node/diff.h"

/* The wanted link that a thing stands on, if it is the lab's and stays. */
static const struct res_link *staying(struct diff *d, const char *netns,
				      const char *dev)
{
	const struct obs_link *l = diff_link_seen(d, netns, dev);
	const struct res *r =
		strmap_get(&d->want, diff_key_link(d, netns, dev));

	if (!l || !r || r->kind != RES_LINK || diff_is_anew(d, netns, dev))
		return NULL;
	if (!diff_ours(d, l->alias))
		return NULL;
	return &r->link;
}

static bool link_local(const struct ip *ip)
{
	return ip->family == 6 && ip->b[0] == 0xfe && (ip->b[1] & 0xc0) == 0x80;
}

static bool loopback(const struct ip *ip)
{
	static const struct ip one = {6, {[15] = 1}};

	return ip_equal(ip, &one) || (ip->family == 4 && ip->b[0] == 127);
}

static void extra_addrs(struct diff *d, const struct obs_ns *ns)
{
	size_t i;

	for (i = 0; i < ns->naddrs; i++) {
		const struct obs_addr *o = &ns->addrs[i];
		const struct res_link *l = staying(d, ns->name, o->dev);
		struct res r = {.kind = RES_ADDR, .netns = ns->name};
		const char *k;

		if (!l || loopback(&o->addr.ip) ||
		    (link_local(&o->addr.ip) && !l->addr_gen_none))
			continue;
		k = diff_key_addr(d, ns->name, o->dev, &o->addr);
		if (strmap_get(&d->want, k) || strmap_get(&d->virt, k))
			continue;
		r.addr.dev = o->dev;
		r.addr.addr = o->addr;
		diff_push(d, &d->del, CHANGE_REMOVE, &r);
	}
}

static void extra_routes(struct diff *d, const struct obs_ns *ns)
{
	size_t i;

	for (i = 0; i < ns->nroutes; i++) {
		const struct obs_route *o = &ns->routes[i];
		struct res r = {.kind = RES_ROUTE, .netns = ns->name};
		const char *k;

		if (o->proto == RTPROT_KERNEL || o->proto == RTPROT_REDIRECT ||
		    o->proto == RTPROT_RA || !staying(d, ns->name, o->dev))
			continue;
		k = diff_key_route(d, ns->name, o->dev, &o->to, &o->via);
		if (strmap_get(&d->want, k) || strmap_get(&d->virt, k))
			continue;
		r.route.to = o->to;
		r.route.via = o->via;
		r.route.dev = o->dev;
		diff_push(d, &d->del, CHANGE_REMOVE, &r);
	}
}

static void extra_fdb(struct diff *d, const struct obs_ns *ns)
{
	size_t i;

	for (i = 0; i < ns->nfdb; i++) {
		const struct obs_fdb *o = &ns->fdb[i];
		const struct res_link *l = staying(d, ns->name, o->dev);
		struct res r = {.kind = RES_FDB, .netns = ns->name};

		/* The group's own entry is the kernel's. */
		if (!l || !o->permanent || ip_equal(&o->dst, &l->group))
			continue;
		if (strmap_get(&d->want, diff_key_fdb(d, ns->name, o->dev,
						      &o->mac, &o->dst)))
			continue;
		r.fdb.dev = o->dev;
		r.fdb.mac = o->mac;
		r.fdb.dst = o->dst;
		diff_push(d, &d->del, CHANGE_REMOVE, &r);
	}
}

static void extra_links(struct diff *d, const struct obs_ns *ns)
{
	size_t i;

	for (i = 0; i < ns->nlinks; i++) {
		const struct obs_link *l = &ns->links[i];

		if (diff_ours(d, l->alias) &&
		    strcmp(l->kind, "loopback") != 0 &&
		    !strmap_get(&d->want, diff_key_link(d, ns->name, l->name)))
			diff_remove_link(d, ns->name, l);
	}
}

void diff_extra(struct diff *d)
{
	const struct observed *o = d->have;
	size_t i;

	for (i = 0; i < o->nns; i++) {
		const struct obs_ns *ns = &o->ns[i];
		struct res r = {.kind = RES_NETNS, .netns = ns->name};

		if (*ns->name &&
		    !strmap_get(&d->want, diff_key_netns(d, ns->name))) {
			if (diff_marked(d, ns))
				diff_push(d, &d->del, CHANGE_REMOVE, &r);
			continue;
		}
		extra_links(d, ns);
		extra_addrs(d, ns);
		extra_routes(d, ns);
		extra_fdb(d, ns);
	}
	if (!strmap_get(&d->want, "engine") &&
	    (o->engine_running || o->engine_error || o->engine_files)) {
		struct res r = {.kind = RES_ENGINE, .netns = ""};

		diff_push(d, &d->del, CHANGE_REMOVE, &r);
	}
}
