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
#include <linux/rtnetlink.h>
#include <stdarg.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "provision/plan.h"
#include "provision/strmap.h"

#define ROUTER_NETNS "qrouter-"
#define ALL_FORWARDING "net/ipv6/conf/all/forwarding"
#define DEFAULT_FORWARDING "net/ipv6/conf/default/forwarding"

struct diff {
	struct arena *a;
	const struct plan *p;
	const struct observed *have;
	struct strmap want; /* key -> struct res */
	struct strmap seen; /* key -> what was observed */
	struct strmap virt; /* key -> what the engine owns */
	struct strmap anew; /* links that are made (again) */
	struct buf key, why;
	struct changes add, del;
	const char **rejoin; /* routers for the engine to take up again */
	size_t nrejoin;
};

/* --- keys ----------------------------------------------------------------- */

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

static const char *key_netns(struct diff *d, const char *name)
{
	return key(d, "n/%s", name);
}

static const char *key_link(struct diff *d, const char *netns,
			    const char *name)
{
	return key(d, "l/%s/%s", netns, name);
}

static const char *key_sysctl(struct diff *d, const char *netns,
			      const char *name)
{
	return key(d, "s/%s/%s", netns, name);
}

static const char *key_addr(struct diff *d, const char *netns,
			    const char *dev, const struct ipnet *addr)
{
	char t[IP_TEXT_MAX];

	return key(d, "a/%s/%s/%s", netns, dev, ipnet_print(addr, t));
}

static const char *key_route(struct diff *d, const char *netns,
			     const char *dev, const struct ipnet *to,
			     const struct ip *via)
{
	char t[IP_TEXT_MAX], v[IP_TEXT_MAX];

	return key(d, "r/%s/%s/%s/%s", netns, dev, ipnet_print(to, t),
		   ip_print(via, v));
}

static const char *key_fdb(struct diff *d, const char *netns, const char *dev,
			   const struct mac *mac, const struct ip *dst)
{
	char t[IP_TEXT_MAX], m[MAC_TEXT_MAX];

	return key(d, "f/%s/%s/%s/%s", netns, dev, mac_print(mac, m),
		   ip_print(dst, t));
}

static const char *key_res(struct diff *d, const struct res *r)
{
	switch (r->kind) {
	case RES_NETNS:
		return key_netns(d, r->netns);
	case RES_LINK:
		return key_link(d, r->netns, r->link.name);
	case RES_SYSCTL:
		return key_sysctl(d, r->netns, r->sysctl.key);
	case RES_ADDR:
		return key_addr(d, r->netns, r->addr.dev, &r->addr.addr);
	case RES_ROUTE:
		return key_route(d, r->netns, r->route.dev, &r->route.to,
				 &r->route.via);
	case RES_FDB:
		return key_fdb(d, r->netns, r->fdb.dev, &r->fdb.mac,
			       &r->fdb.dst);
	case RES_ENGINE:
		break;
	}
	return key(d, "engine");
}

static void index_ns(struct diff *d, const struct obs_ns *ns)
{
	size_t i;

	strmap_put(&d->seen, key_netns(d, ns->name), ns);
	for (i = 0; i < ns->nlinks; i++)
		strmap_put(&d->seen, key_link(d, ns->name, ns->links[i].name),
			   &ns->links[i]);
	for (i = 0; i < ns->naddrs; i++)
		strmap_put(&d->seen,
			   key_addr(d, ns->name, ns->addrs[i].dev,
				    &ns->addrs[i].addr),
			   &ns->addrs[i]);
	for (i = 0; i < ns->nroutes; i++)
		strmap_put(&d->seen,
			   key_route(d, ns->name, ns->routes[i].dev,
				     &ns->routes[i].to, &ns->routes[i].via),
			   &ns->routes[i]);
	for (i = 0; i < ns->nfdb; i++)
		if (ns->fdb[i].permanent)
			strmap_put(&d->seen,
				   key_fdb(d, ns->name, ns->fdb[i].dev,
					   &ns->fdb[i].mac, &ns->fdb[i].dst),
				   &ns->fdb[i]);
	for (i = 0; i < ns->nsysctls; i++)
		strmap_put(&d->seen,
			   key_sysctl(d, ns->name, ns->sysctls[i].key),
			   &ns->sysctls[i]);
}

static void index_both(struct diff *d)
{
	size_t i;

	for (i = 0; i < d->p->n; i++)
		strmap_put(&d->want, key_res(d, &d->p->res[i]),
			   &d->p->res[i]);
	for (i = 0; i < d->p->nvirt; i++) {
		const struct plan_virtual *v = &d->p->virt[i];

		strmap_put(&d->virt,
			   ip_is_set(&v->via)
				   ? key_route(d, v->netns, v->dev, &v->addr,
					       &v->via)
				   : key_addr(d, v->netns, v->dev, &v->addr),
			   v);
	}
	for (i = 0; i < d->have->nns; i++)
		index_ns(d, &d->have->ns[i]);
}

