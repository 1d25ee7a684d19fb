/* SPDX-License-Identifier: MIT */
/*
 * Addresses and routes
 * ====================
 * A takeover is one netlink send for all that a router has: the kernel works
 * through it in order, so a route finds the address that it needs, and no
 * packet of a neighbour sees half of it for longer than that takes. IPv6
 * addresses are added without duplicate address detection: the other holder
 * is gone or about to be, and a tentative address would not answer.
 *
 * When addresses go, so does what the kernel knows of neighbours on their
 * interfaces. It would go on to probe them, from whatever address is left
 * and with the MAC that the new holder has too, and draw the switches' tables
 * back to a node that does not forward.
 */
#include "vrrp/place.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/rtnl.h"
#include "vrrp/announce.h"
#include "vrrp/sock.h"

static int af_of(const struct ip *ip)
{
	return ip->family == 4 ? AF_INET : AF_INET6;
}

static bool link_local(const struct ip *ip)
{
	return ip->family == 6 && ip->b[0] == 0xfe && (ip->b[1] & 0xc0) == 0x80;
}

static void queue_address(struct vrrp_space *s, int type, int flags,
			  const struct vrrp_vaddr *v, unsigned ifindex)
{
	struct ifaddrmsg h = {
		.ifa_family = (unsigned char)af_of(&v->net.ip),
		.ifa_prefixlen = v->net.len,
		.ifa_scope = link_local(&v->net.ip) ? RT_SCOPE_LINK
						    : RT_SCOPE_UNIVERSE,
		.ifa_index = ifindex,
	};
	char text[IP_TEXT_MAX];
	struct nl_msg *m;

	if (v->net.ip.family == 6)
		h.ifa_flags = IFA_F_NODAD;
	m = rtnl_add(s->rtnl, type, flags, &h, sizeof(h), "%s %s on %s",
		     type == RTM_NEWADDR ? "add" : "remove",
		     ipnet_print(&v->net, text), v->dev);
	nla_put(m, IFA_LOCAL, (int)ip_size(&v->net.ip), v->net.ip.b);
	if (v->net.ip.family == 4)
		nla_put(m, IFA_ADDRESS, (int)ip_size(&v->net.ip), v->net.ip.b);
}

static void queue_route(struct vrrp_space *s, int type, int flags,
			const struct vrrp_vroute *v, unsigned ifindex)
{
	const struct rtmsg h = {
		.rtm_family = (unsigned char)af_of(&v->to.ip),
		.rtm_dst_len = v->to.len,
		.rtm_table = RT_TABLE_MAIN,
		/* As keepalived marks them, so that others can tell. */
		.rtm_protocol = RTPROT_KEEPALIVED,
		.rtm_scope = v->via.family ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK,
		.rtm_type = RTN_UNICAST,
	};
	char text[IP_TEXT_MAX];
	struct nl_msg *m;

	m = rtnl_add(s->rtnl, type, flags, &h, sizeof(h),
		     "%s route to %s on %s",
		     type == RTM_NEWROUTE ? "add" : "remove",
		     ipnet_print(&v->to, text), v->dev);
	if (v->to.len)
		nla_put(m, RTA_DST, (int)ip_size(&v->to.ip), v->to.ip.b);
	if (v->via.family)
		nla_put(m, RTA_GATEWAY, (int)ip_size(&v->via), v->via.b);
	nla_put_u32(m, RTA_OIF, ifindex);
}

int vrrp_place_add(struct vrrp_space *s, const struct vrrp_router_config *r,
		   struct err *reterr)
{
	const int flags = NLM_F_CREATE | NLM_F_REPLACE;
	const struct vrrp_link *link;
	const char *missing = NULL;
	size_t i;
	int e;

