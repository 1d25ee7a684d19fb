/* SPDX-License-Identifier: MIT */
/*
 * Batched rtnetlink
 * =================
 * libnl builds the messages; sending and receiving is done here, because
 * libnl sends and waits one at a time. The kernel handles a send's messages
 * in order and queues one answer for each, which must fit the socket's
 * receive buffer: so at most BATCH_MSGS go out at once.
 */
#include "lib/kernel/rtnl.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/kernel/netns.h"
#include "lib/mem.h"

#define BATCH_MSGS 128
#define RCVBUF_BYTES (4 << 20)
#define READ_BYTES 65536

struct queued {
	struct nl_msg *msg;
	char *what;
	char *words; /* the kernel's own about a failure, or NULL */
	int result;
	bool answered;
};

struct rtnl {
	int fd;
	uint32_t seq;
	struct queued *q;
	size_t n, cap;
	bool sent; /* the queue holds results of the last commit */
};

int rtnl_open(struct rtnl **ret, int nsfd, struct err *reterr)
{
	auto_close int fd = -1;
	int size = RCVBUF_BYTES, on = 1;
	struct rtnl *r;

	fd = netns_socket(nsfd, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	if (fd < 0)
		return err_sys(reterr, fd, "open a netlink socket");
	/* Best effort: the batch size fits the default buffer too. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size,
				 sizeof(size));
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on,
			 sizeof(on));
	r = mem_zero(1, sizeof(*r));
	r->fd = take_fd(&fd);
	*ret = r;
	return 0;
}

static void clear(struct rtnl *r)
{
	size_t i;

	for (i = 0; i < r->n; i++) {
		nlmsg_free(r->q[i].msg);
		free(r->q[i].what);
		free(r->q[i].words);
	}
	r->n = 0;
	r->sent = false;
}

void rtnl_free(struct rtnl *r)
{
	if (!r)
		return;
	clear(r);
	free(r->q);
	close(r->fd);
	free(r);
}

struct nl_msg *rtnl_add(struct rtnl *r, int type, int flags, const void *hdr,
			size_t hdrlen, const char *what, ...)
{
	struct queued *q;
	va_list ap;

	if (r->sent)
		clear(r);
	if (r->n == r->cap) {
		r->cap = r->cap ? r->cap * 2 : 32;
		r->q = mem_grow(r->q, r->cap, sizeof(*r->q));
	}
	q = &r->q[r->n++];
	*q = (struct queued){0};
	q->msg = nlmsg_alloc_simple(type, flags | NLM_F_REQUEST | NLM_F_ACK);
	if (!q->msg)
		mem_none();
	nlmsg_append(q->msg, (void *)hdr, hdrlen, NLMSG_ALIGNTO);
	va_start(ap, what);
	if (vasprintf(&q->what, what, ap) < 0)
		mem_none();
	va_end(ap);
	return q->msg;
}

size_t rtnl_queued(const struct rtnl *r)
{
	return r->sent ? 0 : r->n;
}

int rtnl_result(const struct rtnl *r, size_t i)
{
	return i < r->n ? r->q[i].result : -EINVAL;
}

const char *rtnl_words(const struct rtnl *r, size_t i)
{
	return i < r->n && r->q[i].words ? r->q[i].words : "";
}

/* The kernel's own sentence about an error (NLMSGERR_ATTR_MSG), or NULL. */
static char *words_of(const struct nlmsghdr *h)
{
	const struct nlmsgerr *e = NLMSG_DATA(h);
	size_t off = sizeof(*e);
	const struct nlattr *a;
	int left;

	if (!(h->nlmsg_flags & NLM_F_ACK_TLVS))
		return NULL;
	if (!(h->nlmsg_flags & NLM_F_CAPPED))
		off += e->msg.nlmsg_len - sizeof(struct nlmsghdr);
	if (h->nlmsg_len < NLMSG_LENGTH(off))
		return NULL;
	a = (const struct nlattr *)((const char *)e + off);
	left = (int)(h->nlmsg_len - NLMSG_LENGTH(off));
	a = nla_find(a, left, NLMSGERR_ATTR_MSG);
	return a ? strndup(nla_data(a), (size_t)nla_len(a)) : NULL;
}

static void answer(struct rtnl *r, const struct nlmsghdr *h, uint32_t first,
		   size_t from, size_t n, size_t *left)
{
	const struct nlmsgerr *e = NLMSG_DATA(h);
	uint32_t i = h->nlmsg_seq - first;
	struct queued *q;

	if (h->nlmsg_type != NLMSG_ERROR || i >= n ||
	    h->nlmsg_len < NLMSG_LENGTH(sizeof(*e)))
		return;
	q = &r->q[from + i];
	if (q->answered)
		return;
	q->answered = true;
	q->result = e->error;
	(*left)--;
	if (e->error)
		q->words = words_of(h);
}

static int send_some(struct rtnl *r, size_t from, size_t n)
{
	static _Thread_local char in[READ_BYTES];
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	struct iovec iov[BATCH_MSGS];
	struct msghdr m = {.msg_name = &kernel,
			   .msg_namelen = sizeof(kernel),
			   .msg_iov = iov,
			   .msg_iovlen = n};
	uint32_t first = r->seq + 1;
	const struct nlmsghdr *h;
	struct nlmsghdr *out;
	size_t i, left = n;
	ssize_t got;

	for (i = 0; i < n; i++) {
		out = nlmsg_hdr(r->q[from + i].msg);
		out->nlmsg_seq = ++r->seq;
		out->nlmsg_pid = 0;
		/* libnl pads what it appends, so iovecs stay aligned. */
		iov[i].iov_base = out;
		iov[i].iov_len = NLMSG_ALIGN(out->nlmsg_len);
	}
	while (sendmsg(r->fd, &m, 0) < 0)
		if (errno != EINTR)
			return -errno;
	while (left) {
		got = recv(r->fd, in, sizeof(in), 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		for (h = (const struct nlmsghdr *)in; NLMSG_OK(h, got);
		     h = NLMSG_NEXT(h, got))
			answer(r, h, first, from, n, &left);
	}
	return 0;
}

int rtnl_commit(struct rtnl *r, struct err *reterr)
{
	size_t from, n, i;
	int e;

	if (r->sent)
		clear(r);
	r->sent = true;
	for (from = 0; from < r->n; from += n) {
		n = r->n - from;
		if (n > BATCH_MSGS)
			n = BATCH_MSGS;
		e = send_some(r, from, n);
		if (e < 0) {
			for (i = from; i < r->n; i++)
				if (!r->q[i].answered)
					r->q[i].result = e;
			return err_sys(reterr, e, "netlink");
		}
	}
	for (i = 0; i < r->n; i++) {
		e = r->q[i].result;
		if (e < 0 && *rtnl_words(r, i))
			return err_sys(reterr, e, "%s (%s)", r->q[i].what,
				       rtnl_words(r, i));
		if (e < 0)
			return err_sys(reterr, e, "%s", r->q[i].what);
	}
	return 0;
}

static int dump_once(struct rtnl *r, int type, const void *hdr, size_t hdrlen,
		     rtnl_fn *fn, void *ctx)
{
	char in[READ_BYTES];
	struct nl_msg *msg;
	const struct nlmsghdr *h;
	struct nlmsghdr *out;
	ssize_t got;
	bool interrupted = false;
	int res = 0, e;

	msg = nlmsg_alloc_simple(type, NLM_F_REQUEST | NLM_F_DUMP);
	if (!msg)
		return -ENOMEM;
	nlmsg_append(msg, (void *)hdr, hdrlen, NLMSG_ALIGNTO);
	out = nlmsg_hdr(msg);
	out->nlmsg_seq = ++r->seq;
	e = send(r->fd, out, out->nlmsg_len, 0) < 0 ? -errno : 0;
	nlmsg_free(msg);
	if (e < 0)
		return e;
	for (;;) {
		got = recv(r->fd, in, sizeof(in), 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		for (h = (const struct nlmsghdr *)in; NLMSG_OK(h, got);
		     h = NLMSG_NEXT(h, got)) {
			if (h->nlmsg_seq != r->seq)
				continue;
			if (h->nlmsg_flags & NLM_F_DUMP_INTR)
				interrupted = true;
			if (h->nlmsg_type == NLMSG_DONE) {
				if (res < 0)
					return res;
				return interrupted ? -EINTR : 0;
			}
			if (h->nlmsg_type == NLMSG_ERROR) {
				const struct nlmsgerr *ne = NLMSG_DATA(h);

				return ne->error;
			}
			if (res == 0)
				res = fn(h, ctx);
		}
	}
}

static const char *listed(int type)
{
	static const struct {
		int type;
		const char *what;
	} names[] = {
		{RTM_GETLINK, "links"},
		{RTM_GETADDR, "addresses"},
		{RTM_GETROUTE, "routes"},
		{RTM_GETRULE, "routing rules"},
		{RTM_GETNEIGH, "neighbours and forwarding entries"},
		{RTM_GETNEIGHTBL, "settings of neighbours"},
		{RTM_GETQDISC, "queueing disciplines"},
		{RTM_GETTFILTER, "filters"},
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (names[i].type == type)
			return names[i].what;
	return "entries";
}

int rtnl_dump(struct rtnl *r, int type, const void *hdr, size_t hdrlen,
	      rtnl_fn *fn, void *ctx, struct err *reterr)
{
	int e;

	e = dump_once(r, type, hdr, hdrlen, fn, ctx);
	if (e < 0)
		return err_sys(reterr, e, "list the kernel's %s", listed(type));
	return 0;
}
