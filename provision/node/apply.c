/* SPDX-License-Identifier: MIT */
/*
 * Carrying changes out
 * ====================
 * Steps, each in as few sends as there are namespaces to speak to:
 *
 *   1. removals, in the order given (from the engine down to namespaces);
 *   2. namespaces; their lo gets the mark;
 *   3. sysctls, before there are links that inherit them;
 *   4. new links: the pairs are made from the node's own namespace, the far
 *      end directly where it belongs;
 *   5. in each namespace, the node's own first: attributes, up, addresses,
 *      routes, forwarding entries;
 *   6. the engine.
 *
 * All of it runs in a thread of its own that may change namespace as it
 * likes; the caller's never does. A message that fails is noted for its
 * change and the rest goes on: the kernel itself refuses what depended on it.
 * Nothing is undone: what stands is right, and the next run completes it.
 */
#include "provision/node/apply.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "lib/auto.h"
#include "lib/netns.h"
#include "lib/rtnl.h"
#include "provision/node/apply_nl.h"
#include "provision/node/engine.h"
#include "provision/node/observe_nl.h"
#include "lib/strmap.h"

#define NETNS_PATH_MAX 512
/* The link group of what is about to be deleted; nobody else's by chance. */
#define DOOMED_GROUP 0x6c616264u
#define MARK_CHANGE SIZE_MAX /* a message that belongs to no change */

/* A namespace that is spoken to. */
struct place {
	const char *name;
	int fd;
	struct rtnl *r;
	struct err err; /* why it could not be opened */
	bool broken;
	size_t *sent; /* the change that each queued message belongs to */
	size_t nsent;
	size_t *doomed; /* removals of links, for one deletion together */
	size_t ndoomed;
	struct strmap index; /* names to obs_link; empty: not read yet */
};

struct apply {
	struct arena *a;
	const struct plan *p;
	const struct changes *ch;
	struct failures *fails;
	struct strmap places, peers;
	struct place **list;
	size_t nlist;
	const char **why; /* by change: why it failed */
};

/* --- places --------------------------------------------------------------- */

static void place_open(struct place *p)
{
	p->fd = netns_open(p->name, &p->err);
	if (p->fd < 0 || rtnl_open(&p->r, p->fd, &p->err) < 0)
		p->broken = true;
}

static void place_close(struct place *p)
{
	rtnl_free(p->r);
	if (p->fd >= 0)
		close(p->fd);
	p->r = NULL;
	p->fd = -1;
}

static struct place *place(struct apply *ap, const char *name)
{
	/* The map's key may not be empty for the node's own. */
	char key[NETNS_PATH_MAX];
	struct place *p, **slot;

	snprintf(key, sizeof(key), "/%s", name);
	p = strmap_get(&ap->places, key);
	if (p)
		return p;
	p = arena_alloc(ap->a, sizeof(*p));
	p->name = name;
	p->fd = -1;
	p->index.arena = ap->a;
	place_open(p);
	strmap_put(&ap->places, key, p);
	slot = arena_push(ap->a, &ap->list, &ap->nlist, sizeof(*slot));
	*slot = p;
	return p;
}

/* What was there under this name is another namespace now, or none. */
static void place_renew(struct apply *ap, const char *name)
{
	struct place *p = place(ap, name);

	place_close(p);
	p->broken = false;
	p->index = (struct strmap){.arena = ap->a};
	place_open(p);
}

static void fail(struct apply *ap, size_t change, const char *why)
{
	if (change != MARK_CHANGE && !ap->why[change])
		ap->why[change] = arena_strdup(ap->a, why);
}

static void fail_errno(struct apply *ap, size_t change, int e,
		       const char *words)
{
	struct err err;

	if (*words)
		err_set(&err, e, "%s (%s)", strerror(-e), words);
	else
		err_set(&err, e, "%s", strerror(-e));
	fail(ap, change, err.msg);
}

