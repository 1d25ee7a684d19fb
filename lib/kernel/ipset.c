/* SPDX-License-Identifier: MIT */
#include "lib/kernel/ipset.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/ipset/ip_set.h>
#include <netlink/attr.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/kernel/nfsock.h"
#include "lib/mem.h"

#define TYPE "hash:net"
#define REVISION 6  /* of the type: kernels from 4.0 on have it */
#define CHUNK 500   /* members in a message; a list of them is below 64 KiB */
#define BESIDE "-n" /* behind the name of what is to be swapped in */
#define ERR_PRIVATE 4096 /* the subsystem's own errors begin there */

struct talk {
	struct nfsock s;
	struct buf out;
};

static void put_u8(struct buf *b, int type, uint8_t v)
{
	nfsock_put(b, type, &v, sizeof(v));
}

static void put_text(struct buf *b, int type, const char *text)
{
	nfsock_put(b, type, text, strlen(text) + 1);
}

/* Begins a message: both headers, and the protocol's version. */
static void begin(struct talk *t, int cmd, int flags, int family)
{
	buf_reset(&t->out);
	nfsock_begin(&t->s, &t->out, NFNL_SUBSYS_IPSET, cmd, NLM_F_ACK | flags,
		     family == 6 ? AF_INET6 : AF_INET, 0);
	put_u8(&t->out, IPSET_ATTR_PROTOCOL, IPSET_PROTOCOL_MIN);
}

/* Sends it and hears the answers up to the one that ends them. */
static int say(struct talk *t, nfsock_fn *fn, void *ctx)
{
	int r;

	nfsock_end(&t->out, 0);
	r = nfsock_send(&t->s, &t->out);
	return r < 0 ? r
		     : nfsock_hear(&t->s, t->s.seq, t->s.seq, false, fn, ctx);
}

static void close_talk(struct talk **t)
{
	nfsock_close(&(*t)->s);
	buf_release(&(*t)->out);
	free(*t);
}

static struct talk *new_talk(void)
{
	struct talk *t = mem_zero(1, sizeof(*t));

	t->s.fd = -1;
	return t;
}

/* The subsystem's own errors have no words in the C library. */
static int failed(struct err *reterr, int r, const char *what, const char *name)
{
	if (r <= -ERR_PRIVATE)
		return err_set(reterr, -EINVAL, "%s set %s: ipset error %d",
			       what, name, -r);
	return err_sys(reterr, r, "%s set %s", what, name);
}

/* --- listing --------------------------------------------------------------
 */

struct listing {
	struct arena *a;
	struct ipset *sets;
	size_t n;
};

static const char *text_of(const struct nlattr *attrs, int len, int type)
{
	const struct nlattr *a = nla_find(attrs, len, type);

	return a && nla_len(a) > 0 &&
			       memchr(nla_data(a), '\0', (size_t)nla_len(a))
		       ? nla_data(a)
		       : NULL;
}

static bool member(const struct nlattr *data, struct ipnet *ret)
{
	const struct nlattr *ip =
		nla_find(nla_data(data), nla_len(data), IPSET_ATTR_IP);
	const struct nlattr *cidr =
		nla_find(nla_data(data), nla_len(data), IPSET_ATTR_CIDR);
	const struct nlattr *a;

	*ret = (struct ipnet){0};
	if (!ip)
		return false;
	a = nla_find(nla_data(ip), nla_len(ip), IPSET_ATTR_IPADDR_IPV4);
	if (a && nla_len(a) == 4)
		ret->ip.family = 4;
	if (!a) {
		a = nla_find(nla_data(ip), nla_len(ip), IPSET_ATTR_IPADDR_IPV6);
		if (a && nla_len(a) == 16)
			ret->ip.family = 6;
	}
	if (!ret->ip.family)
		return false;
	memcpy(ret->ip.b, nla_data(a), (size_t)nla_len(a));
	ret->len = cidr && nla_len(cidr) == 1 ? *(const uint8_t *)nla_data(cidr)
					      : (uint8_t)ip_bits(&ret->ip);
	return true;
}

