/* SPDX-License-Identifier: MIT */
/*
 * Neighbours
 * ==========
 * When addresses go, so does what the kernel knows of neighbours on their
 * interfaces. It would go on to probe them, from whatever address is left and
 * with the MAC that the new holder has too, and draw the switches' tables back
 * to a node that does not forward.
 *
 * Reservations stay, empty. The kernel itself drops all IPv4 neighbours of an
 * interface with its last address, so they are read before and put back after.
 * Those of IPv6 stay, and are read after, so that none is missed. Each family
 * is asked for once: the kernel has one table of it for the machine, and walks
 * all of that for any namespace's question; with hundreds of routers that go
 * at once it is their number times that of all their neighbours.
 */
#include "vrrp/kernel/neigh.h"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/kernel/rtnl.h"
#include "lib/mem.h"

struct look {
	struct vrrp_space *s;
	const struct vrrp_router_config *r;
	struct vrrp_neighbours *found;
};

static bool has_addresses_on(const struct look *k, int ifindex)
{
	const struct vrrp_link *link;
	size_t i;

	for (i = 0; i < k->r->naddrs; i++) {
		link = vrrp_space_link(k->s, k->r->addrs[i].dev);
		if (link && (int)link->ifindex == ifindex)
			return true;
	}
	return false;
}

/* The entry of h if it is one of ours that may be forgotten. */
static const struct ndmsg *entry_of(const struct look *k,
				    const struct nlmsghdr *h,
				    const struct nlattr **ret_dst)
{
	const struct ndmsg *nd = NLMSG_DATA(h);

	if (h->nlmsg_type != RTM_NEWNEIGH ||
	    h->nlmsg_len < NLMSG_LENGTH(sizeof(*nd)) ||
	    nd->ndm_state & (NUD_PERMANENT | NUD_NOARP) ||
	    !has_addresses_on(k, nd->ndm_ifindex))
		return NULL;
	*ret_dst = nlmsg_find_attr((struct nlmsghdr *)h, sizeof(*nd), NDA_DST);
	return *ret_dst ? nd : NULL;
}

static int take(const struct nlmsghdr *h, void *ctx)
{
	const struct look *k = ctx;
	struct vrrp_neighbours *l = k->found;
	const struct nlattr *dst;
	const struct ndmsg *nd = entry_of(k, h, &dst);
	struct vrrp_neighbour *e;

	if (!nd || nla_len(dst) > (int)sizeof(e->dst) ||
	    l->n == VRRP_NEIGHBOURS_MAX)
		return 0;
	if (l->n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 16;
		l->list = mem_grow(l->list, l->cap, sizeof(*l->list));
	}
	e = &l->list[l->n++];
	e->family = nd->ndm_family;
	e->ifindex = nd->ndm_ifindex;
	e->reserved = nd->ndm_flags & NTF_EXT_LEARNED;
	e->learnt = nd->ndm_state != NUD_NONE;
	e->len = (size_t)nla_len(dst);
	memcpy(e->dst, nla_data(dst), e->len);
	return 0;
}

static void read_family(struct vrrp_space *s,
			const struct vrrp_router_config *r,
			unsigned char family, struct vrrp_neighbours *ret)
{
	const struct ndmsg all = {.ndm_family = family};
	struct look k = {s, r, ret};

	*ret = (struct vrrp_neighbours){0};
	(void)rtnl_dump(s->rtnl, RTM_GETNEIGH, &all, sizeof(all), take, &k,
			NULL);
}

void vrrp_neighbours_read(struct vrrp_space *s,
			  const struct vrrp_router_config *r,
			  struct vrrp_neighbours *ret)
{
	read_family(s, r, AF_INET, ret);
}

static void queue_reserved(struct vrrp_space *s, const struct vrrp_neighbour *e)
{
	const struct ndmsg nd = {.ndm_family = e->family,
				 .ndm_ifindex = e->ifindex,
				 .ndm_state = NUD_NONE,
				 .ndm_flags = NTF_EXT_LEARNED};

	nla_put(rtnl_add(s->rtnl, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE,
			 &nd, sizeof(nd), "reserve a neighbour's place"),
		NDA_DST, (int)e->len, e->dst);
}

static void queue_forget(struct vrrp_space *s, const struct vrrp_neighbour *e)
{
	const struct ndmsg nd = {.ndm_family = e->family,
				 .ndm_ifindex = e->ifindex};

	nla_put(rtnl_add(s->rtnl, RTM_DELNEIGH, 0, &nd, sizeof(nd),
			 "forget a neighbour"),
		NDA_DST, (int)e->len, e->dst);
}

void vrrp_neighbours_queue(struct vrrp_space *s,
			   const struct vrrp_neighbours *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (l->list[i].reserved)
			queue_reserved(s, &l->list[i]);
}

void vrrp_neighbours_forget(struct vrrp_space *s,
			    const struct vrrp_router_config *r,
			    const struct vrrp_neighbours *before)
{
	struct vrrp_neighbours now;
	size_t i;

	for (i = 0; i < before->n; i++)
		if (!before->list[i].reserved)
			queue_forget(s, &before->list[i]);
	read_family(s, r, AF_INET6, &now);
	for (i = 0; i < now.n; i++)
		if (!now.list[i].reserved)
			queue_forget(s, &now.list[i]);
		else if (now.list[i].learnt)
			queue_reserved(s, &now.list[i]);
	vrrp_neighbours_release(&now);
	if (rtnl_queued(s->rtnl))
		rtnl_commit(s->rtnl, NULL);
}

void vrrp_neighbours_release(struct vrrp_neighbours *l)
{
	free(l->list);
	*l = (struct vrrp_neighbours){0};
}