static bool usable(struct apply *ap, struct place *p, size_t change)
{
	if (p->broken)
		fail(ap, change, p->err.msg);
	return !p->broken;
}

/* The messages queued since the last time belong to this change. */
static void owned(struct apply *ap, struct place *p, size_t change)
{
	while (p->nsent < rtnl_queued(p->r)) {
		size_t *s = arena_push(ap->a, &p->sent, &p->nsent, sizeof(*s));

		*s = change;
	}
}

/* Gone already is as good as removed. */
static bool forgiven(const struct change *c, int e)
{
	return c->op == CHANGE_REMOVE && (e == -ENODEV || e == -ENOENT ||
					  e == -ESRCH || e == -EADDRNOTAVAIL);
}

static void send_off(struct apply *ap, struct place *p)
{
	size_t i;
	int e;

	if (p->broken || !rtnl_queued(p->r))
		return;
	(void)rtnl_commit(p->r, NULL);
	for (i = 0; i < p->nsent; i++) {
		e = rtnl_result(p->r, i);
		if (e < 0 && p->sent[i] != MARK_CHANGE &&
		    !forgiven(&ap->ch->items[p->sent[i]], e))
			fail_errno(ap, p->sent[i], e, rtnl_words(p->r, i));
	}
	p->nsent = 0;
}

static void send_all(struct apply *ap)
{
	size_t i;

	for (i = 0; i < ap->nlist; i++)
		send_off(ap, ap->list[i]);
}

/* A link's index, or 0; the table is read once and again after changes. */
static unsigned index_of(struct apply *ap, struct place *p, const char *name)
{
	const struct obs_link *l;
	struct obs_ns ns = {.name = p->name};
	size_t i;

	if (!p->index.n && observe_links(ap->a, p->r, &ns, NULL) == 0)
		for (i = 0; i < ns.nlinks; i++)
			strmap_put(&p->index, ns.links[i].name, &ns.links[i]);
	l = strmap_get(&p->index, name);
	return l ? l->index : 0;
}

/* The index of a device that a thing stands on; fails the change without. */
static unsigned need_index(struct apply *ap, struct place *p, size_t change,
			   const char *dev)
{
	unsigned index = index_of(ap, p, dev);
	struct err err;

	if (!index) {
		err_set(&err, -ENODEV, "there is no link %s", dev);
		fail(ap, change, err.msg);
	}
	return index;
}

/* --- steps ---------------------------------------------------------------- */

static void queue_removal(struct apply *ap, size_t i)
{
	const struct res *r = &ap->ch->items[i].have;
	struct place *p = place(ap, r->netns);
	unsigned index;
	size_t *slot;

	if (p->broken)
		return; /* the namespace is gone, and all in it */
	switch (r->kind) {
	case RES_LINK:
		apply_nl_group(p->r, r->link.name, DOOMED_GROUP);
		slot = arena_push(ap->a, &p->doomed, &p->ndoomed,
				  sizeof(*slot));
		*slot = i;
		break;
	case RES_ADDR:
		index = index_of(ap, p, r->addr.dev);
		if (index)
			apply_nl_addr(p->r, false, &r->addr.addr, index);
		break;
	case RES_ROUTE:
		index = index_of(ap, p, r->route.dev);
		if (index)
			apply_nl_route(p->r, false, &r->route.to, &r->route.via,
				       index);
		break;
	case RES_FDB:
		index = index_of(ap, p, r->fdb.dev);
		if (index)
			apply_nl_fdb(p->r, false, &r->fdb.mac, &r->fdb.dst,
				     index);
		break;
	case RES_NETNS:
	case RES_SYSCTL:
	case RES_ENGINE:
		break;
	}
	owned(ap, p, i);
}

/*
 * Removes the links that were put in the group, all at once: each deletion of
 * its own costs the kernel some 50 ms of waiting, and so do all together.
 */
