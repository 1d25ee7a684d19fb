/* SPDX-License-Identifier: MIT */
/*
 * The hunt
 * ========
 * Two questions to the kernel, each answered by one dump and mended by one
 * send: what did a former run leave (at start, and for the supervisor), and
 * what have others done to what is ours (while the engine runs).
 *
 * A virtual address that stood on its interface before the engine began, and
 * does not carry our protocol, is somebody's own: it is neither taken away nor
 * added, nor missed, until whoever put it there takes it away.
 */
#include "vrrp/kernel/hunt.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/kernel/rtnl.h"
#include "vrrp/kernel/forward.h"
#include "vrrp/kernel/neigh.h"
#include "vrrp/kernel/place_msg.h"
#include "vrrp/notice.h"

static unsigned index_of(const struct vrrp_space *s, const char *dev)
{
	const struct vrrp_link *link = vrrp_space_link(s, dev);

	return link ? link->ifindex : 0;
}

static const char *name_of(const struct vrrp_space *s, unsigned ifindex)
{
	const struct vrrp_link *link = vrrp_space_link_at(s, ifindex);

	return link ? link->name : "?";
}

static void line(struct buf *b, const struct ipnet *net, const char *dev)
{
	char text[IP_TEXT_MAX];

	buf_printf(b, "%s on %s\n", ipnet_print(net, text), dev);
}

static void route_line(struct buf *b, const struct vrrp_vroute *v)
{
	char to[IP_TEXT_MAX], via[IP_TEXT_MAX];

	buf_printf(b, "%s", ipnet_print(&v->to, to));
	if (v->via.family)
		buf_printf(b, " via %s", ip_print(&v->via, via));
	buf_printf(b, " on %s\n", v->dev);
}

/* --- what was left ----------------------------------------------------- */

static bool added_by_us(const struct vrrp_router_config *r,
			const struct vrrp_notice *n)
{
	return vrrp_space_marks() ? n->protocol == VRRP_PROTOCOL
				  : r->set.priority != VRRP_PRIORITY_OWNER;
}

static void sort_out(struct vrrp_space *s, const struct vrrp_router_config *r,
		     struct vrrp_held *h, bool everywhere,
		     const struct vrrp_notice *n)
{
	unsigned at;
	size_t i;

	for (i = 0; i < r->naddrs; i++) {
		if (!ip_equal(&r->addrs[i].net.ip, &n->net.ip))
			continue;
		at = index_of(s, r->addrs[i].dev);
		if (at != n->ifindex &&
		    (!everywhere || n->protocol != VRRP_PROTOCOL))
			continue;
		if (added_by_us(r, n)) {
			vrrp_queue_address(s, RTM_DELADDR, &n->net, n->ifindex,
					   name_of(s, n->ifindex));
			return;
		}
		h->stood[i] = true;
	}
}

int vrrp_hunt(struct vrrp_space *s, const struct vrrp_router_config *r,
	      struct vrrp_held *h, bool everywhere, bool *ret_had,
	      struct err *reterr)
{
	struct vrrp_neighbours known = {0};
	struct vrrp_notices all = {0};
	size_t i, routes, n;
	bool had = false;
	unsigned at;
	int e, bad = 0;

	e = vrrp_space_dump(s, RTM_GETADDR, AF_UNSPEC, 0, &all, reterr);
	if (e < 0) {
		vrrp_notices_release(&all);
		return e;
	}
	for (i = r->nroutes; i-- > 0;) {
		at = index_of(s, r->routes[i].dev);
		if (at)
			vrrp_queue_route(s, RTM_DELROUTE, &r->routes[i], at);
	}
	routes = rtnl_queued(s->rtnl);
	for (i = 0; i < all.n; i++)
		sort_out(s, r, h, everywhere, &all.list[i]);
	vrrp_notices_release(&all);
	n = rtnl_queued(s->rtnl);
	if (n > routes) {
		vrrp_neighbours_read(s, r, &known);
		vrrp_neighbours_queue(s, &known);
	}
	rtnl_commit(s->rtnl, NULL);
	for (i = 0; i < n; i++) {
		e = rtnl_result(s->rtnl, i);
		if (e == 0 && i >= routes)
			had = true;
		if (e < 0 && !vrrp_was_absent(e) && !bad)
			bad = e;
	}
	if (had)
		vrrp_neighbours_forget(s, r, &known);
	vrrp_neighbours_release(&known);
	*ret_had = had;
	if (bad)
		return err_sys(reterr, bad, "remove what was left of %s",
			       r->name);
	return 0;
}

