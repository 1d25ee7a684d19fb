/* SPDX-License-Identifier: MIT */
/*
 * An entry is named by its original tuple, its zone and its id, which come
 * back to the kernel as it told them; so it is that entry which goes, and not
 * a later one with the same addresses.
 */
#include "lib/kernel/nfct.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netlink/attr.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/kernel/nfsock.h"

#define TRIES 3 /* of a dump that the kernel says is not whole */

struct forget {
	const struct ip *addrs;
	size_t naddrs;
	bool (*dead)(const struct conn *c, const void *ctx);
	const void *ctx;
	struct buf
		doomed; /* attributes of each entry, its length before them */
	size_t n;
	struct nfsock s;
};

/* Sends a message with these attributes and hears how it went. */
static int ask(struct forget *f, int msg, int flags, const void *attrs,
	       size_t len, uint8_t family, nfsock_fn *fn)
{
	auto_buf struct buf b = {0};
	size_t at = nfsock_begin(&f->s, &b, NFNL_SUBSYS_CTNETLINK, msg, flags,
				 family, 0);
	int r;

	buf_add(&b, attrs, len);
	nfsock_end(&b, at);
	r = nfsock_send(&f->s, &b);
	return r < 0 ? r : nfsock_hear(&f->s, f->s.seq, f->s.seq, false, fn, f);
}

/* Whether a tuple has one of the addresses. */
static bool has(const struct forget *f, const struct nlattr *tuple)
{
	static const int types[] = {CTA_IP_V4_SRC, CTA_IP_V4_DST, CTA_IP_V6_SRC,
				    CTA_IP_V6_DST};
	const struct nlattr *ips =
		nla_find(nla_data(tuple), nla_len(tuple), CTA_TUPLE_IP);

	for (size_t i = 0; ips && i < ARRAY_LEN(types); i++) {
		const struct nlattr *a =
			nla_find(nla_data(ips), nla_len(ips), types[i]);
		size_t k;

		for (k = 0; a && k < f->naddrs; k++)
			if ((size_t)nla_len(a) == ip_size(&f->addrs[k]) &&
			    memcmp(nla_data(a), f->addrs[k].b,
				   (size_t)nla_len(a)) == 0)
				return true;
	}
	return false;
}

static bool get(const struct nlattr *in, int type, void *ret, size_t size)
{
	const struct nlattr *a = nla_find(nla_data(in), nla_len(in), type);

	if (a && (size_t)nla_len(a) == size)
		memcpy(ret, nla_data(a), size);
	return a != NULL;
}

static void get_ips(const struct nlattr *ips, struct conn *c)
{
	if (get(ips, CTA_IP_V4_SRC, c->src.b, 4) &&
	    get(ips, CTA_IP_V4_DST, c->dst.b, 4))
		c->src.family = c->dst.family = 4;
	else if (get(ips, CTA_IP_V6_SRC, c->src.b, 16) &&
		 get(ips, CTA_IP_V6_DST, c->dst.b, 16))
		c->src.family = c->dst.family = 6;
}

/* How its first packet was, by its original tuple. */
static struct conn conn_of(const struct nlattr *orig, const struct nlattr *zone)
{
	const struct nlattr *ips =
		nla_find(nla_data(orig), nla_len(orig), CTA_TUPLE_IP);
	const struct nlattr *p =
		nla_find(nla_data(orig), nla_len(orig), CTA_TUPLE_PROTO);
	uint8_t type = 0, code = 0;
	struct conn c = {0};

	if (zone && nla_len(zone) == sizeof(c.zone))
		memcpy(&c.zone, nla_data(zone), sizeof(c.zone));
	c.zone = ntohs(c.zone);
	if (ips)
		get_ips(ips, &c);
	if (!p)
		return c;
	get(p, CTA_PROTO_NUM, &c.protocol, sizeof(c.protocol));
	get(p, CTA_PROTO_SRC_PORT, &c.sport, sizeof(c.sport));
	get(p, CTA_PROTO_DST_PORT, &c.dport, sizeof(c.dport));
	c.sport = ntohs(c.sport);
	c.dport = ntohs(c.dport);
	if ((get(p, CTA_PROTO_ICMP_TYPE, &type, sizeof(type)) &&
	     get(p, CTA_PROTO_ICMP_CODE, &code, sizeof(code))) ||
	    (get(p, CTA_PROTO_ICMPV6_TYPE, &type, sizeof(type)) &&
	     get(p, CTA_PROTO_ICMPV6_CODE, &code, sizeof(code))))
		c.dport = (uint16_t)(type << 8 | code);
	return c;
}

