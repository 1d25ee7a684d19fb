/* SPDX-License-Identifier: MIT */
/*
 * Addresses and routes
 * ====================
 * A takeover is one netlink send for all that a router has: the kernel works
 * through it in order, so a route finds the address that it needs, and no
 * packet of a neighbour sees half of it for longer than that takes. IPv6
 * addresses are added without duplicate address detection: the other holder
 * is gone or about to be, and a tentative address would not answer.
 */
#include "vrrp/kernel/place.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/kernel/rtnl.h"
#include "lib/mem.h"
#include "vrrp/core/announce.h"
#include "vrrp/kernel/neigh.h"
#include "vrrp/kernel/place_msg.h"
#include "vrrp/kernel/sock.h"

/* --- what is where ----------------------------------------------------- */

void vrrp_held_init(struct vrrp_held *h, const struct vrrp_router_config *r)
{
	h->addrs = mem_zero(r->naddrs + 1, sizeof(*h->addrs));
	h->routes = mem_zero(r->nroutes + 1, sizeof(*h->routes));
	h->stood = mem_zero(r->naddrs + 1, sizeof(*h->stood));
}

void vrrp_held_release(struct vrrp_held *h)
{
	free(h->addrs);
	free(h->routes);
	free(h->stood);
	*h = (struct vrrp_held){0};
}

static bool same_address(const struct vrrp_vaddr *a, const struct vrrp_vaddr *b)
{
	return ipnet_equal(&a->net, &b->net) && strcmp(a->dev, b->dev) == 0;
}

static bool same_route(const struct vrrp_vroute *a, const struct vrrp_vroute *b)
{
	return ipnet_equal(&a->to, &b->to) && ip_equal(&a->via, &b->via) &&
	       strcmp(a->dev, b->dev) == 0;
}

void vrrp_held_follow(struct vrrp_held *h, const struct vrrp_router_config *a,
		      const struct vrrp_router_config *b)
{
	struct vrrp_held now;
	size_t i, j;

	vrrp_held_init(&now, b);
	for (i = 0; i < b->naddrs; i++)
		for (j = 0; j < a->naddrs; j++)
			if (same_address(&b->addrs[i], &a->addrs[j])) {
				now.addrs[i] = h->addrs[j];
				now.stood[i] = h->stood[j];
			}
	for (i = 0; i < b->nroutes; i++)
		for (j = 0; j < a->nroutes; j++)
			if (same_route(&b->routes[i], &a->routes[j]))
				now.routes[i] = h->routes[j];
	vrrp_held_release(h);
	*h = now;
}

static unsigned index_of(const struct vrrp_space *s, const char *dev)
{
	const struct vrrp_link *link = vrrp_space_link(s, dev);

	return link ? link->ifindex : 0;
}

/* Where else than on ifindex it was put, if that still exists; or 0. */
static unsigned elsewhere(const struct vrrp_space *s, unsigned held,
			  unsigned ifindex)
{
	return held && held != ifindex && vrrp_space_link_at(s, held) ? held
								      : 0;
}

bool vrrp_held_astray(const struct vrrp_held *h, const struct vrrp_space *s,
		      const struct vrrp_router_config *r)
{
	size_t i;

	for (i = 0; i < r->naddrs; i++)
		if (elsewhere(s, h->addrs[i], index_of(s, r->addrs[i].dev)))
			return true;
	return false;
}

/* --- in and out -------------------------------------------------------- */

int vrrp_place_add(struct vrrp_space *s, const struct vrrp_router_config *r,
		   struct vrrp_held *h, struct err *reterr)
{
	const char *missing = NULL;
	unsigned at, old;
	size_t i;
	int e;

	for (i = 0; i < r->naddrs; i++) {
		at = index_of(s, r->addrs[i].dev);
		old = elsewhere(s, h->addrs[i], at);
		if (old)
			vrrp_queue_address(s, RTM_DELADDR, &r->addrs[i].net,
					   old, "another interface");
		h->addrs[i] = 0;
		if (!at)
			missing = r->addrs[i].dev;
		if (!at || h->stood[i])
			continue;
		vrrp_queue_address(s, RTM_NEWADDR, &r->addrs[i].net, at,
				   r->addrs[i].dev);
		h->addrs[i] = at;
	}
	for (i = 0; i < r->nroutes; i++) {
		at = index_of(s, r->routes[i].dev);
		if (at)
			vrrp_queue_route(s, RTM_NEWROUTE, &r->routes[i], at);
		else
			missing = r->routes[i].dev;
		h->routes[i] = at;
	}
	e = rtnl_commit(s->rtnl, reterr);
	if (e == 0 && missing)
		return err_set(reterr, -ENODEV, "interface %s does not exist",
			       missing);
	return e;
}