static bool among(const struct vrrp_router_config *r, const struct ip *ip)
{
	size_t i;

	for (i = 0; i < r->naddrs; i++)
		if (ip_equal(&r->addrs[i].net.ip, ip))
			return true;
	return false;
}

int vrrp_hunt_new(struct vrrp_space *s, const struct vrrp_router_config *r,
		  const struct vrrp_router_config *old, struct vrrp_held *h,
		  struct err *reterr)
{
	struct vrrp_notices all = {0};
	size_t i, k;
	int e;

	e = vrrp_space_dump(s, RTM_GETADDR, AF_UNSPEC, 0, &all, reterr);
	for (i = 0; e == 0 && i < all.n; i++) {
		const struct vrrp_notice *n = &all.list[i];

		if (added_by_us(r, n) || among(old, &n->net.ip))
			continue;
		for (k = 0; k < r->naddrs; k++)
			if (ip_equal(&r->addrs[k].net.ip, &n->net.ip) &&
			    index_of(s, r->addrs[k].dev) == n->ifindex)
				h->stood[k] = true;
	}
	vrrp_notices_release(&all);
	return e;
}

/* --- what others did --------------------------------------------------- */

struct mend {
	struct vrrp_space *s;
	const struct vrrp_router_config *r;
	struct vrrp_held *h;
	bool active;
	struct vrrp_mended *ret;
};

static void note(struct mend *m, unsigned *count, const struct ipnet *net,
		 const char *dev)
{
	if (m->ret->put_back + m->ret->removed == 0)
		line(&m->ret->what, net, dev);
	(*count)++;
}

/* An owner's address is its own whenever it came, unless we added it. */
static bool owned(const struct vrrp_router_config *r,
		  const struct vrrp_notice *n)
{
	return r->set.priority == VRRP_PRIORITY_OWNER && vrrp_space_marks() &&
	       n->protocol != VRRP_PROTOCOL;
}

/* Looks for the i-th address among all; queues what is wrong with it. */
static void mend_address(struct mend *m, size_t i, const struct vrrp_notices *l)
{
	const struct vrrp_vaddr *v = &m->r->addrs[i];
	const struct vrrp_link *link = vrrp_space_link(m->s, v->dev);
	unsigned at = link ? link->ifindex : 0;
	bool here = false, there = false;
	size_t k;

	for (k = 0; k < l->n; k++) {
		const struct vrrp_notice *n = &l->list[k];

		if (!ip_equal(&n->net.ip, &v->net.ip))
			continue;
		there |= n->ifindex == at;
		if (n->ifindex == at && owned(m->r, n))
			m->h->stood[i] = true;
		if (n->ifindex == at && m->h->stood[i])
			continue;
		if (n->ifindex == at && m->active && n->net.len == v->net.len) {
			/* Another's hand took the mark off: set it again, or a
			 * successor would not know whose it is. */
			here = !vrrp_space_marks() ||
			       n->protocol == VRRP_PROTOCOL;
		} else if (n->ifindex == at ||
			   (m->h->addrs[i] && n->ifindex == m->h->addrs[i])) {
			note(m, &m->ret->removed, &n->net,
			     name_of(m->s, n->ifindex));
			vrrp_queue_address(m->s, RTM_DELADDR, &n->net,
					   n->ifindex,
					   name_of(m->s, n->ifindex));
		}
	}
	if (!there)
		m->h->stood[i] = false;
	if (m->h->stood[i])
		return;
	if (!m->active || at != m->h->addrs[i])
		m->h->addrs[i] = 0;
	if (!m->active || here)
		return;
	if (!link || !link->up) {
		line(&m->ret->lacks, &v->net, v->dev);
		return;
	}
	note(m, &m->ret->put_back, &v->net, v->dev);
	vrrp_queue_address(m->s, RTM_NEWADDR, &v->net, at, v->dev);
	m->h->addrs[i] = at;
}

static bool has_route(const struct vrrp_notices *l, const struct vrrp_vroute *v,
		      unsigned at)
{
	size_t k;

	for (k = 0; k < l->n; k++) {
		const struct vrrp_notice *n = &l->list[k];

		if (n->unicast && n->protocol == VRRP_PROTOCOL &&
		    n->ifindex == at && ipnet_equal(&n->net, &v->to) &&
		    ip_equal(&n->via, &v->via))
			return true;
	}
	return false;
}

static int routes_of(struct mend *m, struct vrrp_notices *ret,
		     struct err *reterr)
{
	struct vrrp_notices six = {0};
	bool want[2] = {false, false};
	size_t i;
	int e = 0;

