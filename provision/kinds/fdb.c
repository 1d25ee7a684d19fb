/* SPDX-License-Identifier: MIT */
/*
 * Forwarding entries of vxlan links: which node has a MAC address, and, for
 * the address of all zeros, who gets a copy of what is flooded. Only standing
 * ones count; learned ones come and go.
 *
 * A bridge of the lab's learns all of its own: a standing entry of its sends
 * frames where nobody listens, and goes. The kernel's are those of the ports'
 * and the bridge's own addresses.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/auto.h"
#include "lib/kernel/rtmsg.h"
#include "lib/keys/keys.h"
#include "provision/kinds/kind.h"
#include "provision/kinds/link/link.h"
#include "provision/node/diff.h"
#include "provision/node/look.h"
#include "provision/node/tx.h"

static void id(const struct res *r, struct buf *out)
{
	char t[IP_TEXT_MAX], m[MAC_TEXT_MAX];

	buf_printf(out, "%s/%s/%s", r->fdb.dev, mac_print(&r->fdb.mac, m),
		   r->fdb.bridge ? r->fdb.bridge : ip_print(&r->fdb.dst, t));
	if (r->fdb.astray)
		buf_printf(out, "/%u/%" PRIu32 "/%u", r->fdb.port, r->fdb.vni,
			   r->fdb.via_index);
}

static void print(const struct res *r, struct buf *out)
{
	char t[IP_TEXT_MAX], m[MAC_TEXT_MAX];

	buf_printf(out, "fdb %s", mac_print(&r->fdb.mac, m));
	if (ip_is_set(&r->fdb.dst))
		buf_printf(out, " dst %s", ip_print(&r->fdb.dst, t));
	buf_printf(out, " on %s", r->fdb.dev);
	if (r->fdb.bridge)
		buf_printf(out, " of %s", r->fdb.bridge);
	if (r->fdb.port)
		buf_printf(out, " port %u", r->fdb.port);
	if (r->fdb.vni)
		buf_printf(out, " vni %" PRIu32, r->fdb.vni);
	if (r->fdb.astray && r->fdb.via_index)
		buf_adds(out, " by another link");
	kind_print_place(r->netns, out);
}

static void shell(const struct res *r, const struct where *w, struct buf *out)
{
	char t[IP_TEXT_MAX], m[MAC_TEXT_MAX];

	where_program(w, r->netns, "bridge", out);
	buf_printf(out, "fdb append %s dev %s dst %s\n",
		   mac_print(&r->fdb.mac, m), r->fdb.dev,
		   ip_print(&r->fdb.dst, t));
}

static const char *dev(const struct res *r)
{
	return r->fdb.dev;
}

/* The kernel's own, of a port and of the bridge. */
static bool of_link(const struct seen_ns *ns, const char *name,
		    const struct mac *mac)
{
	const struct res_link *l = seen_link(ns, name);

	return l && mac_equal(&l->mac, mac);
}

/* What a vxlan link's entry has otherwise than its link. */
static void look_way(const struct seen_ns *ns, struct res_fdb *f,
		     struct nlattr **tb)
{
	const struct res_link *l = seen_link(ns, f->dev);
	const char *via;

	f->port = rtmsg_be16(tb[NDA_PORT]);
	f->vni = rtmsg_u32(tb[NDA_VNI]);
	f->via_index = rtmsg_u32(tb[NDA_IFINDEX]);
	via = seen_link_name(ns, f->via_index);
	f->astray = f->port || f->vni ||
		    (via && l && (!l->dev || strcmp(via, l->dev) != 0));
}

static int on_fdb(const struct nlmsghdr *h, void *ctx)
{
	struct look *l = ctx;
	const struct ndmsg *ndm = NLMSG_DATA(h);
	struct nlattr *tb[NDA_MAX + 1];
	const char *name, *bridge;
	struct mac mac;
	struct res *r;
	bool stays;

	if (!rtmsg_parse(h, RTM_NEWNEIGH, sizeof(*ndm), tb, NDA_MAX))
		return 0;
	name = seen_link_name(l->ns, (unsigned)ndm->ndm_ifindex);
	stays = (ndm->ndm_state & (NUD_PERMANENT | NUD_NOARP)) ||
		(ndm->ndm_flags & (NTF_EXT_LEARNED | NTF_STICKY));
	if (!name || !rtmsg_mac(tb[NDA_LLADDR], &mac))
		return 0;
	/* Without a destination: a bridge's, a device's own filter, or, by
	 * the number of a next hop, a vxlan link's. */
	bridge = seen_link_name(l->ns, rtmsg_u32(tb[NDA_MASTER]));
	if (bridge ? !stays || tb[NDA_DST] : !tb[NDA_DST] && !tb[NDA_NH_ID])
		return 0;
	if (bridge && of_link(l->ns, name, &mac))
		return 0;
	r = seen_push(l->a, l->ns, RES_FDB);
	if (!r)
		return -E2BIG;
	r->fdb.dev = name;
	r->fdb.mac = mac;
	r->fdb.dst = rtmsg_ip(tb[NDA_DST]);
	r->fdb.permanent = stays;
	r->fdb.bridge = bridge;
	if (!bridge)
		look_way(l->ns, &r->fdb, tb);
	return 0;
}

