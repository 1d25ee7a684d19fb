/* SPDX-License-Identifier: MIT */
/*
 * The kernel tells a reply as packets are on the wire, translated. To make an
 * entry it wants the reply of a connection without translation, and beside it
 * what to translate to: with the wire's own it makes an entry that looks right
 * and translates nothing.
 */
#include "lib/kernel/ctstate.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "lib/auto.h"
#include "lib/kernel/netns.h"

#define READ_BYTES 65536
#define EVENT_BUFFER (4 << 20)
#define PATIENCE_S 2

/* --- reading --------------------------------------------------------- */

static const struct nlattr *in(const struct nlattr *nest, int type)
{
	return nest ? nla_find(nla_data(nest), nla_len(nest), type) : NULL;
}

static bool get(const struct nlattr *a, void *out, int size)
{
	if (!a || nla_len(a) != size)
		return false;
	memcpy(out, nla_data(a), (size_t)size);
	return true;
}

static uint16_t get16(const struct nlattr *a)
{
	uint16_t v = 0;

	return get(a, &v, sizeof(v)) ? ntohs(v) : 0;
}

static uint32_t get32(const struct nlattr *a)
{
	uint32_t v = 0;

	return get(a, &v, sizeof(v)) ? ntohl(v) : 0;
}

static uint8_t get8(const struct nlattr *a)
{
	uint8_t v = 0;

	return get(a, &v, sizeof(v)) ? v : 0;
}

static bool read_ip(const struct nlattr *ips, int v4, int v6, struct ip *ret)
{
	*ret = (struct ip){0};
	if (get(in(ips, v4), ret->b, 4))
		ret->family = 4;
	else if (get(in(ips, v6), ret->b, 16))
		ret->family = 6;
	return ret->family != 0;
}

static bool read_tuple(const struct nlattr *t, struct ct_tuple *ret,
		       uint8_t *ret_proto)
{
	const struct nlattr *ips = in(t, CTA_TUPLE_IP);
	const struct nlattr *p = in(t, CTA_TUPLE_PROTO);

	*ret = (struct ct_tuple){0};
	if (!read_ip(ips, CTA_IP_V4_SRC, CTA_IP_V6_SRC, &ret->src) ||
	    !read_ip(ips, CTA_IP_V4_DST, CTA_IP_V6_DST, &ret->dst))
		return false;
	*ret_proto = get8(in(p, CTA_PROTO_NUM));
	switch (*ret_proto) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
		ret->sport = get16(in(p, CTA_PROTO_SRC_PORT));
		ret->dport = get16(in(p, CTA_PROTO_DST_PORT));
		return true;
	case IPPROTO_ICMP:
		ret->sport = ret->dport = get16(in(p, CTA_PROTO_ICMP_ID));
		ret->icmp_type = get8(in(p, CTA_PROTO_ICMP_TYPE));
		ret->icmp_code = get8(in(p, CTA_PROTO_ICMP_CODE));
		return true;
	case IPPROTO_ICMPV6:
		ret->sport = ret->dport = get16(in(p, CTA_PROTO_ICMPV6_ID));
		ret->icmp_type = get8(in(p, CTA_PROTO_ICMPV6_TYPE));
		ret->icmp_code = get8(in(p, CTA_PROTO_ICMPV6_CODE));
		return true;
	}
	return false;
}

enum ct_what ct_read(const struct nlmsghdr *h, struct ct_state *ret)
{
	const struct nlattr *attrs, *tcp;
	uint8_t reply_proto = 0;
	int len;

	if (h->nlmsg_type >> 8 != NFNL_SUBSYS_CTNETLINK)
		return CT_NOTHING;
	len = (int)NLMSG_PAYLOAD(h, NLMSG_ALIGN(sizeof(struct nfgenmsg)));
	if (len <= 0)
		return CT_NOTHING;
	attrs = (const struct nlattr *)((const char *)NLMSG_DATA(h) +
					NLMSG_ALIGN(sizeof(struct nfgenmsg)));
	*ret = (struct ct_state){0};
	if (!read_tuple(nla_find(attrs, len, CTA_TUPLE_ORIG), &ret->orig,
			&ret->proto) ||
	    !read_tuple(nla_find(attrs, len, CTA_TUPLE_REPLY), &ret->reply,
			&reply_proto) ||
	    reply_proto != ret->proto)
		return CT_NOTHING;
	ret->zone = get16(nla_find(attrs, len, CTA_ZONE));
	ret->status = get32(nla_find(attrs, len, CTA_STATUS));
	ret->timeout = get32(nla_find(attrs, len, CTA_TIMEOUT));
	tcp = in(nla_find(attrs, len, CTA_PROTOINFO), CTA_PROTOINFO_TCP);
	ret->tcp = get8(in(tcp, CTA_PROTOINFO_TCP_STATE));
	return (h->nlmsg_type & 0xff) == IPCTNL_MSG_CT_DELETE ? CT_GONE : CT_IS;
}

