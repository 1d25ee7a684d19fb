/* SPDX-License-Identifier: MIT */
/*
 * A veth pair: made from the node's own namespace by the end that names the
 * other, the far end directly where it belongs. Moving it there afterwards
 * would cost an RCU grace period for each.
 */
#include <linux/if_link.h>
#include <netlink/attr.h>

#include "lib/kernel/rtmsg.h"
#include "provision/kinds/link/link.h"
#include "provision/node/tx.h"

static void print(const struct res_link *l, struct buf *out)
{
	if (!l->peer)
		return;
	buf_printf(out, " peer %s", l->peer);
	kind_print_place(l->peer_netns, out);
}

static void shell(const struct res_link *l, const struct where *w,
		  struct buf *out)
{
	buf_printf(out, " peer name %s", l->peer);
	if (w->node || *l->peer_netns) {
		buf_adds(out, " netns ");
		where_name(w, l->peer_netns, out);
	}
}

/* Both ends are there, and are each other's; or both are made anew. */
static void judge(struct diff *d, const struct res *want)
{
	const struct res_link *w = &want->link, *out, *in;

	if (!w->peer)
		return;
	out = link_seen(d, want->netns, w->name);
	in = link_seen(d, w->peer_netns, w->peer);
	if (out && in && link_shape_right(w, out) && link_shape_right(w, in) &&
	    out->peer_index == in->index && in->peer_index == out->index)
		return;
	/* Blocked ones stay as they are, and the making fails with a reason. */
	if (link_make_way(d, want->netns, out))
		(void)link_make_way(d, w->peer_netns, in);
	link_anew(d, want->netns, w->name);
	link_anew(d, w->peer_netns, w->peer);
}

static void make(struct tx *tx, struct place *p, const struct change *c)
{
	const struct res_link *l = &c->want->link;
	const struct res probe = {
		.kind = RES_LINK, .netns = l->peer_netns, .link.name = l->peer};
	const struct res *peer;
	struct nlattr *end;
	struct rtmsg_kind k;
	struct place *far;
	struct nl_msg *m;

	if (!l->peer)
		return;
	far = tx_other(tx, l->peer_netns, c);
	if (!far)
		return;
	m = link_new(p, l);
	k = rtmsg_kind(m, link_veth.name);
	end = rtmsg_peer(m, l->peer);
	(void)nla_put_u32(m, IFLA_NET_NS_FD, (uint32_t)far->fd);
	peer = tx_wanted(tx, &probe);
	if (peer)
		link_put_fixed(m, &peer->link);
	rtmsg_peer_end(m, end);
	rtmsg_kind_end(m, &k);
}

const struct link_type link_veth = {
	.name = "veth",
	.made = true,
	.own_name = true,
	.print = print,
	.shell = shell,
	.judge = judge,
	.make = make,
};
