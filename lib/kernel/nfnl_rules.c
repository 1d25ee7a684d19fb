/* SPDX-License-Identifier: MIT */
/* Rule sets as they were dumped: other names in them, and comparing. */
#include "lib/kernel/nfnl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <netlink/attr.h>
#include <stdlib.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/kernel/nfnl_attr.h"
#include "lib/mem.h"

/* --- other names -----------------------------------------------------------
 */

struct renaming {
	nfnl_name_fn *of;
	void *ctx;
	int r;
};

static void rename_text(struct renaming *n, struct nlattr *a)
{
	const char *is = a ? nfnl_text_of(a) : NULL;
	const char *to = is ? n->of(n->ctx, is) : NULL;

	if (!to)
		return;
	if (strlen(to) != strlen(is))
		n->r = -EINVAL;
	else
		memcpy(nla_data(a), to, strlen(to));
}

static struct nlattr *inside(struct nlattr *a, int type)
{
	return a ? nla_find(nla_data(a), nla_len(a), type) : NULL;
}

/* A jump is a value written to the register of verdicts. */
static void rename_jumps(struct renaming *n, struct nlattr *list)
{
	struct nlattr *e, *d;
	int left = list ? nla_len(list) : 0;

	for (e = list ? nla_data(list) : NULL; e && nla_ok(e, left);
	     e = nla_next(e, &left)) {
		if (!nfnl_is_named(e, "immediate"))
			continue;
		d = inside(inside(e, NFTA_EXPR_DATA), NFTA_IMMEDIATE_DATA);
		rename_text(n, inside(inside(d, NFTA_DATA_VERDICT),
				      NFTA_VERDICT_CHAIN));
	}
}

static void own_data(struct arena *a, struct nfnl_msg *m)
{
	m->data = memcpy(arena_alloc(a, m->len + 1), m->data, m->len);
}

int nfnl_rename(struct arena *a, struct nfnl_msg *m, nfnl_name_fn *of,
		void *ctx)
{
	bool rule = m->type == NFT_MSG_NEWRULE;
	struct renaming n = {.of = of, .ctx = ctx};
	const char *to = m->chain ? of(ctx, m->chain) : NULL;
	struct nlattr *data;

	own_data(a, m);
	data = (struct nlattr *)(uintptr_t)m->data;
	rename_text(&n, nla_find(data, (int)m->len,
				 rule ? NFTA_RULE_CHAIN : NFTA_CHAIN_NAME));
	if (rule)
		rename_jumps(
			&n, nla_find(data, (int)m->len, NFTA_RULE_EXPRESSIONS));
	if (to)
		m->chain = to;
	return n.r;
}

void nfnl_drop_policy(struct arena *a, struct nfnl_msg *m)
{
	uint32_t v = htonl(NF_DROP);
	struct nlattr *p;

	own_data(a, m);
	p = nla_find((struct nlattr *)(uintptr_t)m->data, (int)m->len,
		     NFTA_CHAIN_POLICY);
	if (p && nla_len(p) == sizeof(v))
		memcpy(nla_data(p), &v, sizeof(v));
}

/* --- comparing -------------------------------------------------------------
 */

/* An order of messages by what they are about, the rules of one chain in
 * theirs: so that the order in which tables were made does not matter. */
static int by_place(const void *x, const void *y)
{
	const struct nfnl_msg *a = *(const struct nfnl_msg *const *)x;
	const struct nfnl_msg *b = *(const struct nfnl_msg *const *)y;
	int r = strcmp(a->table, b->table);

	if (r == 0)
		r = (a->type > b->type) - (a->type < b->type);
	if (r == 0 && a->chain)
		r = strcmp(a->chain, b->chain);
	return r ? r : (a > b) - (a < b);
}

/* A base chain that accepts, as iptables makes them when it lists. */
static bool is_idle_chain(const struct nfnl_msg *m)
{
	const struct nlattr *p =
		nla_find(m->data, (int)m->len, NFTA_CHAIN_POLICY);
	const struct nlattr *hook =
		nla_find(m->data, (int)m->len, NFTA_CHAIN_HOOK);
	uint32_t v = 0;

	if (!hook)
		return false;
	if (p && nla_len(p) == sizeof(v))
		memcpy(&v, nla_data(p), sizeof(v));
	return !p || ntohl(v) == NF_ACCEPT;
}

/* The messages that count, sorted; n of them in *ret, to be freed. */
static size_t sorted(const struct nfnl_rules *r, const struct nfnl_msg ***ret)
{
	const struct nfnl_msg **list = mem_zero(r->n + 1, sizeof(*list));
	size_t i, n = 0, from, to, k;
	bool idle;

	for (i = 0; i < r->n; i++)
		list[i] = &r->items[i];
	qsort(list, r->n, sizeof(*list), by_place);
	for (from = 0; from < r->n; from = to) {
		idle = true;
		for (to = from; to < r->n &&
				strcmp(list[to]->table, list[from]->table) == 0;
		     to++)
			if (list[to]->type == NFT_MSG_NEWRULE ||
			    (list[to]->type == NFT_MSG_NEWCHAIN &&
			     !is_idle_chain(list[to])))
				idle = false;
		for (k = from; !idle && k < to; k++)
			list[n++] = list[k];
	}
	*ret = list;
	return n;
}

bool nfnl_same(const struct nfnl_rules *a, const struct nfnl_rules *b)
{
	const struct nfnl_msg **x = NULL, **y = NULL;
	size_t n = sorted(a, &x), m = sorted(b, &y), i;
	bool same = n == m && a->family == b->family;

	for (i = 0; same && i < n; i++)
		same = x[i]->type == y[i]->type && x[i]->len == y[i]->len &&
		       memcmp(x[i]->data, y[i]->data, x[i]->len) == 0;
	free(x);
	free(y);
	return same;
}
