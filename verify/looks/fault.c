/* SPDX-License-Identifier: MIT */
/*
 * A fault that cannot outlive the drill
 * =====================================
 * The link is set down and up by a guard: a process of its own session, with
 * no terminal and no pipe of the agent's, deaf to polite signals, joined to
 * the operation by a socket alone. Whatever ends the operation (stop, a
 * killed agent, a cut SSH session, a killed labctl) closes that socket, and
 * the guard sets the link up and goes. It does so by itself when the longest
 * time is over. Should the guard be killed instead, the operation sees its
 * end of the socket close and mends the link. Only a death of both at one
 * time leaves the link down; then the node's `up` mends it as drift.
 *
 * Setting a link down also drops the routes over it, and up brings back only
 * the connected ones: gateways' routes are noted before and restored after.
 */
#include "verify/looks/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "lib/kernel/netns.h"
#include "lib/kernel/rtnl.h"
#include "verify/looks/op.h"

#define ROUTES_MAX 1024
#define DEFAULT_MS 120000

/* What passes over the socket: guard to operation. */
struct word {
	int32_t result; /* 0 or -errno */
	int32_t ended;  /* enum ended */
	int64_t t;      /* CLOCK_REALTIME just before the change */
	int64_t mended; /* when another hand's was seen; 0: none */
};

/* What ended the fault. */
enum ended { ENDED_ASKED, ENDED_TIME, ENDED_OTHER };
static const char *const ended_names[] = {
	[ENDED_ASKED] = "asked",
	[ENDED_TIME] = "time",
	[ENDED_OTHER] = "other",
};
_Static_assert(sizeof(ended_names) / sizeof(char *) == ENDED_OTHER + 1,
	       "a name for each");

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

static int mend(struct fault *f, struct err *reterr)
{
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

/* Neither the agent's pipes nor its terminal may be held by the guard. */
static void detach(int keep)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	int null;

	setsid();
	prctl(PR_SET_NAME, "labctl-fault");
	sigaction(SIGINT, &ignore, NULL);
	sigaction(SIGTERM, &ignore, NULL);
	sigaction(SIGHUP, &ignore, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = 0; fd < 3 && null >= 0; fd++)
		dup2(null, fd);
	if (keep > 3)
		close_range(3, (unsigned)keep - 1, 0);
	close_range((unsigned)keep + 1, ~0u, 0);
}

/* w->t is from before the change: what follows from it may be stamped before
 * the kernel's call has returned here. */