static int set_heard(const struct nlmsghdr *h, void *ctx)
{
	const struct nlattr *attrs, *family, *list, *a;
	struct listing *l = ctx;
	struct ipset *s = NULL;
	const char *name, *type;
	struct ipnet net;
	int len, left;

	attrs = nfsock_attrs(h, &len);
	if (!attrs)
		return 0;
	name = text_of(attrs, len, IPSET_ATTR_SETNAME);
	type = text_of(attrs, len, IPSET_ATTR_TYPENAME);
	family = nla_find(attrs, len, IPSET_ATTR_FAMILY);
	list = nla_find(attrs, len, IPSET_ATTR_ADT);
	if (!name)
		return -EPROTO;
	/* A large one comes in several messages. */
	if (l->n && strcmp(l->sets[l->n - 1].name, name) == 0)
		s = &l->sets[l->n - 1];
	if (!s && l->n >= IPSET_SETS_MAX)
		return -E2BIG;
	if (!s) {
		s = arena_push(l->a, &l->sets, &l->n, sizeof(*s));
		s->name = arena_strdup(l->a, name);
		s->type = arena_strdup(l->a, type ? type : "?");
		s->family = family && nla_len(family) == 1 &&
					    *(const uint8_t *)nla_data(
						    family) == AF_INET6
				    ? 6
				    : 4;
	}
	left = list ? nla_len(list) : 0;
	for (a = list ? nla_data(list) : NULL; a && nla_ok(a, left);
	     a = nla_next(a, &left)) {
		if (!member(a, &net))
			continue;
		if (s->n >= IPSET_MEMBERS_MAX)
			return -E2BIG;
		*(struct ipnet *)arena_push(l->a, &s->members, &s->n,
					    sizeof(net)) = net;
	}
	return 0;
}

int ipset_list(int nsfd, struct arena *a, struct ipset **ret, size_t *ret_n,
	       struct err *reterr)
{
	auto_(close_talk) struct talk *t = new_talk();
	struct listing l = {.a = a};
	int r;

	r = nfsock_open(&t->s, nsfd, reterr);
	if (r < 0)
		return r;
	begin(t, IPSET_CMD_LIST, NLM_F_DUMP, 4);
	r = say(t, set_heard, &l);
	if (r == -EINVAL || r == -EOPNOTSUPP)
		return err_set(reterr, -EOPNOTSUPP,
			       "the kernel has no sets of addresses (ip_set)");
	if (r == -E2BIG)
		return err_set(reterr, r,
			       "more than %d sets of addresses, or %d members "
			       "of one",
			       IPSET_SETS_MAX, IPSET_MEMBERS_MAX);
	if (r < 0)
		return err_sys(reterr, r, "list sets of addresses");
	*ret = l.sets;
	*ret_n = l.n;
	return 0;
}

/* --- changing -------------------------------------------------------------
 */

static int create(struct talk *t, const char *name, int family)
{
	size_t at;

	begin(t, IPSET_CMD_CREATE, NLM_F_CREATE | NLM_F_EXCL, family);
	put_text(&t->out, IPSET_ATTR_SETNAME, name);
	put_text(&t->out, IPSET_ATTR_TYPENAME, TYPE);
	put_u8(&t->out, IPSET_ATTR_REVISION, REVISION);
	put_u8(&t->out, IPSET_ATTR_FAMILY, family == 6 ? AF_INET6 : AF_INET);
	at = nfsock_nest(&t->out, IPSET_ATTR_DATA | NLA_F_NESTED);
	nfsock_nest_end(&t->out, at);
	return say(t, NULL, NULL);
}

static void put_member(struct buf *b, const struct ipnet *m)
{
	int type = (m->ip.family == 6 ? IPSET_ATTR_IPADDR_IPV6
				      : IPSET_ATTR_IPADDR_IPV4) |
		   NLA_F_NET_BYTEORDER;
	size_t at = nfsock_nest(b, IPSET_ATTR_DATA | NLA_F_NESTED), ip;

	ip = nfsock_nest(b, IPSET_ATTR_IP | NLA_F_NESTED);
	nfsock_put(b, type, m->ip.b, ip_size(&m->ip));
	nfsock_nest_end(b, ip);
	put_u8(b, IPSET_ATTR_CIDR, m->len);
	nfsock_nest_end(b, at);
}

