/* SPDX-License-Identifier: MIT */
/*
 * A link set down
 * ===============
 * By a guard (guard.c), which sets it up again.
 *
 * Setting a link down also drops the routes over it, and up brings back only
 * the connected ones: gateways' routes are noted before and restored after.
 */
#include "verify/looks/fault/fault.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/auto.h"
#include "lib/kernel/netns.h"
#include "lib/kernel/rtnl.h"
#include "verify/looks/fault/guard.h"
#include "verify/looks/op.h"

#define ROUTES_MAX 1024

struct fault {
	struct arena arena;
	struct rtnl *rtnl;
	const char *dev;
	unsigned index;
	struct nlmsghdr **routes; /* over the link, not the kernel's own */
	size_t nroutes;
};

static int on_link(const struct nlmsghdr *h, void *ctx)
{
	const struct ifinfomsg *m = NLMSG_DATA(h);
	unsigned *want = ctx;

	if (h->nlmsg_type == RTM_NEWLINK && (unsigned)m->ifi_index == want[0])
		want[1] = m->ifi_flags;
	return 0;
}

static int link_flags(unsigned index, const char *dev, unsigned *ret_flags,
		      struct rtnl *r, struct err *reterr)
{
	struct ifinfomsg m = {.ifi_family = AF_UNSPEC};
	unsigned want[2] = {index, 0};
	int tries = 3, res;

	do
		res = rtnl_dump(r, RTM_GETLINK, &m, sizeof(m), on_link, want,
				reterr);
	while (res == -EINTR && --tries);
	if (res < 0)
		return err_prefix(reterr, "look at %s", dev);
	*ret_flags = want[1];
	return 0;
}

static int on_route(const struct nlmsghdr *h, void *ctx)
{
	const struct rtmsg *m = NLMSG_DATA(h);
	struct fault *f = ctx;
	const struct rtattr *a;
	size_t len = RTM_PAYLOAD(h);
	struct nlmsghdr *copy, **slot;
	unsigned oif = 0;

	if (h->nlmsg_type != RTM_NEWROUTE || m->rtm_protocol == RTPROT_KERNEL ||
	    m->rtm_protocol == RTPROT_RA || (m->rtm_flags & RTM_F_CLONED) ||
	    f->nroutes == ROUTES_MAX)
		return 0;
	for (a = RTM_RTA(m); RTA_OK(a, len); a = RTA_NEXT(a, len))
		if (a->rta_type == RTA_OIF && RTA_PAYLOAD(a) >= sizeof(oif))
			memcpy(&oif, RTA_DATA(a), sizeof(oif));
	if (oif != f->index)
		return 0;
	copy = arena_alloc(&f->arena, h->nlmsg_len);
	memcpy(copy, h, h->nlmsg_len);
	slot = arena_push(&f->arena, &f->routes, &f->nroutes, sizeof(*slot));
	*slot = copy;
	return 0;
}

static int note_routes(struct fault *f, struct err *reterr)
{
	static const unsigned char families[] = {AF_INET, AF_INET6};
	size_t i;
	int r;

	for (i = 0; i < sizeof(families); i++) {
		struct rtmsg m = {.rtm_family = families[i]};
		size_t before = f->nroutes;
		int tries = 3;

		do {
			f->nroutes = before;
			r = rtnl_dump(f->rtnl, RTM_GETROUTE, &m, sizeof(m),
				      on_route, f, reterr);
		} while (r == -EINTR && --tries);
		if (r < 0)
			return err_prefix(reterr, "routes over %s", f->dev);
	}
	return 0;
}

static int set_link(struct fault *f, bool up, struct err *reterr)
{
	struct ifinfomsg m = {.ifi_family = AF_UNSPEC,
			      .ifi_index = (int)f->index,
			      .ifi_change = IFF_UP,
			      .ifi_flags = up ? IFF_UP : 0};

	rtnl_add(f->rtnl, RTM_NEWLINK, 0, &m, sizeof(m), "set %s %s", f->dev,
		 up ? "up" : "down");
	return rtnl_commit(f->rtnl, reterr);
}

