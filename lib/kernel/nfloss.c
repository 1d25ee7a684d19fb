/* SPDX-License-Identifier: MIT */
/*
 * One table of the family netdev, and for each link a chain by its name with
 * one rule: a number by chance below a million, and a drop where it is below
 * the share.
 */
#include "lib/kernel/nfloss.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>

#define TABLE "labctl-loss"
#define PPM 1000000u

static void put_be32(struct nl_msg *m, int type, uint32_t v)
{
	v = htonl(v);
	(void)nla_put(m, type, sizeof(v), &v);
}

/* The attributes of a message, without its header. */
static void take(struct arena *a, struct nfnl_rules *rules, uint8_t type,
		 const char *chain, struct nl_msg *m)
{
	struct nfnl_msg *to =
		arena_push(a, &rules->items, &rules->n, sizeof(*to));
	struct nlmsghdr *h = nlmsg_hdr(m);
	size_t len = (size_t)nlmsg_datalen(h);
	char *data = arena_alloc(a, len + 1);

	memcpy(data, nlmsg_data(h), len);
	*to = (struct nfnl_msg){.type = type,
				.table = TABLE,
				.chain = chain,
				.data = data,
				.len = len};
	nlmsg_free(m);
}

static struct nl_msg *begin(void)
{
	struct nl_msg *m = nlmsg_alloc();

	if (m && !nlmsg_put(m, 0, 0, 0, 0, 0)) {
		nlmsg_free(m);
		m = NULL;
	}
	return m;
}

static struct nlattr *expr(struct nl_msg *m, const char *name,
			   struct nlattr **ret_data)
{
	struct nlattr *e = nla_nest_start(m, NFTA_LIST_ELEM | NLA_F_NESTED);

	(void)nla_put_string(m, NFTA_EXPR_NAME, name);
	*ret_data = nla_nest_start(m, NFTA_EXPR_DATA | NLA_F_NESTED);
	return e;
}