/* --- saying ---------------------------------------------------------- */

/* Answers to what was given up are not those to what came later. */
static uint32_t sequence;

static struct nl_msg *begin(int msg, int flags, uint8_t family)
{
	struct nfgenmsg g = {.nfgen_family = family == 6 ? AF_INET6 : AF_INET,
			     .version = NFNETLINK_V0};
	struct nl_msg *m = nlmsg_alloc();

	if (m &&
	    nlmsg_put(m, 0, ++sequence, NFNL_SUBSYS_CTNETLINK << 8 | msg, 0,
		      NLM_F_REQUEST | flags) &&
	    nlmsg_append(m, &g, sizeof(g), NLMSG_ALIGNTO) == 0)
		return m;
	nlmsg_free(m);
	return NULL;
}

static void put16(struct nl_msg *m, int type, uint16_t v)
{
	v = htons(v);
	nla_put(m, type, sizeof(v), &v);
}

static void put32(struct nl_msg *m, int type, uint32_t v)
{
	v = htonl(v);
	nla_put(m, type, sizeof(v), &v);
}

static void put8(struct nl_msg *m, int type, uint8_t v)
{
	nla_put(m, type, sizeof(v), &v);
}

static void put_proto(struct nl_msg *m, const struct ct_tuple *t, uint8_t proto)
{
	bool six = proto == IPPROTO_ICMPV6;

	put8(m, CTA_PROTO_NUM, proto);
	if (proto == IPPROTO_TCP || proto == IPPROTO_UDP) {
		put16(m, CTA_PROTO_SRC_PORT, t->sport);
		put16(m, CTA_PROTO_DST_PORT, t->dport);
		return;
	}
	put16(m, six ? CTA_PROTO_ICMPV6_ID : CTA_PROTO_ICMP_ID, t->sport);
	put8(m, six ? CTA_PROTO_ICMPV6_TYPE : CTA_PROTO_ICMP_TYPE,
	     t->icmp_type);
	put8(m, six ? CTA_PROTO_ICMPV6_CODE : CTA_PROTO_ICMP_CODE,
	     t->icmp_code);
}

static void put_tuple(struct nl_msg *m, int type, const struct ct_tuple *t,
		      uint8_t proto)
{
	struct nlattr *tuple = nla_nest_start(m, type | NLA_F_NESTED), *nest;
	bool six = t->src.family == 6;
	int size = (int)ip_size(&t->src);

	nest = nla_nest_start(m, CTA_TUPLE_IP | NLA_F_NESTED);
	nla_put(m, six ? CTA_IP_V6_SRC : CTA_IP_V4_SRC, size, t->src.b);
	nla_put(m, six ? CTA_IP_V6_DST : CTA_IP_V4_DST, size, t->dst.b);
	nla_nest_end(m, nest);
	nest = nla_nest_start(m, CTA_TUPLE_PROTO | NLA_F_NESTED);
	put_proto(m, t, proto);
	nla_nest_end(m, nest);
	nla_nest_end(m, tuple);
}

static void put_nat(struct nl_msg *m, int type, const struct ip *to,
		    uint16_t port, bool has_port)
{
	struct nlattr *nat = nla_nest_start(m, type | NLA_F_NESTED), *nest;
	bool six = to->family == 6;
	int size = (int)ip_size(to);

	nla_put(m, six ? CTA_NAT_V6_MINIP : CTA_NAT_V4_MINIP, size, to->b);
	nla_put(m, six ? CTA_NAT_V6_MAXIP : CTA_NAT_V4_MAXIP, size, to->b);
	if (has_port) {
		nest = nla_nest_start(m, CTA_NAT_PROTO | NLA_F_NESTED);
		put16(m, CTA_PROTONAT_PORT_MIN, port);
		put16(m, CTA_PROTONAT_PORT_MAX, port);
		nla_nest_end(m, nest);
	}
	nla_nest_end(m, nat);
}

