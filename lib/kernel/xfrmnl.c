/* SPDX-License-Identifier: MIT */
/*
 * A socket of NETLINK_XFRM, opened, loads the kernel's part of it, and this is
 * only a look. So it is opened where the kernel has one of its own in the
 * namespace, which /proc tells.
 */
#include "lib/kernel/xfrmnl.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <netlink/attr.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/file.h"
#include "lib/kernel/netns.h"
#include "lib/parse.h"

#define SOCKETS "/proc/thread-self/net/netlink"
#define SOCKETS_MAX (1u << 20)
#define ANSWER_MAX 4096

/* A request: its payload is of one size for all that is asked. */
struct request {
	struct nlmsghdr h;
	union {
		uint32_t flags;
		struct xfrm_userpolicy_default pass;
		struct xfrm_usersa_flush flush;
		char room[16];
	};
};

struct answer {
	union {
		struct nlmsghdr h;
		char bytes[ANSWER_MAX];
	};
	size_t len;
};

/* The second word of each line is the protocol. */
static bool is_there(void)
{
	auto_buf struct buf b = {0};
	const char *s;

	if (file_read(SOCKETS, SOCKETS_MAX, &b) < 0)
		return false;
	for (s = strchr(b.data, '\n'); s && s[1]; s = strchr(s + 1, '\n')) {
		const char *word = strchr(s + 1, ' ');
		int64_t protocol;

		if (word && parse_begins(&word, &protocol) &&
		    protocol == NETLINK_XFRM)
			return true;
	}
	return false;
}

/* Sends one, and hears one: an answer or a refusal. */
static int ask(int fd, int type, int flags, struct request *q, size_t size,
	       struct answer *ret)
{
	ssize_t n;

	q->h = (struct nlmsghdr){.nlmsg_len = NLMSG_LENGTH(size),
				 .nlmsg_type = (uint16_t)type,
				 .nlmsg_flags =
					 (uint16_t)(NLM_F_REQUEST | flags)};
	while (send(fd, q, q->h.nlmsg_len, 0) < 0)
		if (errno != EINTR)
			return -errno;
	do
		n = recv(fd, ret->bytes, sizeof(ret->bytes), 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	ret->len = (size_t)n;
	if (!NLMSG_OK(&ret->h, n))
		return -EPROTO;
	if (ret->h.nlmsg_type == NLMSG_ERROR)
		return ((const struct nlmsgerr *)NLMSG_DATA(&ret->h))->error;
	return 0;
}

/* An attribute behind the answer's first four bytes, or NULL. */
static const void *attr(struct answer *a, int type, size_t size)
{
	struct nlattr *first =
		(struct nlattr *)((char *)NLMSG_DATA(&a->h) + NLMSG_ALIGN(4));
	int len = (int)NLMSG_PAYLOAD(&a->h, NLMSG_ALIGN(4));
	const struct nlattr *found =
		len > 0 ? nla_find(first, len, type) : NULL;

	return found && (size_t)nla_len(found) >= size ? nla_data(found) : NULL;
}

static int look(int fd, struct xfrmnl *ret)
{
	struct request q = {.flags = UINT32_MAX};
	struct xfrmu_spdinfo spd;
	struct answer a;
	const void *found;
	int r;

	r = ask(fd, XFRM_MSG_GETSPDINFO, 0, &q, sizeof(q.flags), &a);
	if (r < 0)
		return r;
	found = attr(&a, XFRMA_SPD_INFO, sizeof(spd));
	if (found) {
		memcpy(&spd, found, sizeof(spd));
		ret->policies = spd.incnt + spd.outcnt + spd.fwdcnt;
	}
	r = ask(fd, XFRM_MSG_GETSADINFO, 0, &q, sizeof(q.flags), &a);
	if (r < 0)
		return r;
	found = attr(&a, XFRMA_SAD_CNT, sizeof(ret->states));
	if (found)
		memcpy(&ret->states, found, sizeof(ret->states));
	/* From Linux 5.15 on. */
	q = (struct request){0};
	if (ask(fd, XFRM_MSG_GETDEFAULT, 0, &q, sizeof(q.pass), &a) == 0 &&
	    NLMSG_PAYLOAD(&a.h, 0) >= sizeof(q.pass)) {
		memcpy(&q.pass, NLMSG_DATA(&a.h), sizeof(q.pass));
		ret->blocks = q.pass.in == XFRM_USERPOLICY_BLOCK ||
			      q.pass.fwd == XFRM_USERPOLICY_BLOCK ||
			      q.pass.out == XFRM_USERPOLICY_BLOCK;
	}
	return 0;
}

int xfrmnl_look(enum xfrmnl_there *known, struct xfrmnl *ret,
		struct err *reterr)
{
	auto_close int fd = -1;
	int r;

	*ret = (struct xfrmnl){0};
	if (*known == XFRMNL_UNASKED)
		*known = is_there() ? XFRMNL_THERE : XFRMNL_NOT_THERE;
	if (*known == XFRMNL_NOT_THERE)
		return 0;
	fd = netns_socket(-1, AF_NETLINK, SOCK_RAW, NETLINK_XFRM);
	if (fd < 0)
		return err_sys(reterr, fd, "open an IPsec netlink socket");
	r = look(fd, ret);
	return r < 0 ? err_sys(reterr, r, "look at IPsec policies") : 0;
}

int xfrmnl_flush(int nsfd, struct err *reterr)
{
	auto_close int fd =
		netns_socket(nsfd, AF_NETLINK, SOCK_RAW, NETLINK_XFRM);
	struct request q = {0};
	struct answer a;
	int r;

	if (fd < 0)
		return err_sys(reterr, fd, "open an IPsec netlink socket");
	r = ask(fd, XFRM_MSG_FLUSHPOLICY, NLM_F_ACK, &q, 0, &a);
	/* Nothing to flush is told as an error. */
	if (r == 0 || r == -ESRCH)
		r = ask(fd, XFRM_MSG_FLUSHSA, NLM_F_ACK, &q, sizeof(q.flush),
			&a);
	if (r < 0 && r != -ESRCH)
		return err_sys(reterr, r, "remove IPsec policies and states");
	q = (struct request){0};
	q.pass.in = q.pass.fwd = q.pass.out = XFRM_USERPOLICY_ACCEPT;
	(void)ask(fd, XFRM_MSG_SETDEFAULT, NLM_F_ACK, &q, sizeof(q.pass), &a);
	return 0;
}