/* --- changes -------------------------------------------------------------- */

static bool ours(const struct diff *d, const char *alias)
{
	return alias && strcmp(alias, d->p->mark) == 0;
}

static bool marked(const struct diff *d, const struct obs_ns *ns)
{
	const struct obs_link *lo = obs_link(ns, "lo");

	return lo && ours(d, lo->alias);
}

/* A link with an alias that is not ours has another owner. */
static bool foreign(const struct diff *d, const struct obs_link *l)
{
	return l->alias && *l->alias && !ours(d, l->alias);
}

static struct change *push(struct diff *d, struct changes *list,
			   enum change_op op, const struct res *r)
{
	struct change *c = arena_push(d->a, &list->items, &list->n,
				      sizeof(*c));

	c->op = op;
	if (op == CHANGE_REMOVE)
		c->have = *r;
	else
		c->want = r;
	c->what = res_what(d->a, r);
	return c;
}

static struct change *add(struct diff *d, const struct res *r)
{
	return push(d, &d->add, CHANGE_ADD, r);
}

static struct change *modify(struct diff *d, const struct res *r,
			     const char *why)
{
	struct change *c = push(d, &d->add, CHANGE_MODIFY, r);

	c->why = why;
	return c;
}

static void blocked(struct diff *d, const struct res *r, const char *why)
{
	struct change *c = add(d, r);

	c->blocked = true;
	c->why = why;
}

static void remove_link(struct diff *d, const char *netns,
			const struct obs_link *l)
{
	struct res r = {.kind = RES_LINK, .netns = netns};

	r.link.name = l->name;
	r.link.kind = LINK_VETH;
	if (strcmp(l->kind, "bridge") == 0)
		r.link.kind = LINK_BRIDGE;
	if (strcmp(l->kind, "vxlan") == 0)
		r.link.kind = LINK_VXLAN;
	push(d, &d->del, CHANGE_REMOVE, &r);
}

static const struct obs_link *seen_link(struct diff *d, const char *netns,
					const char *name)
{
	return strmap_get(&d->seen, key_link(d, netns, name));
}

static bool is_anew(struct diff *d, const char *netns, const char *name)
{
	return strmap_get(&d->anew, key_link(d, netns, name)) != NULL;
}

/* --- what cannot stay ----------------------------------------------------- */

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool right_shape(const struct res_link *w, const struct obs_link *l)
{
	switch (w->kind) {
	case LINK_BRIDGE:
		return strcmp(l->kind, "bridge") == 0;
	case LINK_VXLAN:
		return strcmp(l->kind, "vxlan") == 0 && l->vni == w->vni &&
		       ip_equal(&l->vxlan_group, &w->group) &&
		       ip_equal(&l->vxlan_local, &w->local) &&
		       same_text(l->vxlan_dev, w->dev) &&
		       l->vxlan_port == w->port &&
		       l->vxlan_learning == w->learning;
	case LINK_VETH:
		return strcmp(l->kind, "veth") == 0;
	case LINK_EXISTING:
		break;
	}
	return true;
}

static void anew(struct diff *d, const char *netns, const char *name,
		 const struct res *r)
{
	strmap_put(&d->anew, key_link(d, netns, name), r);
}

/* Makes way for a link that is made anew; false where it must not. */
static bool make_way(struct diff *d, const char *netns,
		     const struct obs_link *l)
{
	if (!l)
		return true;
	/* Without any mark it may be a crash's leftover, but only a veth's
	 * name is drawn from the lab's identifiers. */
	if (foreign(d, l) ||
	    (!ours(d, l->alias) && strcmp(l->kind, "veth") != 0))
		return false;
	remove_link(d, netns, l);
	return true;
}

static void judge_pair(struct diff *d, const struct res *r)
{
	const struct res_link *w = &r->link;
	const struct obs_link *out = seen_link(d, r->netns, w->name);
	const struct obs_link *in = seen_link(d, w->peer_netns, w->peer);

	if (out && in && right_shape(w, out) && right_shape(w, in) &&
	    out->peer_index == in->index && in->peer_index == out->index)
		return;
	/* Blocked ones stay as they are, and the making fails with a reason. */
	if (make_way(d, r->netns, out))
		(void)make_way(d, w->peer_netns, in);
	anew(d, r->netns, w->name, r);
	anew(d, w->peer_netns, w->peer, r);
}