static void forget(void *ctx)
{
	struct look *l = ctx;

	l->ns->of[RES_FDB].n = 0;
}

static bool has_entries(const struct seen_ns *ns)
{
	const struct res_list *links = &ns->of[RES_LINK];
	size_t i;

	for (i = 0; i < links->n; i++)
		if (links->items[i].link.kind == LINK_VXLAN ||
		    links->items[i].link.kind == LINK_BRIDGE)
			return true;
	return false;
}

static int look(struct look *l, struct err *reterr)
{
	const struct ndmsg ndm = {.ndm_family = AF_BRIDGE};

	if (has_entries(l->ns) &&
	    rtmsg_dump(l->rtnl, RTM_GETNEIGH, &ndm, sizeof(ndm), on_fdb, forget,
		       l, reterr) < 0)
		return err_prefix(reterr, "forwarding entries");
	return 0;
}

static void compare(struct diff *d, const struct res *want,
		    const struct res *have)
{
	/* A learned one would not last. */
	diff_on_link(d, want, have && have->fdb.permanent ? have : NULL);
}

static bool extra(struct diff *d, const struct res *have)
{
	const struct res *l;

	if (have->fdb.bridge)
		return link_staying(d, have->netns, have->fdb.bridge);
	l = link_staying(d, have->netns, have->fdb.dev);
	/* The group's own entry is the kernel's. */
	return l && have->fdb.permanent &&
	       (have->fdb.astray || !ip_equal(&have->fdb.dst, &l->link.group));
}

/* The default entry of a vxlan link with a group: the kernel makes it with
 * the link, so no plan has it, and it is made again where it went. */
static void missing_group(struct diff *d, const struct res *l)
{
	struct res *r = arena_alloc(diff_arena(d), sizeof(*r));
	const struct res *have;

	*r = (struct res){.kind = RES_FDB, .netns = l->netns};
	r->fdb.dev = l->link.name;
	r->fdb.dst = l->link.group;
	r->fdb.via = l->link.dev;
	have = diff_seen(d, r);
	if (!have || !have->fdb.permanent)
		diff_add(d, r);
}

static void extra_node(struct diff *d)
{
	const struct plan *p = diff_plan(d);
	size_t i;

	for (i = 0; i < p->n; i++) {
		const struct res *r = &p->res[i];

		if (r->kind == RES_LINK && r->link.kind == LINK_VXLAN &&
		    ip_is_set(&r->link.group) &&
		    link_staying(d, r->netns, r->link.name))
			missing_group(d, r);
	}
}

/* As wanted, or away. */
static void tell(struct tx *tx, const struct change *c)
{
	static const struct mac all = {{0}};
	enum rtmsg_op op = change_rtmsg(c);
	const struct res *r = change_res(c);
	struct rtmsg_neigh n = {
		.dev = r->fdb.dev,
		.bridge = true,
		.mac = &r->fdb.mac,
		.dst = r->fdb.dst,
		.state = NUD_PERMANENT,
		.flags = r->fdb.bridge ? NTF_MASTER : NTF_SELF,
	};
	struct place *p = tx_place(tx, r->netns, c);

	if (!p)
		return;
	/* Only the flood address may have many destinations. */
	if (op == RTMSG_SET && mac_equal(&r->fdb.mac, &all))
		op = RTMSG_APPEND;
	n.index = tx_index(tx, p, c, n.dev);
	if (r->fdb.astray) {
		n.port = r->fdb.port;
		n.vni = r->fdb.vni;
		n.via = r->fdb.via_index;
	}
	if (r->fdb.via)
		n.via = tx_index(tx, p, c, r->fdb.via);
	if (n.index)
		rtmsg_neigh(p->rtnl, op, &n);
}

static const struct key rows[] = {
	{"dev", KEY_TEXT, KEY_FIELD(struct res, fdb.dev),
	 .flags = KEY_REQUIRED},
	{"mac", KEY_MAC, KEY_FIELD(struct res, fdb.mac), .flags = KEY_REQUIRED},
	{"dst", KEY_IP, KEY_FIELD(struct res, fdb.dst)},
	{"permanent", KEY_BOOL, KEY_FIELD(struct res, fdb.permanent)},
	{"bridge", KEY_TEXT, KEY_FIELD(struct res, fdb.bridge)},
};

static const struct key_table keys =
	KEY_TABLE("forwarding entry", struct res, rows);

const struct kind kind_fdb = {
	.name = "fdb",
	.keys = &keys,
	.list = "fdb",
	.rank = 7,
	.id = id,
	.print = print,
	.shell = shell,
	.dev = dev,
	.look = look,
	.compare = compare,
	.extra = extra,
	.extra_node = extra_node,
	.set = tell,
	.unmake = tell,
};
