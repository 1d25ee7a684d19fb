/* SPDX-License-Identifier: MIT */
/*
 * Rule sets as messages
 * =====================
 * A dump is normalised so that it can be compared and sent to another
 * namespace: handles, positions, use counts and counters go, and the protocol
 * that a rule's xtables matches are for comes back in (NFTA_RULE_COMPAT),
 * because the kernel asks for it when a rule is made and does not tell it
 * when it is listed. It stands in the rule all the same, as a comparison.
 */
#include "lib/kernel/nfnl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <netlink/attr.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/kernel/nfnl_attr.h"
#include "lib/kernel/nfsock.h"
#include "lib/mem.h"

#define DUMP_TRIES 3

struct nfnl {
	struct nfsock s;
};

int nfnl_open(struct nfnl **ret, int nsfd, struct err *reterr)
{
	struct nfnl *n = mem_zero(1, sizeof(*n));
	int r = nfsock_open(&n->s, nsfd, reterr);
	int size = 4 << 20, on = 1, fd = n->s.fd;

	if (r < 0) {
		free(n);
		return r;
	}
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size,
				 sizeof(size));
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size,
				 sizeof(size));
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	*ret = n;
	return 0;
}

void nfnl_free(struct nfnl *n)
{
	if (!n)
		return;
	nfsock_close(&n->s);
	free(n);
}

/* Begins one of nf_tables' messages. */
static size_t begin(struct nfnl *n, struct buf *b, int msg, int flags,
		    uint8_t family)
{
	return nfsock_begin(&n->s, b, NFNL_SUBSYS_NFTABLES, msg, flags, family,
			    0);
}

/* A message that begins or ends a transaction. */
static void put_batch(struct nfnl *n, struct buf *b, int msg)
{
	nfsock_end(b, nfsock_begin(&n->s, b, NFNL_SUBSYS_NONE, msg, 0,
				   AF_UNSPEC, NFNL_SUBSYS_NFTABLES));
}

static int ask(struct nfnl *n, int msg, uint8_t family, nfsock_fn *fn,
	       void *ctx)
{
	auto_buf struct buf b = {0};
	bool dump = msg != NFT_MSG_GETGEN;
	int r;

	nfsock_end(&b, begin(n, &b, msg, dump ? NLM_F_DUMP : 0, family));
	r = nfsock_send(&n->s, &b);
	return r < 0 ? r
		     : nfsock_hear(&n->s, n->s.seq, n->s.seq, !dump, fn, ctx);
}

static uint8_t family_of(const struct nlmsghdr *h)
{
	return ((const struct nfgenmsg *)NLMSG_DATA(h))->nfgen_family;
}

static int msg_of(const struct nlmsghdr *h)
{
	return h->nlmsg_type >> 8 == NFNL_SUBSYS_NFTABLES ? h->nlmsg_type & 0xff
							  : -1;
}

static int gen_heard(const struct nlmsghdr *h, void *ctx)
{
	const struct nlattr *a;
	uint32_t *ret = ctx;
	int left;

	a = nfsock_attrs(h, &left);
	if (msg_of(h) != NFT_MSG_NEWGEN || !a)
		return -EPROTO;
	a = nla_find(a, left, NFTA_GEN_ID);
	if (!a || nla_len(a) != sizeof(*ret))
		return -EPROTO;
	memcpy(ret, nla_data(a), sizeof(*ret));
	*ret = ntohl(*ret);
	return 0;
}

int nfnl_generation(struct nfnl *n, uint32_t *ret, struct err *reterr)
{
	uint32_t id = 0;
	int r = ask(n, NFT_MSG_GETGEN, AF_UNSPEC, gen_heard, &id);

	if (r < 0)
		return err_sys(reterr, r, "ask for the rules' generation");
	*ret = id;
	return 0;
}

/* --- tables ----------------------------------------------------------------
 */

struct table_ctx {
	struct arena *a;
	struct nfnl_tables *ret;
};

static int table_heard(const struct nlmsghdr *h, void *ctx)
{
	struct table_ctx *c = ctx;
	const struct nlattr *a, *flags;
	struct nfnl_table *t;
	int left;

	a = nfsock_attrs(h, &left);
	if (msg_of(h) != NFT_MSG_NEWTABLE || !a)
		return 0;
	if (c->ret->n >= NFNL_TABLES_MAX)
		return -E2BIG;
	flags = nla_find(a, left, NFTA_TABLE_FLAGS);
	a = nla_find(a, left, NFTA_TABLE_NAME);
	if (!a)
		return -EPROTO;
	t = arena_push(c->a, &c->ret->items, &c->ret->n, sizeof(*t));
	t->family = family_of(h);
	t->name = arena_strndup(c->a, nla_data(a), (size_t)nla_len(a));
	if (flags && nla_len(flags) == sizeof(t->flags)) {
		memcpy(&t->flags, nla_data(flags), sizeof(t->flags));
		t->flags = ntohl(t->flags);
	}
	return 0;
}

