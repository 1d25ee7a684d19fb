/* SPDX-License-Identifier: MIT */
/*
 * An internal port of Open vSwitch's, with the kernel's datapath: its
 * ovs-vswitchd makes the link in the node's own namespace when the database has
 * the port (kind ovs), and it is fetched from there; and takes it away,
 * wherever it is, when the database has the port no more. No message makes or
 * removes one.
 */
#include <linux/if_link.h>
#include <netlink/attr.h>

#include "lib/kernel/rtmsg.h"
#include "provision/kinds/link/link.h"
#include "provision/node/tx.h"

static bool fetched(const struct change *c)
{
	return c->op == CHANGE_ADD && c->want->kind == RES_LINK &&
	       c->want->link.kind == LINK_INTERNAL;
}

static void move(struct tx *tx, const struct change *c)
{
	struct place *own = tx_other(tx, "", c);
	struct place *to = tx_other(tx, c->want->netns, c);
	unsigned index;
	struct nl_msg *m;

	index = own && to ? tx_index(tx, own, c, c->want->link.name) : 0;
	if (!index)
		return;
	m = rtmsg_link(own->rtnl, index, c->want->link.name, RTMSG_AS_IS);
	(void)nla_put_u32(m, IFLA_NET_NS_FD, (uint32_t)to->fd);
	link_put_fixed(m, &c->want->link);
	tx_own(tx, own, c);
}

/* All at once, before anything is set on the first of them. */
static void fetch(struct tx *tx, const struct change *c)
{
	const struct changes *all = tx->ch;
	struct place *own;
	size_t i = 0;

	while (!fetched(&all->items[i]))
		i++;
	if (c != &all->items[i])
		return;
	for (; i < all->n; i++)
		if (fetched(&all->items[i]) && !tx_failed(tx, &all->items[i]))
			move(tx, &all->items[i]);
	own = tx_other(tx, "", c);
	if (own)
		tx_send(tx, own);
	tx_forget_links(tx);
}

const struct link_type link_internal = {
	.name = "openvswitch",
	.made = true,
	.own_name = true,
	.elsewhere = true,
	.fetch = fetch,
};