static void judge_links(struct diff *d)
{
	const struct obs_link *l;
	const struct res *r;
	size_t i;

	for (i = 0; i < d->p->n; i++) {
		r = &d->p->res[i];
		if (r->kind != RES_LINK || r->link.kind == LINK_EXISTING)
			continue;
		if (r->link.kind == LINK_VETH) {
			if (r->link.peer)
				judge_pair(d, r);
			continue;
		}
		l = seen_link(d, r->netns, r->link.name);
		if (l && right_shape(&r->link, l))
			continue;
		if (l)
			(void)make_way(d, r->netns, l);
		anew(d, r->netns, r->link.name, r);
	}
}

/* --- what is missing or different ----------------------------------------- */

static void because(struct diff *d, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void because(struct diff *d, const char *fmt, ...)
{
	va_list ap;

	if (d->why.len)
		buf_adds(&d->why, ", ");
	va_start(ap, fmt);
	buf_vprintf(&d->why, fmt, ap);
	va_end(ap);
}

static bool differs_master(struct diff *d, const struct res *r,
			   const struct obs_link *l)
{
	const char *w = r->link.master;

	if (!w)
		return r->link.kind != LINK_EXISTING && l->master;
	return !same_text(l->master, w) || is_anew(d, r->netns, w);
}

/* Which attributes differ; words about them go to d->why. */
static unsigned differing(struct diff *d, const struct res *r,
			  const struct obs_link *l)
{
	const struct res_link *w = &r->link;
	bool made = w->kind != LINK_EXISTING;
	char a[MAC_TEXT_MAX], b[MAC_TEXT_MAX];
	unsigned f = 0;

	if (made && !ours(d, l->alias)) {
		f |= LINK_HAS_MARK;
		because(d, "without the lab's mark");
	}
	if (w->has_mac && !mac_equal(&w->mac, &l->mac)) {
		f |= LINK_HAS_MAC;
		because(d, "address %s, wanted %s", mac_print(&l->mac, a),
			mac_print(&w->mac, b));
	}
	if (w->mtu && w->mtu != l->mtu) {
		f |= LINK_HAS_MTU;
		because(d, "mtu %u, wanted %u", l->mtu, w->mtu);
	}
	if (differs_master(d, r, l)) {
		f |= LINK_HAS_MASTER;
		because(d, "%s%s, wanted %s",
			l->master ? "in " : "in no bridge",
			l->master ? l->master : "",
			w->master ? w->master : "none");
	}
	if (made ? w->addr_gen_none != l->addr_gen_none
		 : w->addr_gen_none && !l->addr_gen_none) {
		f |= LINK_HAS_ADDR_GEN;
		because(d, "addrgenmode %s",
			w->addr_gen_none ? "eui64, wanted none"
					 : "none, wanted eui64");
	}
	if (made ? w->ipv6_off != l->ipv6_off : w->ipv6_off && !l->ipv6_off) {
		f |= LINK_HAS_IPV6_OFF;
		because(d, "IPv6 is %s", l->ipv6_off ? "off" : "on");
	}
	if (w->ipv6_quiet &&
	    (l->ipv6_router ||
	     strmap_get(&d->anew, key_sysctl(d, r->netns, ALL_FORWARDING)))) {
		f |= LINK_HAS_IPV6_QUIET;
		because(d, "in the all-routers groups");
	}
	if (w->kind == LINK_BRIDGE &&
	    (l->stp || l->forward_delay || l->mcast_snooping)) {
		f |= LINK_HAS_BRIDGE;
		because(d, "stp %d forward_delay %u mcast_snooping %d, wanted "
			   "0 0 0",
			l->stp, l->forward_delay, l->mcast_snooping);
	}
	if (w->up ? !l->up : made && l->up) {
		f |= LINK_HAS_UP;
		because(d, "%s", w->up ? "down" : "up");
	}
	return f;
}

static void diff_link(struct diff *d, const struct res *r)
{
	const struct obs_link *l = seen_link(d, r->netns, r->link.name);
	bool made = r->link.kind != LINK_EXISTING;
	struct change *c;
	unsigned f;

	if (l && made && foreign(d, l)) {
		blocked(d, r, arena_printf(d->a, "a link of that name belongs "
						 "to '%s'",
					   l->alias));
		return;
	}
	if (l && !right_shape(&r->link, l) && !ours(d, l->alias)) {
		blocked(d, r, "a link of that name is there and is not the "
			      "lab's");
		return;
	}
	if (!l && !made &&
	    strmap_get(&d->seen, key_netns(d, r->netns))) {
		blocked(d, r, "the node has no such interface");
		return;
	}
	if (!l || (made && is_anew(d, r->netns, r->link.name))) {
		add(d, r)->fields = LINK_HAS_ALL;
		return;
	}
	buf_reset(&d->why);
	f = differing(d, r, l);
	if (!f)
		return;
	c = modify(d, r, arena_strndup(d->a, d->why.data, d->why.len));
	c->fields = f;
}

static void diff_sysctl(struct diff *d, const struct res *r)
{
	const char *k = r->sysctl.key, *w = r->sysctl.value;
	const struct obs_sysctl *s = strmap_get(&d->seen, key_res(d, r));

	if (!strmap_get(&d->seen, key_netns(d, r->netns))) {
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
		if (strcmp(k, ALL_FORWARDING) == 0)
			strmap_put(&d->anew, key_res(d, r), r);
	} else if (strcmp(k, DEFAULT_FORWARDING) == 0 &&
		   strmap_get(&d->anew,
			      key_sysctl(d, r->netns, ALL_FORWARDING))) {
		modify(d, r, "set again after conf/all");
	}
}

/* Things on a link: there, unless the link itself is made anew. */
static void diff_on_link(struct diff *d, const struct res *r, const char *dev)
{
	bool there = strmap_get(&d->seen, key_res(d, r)) != NULL;

	if (!there || is_anew(d, r->netns, dev))
		add(d, r);
}

static void diff_netns(struct diff *d, const struct res *r)
{
	const struct obs_ns *ns = strmap_get(&d->seen, key_res(d, r));

	if (!ns)
		add(d, r);
	else if (!marked(d, ns))
		modify(d, r, "without the lab's mark");
}

/* --- the engine ----------------------------------------------------------- */

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
		    !is_anew(d, l->netns, l->link.name))
			continue;
		if (same || strncmp(l->link.name, "ha-", 3) == 0 ||
		    !strmap_get(&d->seen, key_netns(d, l->netns)))
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
		   : !same ? "another configuration"
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

