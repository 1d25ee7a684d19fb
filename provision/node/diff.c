/* SPDX-License-Identifier: MIT */
/*
 * The difference between what should be and what is
 * =================================================
 * Both sides are indexed by one text for each thing ("address, namespace,
 * device, prefix"), so that a plan of thousands is compared in one pass over
 * it and one over what was seen.
 *
 * What may be taken away: only what carries the lab's mark. That is a link
 * whose alias is the mark, a namespace whose lo has it as alias, and addresses,
 * routes and forwarding entries on such links. Not what the kernel makes (its
 * own routes, link-local addresses, learned entries), and not what the VRRP
 * engine adds and removes, which is neither missing nor extra.
 *
 * A link that stands but cannot be changed into what is wanted (vxlan
 * attributes, a veth pair with one end missing or elsewhere) is removed and
 * made anew, with all that was on it. A link with the right name that belongs
 * to somebody else is left alone; the change is there, marked blocked.
 */
#include <string.h>

#include "lib/buf.h"
#include "provision/node/diff.h"

#define ROUTER_NETNS "qrouter-"
#define DEFAULT_FORWARDING "net/ipv6/conf/default/forwarding"

static struct change *add(struct diff *d, const struct res *r)
{
	return diff_push(d, &d->add, CHANGE_ADD, r);
}

static struct change *modify(struct diff *d, const struct res *r,
			     const char *why)
{
	struct change *c = diff_push(d, &d->add, CHANGE_MODIFY, r);

	c->why = why;
	return c;
}

static void diff_sysctl(struct diff *d, const struct res *r)
{
	const char *k = r->sysctl.key, *w = r->sysctl.value;
	const struct obs_sysctl *s = strmap_get(&d->seen, diff_key_res(d, r));

	if (!strmap_get(&d->seen, diff_key_netns(d, r->netns))) {
		add(d, r);
		return;
	}
	if (!s) {
		/* The bridge's hooks are there only with br_netfilter. */
		if (strncmp(k, "net/bridge/", 11) != 0)
			modify(d, r, "it cannot be read");
		return;
	}
	if (strcmp(s->value, w) != 0) {
		modify(d, r, arena_printf(d->a, "%s, wanted %s", s->value, w));
		/* Writing this one sets the default and every link's. */
		if (strcmp(k, DIFF_ALL_FORWARDING) == 0)
			strmap_put(&d->anew, diff_key_res(d, r), r);
	} else if (strcmp(k, DEFAULT_FORWARDING) == 0 &&
		   strmap_get(&d->anew, diff_key_sysctl(d, r->netns,
							DIFF_ALL_FORWARDING))) {
		modify(d, r, "set again after conf/all");
	}
}

/* Things on a link: there, unless the link itself is made anew. */
static void diff_on_link(struct diff *d, const struct res *r, const char *dev)
{
	bool there = strmap_get(&d->seen, diff_key_res(d, r)) != NULL;

	if (!there || diff_is_anew(d, r->netns, dev))
		add(d, r);
}

static void diff_netns(struct diff *d, const struct res *r)
{
	const struct obs_ns *ns = strmap_get(&d->seen, diff_key_res(d, r));

	if (!ns)
		add(d, r);
	else if (!diff_marked(d, ns))
		modify(d, r, "without the lab's mark");
}

static bool runs_router(const struct diff *d, const char *id)
{
	size_t i;

	for (i = 0; i < d->have->nrouters; i++)
		if (strcmp(d->have->routers[i].id, id) == 0)
			return true;
	return false;
}

/* The router whose namespace this is takes it up again. */
static void rejoin(struct diff *d, const char *netns)
{
	size_t n = strlen(ROUTER_NETNS);
	const char **id;

	if (strncmp(netns, ROUTER_NETNS, n) != 0 ||
	    !runs_router(d, netns + n) ||
	    (d->nrejoin && strcmp(d->rejoin[d->nrejoin - 1], netns + n) == 0))
		return;
	id = arena_push(d->a, &d->rejoin, &d->nrejoin, sizeof(*id));
	*id = netns + n;
}