static int mend(void *ctx, struct err *reterr)
{
	struct fault *f = ctx;
	size_t i;
	int r = set_link(f, true, reterr);

	if (r < 0)
		return r;
	for (i = 0; i < f->nroutes; i++) {
		const struct nlmsghdr *h = f->routes[i];
		const struct rtmsg *m = NLMSG_DATA(h);
		size_t head = NLMSG_ALIGN(sizeof(*m));
		struct nl_msg *msg;
		size_t len = h->nlmsg_len - NLMSG_HDRLEN - head;
		void *room;

		msg = rtnl_add(f->rtnl, RTM_NEWROUTE,
			       NLM_F_CREATE | NLM_F_REPLACE, m, sizeof(*m),
			       "route over %s again", f->dev);
		room = nlmsg_reserve(msg, len, NLMSG_ALIGNTO);
		if (room)
			memcpy(room, (const char *)m + head, len);
	}
	/* A route that another hand has put back meanwhile is no failure. */
	(void)rtnl_commit(f->rtnl, NULL);
	return 0;
}

/* A socket that tells of links; -errno. */
static int open_events(void)
{
	struct sockaddr_nl sa = {.nl_family = AF_NETLINK,
				 .nl_groups = RTMGRP_LINK};
	auto_close int fd = netns_socket(
		-1, AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK, NETLINK_ROUTE);

	if (fd >= 0 && bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		return -errno;
	return take_fd(&fd);
}

/* Is the link up? It is asked itself: an event may have been lost. */
static bool is_up(void *ctx)
{
	struct fault *f = ctx;
	unsigned flags = 0;

	return link_flags(f->index, f->dev, &flags, f->rtnl, NULL) == 0 &&
	       (flags & IFF_UP);
}

/* The netlink socket is opened anew: the guard has none of the operation's. */
static int strike(void *ctx, struct err *reterr)
{
	struct fault *f = ctx;
	int r = rtnl_open(&f->rtnl, -1, reterr);

	return r < 0 ? r : set_link(f, false, reterr);
}

static void fault_release(struct fault *f)
{
	rtnl_free(f->rtnl);
	arena_release(&f->arena);
}

int look_fault(const struct doc *req, struct json *j, struct err *reterr)
{
	auto_(fault_release) struct fault f = {.dev = doc_str(req, "dev", "")};
	struct guarded g = {.strike = strike,
			    .mend = mend,
			    .undone = is_up,
			    .events = open_events};
	int64_t max_ms;
	unsigned flags = 0;
	int r;

	r = look_number(req, "max_ms", 1, LOOK_DURATION_MAX_MS,
			FAULT_DEFAULT_MS, &max_ms, reterr);
	if (r == 0)
		r = look_link(doc_str(req, "netns", ""), f.dev, &f.index,
			      reterr);
	if (r == 0)
		r = rtnl_open(&f.rtnl, -1, reterr);
	if (r == 0)
		r = link_flags(f.index, f.dev, &flags, f.rtnl, reterr);
	if (r < 0)
		return r;
	if (!(flags & IFF_UP))
		return err_set(reterr, -EALREADY, "%s is down already", f.dev);
	r = note_routes(&f, reterr);
	if (r < 0)
		return r;
	g.what = arena_printf(&f.arena, "set %s down", f.dev);
	return guard_hold(&g, &f, max_ms, j, reterr);
}

/* --- the other side: the request and its answer ---------------------- */

void fault_ask(const struct fault_ask *ask, struct buf *out)
{
	struct json j;
	size_t i;

	json_init(&j, out, 0);
	json_kstr(&j, "netns", ask->netns);
	if (ask->dev)
		json_kstr(&j, "dev", ask->dev);
	if (ask->ndevs) {
		json_key(&j, "devs");
		json_arr(&j);
		for (i = 0; i < ask->ndevs; i++)
			json_str(&j, ask->devs[i]);
		json_arr_end(&j);
	}
	if (ask->state_dir)
		json_kstr(&j, "state_dir", ask->state_dir);
	json_kint(&j, "max_ms",
		  ask->max_ms < LOOK_DURATION_MAX_MS ? ask->max_ms
						     : LOOK_DURATION_MAX_MS);
}

void fault_answer(const struct doc *d, struct seen_fault *ret)
{
	ret->down = doc_int(d, "down", 0);
	ret->up = doc_int(d, "up", 0);
	ret->mended = doc_int(d, "mended", 0);
	ret->ended = doc_str(d, "ended", "");
}
