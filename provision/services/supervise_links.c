/* SPDX-License-Identifier: MIT */
/*
 * Links that go and come again
 * ============================
 * A link that is set down loses its neighbours, whatever they are; one without
 * a carrier all but permanent ones. The others are learnt again. Reserved
 * places (plan/neigh.h) nobody would know of until the next `up`, and a router
 * whose interface blinked would stand worse in a crowded table than before.
 *
 * One socket hears of the links and neighbours of all namespaces that have a
 * number in the node's own; it holds none of them. That a place was reserved
 * the kernel does not tell, but that it went: what a link that stops takes is
 * kept in mind and entered again when the link runs again. A place that went
 * while its link ran was taken away by somebody, unless the link is told to
 * have stopped right after: of a carrier that went the kernel tells last.
 *
 * Limits: LINKS_MAX links that do not run, PLACES_MAX on each; what is beyond,
 * or could not be told, waits for `up`.
 */
#include "provision/services/supervise_links.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if.h>
#include <linux/neighbour.h>
#include <linux/net_namespace.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "lib/kernel/netns.h"
#include "lib/kernel/rtmsg.h"
#include "lib/mem.h"

#define LINKS_MAX 16384u
#define PLACES_MAX 16384u
#define HEAR_MAX 4096 /* messages, before others have their turn */
#define READ_BYTES 32768
#define RCVBUF (1 << 20)
/* A carrier's end is told so soon after the places that it took. */
#define SAME_NS (500 * NS_PER_MS)

struct place {
	struct ip addr;
	struct mono gone;
};

/* A link that does not run, or lost places a moment ago. */
struct blinking {
	int nsid;
	unsigned ifindex;
	bool runs;
	struct place *places;
	size_t n, cap;
};

/* --- what is known -------------------------------------------------------- */

static struct blinking *link_of(struct links_watch *w, int nsid,
				unsigned ifindex)
{
	size_t i;

	for (i = 0; i < w->n; i++)
		if (w->items[i].ifindex == ifindex && w->items[i].nsid == nsid)
			return &w->items[i];
	return NULL;
}

static void drop(struct links_watch *w, size_t i)
{
	free(w->items[i].places);
	w->n--;
	w->items[i] = w->items[w->n];
	w->items[w->n] = (struct blinking){0};
}

/* ifindex 0: all of the namespace. */
static void forget(struct links_watch *w, int nsid, unsigned ifindex)
{
	size_t i;

	for (i = w->n; i-- > 0;)
		if (w->items[i].nsid == nsid &&
		    (!ifindex || w->items[i].ifindex == ifindex))
			drop(w, i);
}

/* Forgets what somebody took away of links that run. */
static void tidy(struct links_watch *w)
{
	struct mono now = clock_mono();
	size_t i;

	for (i = w->n; i-- > 0;) {
		const struct blinking *b = &w->items[i];

		if (b->runs &&
		    (!b->n ||
		     mono_sub(now, b->places[b->n - 1].gone) > SAME_NS))
			drop(w, i);
	}
}

static struct blinking *need_link(struct links_watch *w, int nsid,
				  unsigned ifindex)
{
	struct blinking *b = link_of(w, nsid, ifindex);

	if (b)
		return b;
	tidy(w);
	if (w->n == LINKS_MAX)
		return NULL;
	if (w->n == w->cap) {
		w->cap = w->cap ? w->cap * 2 : 16;
		w->items = mem_grow(w->items, w->cap, sizeof(*w->items));
	}
	b = &w->items[w->n++];
	*b = (struct blinking){.nsid = nsid, .ifindex = ifindex, .runs = true};
	return b;
}

static void went(struct links_watch *w, int nsid, unsigned ifindex,
		 const struct ip *addr)
{
	struct blinking *b = need_link(w, nsid, ifindex);

	if (!b || b->n == PLACES_MAX)
		return;
	if (b->n == b->cap) {
		b->cap = b->cap ? b->cap * 2 : 8;
		b->places = mem_grow(b->places, b->cap, sizeof(*b->places));
	}
	b->places[b->n++] = (struct place){*addr, clock_mono()};
}

/* It stopped: what went long before had nothing to do with that. */
static void stops(struct blinking *b)
{
	struct mono now = clock_mono();
	size_t i, n = 0;

	for (i = 0; b->runs && i < b->n; i++)
		if (mono_sub(now, b->places[i].gone) <= SAME_NS)
			b->places[n++] = b->places[i];
	if (b->runs)
		b->n = n;
	b->runs = false;
}

/* --- putting back --------------------------------------------------------- */

