/* SPDX-License-Identifier: MIT */
/*
 * An entry is named by its original tuple, its zone and its id, which come
 * back to the kernel as it told them; so it is that entry which goes, and not
 * a later one with the same addresses.
 */
#include "lib/kernel/nfct.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <netlink/attr.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/kernel/netns.h"

#define READ_BYTES 65536
#define TRIES 3 /* of a dump that the kernel says is not whole */

struct forget {
	const struct ip *addrs;
	size_t naddrs;
	bool (*dead)(const struct conn *c, const void *ctx);
	const void *ctx;
	struct buf
		doomed; /* attributes of each entry, its length before them */
	size_t n;
	int fd;
	char in[READ_BYTES];
};

static int say(int fd, int msg, int flags, uint32_t seq, const void *attrs,
	       size_t len, uint8_t family)
{
	struct {
		struct nlmsghdr h;
		struct nfgenmsg g;
	} head = {
		.h = {.nlmsg_len = (uint32_t)(sizeof(head) + len),
		      .nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | msg,
		      .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags),
		      .nlmsg_seq = seq},
		.g = {.nfgen_family = family, .version = NFNETLINK_V0},
	};
	struct iovec iov[] = {{&head, sizeof(head)}, {(void *)attrs, len}};
	struct msghdr m = {.msg_iov = iov, .msg_iovlen = 2};

	while (sendmsg(fd, &m, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
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

static int entry(struct forget *f, const struct nlmsghdr *h)
{
	static const int name[] = {CTA_TUPLE_ORIG, CTA_ZONE, CTA_ID};
	const struct nfgenmsg *g = NLMSG_DATA(h);
	int len = (int)NLMSG_PAYLOAD(h, NLMSG_ALIGN(sizeof(*g)));
	struct nlattr *attrs = (struct nlattr *)((char *)NLMSG_DATA(h) +
						 NLMSG_ALIGN(sizeof(*g)));
	const struct nlattr *orig, *reply, *a;
	uint32_t size = 0;
	size_t at;

	if (len < 0)
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

/* Hears the answers to one request up to its end. */
static int hear(struct forget *f, uint32_t seq)
{
	bool torn = false;
	int r = 0;

	for (;;) {
		ssize_t got = recv(f->fd, f->in, sizeof(f->in), 0);
		const struct nlmsghdr *h;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		for (h = (const struct nlmsghdr *)f->in; NLMSG_OK(h, got);
		     h = NLMSG_NEXT(h, got)) {
			const struct nlmsgerr *e = NLMSG_DATA(h);

			if (h->nlmsg_seq != seq)
				continue;
			torn |= (h->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
			if (h->nlmsg_type == NLMSG_ERROR)
				return e->error;
			if (h->nlmsg_type == NLMSG_DONE)
				return r < 0 ? r : torn ? -EINTR : 0;
			if (r == 0)
				r = entry(f, h);
		}
	}
}

static int find(struct forget *f, uint32_t *seq)
{
	int r = -EINTR;

	for (int i = 0; i < TRIES && r == -EINTR; i++) {
		buf_reset(&f->doomed);
		f->n = 0;
		r = say(f->fd, IPCTNL_MSG_CT_GET, NLM_F_DUMP, ++*seq, NULL, 0,
			AF_UNSPEC);
		if (r == 0)
			r = hear(f, *seq);
	}
	return r;
}

static int end_all(struct forget what, int nsfd, size_t *ret_gone,
		   struct err *reterr)
{
	auto_close int fd =
		netns_socket(nsfd, AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER);
	struct forget f = what;
	auto_buf struct buf doomed = {0};
	size_t at = 0, gone = 0;
	uint32_t seq = 0, len;
	int r;

	if (fd < 0)
		return err_sys(reterr, fd, "open a netfilter netlink socket");
	f.fd = fd;
	r = find(&f, &seq);
	doomed = f.doomed;
	if (r < 0)
		return err_sys(reterr, r, "list tracked connections");
	for (size_t i = 0; i < f.n; i++) {
		uint8_t family = (uint8_t)doomed.data[at + sizeof(len)];

		memcpy(&len, doomed.data + at, sizeof(len));
		at += sizeof(len) + 1;
		r = say(fd, IPCTNL_MSG_CT_DELETE, NLM_F_ACK, ++seq,
			doomed.data + at, len, family);
		if (r == 0)
			r = hear(&f, seq);
		if (r < 0 && r != -ENOENT)
			return err_sys(reterr, r, "end a tracked connection");
		gone += r == 0;
		at += len;
	}
	*ret_gone = gone;
	return 0;
}

int nfct_forget(int nsfd, const struct ip *addrs, size_t n, size_t *ret_gone,
		struct err *reterr)
{
	struct forget f = {.addrs = addrs, .naddrs = n};

	return end_all(f, nsfd, ret_gone, reterr);
}

int nfct_end(int nsfd, bool (*dead)(const struct conn *c, const void *ctx),
	     const void *ctx, size_t *ret_gone, struct err *reterr)
{
	struct forget f = {.dead = dead, .ctx = ctx};

	return end_all(f, nsfd, ret_gone, reterr);
}