static void diff_engine(struct diff *d, const struct res *r)
{
	const struct observed *o = d->have;
	char digest[DIGEST_TEXT_MAX];
	struct change *c;
	bool same;
	size_t i;

	plan_digest(r->engine.config, strlen(r->engine.config), digest);
	same = o->engine_digest && strcmp(o->engine_digest, digest) == 0;
	/* Links by router, as plan_build() has them: duplicates are neighbours.
	 * New links of a changed configuration are the reload's business. */
	for (i = 0; i < d->p->n; i++) {
		const struct res *l = &d->p->res[i];

		if (l->kind != RES_LINK || !l->link.engine_addrs ||
		    !diff_is_anew(d, l->netns, l->link.name))
			continue;
		if (same || strncmp(l->link.name, "ha-", 3) == 0 ||
		    !strmap_get(&d->seen, diff_key_netns(d, l->netns)))
			rejoin(d, l->netns);
	}
	if (!o->engine_running && !o->engine_error) {
		add(d, r);
		return;
	}
	if (o->engine_running && same && !d->nrejoin)
		return;
	c = modify(d, r,
		   !o->engine_running ? o->engine_error
		   : !same            ? "another configuration"
			   : "its namespaces or links are made anew");
	c->ids = d->rejoin;
	c->nids = d->nrejoin;
}

static void diff_wanted(struct diff *d)
{
	size_t i;

	for (i = 0; i < d->p->n; i++) {
		const struct res *r = &d->p->res[i];

		switch (r->kind) {
		case RES_NETNS:
			diff_netns(d, r);
			break;
		case RES_LINK:
			diff_link(d, r);
			break;
		case RES_SYSCTL:
			diff_sysctl(d, r);
			break;
		case RES_ADDR:
			diff_on_link(d, r, r->addr.dev);
			break;
		case RES_ROUTE:
			diff_on_link(d, r, r->route.dev);
			break;
		case RES_FDB:
			diff_on_link(d, r, r->fdb.dev);
			break;
		case RES_ENGINE:
			diff_engine(d, r);
			break;
		}
	}
}

/* The order of making; links: bridges, uplinks, pairs. */
static unsigned rank(const struct res *r)
{
	static const unsigned kinds[] = {
		[RES_NETNS] = 0,   [RES_LINK] = 10,  [RES_SYSCTL] = 20,
		[RES_ADDR] = 30,   [RES_ROUTE] = 40, [RES_FDB] = 50,
		[RES_ENGINE] = 60,
	};

	return kinds[r->kind] +
	       (r->kind == RES_LINK ? (unsigned)r->link.kind : 0);
}

/* Removals by falling rank, then the rest; both keep their order. */
static void join(struct diff *d, struct changes *ret)
{
	static const unsigned last = 60;
	struct changes *all = ret;
	size_t i;

	all->items =
		arena_array(d->a, d->del.n + d->add.n, sizeof(*all->items));
	all->n = 0;
	for (unsigned r = last + 1; r-- > 0;)
		for (i = d->del.n; i-- > 0;)
			if (rank(&d->del.items[i].have) == r)
				all->items[all->n++] = d->del.items[i];
	for (i = 0; i < d->add.n; i++)
		all->items[all->n++] = d->add.items[i];
}

void plan_diff(struct arena *a, const struct plan *p,
	       const struct observed *have, struct changes *ret)
{
	struct diff d = {
		.a = a,
		.p = p,
		.have = have,
		.want.arena = a,
		.seen.arena = a,
		.virt.arena = a,
		.anew.arena = a,
	};

	diff_index(&d);
	diff_judge_links(&d);
	diff_wanted(&d);
	diff_extra(&d);
	join(&d, ret);
	buf_release(&d.key);
	buf_release(&d.why);
}