/* The number of a namespace in our own, or -1; assign: it gets one. */
static int number_of(int nsfd, bool assign)
{
	struct {
		struct nlmsghdr h;
		struct rtgenmsg g;
		_Alignas(NLA_ALIGNTO)
			uint8_t attrs[2 * NLA_ALIGN(NLA_HDRLEN + sizeof(int))];
	} ask = {0};
	char in[256] __attribute__((aligned(8)));
	const struct nlmsghdr *h = (const struct nlmsghdr *)in;
	struct nlattr *a = (struct nlattr *)ask.attrs;
	auto_close int fd = -1;
	int id = -1, any = -1, left;
	ssize_t n;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0)
		return -1;
	*a = (struct nlattr){.nla_len = NLA_HDRLEN + sizeof(int),
			     .nla_type = NETNSA_FD};
	memcpy(nla_data(a), &nsfd, sizeof(nsfd));
	a = (struct nlattr *)(ask.attrs + NLA_ALIGN(a->nla_len));
	*a = (struct nlattr){.nla_len = NLA_HDRLEN + sizeof(int),
			     .nla_type = NETNSA_NSID};
	memcpy(nla_data(a), &any, sizeof(any));
	ask.h = (struct nlmsghdr){.nlmsg_len = sizeof(ask.h) +
					       NLMSG_ALIGN(sizeof(ask.g)) +
					       sizeof(ask.attrs),
				  .nlmsg_type = RTM_NEWNSID,
				  .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK};
	/* One that has a number keeps it: that is no error here. */
	if (assign && (send(fd, &ask, ask.h.nlmsg_len, 0) < 0 ||
		       recv(fd, in, sizeof(in), 0) < 0))
		return -1;
	ask.h.nlmsg_type = RTM_GETNSID;
	ask.h.nlmsg_flags = NLM_F_REQUEST;
	ask.h.nlmsg_len -= (uint32_t)sizeof(ask.attrs) / 2;
	if (send(fd, &ask, ask.h.nlmsg_len, 0) < 0)
		return -1;
	n = recv(fd, in, sizeof(in), 0);
	if (n < (ssize_t)NLMSG_LENGTH(sizeof(ask.g)) || !NLMSG_OK(h, n) ||
	    h->nlmsg_type != RTM_NEWNSID)
		return -1;
	left = (int)(h->nlmsg_len - NLMSG_LENGTH(sizeof(ask.g)));
	for (a = (struct nlattr *)((char *)NLMSG_DATA(h) +
				   NLMSG_ALIGN(sizeof(ask.g)));
	     nla_ok(a, left); a = nla_next(a, &left))
		if (nla_type(a) == NETNSA_NSID && nla_len(a) == sizeof(id))
			memcpy(&id, nla_data(a), sizeof(id));
	return id;
}

/* Opens the namespace of that number, if it has a name. */
static int open_number(int nsid)
{
	DIR *dir = opendir(NETNS_DIR);
	struct dirent *d;
	int fd, found = -1;

	while (dir && found < 0 && (d = readdir(dir))) {
		if (!netns_name_ok(d->d_name))
			continue;
		fd = netns_open(d->d_name, NULL);
		if (fd >= 0 && number_of(fd, false) == nsid)
			found = take_fd(&fd);
		auto_close_fn(&fd);
	}
	if (dir)
		closedir(dir);
	return found;
}

static void put_back(const struct blinking *b)
{
	auto_close int fd = b->n ? open_number(b->nsid) : -1;
	struct rtnl *rtnl;
	size_t i;

	if (fd < 0 || rtnl_open(&rtnl, fd, NULL) < 0)
		return;
	for (i = 0; i < b->n; i++) {
		const struct rtmsg_neigh n = {.index = b->ifindex,
					      .dev = "a link",
					      .dst = b->places[i].addr,
					      .state = NUD_NONE,
					      .flags = NTF_EXT_LEARNED};

		rtmsg_neigh(rtnl, RTMSG_SET, &n);
	}
	/* What the kernel refuses waits for `up`. */
	(void)rtnl_commit(rtnl, NULL);
	rtnl_free(rtnl);
}

/* --- what is told --------------------------------------------------------- */

static void take_link(struct links_watch *w, int nsid, const struct nlmsghdr *h)
{
	const struct ifinfomsg *ifi = NLMSG_DATA(h);
	struct blinking *b;
	unsigned ifindex;

	if (h->nlmsg_len < NLMSG_LENGTH(sizeof(*ifi)) ||
	    ifi->ifi_family == AF_BRIDGE || ifi->ifi_index <= 0)
		return;
	ifindex = (unsigned)ifi->ifi_index;
	if (h->nlmsg_type == RTM_DELLINK) {
		forget(w, nsid, ifindex);
	} else if ((ifi->ifi_flags & IFF_UP) &&
		   (ifi->ifi_flags & IFF_RUNNING)) {
		b = link_of(w, nsid, ifindex);
		if (!b || b->runs)
			return;
		put_back(b);
		forget(w, nsid, ifindex);
	} else {
		b = link_of(w, nsid, ifindex);
		if (b) {
			stops(b);
			return;
		}
		b = need_link(w, nsid, ifindex);
		if (b)
			b->runs = false;
	}
}