static void delete_doomed(struct apply *ap, struct place *p)
{
	size_t i;

	send_off(ap, p);
	if (p->broken || !p->ndoomed)
		return;
	apply_nl_del_group(p->r, DOOMED_GROUP);
	if (rtnl_commit(p->r, NULL) < 0) {
		/* None is left, as the far ends were deleted first; or one of
		 * them cannot be deleted, and which one is worth knowing. */
		for (i = 0; i < p->ndoomed; i++) {
			apply_nl_del_link(
				p->r,
				ap->ch->items[p->doomed[i]].have.link.name);
			owned(ap, p, p->doomed[i]);
		}
		send_off(ap, p);
	}
	p->ndoomed = 0;
}

static void delete_all_doomed(struct apply *ap)
{
	size_t i;

	for (i = 0; i < ap->nlist; i++)
		delete_doomed(ap, ap->list[i]);
}

static void removals(struct apply *ap)
{
	struct err err;
	size_t i;
	int e;

	for (i = 0; i < ap->ch->n; i++) {
		const struct change *c = &ap->ch->items[i];

		if (c->op != CHANGE_REMOVE)
			continue;
		if (c->have.kind == RES_ENGINE) {
			if (engine_remove(ap->p->state_dir, &err) < 0)
				fail(ap, i, err.msg);
		} else if (c->have.kind == RES_NETNS) {
			/* Its links' outer ends go first, so that their names
			 * are free when this returns. */
			delete_all_doomed(ap);
			place_close(place(ap, c->have.netns));
			place(ap, c->have.netns)->broken = true;
			e = netns_del(c->have.netns, &err);
			if (e < 0 && e != -ENOENT)
				fail(ap, i, err.msg);
		} else {
			queue_removal(ap, i);
		}
	}
	delete_all_doomed(ap);
	for (i = 0; i < ap->nlist; i++)
		ap->list[i]->index = (struct strmap){.arena = ap->a};
}

static bool is_netns(const char *name)
{
	auto_close int fd = netns_open(name, NULL);

	return fd >= 0 && setns(fd, CLONE_NEWNET) == 0;
}

static void make_netns(struct apply *ap, size_t i)
{
	const struct res *r = ap->ch->items[i].want;
	struct place *p;
	struct err err;
	int e;

	e = netns_add(r->netns, &err);
	if (e == -EEXIST && !is_netns(r->netns)) {
		/* A file without a namespace: an add that was cut short. */
		e = netns_del(r->netns, &err);
		if (e == 0)
			e = netns_add(r->netns, &err);
	}
	if (e < 0 && e != -EEXIST) {
		fail(ap, i, err.msg);
		return;
	}
	place_renew(ap, r->netns);
	p = place(ap, r->netns);
	if (!usable(ap, p, i))
		return;
	apply_nl_mark(p->r, "lo", ap->p->mark);
	owned(ap, p, i);
	send_off(ap, p);
}

static void write_sysctl(struct apply *ap, size_t i, const char *key,
			 const char *value)
{
	char path[512];
	auto_close int fd = -1;
	size_t len = strlen(value);
	struct err err;
	int e = 0;

	snprintf(path, sizeof(path), "/proc/sys/%s", key);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, value, len) != (ssize_t)len)
		e = -errno;
	if (e < 0) {
		err_sys(&err, e, "write %s", path);
		fail(ap, i, err.msg);
	}
}

static bool enter(struct apply *ap, const char *netns, size_t change)
{
	struct place *p = place(ap, netns);

	if (!usable(ap, p, change))
		return false;
	if (setns(p->fd, CLONE_NEWNET) == 0)
		return true;
	fail_errno(ap, change, -errno, "enter the namespace");
	return false;
}

/* Calls fn for each addition and modification of a kind. */
static void each(struct apply *ap, enum res_kind kind,
		 void (*fn)(struct apply *, size_t))
{
	size_t i;

	for (i = 0; i < ap->ch->n; i++)
		if (ap->ch->items[i].op != CHANGE_REMOVE &&
		    ap->ch->items[i].want->kind == kind)
			fn(ap, i);
}