static void put_state(struct nl_msg *m, const struct ct_state *s)
{
	static const struct nf_ct_tcp_flags flags = {
		.flags = IP_CT_TCP_FLAG_BE_LIBERAL | IP_CT_TCP_FLAG_SACK_PERM,
		.mask = IP_CT_TCP_FLAG_BE_LIBERAL | IP_CT_TCP_FLAG_SACK_PERM};
	struct nlattr *info, *tcp;

	put32(m, CTA_STATUS,
	      (s->status & (IPS_SEEN_REPLY | IPS_ASSURED)) | IPS_CONFIRMED);
	if (s->timeout)
		put32(m, CTA_TIMEOUT, s->timeout);
	if (s->zone)
		put16(m, CTA_ZONE, s->zone);
	if (s->proto != IPPROTO_TCP)
		return;
	/* What it has seen of windows is not carried: it is to be liberal. */
	info = nla_nest_start(m, CTA_PROTOINFO | NLA_F_NESTED);
	tcp = nla_nest_start(m, CTA_PROTOINFO_TCP | NLA_F_NESTED);
	put8(m, CTA_PROTOINFO_TCP_STATE, s->tcp);
	nla_put(m, CTA_PROTOINFO_TCP_FLAGS_ORIGINAL, sizeof(flags), &flags);
	nla_put(m, CTA_PROTOINFO_TCP_FLAGS_REPLY, sizeof(flags), &flags);
	nla_nest_end(m, tcp);
	nla_nest_end(m, info);
}

/* The reply of a connection that nobody translates. */
static struct ct_tuple untranslated(const struct ct_state *s)
{
	struct ct_tuple t = {.src = s->orig.dst,
			     .dst = s->orig.src,
			     .sport = s->orig.dport,
			     .dport = s->orig.sport,
			     .icmp_type = s->reply.icmp_type,
			     .icmp_code = s->reply.icmp_code};

	return t;
}

/* Sends it and reads its answer; the entry that is asked for into ret. */
static int say(int fd, struct nl_msg *m, struct ct_state *ret)
{
	char buf[4096];
	uint32_t seq;
	int r = 0;

	if (!m)
		return -ENOMEM;
	seq = nlmsg_hdr(m)->nlmsg_seq;
	nlmsg_hdr(m)->nlmsg_flags |= NLM_F_ACK;
	if (send(fd, nlmsg_hdr(m), nlmsg_hdr(m)->nlmsg_len, 0) < 0)
		r = -errno;
	nlmsg_free(m);
	while (r == 0) {
		ssize_t got = recv(fd, buf, sizeof(buf), 0);
		const struct nlmsghdr *h = (const struct nlmsghdr *)buf;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		for (; NLMSG_OK(h, got); h = NLMSG_NEXT(h, got)) {
			const struct nlmsgerr *e = NLMSG_DATA(h);

			if (h->nlmsg_seq != seq)
				continue;
			if (h->nlmsg_type == NLMSG_ERROR)
				return e->error;
			if (ret)
				(void)ct_read(h, ret);
		}
	}
	return r;
}

static int create(int fd, const struct ct_state *s)
{
	bool ports = s->proto == IPPROTO_TCP || s->proto == IPPROTO_UDP;
	/* Of two pings with one id it is the id of one that is translated. */
	bool sport = s->reply.dport != s->orig.sport;
	struct nl_msg *m = begin(IPCTNL_MSG_CT_NEW, NLM_F_CREATE | NLM_F_EXCL,
				 s->orig.src.family);
	struct ct_tuple reply = untranslated(s);

	if (!m)
		return -ENOMEM;
	put_tuple(m, CTA_TUPLE_ORIG, &s->orig, s->proto);
	put_tuple(m, CTA_TUPLE_REPLY, &reply, s->proto);
	if (!ip_equal(&s->reply.dst, &s->orig.src) || sport)
		put_nat(m, CTA_NAT_SRC, &s->reply.dst, s->reply.dport,
			ports || sport);
	if (!ip_equal(&s->reply.src, &s->orig.dst) ||
	    (ports && s->reply.sport != s->orig.dport))
		put_nat(m, CTA_NAT_DST, &s->reply.src, s->reply.sport, ports);
	put_state(m, s);
	return say(fd, m, NULL);
}

static int change(int fd, const struct ct_state *s)
{
	struct nl_msg *m = begin(IPCTNL_MSG_CT_NEW, 0, s->orig.src.family);

	if (!m)
		return -ENOMEM;
	put_tuple(m, CTA_TUPLE_ORIG, &s->orig, s->proto);
	put_state(m, s);
	return say(fd, m, NULL);
}

/* The entry with one of the tuples, to the kernel's verb msg. */
static int by_tuple(int fd, int msg, int type, const struct ct_state *s,
		    struct ct_state *ret)
{
	struct nl_msg *m = begin(msg, 0, s->orig.src.family);