static void take_neigh(struct links_watch *w, int nsid,
		       const struct nlmsghdr *h)
{
	const struct ndmsg *nd = NLMSG_DATA(h);
	struct nlattr *tb[NDA_MAX + 1];
	struct ip addr;

	if (!rtmsg_parse(h, RTM_DELNEIGH, sizeof(*nd), tb, NDA_MAX) ||
	    (nd->ndm_family != AF_INET && nd->ndm_family != AF_INET6) ||
	    !(nd->ndm_flags & NTF_EXT_LEARNED) ||
	    (nd->ndm_state & NUD_PERMANENT) || !tb[NDA_DST])
		return;
	addr = rtmsg_ip(tb[NDA_DST]);
	went(w, nsid, (unsigned)nd->ndm_ifindex, &addr);
}

/* A namespace is gone, by our own number of it. Others have numbers of theirs,
 * of which they tell too. */
static void take_end(struct links_watch *w, const struct nlmsghdr *h)
{
	struct nlattr *tb[NETNSA_MAX + 1];
	int number;

	if (!rtmsg_parse(h, RTM_DELNSID, sizeof(struct rtgenmsg), tb,
			 NETNSA_MAX) ||
	    !tb[NETNSA_NSID] || nla_len(tb[NETNSA_NSID]) != sizeof(number))
		return;
	memcpy(&number, nla_data(tb[NETNSA_NSID]), sizeof(number));
	forget(w, number, 0);
}

/* nsid: whose, or -1: of our own namespace. */
static void take(struct links_watch *w, int nsid, const struct nlmsghdr *h)
{
	if (nsid < 0)
		take_end(w, h);
	else if (h->nlmsg_type == RTM_NEWLINK || h->nlmsg_type == RTM_DELLINK)
		take_link(w, nsid, h);
	else if (h->nlmsg_type == RTM_DELNEIGH)
		take_neigh(w, nsid, h);
}

/* Those that nobody has named yet would not be heard. */
static void number_all(void)
{
	DIR *dir = opendir(NETNS_DIR);
	struct dirent *d;

	while (dir && (d = readdir(dir))) {
		auto_close int fd = -1;

		if (netns_name_ok(d->d_name))
			fd = netns_open(d->d_name, NULL);
		if (fd >= 0)
			(void)number_of(fd, true);
	}
	if (dir)
		closedir(dir);
}

static int namespace_of(struct msghdr *m)
{
	struct cmsghdr *c;
	int nsid = -1;

	for (c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c))
		if (c->cmsg_level == SOL_NETLINK &&
		    c->cmsg_type == NETLINK_LISTEN_ALL_NSID)
			memcpy(&nsid, CMSG_DATA(c), sizeof(nsid));
	return nsid;
}

void links_watch_hear(struct links_watch *w)
{
	static char in[READ_BYTES] __attribute__((aligned(8)));
	char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8)));
	struct iovec iov = {.iov_base = in, .iov_len = sizeof(in)};
	const struct nlmsghdr *h;
	ssize_t n;
	int i;

	for (i = 0; i < HEAR_MAX; i++) {
		struct msghdr m = {.msg_iov = &iov,
				   .msg_iovlen = 1,
				   .msg_control = control,
				   .msg_controllen = sizeof(control)};

		n = recvmsg(w->fd, &m, MSG_DONTWAIT);
		if (n < 0 && errno != ENOBUFS)
			break;
		for (h = (const struct nlmsghdr *)in; n > 0 && NLMSG_OK(h, n);
		     h = NLMSG_NEXT(h, n))
			take(w, namespace_of(&m), h);
	}
}

/* --- beginning ------------------------------------------------------------ */

/* Of neighbours only reserved ones, and that they went. */
static void filter(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS,
			 offsetof(struct nlmsghdr, nlmsg_type)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_NEWNEIGH), 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELNEIGH), 0, 3),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS,
			 NLMSG_HDRLEN + offsetof(struct ndmsg, ndm_flags)),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, NTF_EXT_LEARNED, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	};
	const struct sock_fprog prog = {.len = ARRAY_LEN(code), .filter = code};

	/* Best effort: it only spares work. */
	(void)setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog));
}

static int listen_to_all(void)
{
	static const int groups[] = {RTNLGRP_LINK, RTNLGRP_NEIGH, RTNLGRP_NSID};
	const struct sockaddr_nl here = {.nl_family = AF_NETLINK};
	const int size = RCVBUF, on = 1;
	auto_close int fd = -1;
	size_t i;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
		    NETLINK_ROUTE);
	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size,
				 sizeof(size));
	filter(fd);
	if (setsockopt(fd, SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, &on,
		       sizeof(on)) < 0 ||
	    bind(fd, (const struct sockaddr *)&here, sizeof(here)) < 0)
		return -1;
	for (i = 0; i < ARRAY_LEN(groups); i++)
		if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP,
			       &groups[i], sizeof(groups[i])) < 0)
			return -1;
	return take_fd(&fd);
}

void links_watch_open(struct links_watch *w)
{
	*w = (struct links_watch){.fd = listen_to_all()};
	if (w->fd >= 0)
		number_all();
}

void links_watch_release(struct links_watch *w)
{
	size_t i;

	auto_close_fn(&w->fd);
	for (i = 0; i < w->n; i++)
		free(w->items[i].places);
	free(w->items);
	*w = (struct links_watch){.fd = -1};
}
