/* SPDX-License-Identifier: MIT */
/*
 * A table of nf_tables' family netdev with two chains for each interface, one
 * for what comes in, before bridges and tunnels see it, one for what goes
 * out. Their policy is to drop, they have no rules. The table is owned by the
 * socket (NFT_TABLE_F_OWNER): nobody has to remember to take it away.
 */
#include "verify/looks/fault/drop.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/kernel/netns.h"

#define TABLE "labctl-fault"
#define PRIORITY (-500) /* before whoever else looks there */
#define EGRESS 1        /* NF_NETDEV_EGRESS, which older headers lack */
#define ANSWER_S 5

static void put_u32(struct nl_msg *m, int type, uint32_t v)
{
	v = htonl(v);
	nla_put(m, type, sizeof(v), &v);
}

static struct nl_msg *begin(int type, int flags, int family, int res)
{
	struct nfgenmsg g = {.nfgen_family = (uint8_t)family,
			     .version = NFNETLINK_V0,
			     .res_id = htons((uint16_t)res)};
	struct nl_msg *m = nlmsg_alloc();

	if (m && nlmsg_put(m, 0, 1, type, 0, NLM_F_REQUEST | flags) &&
	    nlmsg_append(m, &g, sizeof(g), NLMSG_ALIGNTO) == 0)
		return m;
	nlmsg_free(m);
	return NULL;
}

static void add(struct buf *out, struct nl_msg *m)
{
	const struct nlmsghdr *h = nlmsg_hdr(m);

	buf_add(out, h, h->nlmsg_len);
	while (out->len % NLMSG_ALIGNTO)
		buf_addc(out, '\0');
	nlmsg_free(m);
}

static int nft(int type)
{
	return NFNL_SUBSYS_NFTABLES << 8 | type;
}

static int add_chain(struct buf *out, const char *dev, uint32_t hook)
{
	struct nl_msg *m = begin(nft(NFT_MSG_NEWCHAIN),
				 NLM_F_CREATE | NLM_F_ACK, NFPROTO_NETDEV, 0);
	struct nlattr *in;
	char name[64];

	if (!m)
		return -ENOMEM;
	snprintf(name, sizeof(name), "%s-%s", hook == EGRESS ? "out" : "in",
		 dev);
	nla_put_string(m, NFTA_CHAIN_TABLE, TABLE);
	nla_put_string(m, NFTA_CHAIN_NAME, name);
	in = nla_nest_start(m, NFTA_CHAIN_HOOK | NLA_F_NESTED);
	put_u32(m, NFTA_HOOK_HOOKNUM, hook);
	put_u32(m, NFTA_HOOK_PRIORITY, (uint32_t)PRIORITY);
	nla_put_string(m, NFTA_HOOK_DEV, dev);
	nla_nest_end(m, in);
	put_u32(m, NFTA_CHAIN_POLICY, NF_DROP);
	nla_put_string(m, NFTA_CHAIN_TYPE, "filter");
	add(out, m);
	return 0;
}

static int batch(const char *const *devs, size_t n, struct buf *out)
{
	struct nl_msg *m;
	size_t i;
	int r = 0;

	m = begin(NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	if (!m)
		return -ENOMEM;
	add(out, m);
	m = begin(nft(NFT_MSG_NEWTABLE), NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK,
		  NFPROTO_NETDEV, 0);
	if (!m)
		return -ENOMEM;
	nla_put_string(m, NFTA_TABLE_NAME, TABLE);
	put_u32(m, NFTA_TABLE_FLAGS, NFT_TABLE_F_OWNER);
	add(out, m);
	for (i = 0; i < n && r == 0; i++) {
		r = add_chain(out, devs[i], NF_NETDEV_INGRESS);
		if (r == 0)
			r = add_chain(out, devs[i], EGRESS);
	}
	m = r == 0 ? begin(NFNL_MSG_BATCH_END, 0, AF_UNSPEC,
			   NFNL_SUBSYS_NFTABLES)
		   : NULL;
	if (!m)
		return -ENOMEM;
	add(out, m);
	return 0;
}

/* The first error of those answers, or 0 when all have come. */
static int hear(int fd, size_t wanted)
{
	char in[16384];

	while (wanted) {
		ssize_t got = recv(fd, in, sizeof(in), 0);
		const struct nlmsghdr *h;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		for (h = (const struct nlmsghdr *)in; NLMSG_OK(h, got);
		     h = NLMSG_NEXT(h, got)) {
			const struct nlmsgerr *e = NLMSG_DATA(h);

			if (h->nlmsg_type != NLMSG_ERROR)
				continue;
			if (e->error)
				return e->error;
			if (wanted)
				wanted--;
		}
	}
	return 0;
}

int drop_begin(const char *const *devs, size_t n, struct err *reterr)
{
	const struct timeval patience = {.tv_sec = ANSWER_S};
	auto_close int fd =
		netns_socket(-1, AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER);
	auto_buf struct buf out = {0};
	int r;

	if (fd < 0)
		return err_sys(reterr, fd, "open a netfilter netlink socket");
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
			 sizeof(patience));
	r = batch(devs, n, &out);
	if (r == 0 && send(fd, out.data, out.len, 0) != (ssize_t)out.len)
		r = errno ? -errno : -EIO;
	if (r == 0)
		r = hear(fd, 1 + 2 * n);
	if (r < 0)
		return err_sys(reterr, r, "have the kernel drop packets");
	return take_fd(&fd);
}