int nfnl_tables(struct nfnl *n, struct arena *a, struct nfnl_tables *ret,
		struct err *reterr)
{
	struct table_ctx c = {a, ret};
	int i, r = -EINTR;

	for (i = 0; i < DUMP_TRIES && r == -EINTR; i++) {
		*ret = (struct nfnl_tables){0};
		r = ask(n, NFT_MSG_GETTABLE, AF_UNSPEC, table_heard, &c);
	}
	if (r == -E2BIG)
		return err_set(reterr, r, "more than %d tables of rules",
			       NFNL_TABLES_MAX);
	return r < 0 ? err_sys(reterr, r, "list the tables of rules") : 0;
}

/* --- dumps -----------------------------------------------------------------
 */

struct dump_ctx {
	struct arena *a;
	struct nfnl_rules *ret;
	struct buf work;
};

#define FOR_ATTRS(a, first, left)                                              \
	for ((a) = (first); nla_ok((a), (left)); (a) = nla_next((a), &(left)))

/* "counter" with zeros in place of what was counted; others as they are. */
static void put_expr(struct buf *b, const struct nlattr *elem)
{
	const uint64_t none = 0;
	size_t at, data;

	if (!nfnl_is_named(elem, "counter")) {
		nfsock_put(b, elem->nla_type, nla_data(elem),
			   (size_t)nla_len(elem));
		return;
	}
	at = nfsock_nest(b, elem->nla_type);
	nfsock_put(b, NFTA_EXPR_NAME, "counter", sizeof("counter"));
	data = nfsock_nest(b, NFTA_EXPR_DATA | NLA_F_NESTED);
	nfsock_put(b, NFTA_COUNTER_BYTES, &none, sizeof(none));
	nfsock_put(b, NFTA_COUNTER_PACKETS, &none, sizeof(none));
	nfsock_nest_end(b, data);
	nfsock_nest_end(b, at);
}

static const struct nlattr *data_of(const struct nlattr *elem)
{
	return nla_find(nla_data(elem), nla_len(elem), NFTA_EXPR_DATA);
}

static uint32_t u32_of(const struct nlattr *data, int type)
{
	const struct nlattr *a = nla_find(nla_data(data), nla_len(data), type);
	uint32_t v;

	if (!a || nla_len(a) != sizeof(v))
		return UINT32_MAX;
	memcpy(&v, nla_data(a), sizeof(v));
	return ntohl(v);
}

/* Whether an expression loads the packet's transport protocol. */
static bool loads_protocol(const struct nlattr *elem)
{
	const struct nlattr *d = data_of(elem);

	if (!d)
		return false;
	if (nfnl_is_named(elem, "meta"))
		return u32_of(d, NFTA_META_KEY) == NFT_META_L4PROTO;
	return nfnl_is_named(elem, "payload") &&
	       u32_of(d, NFTA_PAYLOAD_BASE) == NFT_PAYLOAD_NETWORK_HEADER &&
	       u32_of(d, NFTA_PAYLOAD_LEN) == 1 &&
	       (u32_of(d, NFTA_PAYLOAD_OFFSET) == 9 ||
		u32_of(d, NFTA_PAYLOAD_OFFSET) == 6);
}

/* The protocol that a comparison is with; *ret_not: with any other. */
static int compared(const struct nlattr *elem, bool *ret_not)
{
	const struct nlattr *d = data_of(elem), *v;

	if (!d || !nfnl_is_named(elem, "cmp"))
		return -1;
	v = nla_find(nla_data(d), nla_len(d), NFTA_CMP_DATA);
	v = v ? nla_find(nla_data(v), nla_len(v), NFTA_DATA_VALUE) : NULL;
	if (!v || nla_len(v) < 1)
		return -1;
	*ret_not = u32_of(d, NFTA_CMP_OP) == NFT_CMP_NEQ;
	return *(const uint8_t *)nla_data(v);
}

