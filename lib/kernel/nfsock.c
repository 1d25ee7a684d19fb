/* SPDX-License-Identifier: MIT */
#include "lib/kernel/nfsock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/kernel/netns.h"

int nfsock_open(struct nfsock *s, int nsfd, struct err *reterr)
{
	int fd = netns_socket(nsfd, AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER);

	s->fd = fd < 0 ? -1 : fd;
	s->seq = 0;
	if (fd < 0)
		return err_sys(reterr, fd, "open a netfilter netlink socket");
	return 0;
}

void nfsock_close(struct nfsock *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

/* --- writing ---------------------------------------------------------------
 */

static void pad(struct buf *b)
{
	static const char zero[NLMSG_ALIGNTO];
	size_t odd = b->len % NLMSG_ALIGNTO;

	if (odd)
		buf_add(b, zero, NLMSG_ALIGNTO - odd);
}

size_t nfsock_begin(struct nfsock *s, struct buf *b, int subsys, int msg,
		    int flags, uint8_t family, uint16_t res_id)
{
	struct nlmsghdr h = {
		.nlmsg_type = (uint16_t)(subsys << 8 | msg),
		.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags),
		.nlmsg_seq = ++s->seq,
	};
	struct nfgenmsg g = {.nfgen_family = family,
			     .version = NFNETLINK_V0,
			     .res_id = htons(res_id)};
	size_t at = b->len;

	buf_add(b, &h, sizeof(h));
	buf_add(b, &g, sizeof(g));
	return at;
}

void nfsock_end(struct buf *b, size_t at)
{
	uint32_t len = (uint32_t)(b->len - at);

	memcpy(b->data + at, &len, sizeof(len));
	pad(b);
}

void nfsock_put(struct buf *b, int type, const void *p, size_t len)
{
	struct nlattr a = {.nla_type = (uint16_t)type,
			   .nla_len = (uint16_t)(NLA_HDRLEN + len)};

	buf_add(b, &a, sizeof(a));
	buf_add(b, p, len);
	pad(b);
}

size_t nfsock_nest(struct buf *b, int type)
{
	size_t at = b->len;

	nfsock_put(b, type, "", 0);
	return at;
}

void nfsock_nest_end(struct buf *b, size_t at)
{
	uint16_t len = (uint16_t)(b->len - at);

	memcpy(b->data + at, &len, sizeof(len));
}

int nfsock_send(struct nfsock *s, const struct buf *b)
{
	while (send(s->fd, b->data, b->len, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

/* --- hearing ---------------------------------------------------------------
 */

int nfsock_hear(struct nfsock *s, uint32_t first, uint32_t last, bool one,
		nfsock_fn *fn, void *ctx)
{
	bool torn = false;
	int r = 0;

	for (;;) {
		ssize_t got = recv(s->fd, s->in, sizeof(s->in), 0);
		const struct nlmsghdr *h;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		for (h = (const struct nlmsghdr *)s->in; NLMSG_OK(h, got);
		     h = NLMSG_NEXT(h, got)) {
			if (h->nlmsg_seq < first || h->nlmsg_seq > last)
				continue;
			torn |= (h->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
			if (h->nlmsg_type == NLMSG_DONE)
				return r < 0 ? r : torn ? -EINTR : 0;
			if (h->nlmsg_type == NLMSG_ERROR) {
				const struct nlmsgerr *e = NLMSG_DATA(h);

				if (r == 0)
					r = e->error;
				if (h->nlmsg_seq == last)
					return r;
			} else if (r == 0 && fn) {
				r = fn(h, ctx);
				if (one && h->nlmsg_seq == last)
					return r;
			}
		}
	}
}

const struct nlattr *nfsock_attrs(const struct nlmsghdr *h, int *ret_len)
{
	size_t head = NLMSG_ALIGN(sizeof(struct nfgenmsg));

	if (h->nlmsg_len < NLMSG_LENGTH(head))
		return NULL;
	*ret_len = (int)NLMSG_PAYLOAD(h, head);
	return (const struct nlattr *)((const char *)NLMSG_DATA(h) + head);
}
