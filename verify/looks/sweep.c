/* SPDX-License-Identifier: MIT */
/*
 * A sweep of pings
 * ================
 * A raw socket hears all replies of its namespace, so hundreds of pings beside
 * one another would hear hundreds of thousands. One process with one socket
 * hears each once. An echo says in its payload whose it is: a random word and
 * the place of its address in the list; its sequence number is the round.
 */
#include "verify/looks/sweep.h"

#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "verify/looks/op.h"

#define ECHO_BYTES 64
#define PAYLOAD 8 /* behind the header */
#define RCVBUF_BYTES (1 << 21)

struct place {
	struct ip dst;
	uint64_t rounds; /* that were answered, a bit each */
	uint8_t ttl;
};
_Static_assert(SWEEP_ROUNDS_MAX <= 64, "a bit for each round");

struct sweep {
	int fd;
	uint64_t nonce;
	struct place *places;
	size_t n;
	int first_error; /* errno of sending */
};

static int open_socket(struct err *reterr)
{
	struct icmp6_filter only;
	int on = 1, size = RCVBUF_BYTES, r;
	auto_close int fd =
		socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
		       IPPROTO_ICMPV6);

	if (fd < 0)
		return err_sys(reterr, -errno, "open an ICMP socket");
	ICMP6_FILTER_SETBLOCKALL(&only);
	ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &only);
	r = setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &only, sizeof(only));
	if (r == 0)
		r = setsockopt(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, &on,
			       sizeof(on));
	if (r < 0)
		return err_sys(reterr, -errno, "prepare an ICMP socket");
	/* Best effort: the default holds some hundred replies. */
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	return take_fd(&fd);
}

static void send_round(struct sweep *s, unsigned round)
{
	uint8_t pkt[ECHO_BYTES] = {ICMP6_ECHO_REQUEST};
	uint32_t k;
	size_t i;

	pkt[7] = (uint8_t)round;
	memcpy(pkt + PAYLOAD, &s->nonce, sizeof(s->nonce));
	for (i = 0; i < s->n; i++) {
		struct sockaddr_in6 to = {.sin6_family = AF_INET6};

		k = (uint32_t)i;
		memcpy(pkt + PAYLOAD + sizeof(s->nonce), &k, sizeof(k));
		memcpy(&to.sin6_addr, s->places[i].dst.b, 16);
		/* The kernel fills the checksum in (RFC 3542, 3.1). */
		if (sendto(s->fd, pkt, sizeof(pkt), MSG_NOSIGNAL,
			   (const struct sockaddr *)&to, sizeof(to)) < 0 &&
		    !s->first_error)
			s->first_error = errno;
	}
}

static uint8_t hops_of(struct msghdr *m)
{
	struct cmsghdr *c;
	int hops = 0;

	for (c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c))
		if (c->cmsg_level == IPPROTO_IPV6 &&
		    c->cmsg_type == IPV6_HOPLIMIT)
			memcpy(&hops, CMSG_DATA(c), sizeof(hops));
	return (uint8_t)hops;
}

static void take(struct sweep *s, const uint8_t *p, size_t len,
		 const struct sockaddr_in6 *from, uint8_t hops)
{
	struct place *at;
	uint32_t k;

	if (len < PAYLOAD + sizeof(s->nonce) + sizeof(k) ||
	    p[0] != ICMP6_ECHO_REPLY || p[7] >= SWEEP_ROUNDS_MAX ||
	    memcmp(p + PAYLOAD, &s->nonce, sizeof(s->nonce)) != 0)
		return;
	memcpy(&k, p + PAYLOAD + sizeof(s->nonce), sizeof(k));
	if (k >= s->n)
		return;
	at = &s->places[k];
	if (memcmp(&from->sin6_addr, at->dst.b, 16) != 0)
		return;
	at->rounds |= UINT64_C(1) << p[7];
	at->ttl = hops;
}

static void receive(struct sweep *s)
{
	for (;;) {
		struct sockaddr_in6 from;
		uint8_t p[256];
		char control[128];
		struct iovec iov = {p, sizeof(p)};
		struct msghdr m = {.msg_name = &from,
				   .msg_namelen = sizeof(from),
				   .msg_iov = &iov,
				   .msg_iovlen = 1,
				   .msg_control = control,
				   .msg_controllen = sizeof(control)};
		ssize_t r = recvmsg(s->fd, &m, MSG_DONTWAIT);

		if (r < 0)
			return;
		take(s, p, (size_t)r, &from, hops_of(&m));
	}
}

static unsigned count_of(const struct place *p)
{
	return (unsigned)__builtin_popcountll(p->rounds);
}

static bool all_answered(const struct sweep *s, unsigned rounds)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (count_of(&s->places[i]) < rounds)
			return false;
	return true;
}