static void put_exprs(struct buf *b, const struct nlattr *list)
{
	size_t at = nfsock_nest(b, list->nla_type);
	const struct nlattr *e;
	bool loaded = false, other = false;
	int left = nla_len(list), protocol = -1;
	uint32_t v;

	FOR_ATTRS(e, nla_data(list), left)
	{
		put_expr(b, e);
		if (loaded && protocol < 0)
			protocol = compared(e, &other);
		loaded = loads_protocol(e);
	}
	nfsock_nest_end(b, at);
	if (protocol < 0)
		return;
	at = nfsock_nest(b, NFTA_RULE_COMPAT | NLA_F_NESTED);
	v = htonl((uint32_t)protocol);
	nfsock_put(b, NFTA_RULE_COMPAT_PROTO, &v, sizeof(v));
	v = htonl(other ? NFT_RULE_COMPAT_F_INV : 0);
	nfsock_put(b, NFTA_RULE_COMPAT_FLAGS, &v, sizeof(v));
	nfsock_nest_end(b, at);
}

/* Attributes that are the rule set's and not only this namespace's. */
static bool kept(int msg, int type)
{
	switch (msg) {
	case NFT_MSG_NEWTABLE:
		return type == NFTA_TABLE_NAME || type == NFTA_TABLE_FLAGS;
	case NFT_MSG_NEWCHAIN:
		return type == NFTA_CHAIN_TABLE || type == NFTA_CHAIN_NAME ||
		       type == NFTA_CHAIN_HOOK || type == NFTA_CHAIN_POLICY ||
		       type == NFTA_CHAIN_TYPE;
	default:
		return type == NFTA_RULE_TABLE || type == NFTA_RULE_CHAIN ||
		       type == NFTA_RULE_EXPRESSIONS ||
		       type == NFTA_RULE_USERDATA;
	}
}

static const char *named(struct arena *a, const struct nlattr *from, int left,
			 int type)
{
	const struct nlattr *x = nla_find(from, left, type);
	const char *text = x ? nfnl_text_of(x) : NULL;

	return text ? arena_strdup(a, text) : NULL;
}

static int dump_heard(const struct nlmsghdr *h, void *ctx)
{
	struct dump_ctx *c = ctx;
	int msg = msg_of(h), left;
	const struct nlattr *first, *a;
	struct nfnl_msg *m;

	first = nfsock_attrs(h, &left);
	if (!first)
		return -EPROTO;
	if (msg == NFT_MSG_NEWSET || msg == NFT_MSG_NEWOBJ ||
	    msg == NFT_MSG_NEWFLOWTABLE)
		return -ENOTSUP;
	if (msg != NFT_MSG_NEWTABLE && msg != NFT_MSG_NEWCHAIN &&
	    msg != NFT_MSG_NEWRULE)
		return 0;
	if (c->ret->n >= NFNL_RULES_MAX)
		return -E2BIG;
	m = arena_push(c->a, &c->ret->items, &c->ret->n, sizeof(*m));
	m->type = (uint8_t)msg;
	if (msg == NFT_MSG_NEWTABLE) {
		m->table = named(c->a, first, left, NFTA_TABLE_NAME);
	} else if (msg == NFT_MSG_NEWCHAIN) {
		m->table = named(c->a, first, left, NFTA_CHAIN_TABLE);
		m->chain = named(c->a, first, left, NFTA_CHAIN_NAME);
	} else {
		m->table = named(c->a, first, left, NFTA_RULE_TABLE);
		m->chain = named(c->a, first, left, NFTA_RULE_CHAIN);
	}
	if (!m->table || (msg != NFT_MSG_NEWTABLE && !m->chain))
		return -EPROTO;
	buf_reset(&c->work);
	FOR_ATTRS(a, first, left)
	{
		int type = nla_type(a);

		if (!kept(msg, type))
			continue;
		if (msg == NFT_MSG_NEWRULE && type == NFTA_RULE_EXPRESSIONS)
			put_exprs(&c->work, a);
		else
			nfsock_put(&c->work, a->nla_type, nla_data(a),
				   (size_t)nla_len(a));
	}
	m->len = c->work.len;
	m->data = memcpy(arena_alloc(c->a, m->len + 1), c->work.data, m->len);
	return 0;
}

