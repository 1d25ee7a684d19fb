/* SPDX-License-Identifier: MIT */
/*
 * Tracing: a socket for each hop count, so that an error need not be matched
 * with what it answers; the kernel puts it in the socket's error queue with
 * the address of who sent it (IP_RECVERR), and no raw socket is needed.
 */
#include "verify/looks/trace.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h> /* before the next, which needs it */
#include <linux/errqueue.h>
#include <linux/icmp.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "verify/looks/op.h"

#define PORT 33434 /* traceroute's first */
/* A router that has just sent the asker a redirect, as for an address that is
 * its own outside, owes it no ICMP error for a second
 * (inet_peer_xrlim_allow()). */
#define TIMES 8
#define PAUSE_MS 250 /* between them, and no shorter than a poll */
#define POLL_MS 10

struct hop {
	int fd;
	struct seen_hop seen;
};

static void close_all(struct hop *hops)
{
	for (size_t i = 0; i < TRACE_HOPS_MAX; i++)
		if (hops[i].fd >= 0)
			close(hops[i].fd);
}

static int open_hop(struct hop *h, int ttl, const struct ip *dst,
		    struct err *reterr)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)(PORT + ttl))};
	int on = 1;

	memcpy(&to.sin_addr, dst->b, sizeof(to.sin_addr));
	h->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (h->fd < 0 ||
	    setsockopt(h->fd, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl)) < 0 ||
	    setsockopt(h->fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on)) < 0)
		return err_sys(reterr, -errno, "a socket");
	if (connect(h->fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		return err_sys(reterr, -errno, "send");
	return 0;
}

/* Takes what waits in the error queue. */
static void hear(struct hop *h)
{
	union {
		char buf[512];
		struct cmsghdr align;
	} control;
	char data[64];
	struct iovec iov = {data, sizeof(data)};
	struct msghdr m = {.msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = control.buf,
			   .msg_controllen = sizeof(control.buf)};
	struct sock_extended_err e;
	struct sockaddr_in from;
	struct cmsghdr *c;

	if (recvmsg(h->fd, &m, MSG_ERRQUEUE) < 0)
		return;
	for (c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		if (c->cmsg_level != IPPROTO_IP || c->cmsg_type != IP_RECVERR ||
		    c->cmsg_len < CMSG_LEN(sizeof(e) + sizeof(from)))
			continue;
		memcpy(&e, CMSG_DATA(c), sizeof(e));
		memcpy(&from, CMSG_DATA(c) + sizeof(e), sizeof(from));
		if (e.ee_origin != SO_EE_ORIGIN_ICMP ||
		    from.sin_family != AF_INET)
			continue;
		h->seen.from = ip_v4(ntohl(from.sin_addr.s_addr));
		h->seen.end = e.ee_type == ICMP_DEST_UNREACH &&
			      e.ee_code == ICMP_PORT_UNREACH;
	}
}

static bool all_heard(struct hop *hops, size_t n)
{
	bool all = true;

	for (size_t i = 0; i < n; i++) {
		hear(&hops[i]);
		all = all && ip_is_set(&hops[i].seen.from);
	}
	return all;
}

static void trace(struct hop *hops, size_t n, int64_t timeout_ms)
{
	struct mono end = mono_add(clock_mono(), timeout_ms * NS_PER_MS);
	struct mono again = clock_mono();
	int times = 0;

	while (!all_heard(hops, n) && mono_before(clock_mono(), end)) {
		if (times < TIMES && !mono_before(clock_mono(), again)) {
			for (size_t i = 0; i < n; i++)
				if (!ip_is_set(&hops[i].seen.from))
					(void)send(hops[i].fd, "labctl", 6,
						   MSG_NOSIGNAL);
			times++;
			again = mono_add(clock_mono(), PAUSE_MS * NS_PER_MS);
		}
		if (look_wait(-1, mono_add(clock_mono(), POLL_MS * NS_PER_MS)) &
		    LOOK_STOP)
			return;
	}
}

static const struct key hop_rows[] = {
	{"from", KEY_IP, KEY_FIELD(struct seen_hop, from)},
	{"end", KEY_BOOL, KEY_FIELD(struct seen_hop, end)},
};

static const struct key_table hop_table =
	KEY_TABLE("hop", struct seen_hop, hop_rows);

static const struct key rows[] = {
	{"hops", KEY_LIST, KEY_ITEMS(struct seen_trace, hops, n),
	 .flags = KEY_REQUIRED, .max = TRACE_HOPS_MAX, .table = &hop_table},
};

static const struct key_table table =
	KEY_TABLE("answer", struct seen_trace, rows);

static const struct key ask_rows[] = {
	{"netns", KEY_TEXT, KEY_FIELD(struct trace_ask, netns), .def_text = ""},
	{"dst", KEY_IP, KEY_FIELD(struct trace_ask, dst),
	 .flags = KEY_REQUIRED},
	{"hops", KEY_UINT, KEY_FIELD(struct trace_ask, hops), .min = 1,
	 .max = TRACE_HOPS_MAX, .def = 3},
	{"timeout_ms", KEY_UINT, KEY_FIELD(struct trace_ask, timeout_ms),
	 .min = 1, .max = LOOK_DURATION_MAX_MS, .def = 1000},
};

static const struct key_table ask_table =
	KEY_TABLE("request", struct trace_ask, ask_rows);

static void write_hops(struct json *j, const struct hop *hops, size_t n)
{
	struct seen_hop seen[TRACE_HOPS_MAX];

	for (size_t i = 0; i < n; i++)
		seen[i] = hops[i].seen;
	keys_write(&table, &(struct seen_trace){.hops = seen, .n = n}, j);
}

int look_trace(const struct doc *req, struct json *j, struct err *reterr)
{
	auto_arena struct arena a = {0};
	struct hop hops[TRACE_HOPS_MAX];
	struct trace_ask q = {0};
	int r;

	r = look_request(&a, req, &ask_table, &q, reterr);
	if (r == 0 && q.dst.family != 4)
		r = err_set(reterr, -EINVAL, "a way is traced by IPv4");
	if (r == 0)
		r = look_enter(q.netns, reterr);
	if (r < 0)
		return r;
	for (size_t i = 0; i < TRACE_HOPS_MAX; i++)
		hops[i] = (struct hop){.fd = -1};
	for (unsigned i = 0; r == 0 && i < q.hops; i++)
		r = open_hop(&hops[i], (int)i + 1, &q.dst, reterr);
	if (r == 0) {
		trace(hops, q.hops, q.timeout_ms);
		write_hops(j, hops, q.hops);
	}
	close_all(hops);
	return r;
}

/* --- the other side: the request and its answer ---------------------- */

void trace_ask(const struct trace_ask *q, struct buf *out)
{
	look_ask(&ask_table, q, out);
}

void trace_answer(struct arena *a, const struct doc *d, struct seen_trace *ret)
{
	const char *wrong;

	*ret = (struct seen_trace){0};
	wrong = look_read(a, d, &table, ret);
	if (wrong)
		*ret = (struct seen_trace){.error = wrong};
}