static void tell(int fd, const struct word *w)
{
	/* Nobody may be there to hear it; the work is done anyhow. */
	(void)send(fd, w, sizeof(*w), MSG_NOSIGNAL);
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
static bool is_up(struct fault *f)
{
	unsigned flags = 0;

	return link_flags(f->index, f->dev, &flags, f->rtnl, NULL) == 0 &&
	       (flags & IFF_UP);
}

/* Holds the fault until it is to end; sees whether another hand ends it. */
static void hold(struct fault *f, int fd, int64_t max_ms, struct word *w)
{
	struct mono until = mono_add(clock_mono(), max_ms * NS_PER_MS);
	auto_close int events = open_events();
	struct pollfd p[] = {{.fd = fd, .events = POLLIN},
			     {.fd = events, .events = POLLIN}};
	char drain[8192];
	bool end = false;
	int64_t left;

	do {
		left = mono_sub(until, clock_mono()) / NS_PER_MS;
		if (poll(p, 2, left > 0 ? (int)left : 0) > 0) {
			/* A byte, or the end of the other side: now. */
			end = p[0].revents;
			/* Left unread, it would cost the other side our word
			 * when we close: the kernel resets. */
			if (end)
				(void)!recv(fd, drain, sizeof(drain), 0);
			while (recv(events, drain, sizeof(drain), 0) > 0)
				;
		} else if (left <= 0) {
			end = true;
			w->ended = ENDED_TIME;
		}
		/* At the end too: its event may not have been read yet. */
		if (!w->mended && is_up(f))
			w->mended = clock_real_ns();
	} while (!end);
	if (w->mended)
		w->ended = ENDED_OTHER;
}

/* The guard's life; the netlink socket is opened anew, for detach() closed
 * the one that came from the operation. */
static void guard(struct fault *f, int fd, int64_t max_ms)
{
	struct word w = {.ended = ENDED_ASKED};

	detach(fd);
	w.result = rtnl_open(&f->rtnl, -1, NULL);
	w.t = clock_real_ns();
	if (w.result == 0)
		w.result = set_link(f, false, NULL);
	tell(fd, &w);
	if (w.result < 0)
		return;
	hold(f, fd, max_ms, &w);
	w.t = clock_real_ns();
	w.result = mend(f, NULL);
	tell(fd, &w);
}

static void fault_release(struct fault *f)
{
	rtnl_free(f->rtnl);
	arena_release(&f->arena);
}

/* Waits for a word of the guard's; -EPIPE where it died. */
static int hear(int fd, struct word *ret)
{
	ssize_t r;

	do
		r = recv(fd, ret, sizeof(*ret), 0);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return -errno;
	return r == sizeof(*ret) ? 0 : -EPIPE;
}

static int supervise(struct fault *f, int fd, struct json *j,
		     struct err *reterr)
{
	struct word down, up = {0};
	unsigned wake;
	int r;

	r = hear(fd, &down);
	if (r == 0)
		r = down.result;
	if (r < 0)
		return err_sys(reterr, r, "set %s down", f->dev);
	do
		wake = look_wait(fd, MONO_NEVER);
	while (!(wake & (LOOK_READY | LOOK_STOP)));
	(void)send(fd, "", 1, MSG_NOSIGNAL);
	r = hear(fd, &up);
	if (r == 0)
		r = up.result;
	if (r < 0) {
		r = mend(f, reterr);
		up.t = clock_real_ns();
	}
	if (r < 0)
		return r;
	json_kint(j, "down", down.t);
	json_kint(j, "up", up.t);
	json_kstr(j, "ended", ended_names[up.ended]);
	if (up.mended)
		json_kint(j, "mended", up.mended);
	return 0;
}

int look_fault(const struct doc *req, struct json *j, struct err *reterr)
{
	auto_(fault_release) struct fault f = {0};
	auto_close int ours = -1, theirs = -1;
	int pair[2], r;
	int64_t max_ms;
	unsigned flags = 0;
	pid_t pid;

	r = look_number(req, "max_ms", 1, LOOK_DURATION_MAX_MS, DEFAULT_MS,
			&max_ms, reterr);
	if (r == 0)
		r = look_enter(req, reterr);
	if (r == 0)
		r = look_dev(req, &f.dev, &f.index, reterr);
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
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(reterr, -errno, "a socket for the guard");
	ours = pair[0];
	theirs = pair[1];
	pid = fork();
	if (pid < 0)
		return err_sys(reterr, -errno, "start the guard");
	if (pid == 0) {
		close(take_fd(&ours));
		guard(&f, theirs, max_ms);
		_exit(0);
	}
	close(take_fd(&theirs));
	r = supervise(&f, ours, j, reterr);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return r;
}

/* --- the other side: the request and its answer ---------------------- */

void fault_ask(const char *netns, const char *dev, int64_t max_ms,
	       struct buf *out)
{
	struct json j;

	json_init(&j, out, 0);
	json_kstr(&j, "netns", netns);
	json_kstr(&j, "dev", dev);
	json_kint(&j, "max_ms",
		  max_ms < LOOK_DURATION_MAX_MS ? max_ms
						: LOOK_DURATION_MAX_MS);
}

void fault_answer(const struct doc *d, struct seen_fault *ret)
{
	ret->down = doc_int(d, "down", 0);
	ret->up = doc_int(d, "up", 0);
	ret->mended = doc_int(d, "mended", 0);
	ret->ended = doc_str(d, "ended", "");
}