static void set_sysctl(struct apply *ap, size_t i)
{
	const struct res *r = ap->ch->items[i].want;

	if (enter(ap, r->netns, i))
		write_sysctl(ap, i, r->sysctl.key, r->sysctl.value);
}

static const struct res_link *peer_of(struct apply *ap, const struct res *r)
{
	char key[NETNS_PATH_MAX];

	snprintf(key, sizeof(key), "%s/%s", r->link.peer_netns, r->link.peer);
	return strmap_get(&ap->peers, key);
}

static void index_peers(struct apply *ap)
{
	char key[NETNS_PATH_MAX];
	const struct res *r;
	size_t i;

	for (i = 0; i < ap->p->n; i++) {
		r = &ap->p->res[i];
		if (r->kind != RES_LINK || r->link.kind != LINK_VETH ||
		    r->link.peer)
			continue;
		snprintf(key, sizeof(key), "%s/%s", r->netns, r->link.name);
		strmap_put(&ap->peers, key, &r->link);
	}
}

static void make_link(struct apply *ap, size_t i)
{
	const struct change *c = &ap->ch->items[i];
	const struct res *r = c->want;
	struct place *p = place(ap, r->netns), *far = NULL;
	unsigned lower = 0;

	if (c->blocked) {
		fail(ap, i, c->why);
		return;
	}
	if (c->op != CHANGE_ADD || r->link.kind == LINK_EXISTING ||
	    (r->link.kind == LINK_VETH && !r->link.peer) || !usable(ap, p, i))
		return;
	if (r->link.kind == LINK_VETH) {
		far = place(ap, r->link.peer_netns);
		if (!usable(ap, far, i))
			return;
	}
	if (r->link.kind == LINK_VXLAN) {
		lower = need_index(ap, p, i, r->link.dev);
		if (!lower)
			return;
	}
	apply_nl_create(p->r, &r->link, far ? peer_of(ap, r) : NULL,
			far ? far->fd : -1, lower);
	owned(ap, p, i);
}

/* disable_ipv6 and forwarding of a link have no message, only a file. */
static void link_files(struct apply *ap, size_t i)
{
	const struct change *c = &ap->ch->items[i];
	const struct res_link *l = &c->want->link;
	bool off = c->op == CHANGE_ADD ? l->ipv6_off
				       : c->fields & LINK_HAS_IPV6_OFF;
	/* A new link inherits it from conf/default. */
	bool quiet =
		c->op == CHANGE_MODIFY && (c->fields & LINK_HAS_IPV6_QUIET);
	char key[256];

	if (ap->why[i] || (!off && !quiet) || !enter(ap, c->want->netns, i))
		return;
	if (off) {
		snprintf(key, sizeof(key), "net/ipv6/conf/%s/disable_ipv6",
			 l->name);
		write_sysctl(ap, i, key, l->ipv6_off ? "1" : "0");
	}
	if (quiet) {
		snprintf(key, sizeof(key), "net/ipv6/conf/%s/forwarding",
			 l->name);
		write_sysctl(ap, i, key, "0");
	}
}

static void set_link(struct apply *ap, size_t i)
{
	const struct change *c = &ap->ch->items[i];
	const struct res *r = c->want;
	struct place *p = place(ap, r->netns);
	unsigned fields = c->fields, master = 0;

	if (ap->why[i] || !usable(ap, p, i))
		return;
	if (c->op == CHANGE_ADD) {
		/* Made with these, or not ours to set. */
		fields &= ~(unsigned)(LINK_HAS_MAC | LINK_HAS_MTU |
				      LINK_HAS_BRIDGE);
		if (r->link.kind == LINK_EXISTING)
			fields &= LINK_HAS_UP |
				  (r->link.master ? LINK_HAS_MASTER : 0u);
		if (!r->link.addr_gen_none)
			fields &= ~(unsigned)LINK_HAS_ADDR_GEN;
		if (!r->link.master)
			fields &= ~(unsigned)LINK_HAS_MASTER;
	}
	if ((fields & LINK_HAS_MASTER) && r->link.master) {
		master = need_index(ap, p, i, r->link.master);
		if (!master)
			fields &= ~(unsigned)LINK_HAS_MASTER;
	}
	apply_nl_set(p->r, r->link.name, ap->p->mark, &r->link, fields, master);
	if (fields & LINK_HAS_UP)
		apply_nl_updown(p->r, r->link.name, r->link.up);
	owned(ap, p, i);
}