static int fill(struct talk *t, const char *name, const struct ipset *s)
{
	uint32_t line = htonl(1);
	size_t i = 0, k, at;
	int r = 0;

	while (r == 0 && i < s->n) {
		/* Without NLM_F_EXCL one that is there already is no error. */
		begin(t, IPSET_CMD_ADD, 0, s->family);
		put_text(&t->out, IPSET_ATTR_SETNAME, name);
		nfsock_put(&t->out, IPSET_ATTR_LINENO | NLA_F_NET_BYTEORDER,
			   &line, sizeof(line));
		at = nfsock_nest(&t->out, IPSET_ATTR_ADT | NLA_F_NESTED);
		for (k = 0; k < CHUNK && i < s->n; k++)
			put_member(&t->out, &s->members[i++]);
		nfsock_nest_end(&t->out, at);
		r = say(t, NULL, NULL);
	}
	return r;
}

static int destroy(struct talk *t, const char *name)
{
	begin(t, IPSET_CMD_DESTROY, 0, 4);
	put_text(&t->out, IPSET_ATTR_SETNAME, name);
	return say(t, NULL, NULL);
}

static int swap(struct talk *t, const char *a, const char *b)
{
	begin(t, IPSET_CMD_SWAP, 0, 4);
	put_text(&t->out, IPSET_ATTR_SETNAME, a);
	put_text(&t->out, IPSET_ATTR_SETNAME2, b);
	return say(t, NULL, NULL);
}

int ipset_put(int nsfd, const struct ipset *s, struct err *reterr)
{
	auto_(close_talk) struct talk *t = new_talk();
	char beside[IPSET_NAME_MAX + sizeof(BESIDE)];
	int r;

	if (strlen(s->name) > IPSET_NAME_MAX - strlen(BESIDE))
		return err_set(reterr, -EINVAL, "set name %s is too long",
			       s->name);
	r = nfsock_open(&t->s, nsfd, reterr);
	if (r < 0)
		return r;
	r = create(t, s->name, s->family);
	if (r == 0) {
		r = fill(t, s->name, s);
		return r < 0 ? failed(reterr, r, "fill", s->name) : 0;
	}
	if (r != -EEXIST)
		return failed(reterr, r, "make", s->name);
	memcpy(beside, s->name, strlen(s->name));
	memcpy(beside + strlen(s->name), BESIDE, sizeof(BESIDE));
	(void)destroy(t, beside); /* of one that did not come to its end */
	r = create(t, beside, s->family);
	if (r == 0)
		r = fill(t, beside, s);
	if (r == 0)
		r = swap(t, beside, s->name);
	(void)destroy(t, beside);
	return r < 0 ? failed(reterr, r, "change", s->name) : 0;
}

int ipset_destroy(int nsfd, const char *name, struct err *reterr)
{
	auto_(close_talk) struct talk *t = new_talk();
	int r;

	r = nfsock_open(&t->s, nsfd, reterr);
	if (r < 0)
		return r;
	r = destroy(t, name);
	/* The subsystem's word for one that a rule holds. */
	if (r == -IPSET_ERR_BUSY)
		return err_set(reterr, -EBUSY, "remove set %s: a rule uses it",
			       name);
	return r < 0 && r != -ENOENT ? failed(reterr, r, "remove", name) : 0;
}

bool ipset_same(struct ipset *a, struct ipset *b)
{
	if (a->family != b->family || a->n != b->n)
		return false;
	if (!a->n)
		return true;
	qsort(a->members, a->n, sizeof(*a->members), ipnet_cmp);
	qsort(b->members, b->n, sizeof(*b->members), ipnet_cmp);
	for (size_t i = 0; i < a->n; i++)
		if (!ipnet_equal(&a->members[i], &b->members[i]))
			return false;
	return true;
}