/* --- what is too much ----------------------------------------------------- */

/* The wanted link that a thing stands on, if it is the lab's and stays. */
static const struct res_link *staying(struct diff *d, const char *netns,
				      const char *dev)
{
	const struct obs_link *l = seen_link(d, netns, dev);
	const struct res *r = strmap_get(&d->want, key_link(d, netns, dev));

	if (!l || !r || r->kind != RES_LINK || is_anew(d, netns, dev))
		return NULL;
	if (!ours(d, l->alias))
		return NULL;
	return &r->link;
}

static bool link_local(const struct ip *ip)
{
	return ip->family == 6 && ip->b[0] == 0xfe &&
	       (ip->b[1] & 0xc0) == 0x80;
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
		k = key_addr(d, ns->name, o->dev, &o->addr);
		if (strmap_get(&d->want, k) || strmap_get(&d->virt, k))
			continue;
		r.addr.dev = o->dev;
		r.addr.addr = o->addr;
		push(d, &d->del, CHANGE_REMOVE, &r);
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
		k = key_route(d, ns->name, o->dev, &o->to, &o->via);
		if (strmap_get(&d->want, k) || strmap_get(&d->virt, k))
			continue;
		r.route.to = o->to;
		r.route.via = o->via;
		r.route.dev = o->dev;
		push(d, &d->del, CHANGE_REMOVE, &r);
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
		if (strmap_get(&d->want, key_fdb(d, ns->name, o->dev, &o->mac,
						 &o->dst)))
			continue;
		r.fdb.dev = o->dev;
		r.fdb.mac = o->mac;
		r.fdb.dst = o->dst;
		push(d, &d->del, CHANGE_REMOVE, &r);
	}
}

static void extra_links(struct diff *d, const struct obs_ns *ns)
{
	size_t i;

	for (i = 0; i < ns->nlinks; i++) {
		const struct obs_link *l = &ns->links[i];

		if (ours(d, l->alias) && strcmp(l->kind, "loopback") != 0 &&
		    !strmap_get(&d->want, key_link(d, ns->name, l->name)))
			remove_link(d, ns->name, l);
	}
}

static void diff_extra(struct diff *d)
{
	const struct observed *o = d->have;
	size_t i;

	for (i = 0; i < o->nns; i++) {
		const struct obs_ns *ns = &o->ns[i];
		struct res r = {.kind = RES_NETNS, .netns = ns->name};

		if (*ns->name && !strmap_get(&d->want,
					     key_netns(d, ns->name))) {
			if (marked(d, ns))
				push(d, &d->del, CHANGE_REMOVE, &r);
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

		push(d, &d->del, CHANGE_REMOVE, &r);
	}
}

/* --- all together --------------------------------------------------------- */

/* The order of making; links: bridges, uplinks, pairs. */
static unsigned rank(const struct res *r)
{
	static const unsigned kinds[] = {
		[RES_NETNS] = 0, [RES_LINK] = 10, [RES_SYSCTL] = 20,
		[RES_ADDR] = 30, [RES_ROUTE] = 40, [RES_FDB] = 50,
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

	all->items = arena_array(d->a, d->del.n + d->add.n,
				 sizeof(*all->items));
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

	index_both(&d);
	judge_links(&d);
	diff_wanted(&d);
	diff_extra(&d);
	join(&d, ret);
	buf_release(&d.key);
	buf_release(&d.why);
}
