/* SPDX-License-Identifier: MIT */
/*
 * Checksums that a veth leaves to the device behind it. Open vSwitch's own
 * datapath hands frames on as they came, so what it carries must be whole:
 * with this left on, pings pass and TCP hangs.
 *
 * And receive offload (GRO), which a veth begins without: somebody's who turned
 * it on. The ends of the fabric's wires have it, and are not the lab's links.
 */
#include <errno.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/kernel/ethtool.h"
#include "lib/keys/keys.h"
#include "provision/kinds/kind.h"
#include "provision/node/diff.h"
#include "provision/node/look.h"
#include "provision/node/tx.h"

static void id(const struct res *r, struct buf *out)
{
	buf_adds(out, r->offload.dev);
}

static void print(const struct res *r, struct buf *out)
{
	buf_printf(out, "%s of %s",
		   r->offload.gro ? "receive offload" : "checksums",
		   r->offload.dev);
	kind_print_place(r->netns, out);
}

static void shell(const struct res *r, const struct where *w, struct buf *out)
{
	where_exec(w, r->netns, out);
	buf_printf(out, "ethtool -K %s tx off\n", r->offload.dev);
}

static const char *dev(const struct res *r)
{
	return r->offload.dev;
}

static bool is_seen(const struct look *l, const char *dev)
{
	const struct res_list *list = &l->ns->of[RES_OFFLOAD];
	size_t i;

	for (i = 0; i < list->n; i++)
		if (strcmp(list->items[i].offload.dev, dev) == 0)
			return true;
	return false;
}

static int look_gro(struct look *l)
{
	const struct res_list *links = &l->ns->of[RES_LINK];
	struct res *r;
	size_t i;

	for (i = 0; i < links->n; i++) {
		const struct res_link *link = &links->items[i].link;
		bool on;

		if (link->kind != LINK_VETH ||
		    ethtool_gro(link->name, &on) < 0 || !on ||
		    is_seen(l, link->name))
			continue;
		r = seen_push(l->a, l->ns, RES_OFFLOAD);
		if (!r)
			return -E2BIG;
		r->offload.dev = link->name;
		r->offload.gro = true;
	}
	return 0;
}

/* Checksums only of links that the plan has a word about. */
static int look(struct look *l, struct err *reterr)
{
	const struct plan *p = l->what->plan;
	struct res *r;
	bool on;

	(void)reterr;
	for (size_t i = 0; p && i < p->n; i++) {
		const struct res *want = &p->res[i];

		if (want->kind != RES_OFFLOAD ||
		    strcmp(want->netns, l->ns->name) != 0 ||
		    ethtool_tx_checksums(want->offload.dev, &on) < 0)
			continue;
		r = seen_push(l->a, l->ns, RES_OFFLOAD);
		if (!r)
			return -E2BIG;
		r->offload.dev = want->offload.dev;
		r->offload.tx = on;
		r->offload.gro = ethtool_gro(want->offload.dev, &on) == 0 && on;
	}
	return p ? look_gro(l) : 0;
}

/* The lab made it, or is about to. */
static bool on_veth(struct diff *d, const struct res *r)
{
	const struct res under = kind_under(r);
	const struct res *link = diff_wanted(d, &under);

	return link && link->link.kind == LINK_VETH && !diff_is_anew(d, &under);
}

static void compare(struct diff *d, const struct res *want,
		    const struct res *have)
{
	const struct res under = kind_under(want);
	bool gro = have && have->offload.gro && on_veth(d, want);

	if (!have || diff_is_anew(d, &under))
		diff_add(d, want);
	else if (have->offload.tx || gro)
		diff_modify(d, want, "%s",
			    gro ? "put together as they come (GRO)"
				: "left to the device")
			->seen = gro ? have : NULL;
}

static bool extra(struct diff *d, const struct res *have)
{
	return have->offload.gro && on_veth(d, have);
}

static void gro_off(struct tx *tx, const struct change *c, const char *dev)
{
	struct err err;
	int r = ethtool_set_gro(dev, false);

	if (r < 0) {
		err_sys(&err, r, "turn receive offload of %s off", dev);
		tx_fail(tx, c, err.msg);
	}
}

static void unmake(struct tx *tx, const struct change *c)
{
	if (tx_enter(tx, c->have.netns, c))
		gro_off(tx, c, c->have.offload.dev);
}

static void set(struct tx *tx, const struct change *c)
{
	const char *dev = c->want->offload.dev;
	struct err err;
	int r;

	if (!tx_enter(tx, c->want->netns, c))
		return;
	r = ethtool_set_tx_checksums(dev, false);
	if (r < 0) {
		err_sys(&err, r, "have %s write checksums", dev);
		tx_fail(tx, c, err.msg);
	} else if (c->seen) {
		gro_off(tx, c, dev);
	}
}

static const struct key rows[] = {
	{"dev", KEY_TEXT, KEY_FIELD(struct res, offload.dev),
	 .flags = KEY_REQUIRED},
	{"tx", KEY_BOOL, KEY_FIELD(struct res, offload.tx)},
	{"gro", KEY_BOOL, KEY_FIELD(struct res, offload.gro)},
};

static const struct key_table keys = KEY_TABLE("offload", struct res, rows);

const struct kind kind_offload = {
	.name = "offload",
	.keys = &keys,
	.list = "offloads",
	.rank = 3,
	.id = id,
	.print = print,
	.shell = shell,
	.dev = dev,
	.look = look,
	.compare = compare,
	.extra = extra,
	.set = set,
	.unmake = unmake,
};