static void run(struct sweep *s, unsigned rounds, int64_t interval,
		int64_t timeout)
{
	struct mono due = clock_mono(), now;
	unsigned k = 0, wake = 0;

	for (;;) {
		now = clock_mono();
		if (!mono_before(now, due)) {
			if (k == rounds)
				return;
			send_round(s, k++);
			due = mono_add(now, k < rounds ? interval : timeout);
		}
		wake = look_wait(s->fd, due);
		receive(s);
		if ((wake & LOOK_STOP) ||
		    (k == rounds && all_answered(s, rounds)))
			return;
	}
}

/* --- requests and answers ---------------------------------------------- */

static const struct key ask_rows[] = {
	{"netns", KEY_TEXT, KEY_FIELD(struct sweep_ask, netns), .def_text = ""},
	{"count", KEY_UINT, KEY_FIELD(struct sweep_ask, count), .min = 1,
	 .max = SWEEP_ROUNDS_MAX, .def = 4},
	{"interval_us", KEY_UINT, KEY_FIELD(struct sweep_ask, interval_us),
	 .min = 1000, .max = 60000000, .def = 150000},
	{"timeout_ms", KEY_UINT, KEY_FIELD(struct sweep_ask, timeout_ms),
	 .max = LOOK_DURATION_MAX_MS, .def = 1000},
	{"dsts", KEY_IPS, KEY_ITEMS(struct sweep_ask, dsts, n),
	 .flags = KEY_REQUIRED, .max = SWEEP_DSTS_MAX},
};

static const struct key_table ask_table =
	KEY_TABLE("request", struct sweep_ask, ask_rows);

struct told {
	unsigned n;
	uint8_t ttl;
};

struct told_all {
	struct told *items;
	size_t n;
	const char *error;
};

static const struct key told_rows[] = {
	{"n", KEY_UINT, KEY_FIELD(struct told, n), .max = SWEEP_ROUNDS_MAX},
	{"ttl", KEY_UINT, KEY_FIELD(struct told, ttl)},
};

static const struct key_table told_table =
	KEY_TABLE("replies", struct told, told_rows);

static const struct key answer_rows[] = {
	{"replies", KEY_LIST, KEY_ITEMS(struct told_all, items, n),
	 .max = SWEEP_DSTS_MAX, .table = &told_table},
	{"error", KEY_TEXT, KEY_FIELD(struct told_all, error)},
};

static const struct key_table answer_table =
	KEY_TABLE("answer", struct told_all, answer_rows);

static void write_answer(struct arena *a, struct json *j, const struct sweep *s)
{
	struct told_all all = {
		.items = arena_array(a, s->n, sizeof(*all.items)),
		.n = s->n,
		.error = s->first_error ? strerror(s->first_error) : NULL};

	for (size_t i = 0; i < s->n; i++)
		all.items[i] = (struct told){.n = count_of(&s->places[i]),
					     .ttl = s->places[i].ttl};
	keys_write(&answer_table, &all, j);
}

static int read_dsts(struct arena *a, const struct sweep_ask *q,
		     struct sweep *s, struct err *reterr)
{
	char text[IP_TEXT_MAX];

	s->places = arena_array(a, q->n, sizeof(*s->places));
	for (s->n = 0; s->n < q->n; s->n++) {
		if (q->dsts[s->n].family != 6)
			return err_set(reterr, -EINVAL,
				       "'%s' is no IPv6 address",
				       ip_print(&q->dsts[s->n], text));
		s->places[s->n].dst = q->dsts[s->n];
	}
	return 0;
}

int look_sweep(const struct doc *req, struct json *j, struct err *reterr)
{
	auto_arena struct arena a = {0};
	struct sweep_ask q = {0};
	auto_close int fd = -1;
	struct sweep s = {0};
	int r;

	r = look_request(&a, req, &ask_table, &q, reterr);
	if (r == 0)
		r = read_dsts(&a, &q, &s, reterr);
	if (r == 0)
		r = look_enter(q.netns, reterr);
	if (r < 0)
		return r;
	if (getrandom(&s.nonce, sizeof(s.nonce), 0) != sizeof(s.nonce))
		return err_sys(reterr, -errno, "random numbers");
	fd = open_socket(reterr);
	if (fd < 0)
		return fd;
	s.fd = fd;
	run(&s, q.count, q.interval_us * NS_PER_US, q.timeout_ms * NS_PER_MS);
	write_answer(&a, j, &s);
	return 0;
}

/* --- the other side: the request and its answer ---------------------- */

void sweep_ask(const struct sweep_ask *q, struct buf *out)
{
	look_ask(&ask_table, q, out);
}

void sweep_answer(struct arena *a, const struct doc *d,
		  struct seen_replies *ret, size_t n)
{
	struct told_all all = {0};

	keys_read_loose(a, d, &answer_table, &all);
	for (size_t i = 0; i < n; i++) {
		ret[i] = (struct seen_replies){0};
		if (i >= all.n) {
			ret[i].error = "its answer is missing";
			continue;
		}
		ret[i].n = all.items[i].n;
		ret[i].ttl = all.items[i].ttl;
		/* Sending failed for somebody, which who answered is not. */
		if (!ret[i].n)
			ret[i].send_error = all.error;
	}
}