static int dump_once(struct nfnl *n, struct dump_ctx *c, uint8_t family)
{
	static const int parts[] = {NFT_MSG_GETTABLE, NFT_MSG_GETCHAIN,
				    NFT_MSG_GETRULE, NFT_MSG_GETSET};
	uint32_t before = 0, after = 0;
	size_t i;
	int r;

	*c->ret = (struct nfnl_rules){.family = family};
	r = nfnl_generation(n, &before, NULL);
	for (i = 0; r == 0 && i < ARRAY_LEN(parts); i++)
		r = ask(n, parts[i], family, dump_heard, c);
	if (r == 0)
		r = nfnl_generation(n, &after, NULL);
	/* The parts belong together only where nothing came between them. */
	return r == 0 && before != after ? -EINTR : r;
}

int nfnl_dump(struct nfnl *n, struct arena *a, uint8_t family,
	      struct nfnl_rules *ret, struct err *reterr)
{
	struct nfnl_rules rules;
	struct dump_ctx c = {.a = a, .ret = &rules};
	int i, r = -EINTR;

	for (i = 0; i < DUMP_TRIES && r == -EINTR; i++)
		r = dump_once(n, &c, family);
	buf_release(&c.work);
	if (r == -ENOTSUP)
		return err_set(reterr, r,
			       "a table of rules holds sets or objects");
	if (r == -E2BIG)
		return err_set(reterr, r,
			       "more than %d tables, chains and rules",
			       NFNL_RULES_MAX);
	if (r < 0)
		return err_sys(reterr, r, "read the rules");
	*ret = rules;
	return 0;
}

/* --- replacing -------------------------------------------------------------
 */

static void queue_delete(struct nfnl *n, struct buf *b, uint8_t family,
			 const char *name)
{
	size_t at = begin(n, b, NFT_MSG_DELTABLE, 0, family);

	nfsock_put(b, NFTA_TABLE_NAME, name, strlen(name) + 1);
	nfsock_end(b, at);
}

/* Sends a transaction and hears how it went. */
static int transact(struct nfnl *n, struct buf *b, uint32_t first, size_t last)
{
	struct nlmsghdr h;
	int r;

	if (b->len > NFNL_BYTES_MAX)
		return -E2BIG;
	memcpy(&h, b->data + last, sizeof(h));
	h.nlmsg_flags |= NLM_F_ACK;
	memcpy(b->data + last, &h, sizeof(h));
	put_batch(n, b, NFNL_MSG_BATCH_END);
	if (b->len > 1u << 20) {
		int size = (int)b->len + (1 << 20);

		(void)setsockopt(n->s.fd, SOL_SOCKET, SO_SNDBUFFORCE, &size,
				 sizeof(size));
	}
	r = nfsock_send(&n->s, b);
	return r < 0 ? r
		     : nfsock_hear(&n->s, first, h.nlmsg_seq, false, NULL,
				   NULL);
}

int nfnl_replace(struct nfnl *n, const struct nfnl_rules *want,
		 struct err *reterr)
{
	auto_arena struct arena a = {0};
	auto_buf struct buf b = {0};
	struct nfnl_tables tables;
	uint32_t first;
	size_t i, at, last = 0;
	int r;

	r = nfnl_tables(n, &a, &tables, reterr);
	if (r < 0)
		return r;
	put_batch(n, &b, NFNL_MSG_BATCH_BEGIN);
	first = n->s.seq;
	for (i = 0; i < tables.n; i++) {
		if (tables.items[i].family != want->family)
			continue;
		last = b.len;
		queue_delete(n, &b, want->family, tables.items[i].name);
	}
	for (i = 0; i < want->n; i++) {
		const struct nfnl_msg *m = &want->items[i];

		last = b.len;
		at = begin(
			n, &b, m->type,
			NLM_F_CREATE |
				(m->type == NFT_MSG_NEWRULE ? NLM_F_APPEND : 0),
			want->family);
		buf_add(&b, m->data, m->len);
		nfsock_end(&b, at);
	}
	if (!last)
		return 0;
	r = transact(n, &b, first, last);
	if (r == -E2BIG)
		return err_set(reterr, r, "rules of more than %u MiB",
			       NFNL_BYTES_MAX >> 20);
	return r < 0 ? err_sys(reterr, r, "put rules in place") : 0;
}

int nfnl_delete(struct nfnl *n, const struct nfnl_table *t, struct err *reterr)
{
	auto_buf struct buf b = {0};
	uint32_t first;
	size_t last;
	int r;

	put_batch(n, &b, NFNL_MSG_BATCH_BEGIN);
	first = n->s.seq;
	last = b.len;
	queue_delete(n, &b, t->family, t->name);
	r = transact(n, &b, first, last);
	if (r < 0 && r != -ENOENT)
		return err_sys(reterr, r, "remove table %s", t->name);
	return 0;
}