/* Whether an entry is one of those that are to go. */
static bool doomed(const struct forget *f, const struct nlattr *orig,
		   const struct nlattr *reply, const struct nlattr *zone)
{
	struct conn c;

	if (!f->dead)
		return has(f, orig) || (reply && has(f, reply));
	c = conn_of(orig, zone);
	return ip_is_set(&c.src) && f->dead(&c, f->ctx);
}

static int entry(const struct nlmsghdr *h, void *ctx)
{
	static const int name[] = {CTA_TUPLE_ORIG, CTA_ZONE, CTA_ID};
	const struct nfgenmsg *g = NLMSG_DATA(h);
	const struct nlattr *attrs, *orig, *reply, *a;
	struct forget *f = ctx;
	uint32_t size = 0;
	size_t at;
	int len;

	attrs = nfsock_attrs(h, &len);
	if (!attrs)
		return 0;
	orig = nla_find(attrs, len, CTA_TUPLE_ORIG);
	reply = nla_find(attrs, len, CTA_TUPLE_REPLY);
	if (!orig || !doomed(f, orig, reply, nla_find(attrs, len, CTA_ZONE)))
		return 0;
	if (f->n == NFCT_MAX)
		return -E2BIG;
	f->n++;
	at = f->doomed.len;
	buf_add(&f->doomed, &size, sizeof(size));
	buf_addc(&f->doomed, (char)g->nfgen_family);
	for (size_t i = 0; i < ARRAY_LEN(name); i++) {
		a = nla_find(attrs, len, name[i]);
		if (!a)
			continue;
		buf_add(&f->doomed, a, a->nla_len);
		for (size_t k = a->nla_len; k % NLA_ALIGNTO; k++)
			buf_addc(&f->doomed, '\0');
	}
	size = (uint32_t)(f->doomed.len - at - sizeof(size) - 1);
	memcpy(f->doomed.data + at, &size, sizeof(size));
	return 0;
}

static int find(struct forget *f)
{
	int r = -EINTR;

	for (int i = 0; i < TRIES && r == -EINTR; i++) {
		buf_reset(&f->doomed);
		f->n = 0;
		r = ask(f, IPCTNL_MSG_CT_GET, NLM_F_DUMP, "", 0, AF_UNSPEC,
			entry);
	}
	return r;
}

static int end_found(struct forget *f, size_t *ret_gone, struct err *reterr)
{
	size_t at = 0, gone = 0;
	uint32_t len;
	int r;

	r = find(f);
	if (r == -E2BIG)
		return err_set(reterr, r,
			       "more than %u tracked connections are to end",
			       NFCT_MAX);
	if (r < 0)
		return err_sys(reterr, r, "list tracked connections");
	for (size_t i = 0; i < f->n; i++) {
		const char *one = f->doomed.data + at;

		memcpy(&len, one, sizeof(len));
		one += sizeof(len);
		r = ask(f, IPCTNL_MSG_CT_DELETE, NLM_F_ACK, one + 1, len,
			(uint8_t)*one, NULL);
		if (r < 0 && r != -ENOENT)
			return err_sys(reterr, r, "end a tracked connection");
		gone += r == 0;
		at += sizeof(len) + 1 + len;
	}
	*ret_gone = gone;
	return 0;
}

static int end_all(struct forget *f, int nsfd, size_t *ret_gone,
		   struct err *reterr)
{
	int r = nfsock_open(&f->s, nsfd, reterr);

	if (r == 0)
		r = end_found(f, ret_gone, reterr);
	nfsock_close(&f->s);
	buf_release(&f->doomed);
	return r;
}

int nfct_forget(int nsfd, const struct ip *addrs, size_t n, size_t *ret_gone,
		struct err *reterr)
{
	struct forget f = {.addrs = addrs, .naddrs = n};

	return end_all(&f, nsfd, ret_gone, reterr);
}

int nfct_end(int nsfd, bool (*dead)(const struct conn *c, const void *ctx),
	     const void *ctx, size_t *ret_gone, struct err *reterr)
{
	struct forget f = {.dead = dead, .ctx = ctx};

	return end_all(&f, nsfd, ret_gone, reterr);
}