static bool keeps_address(const struct vrrp_router_config *keep,
			  const struct vrrp_vaddr *v)
{
	size_t i;

	for (i = 0; keep && i < keep->naddrs; i++)
		if (same_address(&keep->addrs[i], v))
			return true;
	return false;
}

static bool keeps_route(const struct vrrp_router_config *keep,
			const struct vrrp_vroute *v)
{
	size_t i;

	for (i = 0; keep && i < keep->nroutes; i++)
		if (same_route(&keep->routes[i], v))
			return true;
	return false;
}

bool vrrp_was_absent(int e)
{
	return e == -ESRCH || e == -EADDRNOTAVAIL || e == -ENODEV ||
	       e == -ENOENT || e == -ENETUNREACH || e == -EHOSTUNREACH ||
	       e == -ENETDOWN;
}

int vrrp_place_remove(struct vrrp_space *s, const struct vrrp_router_config *r,
		      struct vrrp_held *h,
		      const struct vrrp_router_config *keep, struct err *reterr)
{
	const struct vrrp_vaddr *a;
	const struct vrrp_vroute *v;
	struct vrrp_neighbours known = {0};
	size_t i, routes, n;
	bool had = false;
	struct err e;
	unsigned at, old;
	int bad = 0;

	if (!keep)
		vrrp_neighbours_read(s, r, &known);
	for (i = r->nroutes; i-- > 0;) {
		v = &r->routes[i];
		at = index_of(s, v->dev);
		old = elsewhere(s, h->routes[i], at);
		if (keeps_route(keep, v))
			continue;
		if (at)
			vrrp_queue_route(s, RTM_DELROUTE, v, at);
		if (old)
			vrrp_queue_route(s, RTM_DELROUTE, v, old);
		h->routes[i] = 0;
	}
	routes = rtnl_queued(s->rtnl);
	for (i = r->naddrs; i-- > 0;) {
		a = &r->addrs[i];
		at = index_of(s, a->dev);
		old = elsewhere(s, h->addrs[i], at);
		if (keeps_address(keep, a))
			continue;
		if (at && !h->stood[i])
			vrrp_queue_address(s, RTM_DELADDR, &a->net, at, a->dev);
		if (old)
			vrrp_queue_address(s, RTM_DELADDR, &a->net, old,
					   "another interface");
		h->addrs[i] = 0;
	}
	n = rtnl_queued(s->rtnl);
	vrrp_neighbours_queue(s, &known);
	rtnl_commit(s->rtnl, &e);
	for (i = 0; i < n; i++) {
		int res = rtnl_result(s->rtnl, i);

		if (res == 0 && i >= routes)
			had = true;
		if (res < 0 && !vrrp_was_absent(res) && !bad)
			bad = res;
	}
	if (had && !keep)
		vrrp_neighbours_forget(s, r, &known);
	vrrp_neighbours_release(&known);
	if (bad)
		return err_sys(reterr, bad, "remove the addresses of %s",
			       r->name);
	return 0;
}

/*
 * A link-local address that follows from the interface's own MAC is the same
 * for whoever has it next: no host need change what it knows, and where the MAC
 * is now switches hear from the interface's other addresses.
 */
static bool can_wait(const struct vrrp_router_config *r, size_t at,
		     const struct vrrp_link *link)
{
	struct mac mac;
	struct ip own;
	size_t i;

	memcpy(mac.b, link->mac, sizeof(mac.b));
	own = ip_link_local(&mac);
	if (!ip_equal(&r->addrs[at].net.ip, &own))
		return false;
	for (i = 0; i < r->naddrs; i++)
		if (i != at && strcmp(r->addrs[i].dev, r->addrs[at].dev) == 0)
			return true;
	return false;
}

size_t vrrp_place_announce(struct vrrp_space *s,
			   const struct vrrp_router_config *r,
			   enum vrrp_which which)
{
	static struct vrrp_frame frames[VRRP_FRAMES_MAX];
	const struct vrrp_link *link;
	struct vrrp_addr a;
	size_t i, n = 0, failed = 0;

	for (i = 0; i < r->naddrs; i++) {
		link = vrrp_space_link(s, r->addrs[i].dev);
		if (!link || !link->running || !link->has_mac)
			continue;
		if (which != VRRP_ALL &&
		    can_wait(r, i, link) != (which == VRRP_REST))
			continue;
		a = vrrp_addr_of(&r->addrs[i].net.ip);
		frames[n].ifindex = link->ifindex;
		frames[n].len = vrrp_announce(&a, link->mac, frames[n].bytes);
		if (++n == VRRP_FRAMES_MAX) {
			failed += vrrp_sock_frames(s->packet, frames, n);
			n = 0;
		}
	}
	return failed + (n ? vrrp_sock_frames(s->packet, frames, n) : 0);
}
