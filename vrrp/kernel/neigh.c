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
 */
#include "vrrp/kernel/neigh.h"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <string.h>

#include "lib/kernel/rtnl.h"
#include "lib/mem.h"

struct look {
	struct vrrp_space *s;
	const struct vrrp_router_config *r;
	struct vrrp_reservations *found;
	bool learnt; /* only those into which something was learnt */
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

/* --- reservations ------------------------------------------------------ */

static int take_reserved(const struct nlmsghdr *h, void *ctx)
{
	const struct look *k = ctx;
	struct vrrp_reservations *l = k->found;
	const struct nlattr *dst;
	const struct ndmsg *nd = entry_of(k, h, &dst);
	struct vrrp_reserved *e;

	if (!nd || !(nd->ndm_flags & NTF_EXT_LEARNED) ||
	    (k->learnt && nd->ndm_state == NUD_NONE) ||
	    nla_len(dst) > (int)sizeof(e->dst) || l->n == VRRP_RESERVED_MAX)
		return 0;
	if (l->n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 16;
		l->list = mem_grow(l->list, l->cap, sizeof(*l->list));
	}
	e = &l->list[l->n++];
	e->family = nd->ndm_family;
	e->ifindex = nd->ndm_ifindex;
	e->len = (size_t)nla_len(dst);
	memcpy(e->dst, nla_data(dst), e->len);
	return 0;
}

static void read_reserved(struct vrrp_space *s,
			  const struct vrrp_router_config *r, bool learnt,
			  struct vrrp_reservations *ret)
{
	struct look k = {s, r, ret, learnt};
	const struct ndmsg all = {0};

	*ret = (struct vrrp_reservations){0};
	(void)rtnl_dump(s->rtnl, RTM_GETNEIGH, &all, sizeof(all), take_reserved,
			&k, NULL);
}

void vrrp_reservations_read(struct vrrp_space *s,
			    const struct vrrp_router_config *r,
			    struct vrrp_reservations *ret)
{
	read_reserved(s, r, false, ret);
}

void vrrp_reservations_queue(struct vrrp_space *s,
			     const struct vrrp_reservations *l)
{
	size_t i;

	for (i = 0; i < l->n; i++) {
		const struct vrrp_reserved *e = &l->list[i];
		const struct ndmsg nd = {.ndm_family = e->family,
					 .ndm_ifindex = e->ifindex,
					 .ndm_state = NUD_NONE,
					 .ndm_flags = NTF_EXT_LEARNED};

		nla_put(rtnl_add(s->rtnl, RTM_NEWNEIGH,
				 NLM_F_CREATE | NLM_F_REPLACE, &nd, sizeof(nd),
				 "reserve a neighbour's place"),
			NDA_DST, (int)e->len, e->dst);
	}
}

void vrrp_reservations_release(struct vrrp_reservations *l)
{
	free(l->list);
	*l = (struct vrrp_reservations){0};
}

/* --- what was learnt --------------------------------------------------- */

static int queue_forget(const struct nlmsghdr *h, void *ctx)
{
	const struct look *k = ctx;
	const struct nlattr *dst;
	const struct ndmsg *nd = entry_of(k, h, &dst);
	struct ndmsg del;

	if (!nd || nd->ndm_flags & NTF_EXT_LEARNED)
		return 0;
	del = (struct ndmsg){.ndm_family = nd->ndm_family,
			     .ndm_ifindex = nd->ndm_ifindex};
	nla_put(rtnl_add(k->s->rtnl, RTM_DELNEIGH, 0, &del, sizeof(del),
			 "forget a neighbour"),
		NDA_DST, nla_len(dst), nla_data(dst));
	return 0;
}

void vrrp_forget_neighbours(struct vrrp_space *s,
			    const struct vrrp_router_config *r)
{
	struct vrrp_reservations reserved;
	struct look k = {.s = s, .r = r};
	const struct ndmsg all = {0};

	read_reserved(s, r, true, &reserved);
	(void)rtnl_dump(s->rtnl, RTM_GETNEIGH, &all, sizeof(all), queue_forget,
			&k, NULL);
	vrrp_reservations_queue(s, &reserved);
	vrrp_reservations_release(&reserved);
	if (rtnl_queued(s->rtnl))
		rtnl_commit(s->rtnl, NULL);
}