	for (i = 0; i < m->r->nroutes; i++)
		want[m->r->routes[i].to.ip.family == 6] = true;
	if (want[0])
		e = vrrp_space_dump(m->s, RTM_GETROUTE, AF_INET, 0, ret,
				    reterr);
	if (want[1] && e == 0)
		e = vrrp_space_dump(m->s, RTM_GETROUTE, AF_INET6, 0, &six,
				    reterr);
	for (i = 0; i < six.n; i++)
		vrrp_notices_add(ret, &six.list[i]);
	vrrp_notices_release(&six);
	return e;
}

/* Queues the i-th route unless it is there; an address that comes back, or
 * goes, may have taken routes with it unsaid, so then it is queued again. */
static void mend_route(struct mend *m, size_t i, const struct vrrp_notices *l,
		       bool again)
{
	const struct vrrp_vroute *v = &m->r->routes[i];
	const struct vrrp_link *link = vrrp_space_link(m->s, v->dev);
	bool here = link && has_route(l, v, link->ifindex);

	if (here && !again)
		return;
	if (!link || !link->up) {
		route_line(&m->ret->lacks, v);
		return;
	}
	if (!here) {
		if (m->ret->put_back + m->ret->removed == 0)
			route_line(&m->ret->what, v);
		m->ret->put_back++;
	}
	vrrp_queue_route(m->s, RTM_NEWROUTE, v, link->ifindex);
	m->h->routes[i] = link->ifindex;
}

/* What is not there after all that, by asking once more. */
static int take_stock(struct mend *m, struct err *reterr)
{
	struct vrrp_notices addrs = {0}, routes = {0};
	size_t i, k;
	int e;

	e = vrrp_space_dump(m->s, RTM_GETADDR, AF_UNSPEC, 0, &addrs, reterr);
	if (e == 0 && m->active)
		e = routes_of(m, &routes, reterr);
	buf_reset(&m->ret->lacks);
	for (i = 0; e == 0 && i < m->r->naddrs; i++) {
		const struct vrrp_vaddr *v = &m->r->addrs[i];
		unsigned at = index_of(m->s, v->dev);
		bool here = false;

		for (k = 0; k < addrs.n; k++)
			here |= addrs.list[k].ifindex == at &&
				ipnet_equal(&addrs.list[k].net, &v->net);
		if (m->h->stood[i] || here == m->active)
			continue;
		line(m->active ? &m->ret->lacks : &m->ret->strays, &v->net,
		     v->dev);
	}
	for (i = 0; e == 0 && m->active && i < m->r->nroutes; i++) {
		const struct vrrp_vroute *v = &m->r->routes[i];

		if (!has_route(&routes, v, index_of(m->s, v->dev)))
			route_line(&m->ret->lacks, v);
	}
	vrrp_notices_release(&addrs);
	vrrp_notices_release(&routes);
	return e;
}

int vrrp_mend(struct vrrp_space *s, const struct vrrp_router_config *r,
	      struct vrrp_held *h, bool active, struct vrrp_mended *ret,
	      struct err *reterr)
{
	struct mend m = {s, r, h, active, ret};
	struct vrrp_neighbours known = {0};
	struct vrrp_notices addrs = {0}, routes = {0};
	size_t i;
	bool again;
	int e;

	*ret = (struct vrrp_mended){0};
	e = vrrp_space_dump(s, RTM_GETADDR, AF_UNSPEC, 0, &addrs, reterr);
	if (e == 0 && active)
		e = routes_of(&m, &routes, reterr);
	for (i = 0; e == 0 && i < r->naddrs; i++)
		mend_address(&m, i, &addrs);
	again = rtnl_queued(s->rtnl) > 0;
	for (i = 0; e == 0 && active && i < r->nroutes; i++)
		mend_route(&m, i, &routes, again);
	vrrp_notices_release(&addrs);
	vrrp_notices_release(&routes);
	if (e < 0 || !rtnl_queued(s->rtnl))
		return e;
	/* With a link's last address the kernel drops these. */
	if (!active)
		vrrp_neighbours_read(s, r, &known);
	vrrp_neighbours_queue(s, &known);
	/* Of a link that was made anew as well. */
	if (active)
		(void)vrrp_forward(s, r, true, NULL);
	/* The kernel's refusals show in what is there afterwards. */
	(void)rtnl_commit(s->rtnl, NULL);
	if (ret->removed && !active)
		vrrp_neighbours_forget(s, r, &known);
	vrrp_neighbours_release(&known);
	return take_stock(&m, reterr);
}