static void put_rule(struct nl_msg *m, uint32_t ppm)
{
	struct nlattr *list, *e, *d, *v, *w;
	uint32_t share = htonl(ppm);

	list = nla_nest_start(m, NFTA_RULE_EXPRESSIONS | NLA_F_NESTED);
	e = expr(m, "numgen", &d);
	put_be32(m, NFTA_NG_DREG, NFT_REG_1);
	put_be32(m, NFTA_NG_MODULUS, PPM);
	put_be32(m, NFTA_NG_TYPE, NFT_NG_RANDOM);
	nla_nest_end(m, d);
	nla_nest_end(m, e);
	/* Registers are compared as bytes: the number is this machine's. */
	e = expr(m, "byteorder", &d);
	put_be32(m, NFTA_BYTEORDER_SREG, NFT_REG_1);
	put_be32(m, NFTA_BYTEORDER_DREG, NFT_REG_1);
	put_be32(m, NFTA_BYTEORDER_OP, NFT_BYTEORDER_HTON);
	put_be32(m, NFTA_BYTEORDER_LEN, 4);
	put_be32(m, NFTA_BYTEORDER_SIZE, 4);
	nla_nest_end(m, d);
	nla_nest_end(m, e);
	e = expr(m, "cmp", &d);
	put_be32(m, NFTA_CMP_SREG, NFT_REG_1);
	put_be32(m, NFTA_CMP_OP, NFT_CMP_LT);
	v = nla_nest_start(m, NFTA_CMP_DATA | NLA_F_NESTED);
	(void)nla_put(m, NFTA_DATA_VALUE, sizeof(share), &share);
	nla_nest_end(m, v);
	nla_nest_end(m, d);
	nla_nest_end(m, e);
	e = expr(m, "immediate", &d);
	put_be32(m, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	v = nla_nest_start(m, NFTA_IMMEDIATE_DATA | NLA_F_NESTED);
	w = nla_nest_start(m, NFTA_DATA_VERDICT | NLA_F_NESTED);
	put_be32(m, NFTA_VERDICT_CODE, NF_DROP);
	nla_nest_end(m, w);
	nla_nest_end(m, v);
	nla_nest_end(m, d);
	nla_nest_end(m, e);
	nla_nest_end(m, list);
}

static int add_link(struct arena *a, struct nfnl_rules *rules,
		    const struct nfloss *l)
{
	struct nl_msg *m = begin();
	struct nlattr *hook;

	if (!m)
		return -ENOMEM;
	(void)nla_put_string(m, NFTA_CHAIN_TABLE, TABLE);
	(void)nla_put_string(m, NFTA_CHAIN_NAME, l->dev);
	hook = nla_nest_start(m, NFTA_CHAIN_HOOK | NLA_F_NESTED);
	put_be32(m, NFTA_HOOK_HOOKNUM, NF_NETDEV_INGRESS);
	put_be32(m, NFTA_HOOK_PRIORITY, 0);
	(void)nla_put_string(m, NFTA_HOOK_DEV, l->dev);
	nla_nest_end(m, hook);
	put_be32(m, NFTA_CHAIN_POLICY, NF_ACCEPT);
	(void)nla_put_string(m, NFTA_CHAIN_TYPE, "filter");
	take(a, rules, NFT_MSG_NEWCHAIN, l->dev, m);
	m = begin();
	if (!m)
		return -ENOMEM;
	(void)nla_put_string(m, NFTA_RULE_TABLE, TABLE);
	(void)nla_put_string(m, NFTA_RULE_CHAIN, l->dev);
	put_rule(m, l->ppm);
	take(a, rules, NFT_MSG_NEWRULE, l->dev, m);
	return 0;
}

int nfloss_set(struct nfnl *n, const struct nfloss *list, size_t k,
	       struct err *reterr)
{
	struct nfnl_rules rules = {.family = NFPROTO_NETDEV};
	struct arena a = {0};
	struct nl_msg *m;
	size_t i;
	int r = 0;

	if (k) {
		m = begin();
		if (!m)
			return err_set(reterr, -ENOMEM, "no memory");
		(void)nla_put_string(m, NFTA_TABLE_NAME, TABLE);
		take(&a, &rules, NFT_MSG_NEWTABLE, NULL, m);
	}
	for (i = 0; i < k && r == 0; i++)
		r = add_link(&a, &rules, &list[i]);
	r = r < 0 ? err_set(reterr, r, "no memory")
		  : nfnl_replace(n, &rules, reterr);
	arena_release(&a);
	return r;
}

/* The value that a rule's comparison is with, or 0. */
static uint32_t share_of(const struct nfnl_msg *m)
{
	const struct nlattr *list, *e, *d, *v;
	int left;
	uint32_t n;

	list = nla_find(m->data, (int)m->len, NFTA_RULE_EXPRESSIONS);
	if (!list)
		return 0;
	left = nla_len(list);
	for (e = nla_data(list); nla_ok(e, left); e = nla_next(e, &left)) {
		v = nla_find(nla_data(e), nla_len(e), NFTA_EXPR_NAME);
		d = nla_find(nla_data(e), nla_len(e), NFTA_EXPR_DATA);
		if (!v || !d || strcmp(nla_data(v), "cmp") != 0)
			continue;
		v = nla_find(nla_data(d), nla_len(d), NFTA_CMP_DATA);
		v = v ? nla_find(nla_data(v), nla_len(v), NFTA_DATA_VALUE)
		      : NULL;
		if (!v || nla_len(v) != sizeof(n))
			return 0;
		memcpy(&n, nla_data(v), sizeof(n));
		return ntohl(n);
	}
	return 0;
}

int nfloss_look(struct nfnl *n, struct arena *a, struct nfloss **ret,
		size_t *ret_n, struct err *reterr)
{
	struct nfnl_rules rules;
	int r = nfnl_dump(n, a, NFPROTO_NETDEV, &rules, reterr);

	*ret = NULL;
	*ret_n = 0;
	for (size_t i = 0; r == 0 && i < rules.n; i++) {
		const struct nfnl_msg *m = &rules.items[i];

		if (m->type != NFT_MSG_NEWRULE)
			continue;
		*(struct nfloss *)arena_push(a, ret, ret_n, sizeof(**ret)) =
			(struct nfloss){m->chain, share_of(m)};
	}
	return r;
}
