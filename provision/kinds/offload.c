/* SPDX-License-Identifier: MIT */
/*
 * Checksums that a veth leaves to the device behind it. Open vSwitch's own
 * datapath hands frames on as they came, so what it carries must be whole:
 * with this left on, pings pass and TCP hangs.
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
	buf_printf(out, "checksums of %s", r->offload.dev);
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

/* Only of links that the plan has a word about. */
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
	}
	return 0;
}

static void compare(struct diff *d, const struct res *want,
		    const struct res *have)
{
	const struct res under = kind_under(want);

	if (!have || diff_is_anew(d, &under))
		diff_add(d, want);
	else if (have->offload.tx)
		diff_modify(d, want, "left to the device");
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
	}
}

static const struct key rows[] = {
	{"dev", KEY_TEXT, KEY_FIELD(struct res, offload.dev),
	 .flags = KEY_REQUIRED},
	{"tx", KEY_BOOL, KEY_FIELD(struct res, offload.tx)},
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
	.set = set,
};