	for (i = 0; i < r->naddrs; i++) {
		link = vrrp_space_link(s, r->addrs[i].dev);
		if (link)
			queue_address(s, RTM_NEWADDR, flags, &r->addrs[i],
				      link->ifindex);
		else
			missing = r->addrs[i].dev;
	}
	for (i = 0; i < r->nroutes; i++) {
		link = vrrp_space_link(s, r->routes[i].dev);
		if (link)
			queue_route(s, RTM_NEWROUTE, flags, &r->routes[i],
				    link->ifindex);
		else
			missing = r->routes[i].dev;
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
		if (ipnet_equal(&keep->addrs[i].net, &v->net) &&
		    strcmp(keep->addrs[i].dev, v->dev) == 0)
			return true;
	return false;
}

static bool keeps_route(const struct vrrp_router_config *keep,
			const struct vrrp_vroute *v)
{
	size_t i;

	for (i = 0; keep && i < keep->nroutes; i++)
		if (ipnet_equal(&keep->routes[i].to, &v->to) &&
		    ip_equal(&keep->routes[i].via, &v->via) &&
		    strcmp(keep->routes[i].dev, v->dev) == 0)
			return true;
	return false;
}

/* The answers to what removes something that is not there. */
static bool was_absent(int e)
{
	return e == -ESRCH || e == -EADDRNOTAVAIL || e == -ENODEV ||
	       e == -ENOENT || e == -ENETUNREACH || e == -EHOSTUNREACH ||
	       e == -ENETDOWN;
}

struct neighbours {
	struct vrrp_space *s;
	const struct vrrp_router_config *r;
};

static bool has_addresses_on(const struct neighbours *n, int ifindex)
{
	const struct vrrp_link *link;
	size_t i;

	for (i = 0; i < n->r->naddrs; i++) {
		link = vrrp_space_link(n->s, n->r->addrs[i].dev);
		if (link && (int)link->ifindex == ifindex)
			return true;
	}
	return false;
}

static int queue_forget(const struct nlmsghdr *h, void *ctx)
{
	const struct neighbours *n = ctx;
	const struct ndmsg *nd = NLMSG_DATA(h);
	const struct nlattr *dst;
	struct ndmsg del;
	struct nl_msg *m;

	if (h->nlmsg_type != RTM_NEWNEIGH ||
	    h->nlmsg_len < NLMSG_LENGTH(sizeof(*nd)) ||
	    nd->ndm_state & (NUD_PERMANENT | NUD_NOARP) ||
	    !has_addresses_on(n, nd->ndm_ifindex))
		return 0;
	dst = nlmsg_find_attr((struct nlmsghdr *)h, sizeof(*nd), NDA_DST);
	if (!dst)
		return 0;
	del = (struct ndmsg){.ndm_family = nd->ndm_family,
			     .ndm_ifindex = nd->ndm_ifindex};
	m = rtnl_add(n->s->rtnl, RTM_DELNEIGH, 0, &del, sizeof(del),
		     "forget a neighbour");
	nla_put(m, NDA_DST, nla_len(dst), nla_data(dst));
	return 0;
}

/*
 * On every interface where r has addresses. Best effort: one that another
 * process has just removed, or a table that changed under the dump, leaves
 * at worst what there was before.
 */
static void forget_neighbours(struct vrrp_space *s,
			      const struct vrrp_router_config *r)
{
	struct neighbours n = {s, r};
	const struct ndmsg all = {0};

	if (rtnl_dump(s->rtnl, RTM_GETNEIGH, &all, sizeof(all), queue_forget,
		      &n, NULL) == 0 ||
	    rtnl_queued(s->rtnl))
		rtnl_commit(s->rtnl, NULL);
}

int vrrp_place_remove(struct vrrp_space *s, const struct vrrp_router_config *r,
		      const struct vrrp_router_config *keep, bool *ret_had,
		      struct err *reterr)
{
	const struct vrrp_link *link;
	size_t i, routes, n;
	bool had = false;
	struct err e;
	int bad = 0;

	for (i = r->nroutes; i-- > 0;) {
		link = vrrp_space_link(s, r->routes[i].dev);
		if (link && !keeps_route(keep, &r->routes[i]))
			queue_route(s, RTM_DELROUTE, 0, &r->routes[i],
				    link->ifindex);
	}
	routes = rtnl_queued(s->rtnl);
	for (i = r->naddrs; i-- > 0;) {
		link = vrrp_space_link(s, r->addrs[i].dev);
		if (link && !keeps_address(keep, &r->addrs[i]))
			queue_address(s, RTM_DELADDR, 0, &r->addrs[i],
				      link->ifindex);
	}
	n = rtnl_queued(s->rtnl);
	rtnl_commit(s->rtnl, &e);
	for (i = 0; i < n; i++) {
		int res = rtnl_result(s->rtnl, i);

		if (res == 0 && i >= routes)
			had = true;
		if (res < 0 && !was_absent(res) && !bad)
			bad = res;
	}
	if (had && !keep)
		forget_neighbours(s, r);
	if (ret_had)
		*ret_had = had;
	if (bad)
		return err_sys(reterr, bad, "remove the addresses of %s",
			       r->name);
	return 0;
}

size_t vrrp_place_announce(struct vrrp_space *s,
			   const struct vrrp_router_config *r)
{
	static struct vrrp_frame frames[VRRP_FRAMES_MAX];
	const struct vrrp_link *link;
	struct vrrp_addr a;
	size_t i, n = 0, failed = 0;

	for (i = 0; i < r->naddrs; i++) {
		link = vrrp_space_link(s, r->addrs[i].dev);
		if (!link || !link->running || !link->has_mac)
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
