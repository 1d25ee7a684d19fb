/* SPDX-License-Identifier: MIT */
/* IPsec: no lab has any, and a policy can block whatever it speaks of. In a
 * namespace that the lab made all of it goes. */
#include <errno.h>
#include <inttypes.h>

#include "lib/auto.h"
#include "lib/keys/keys.h"
#include "lib/kernel/xfrmnl.h"
#include "provision/kinds/kind.h"
#include "provision/kinds/netns.h"
#include "provision/node/diff.h"
#include "provision/node/look.h"
#include "provision/node/tx.h"

static void print(const struct res *r, struct buf *out)
{
	buf_printf(out,
		   "IPsec%s (ip xfrm: %" PRIu32 " policies, %" PRIu32
		   " states)",
		   r->xfrm.blocks ? " that blocks by default" : "",
		   r->xfrm.policies, r->xfrm.states);
	kind_print_place(r->netns, out);
}

static int look(struct look *l, struct err *reterr)
{
	struct xfrmnl x;
	struct res *r;
	int e;

	if (!*l->ns->name)
		return 0;
	e = xfrmnl_look(l->ipsec, &x, reterr);
	if (e < 0 || (!x.policies && !x.states && !x.blocks))
		return e;
	r = seen_push(l->a, l->ns, RES_XFRM);
	if (!r)
		return -E2BIG;
	r->xfrm.policies = x.policies;
	r->xfrm.states = x.states;
	r->xfrm.blocks = x.blocks;
	return 0;
}

static bool extra(struct diff *d, const struct res *have)
{
	return netns_is_labs(d, have->netns);
}

static void unmake(struct tx *tx, const struct change *c)
{
	struct place *p = tx_other(tx, c->have.netns, c);
	struct err err;

	if (p && xfrmnl_flush(p->fd, &err) < 0)
		tx_fail(tx, c, err.msg);
}

static const struct key rows[] = {
	{"policies", KEY_UINT, KEY_FIELD(struct res, xfrm.policies)},
	{"states", KEY_UINT, KEY_FIELD(struct res, xfrm.states)},
	{"blocks", KEY_BOOL, KEY_FIELD(struct res, xfrm.blocks)},
};

static const struct key_table keys = KEY_TABLE("IPsec", struct res, rows);

const struct kind kind_xfrm = {
	.name = "xfrm",
	.keys = &keys,
	.list = "xfrm",
	.rank = 7,
	.print = print,
	.look = look,
	.extra = extra,
	.unmake = unmake,
};