static void set_on_link(struct apply *ap, size_t i)
{
	const struct res *r = ap->ch->items[i].want;
	struct place *p = place(ap, r->netns);
	const char *dev = r->kind == RES_ADDR    ? r->addr.dev
			  : r->kind == RES_ROUTE ? r->route.dev
						 : r->fdb.dev;
	unsigned index;

	if (!usable(ap, p, i))
		return;
	index = need_index(ap, p, i, dev);
	if (!index)
		return;
	if (r->kind == RES_ADDR)
		apply_nl_addr(p->r, true, &r->addr.addr, index);
	else if (r->kind == RES_ROUTE)
		apply_nl_route(p->r, true, &r->route.to, &r->route.via, index);
	else
		apply_nl_fdb(p->r, true, &r->fdb.mac, &r->fdb.dst, index);
	owned(ap, p, i);
}

static void set_engine(struct apply *ap, size_t i)
{
	const struct change *c = &ap->ch->items[i];
	struct err err;

	/* It belongs to the node, not to where this thread happens to be. */
	if (!enter(ap, "", i))
		return;
	if (engine_run(ap->p->state_dir, c->want, c->ids, c->nids, &err) < 0)
		fail(ap, i, err.msg);
}

static void *apply_thread(void *ctx)
{
	struct apply *ap = ctx;
	size_t i;

	if (place(ap, "")->broken)
		return NULL;
	removals(ap);
	each(ap, RES_NETNS, make_netns);
	each(ap, RES_SYSCTL, set_sysctl);
	index_peers(ap);
	each(ap, RES_LINK, make_link);
	send_all(ap);
	for (i = 0; i < ap->nlist; i++)
		ap->list[i]->index = (struct strmap){.arena = ap->a};
	each(ap, RES_LINK, link_files);
	each(ap, RES_LINK, set_link);
	each(ap, RES_ADDR, set_on_link);
	each(ap, RES_ROUTE, set_on_link);
	each(ap, RES_FDB, set_on_link);
	send_all(ap);
	each(ap, RES_ENGINE, set_engine);
	return NULL;
}

int apply_changes(struct arena *a, const struct plan *p,
		  const struct changes *changes, struct failures *ret,
		  struct err *reterr)
{
	struct apply ap = {
		.a = a,
		.p = p,
		.ch = changes,
		.fails = ret,
		.places.arena = a,
		.peers.arena = a,
		.why = arena_array(a, changes->n + 1, sizeof(*ap.why)),
	};
	struct failure *f;
	pthread_t t;
	size_t i;
	int e;

	*ret = (struct failures){0};
	e = pthread_create(&t, NULL, apply_thread, &ap);
	if (e != 0)
		return err_sys(reterr, -e, "start a thread");
	pthread_join(t, NULL);
	for (i = 0; i < ap.nlist; i++)
		place_close(ap.list[i]);
	if (ap.nlist && ap.list[0]->broken) {
		if (reterr)
			*reterr = ap.list[0]->err;
		return ap.list[0]->err.code;
	}
	for (i = 0; i < changes->n; i++) {
		if (!ap.why[i])
			continue;
		f = arena_push(a, &ret->items, &ret->n, sizeof(*f));
		f->op = changes->items[i].op;
		f->what = changes->items[i].what;
		f->why = ap.why[i];
	}
	return 0;
}