	if (!m)
		return -ENOMEM;
	put_tuple(m, type, type == CTA_TUPLE_ORIG ? &s->orig : &s->reply,
		  s->proto);
	if (s->zone)
		put16(m, CTA_ZONE, s->zone);
	return say(fd, m, ret);
}

static bool same_tuple(const struct ct_tuple *a, const struct ct_tuple *b)
{
	return ip_equal(&a->src, &b->src) && ip_equal(&a->dst, &b->dst) &&
	       a->sport == b->sport && a->dport == b->dport;
}

int ct_put(int fd, const struct ct_state *s, bool update)
{
	struct ct_state have = {0};
	int r = create(fd, s);

	if (r != -EEXIST || !update)
		return r;
	r = by_tuple(fd, IPCTNL_MSG_CT_GET, CTA_TUPLE_ORIG, s, &have);
	if (r == 0 && same_tuple(&have.orig, &s->orig) &&
	    same_tuple(&have.reply, &s->reply))
		return change(fd, s);
	/* What is in the way is another's: it has ended, and nobody heard. */
	(void)by_tuple(fd, IPCTNL_MSG_CT_DELETE, CTA_TUPLE_ORIG, s, NULL);
	(void)by_tuple(fd, IPCTNL_MSG_CT_DELETE, CTA_TUPLE_REPLY, s, NULL);
	return create(fd, s);
}

int ct_remove(int fd, const struct ct_state *s)
{
	int r = by_tuple(fd, IPCTNL_MSG_CT_DELETE, CTA_TUPLE_ORIG, s, NULL);

	return r == -ENOENT ? 0 : r;
}

int ct_dump(int fd, ct_fn *fn, void *ctx)
{
	static char buf[READ_BYTES];
	struct nl_msg *m = begin(IPCTNL_MSG_CT_GET, NLM_F_DUMP, 0);
	struct ct_state s;
	uint32_t seq;
	int r = 0;

	if (!m)
		return -ENOMEM;
	seq = nlmsg_hdr(m)->nlmsg_seq;
	((struct nfgenmsg *)nlmsg_data(nlmsg_hdr(m)))->nfgen_family = AF_UNSPEC;
	if (send(fd, nlmsg_hdr(m), nlmsg_hdr(m)->nlmsg_len, 0) < 0)
		r = -errno;
	nlmsg_free(m);
	while (r == 0) {
		ssize_t got = recv(fd, buf, sizeof(buf), 0);
		const struct nlmsghdr *h;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		for (h = (const struct nlmsghdr *)buf; NLMSG_OK(h, got);
		     h = NLMSG_NEXT(h, got)) {
			const struct nlmsgerr *e = NLMSG_DATA(h);

			if (h->nlmsg_seq != seq)
				continue;
			if (h->nlmsg_type == NLMSG_DONE)
				return 0;
			if (h->nlmsg_type == NLMSG_ERROR)
				return e->error;
			if (ct_read(h, &s) == CT_IS)
				fn(ctx, &s);
		}
	}
	return r;
}

int ct_open(int nsfd, struct err *reterr)
{
	const struct timeval patience = {.tv_sec = PATIENCE_S};
	int fd = netns_socket(nsfd, AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER);
	struct sockaddr_nl sa = {.nl_family = AF_NETLINK};

	if (fd < 0)
		return err_sys(reterr, fd, "open a netfilter netlink socket");
	(void)bind(fd, (struct sockaddr *)&sa, sizeof(sa));
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
			 sizeof(patience));
	return fd;
}

int ct_listen(int nsfd, struct err *reterr)
{
	static const int groups[] = {NFNLGRP_CONNTRACK_NEW,
				     NFNLGRP_CONNTRACK_UPDATE,
				     NFNLGRP_CONNTRACK_DESTROY};
	auto_close int fd = netns_socket(
		nsfd, AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK, NETLINK_NETFILTER);
	struct sockaddr_nl sa = {.nl_family = AF_NETLINK};
	int size = EVENT_BUFFER;
	size_t i;

	/* Unbound it would have the port 0, the kernel's own, and be told of
	 * nothing that the kernel says. */
	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		return err_sys(reterr, fd < 0 ? fd : -errno,
			       "open a netfilter netlink socket");
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size,
				 sizeof(size));
	for (i = 0; i < ARRAY_LEN(groups); i++)
		if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP,
			       &groups[i], sizeof(groups[i])) < 0)
			return err_sys(reterr, -errno,
				       "hear of tracked connections");
	return take_fd(&fd);
}
