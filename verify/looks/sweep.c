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

static int read_dsts(struct arena *a, const struct doc *req, struct sweep *s,
		     struct err *reterr)
{
	const struct doc *item;
	struct place *p;

	DOC_FOREACH (item, doc_get(req, "dsts")) {
		if (s->n == SWEEP_DSTS_MAX)
			return err_set(reterr, -E2BIG,
				       "more than %d addresses to ping",
				       SWEEP_DSTS_MAX);
		p = arena_push(a, &s->places, &s->n, sizeof(*p));
		if (!item->str || ip_parse(item->str, &p->dst) < 0 ||
		    p->dst.family != 6)
			return err_set(reterr, -EINVAL,
				       "'%.64s' is no IPv6 address",
				       item->str ? item->str : "");
	}
	return 0;
}

static void write_replies(struct json *j, const struct sweep *s)
{
	size_t i;

	json_key(j, "replies");
	json_arr(j);
	for (i = 0; i < s->n; i++) {
		json_obj(j);
		json_kint(j, "n", count_of(&s->places[i]));
		json_kint(j, "ttl", s->places[i].ttl);
		json_obj_end(j);
	}
	json_arr_end(j);
	if (s->first_error)
		json_kstr(j, "error", strerror(s->first_error));
}

int look_sweep(const struct doc *req, struct json *j, struct err *reterr)
{
	auto_arena struct arena a = {0};
	int64_t rounds, interval, timeout;
	auto_close int fd = -1;
	struct sweep s = {0};
	int r;

	r = look_number(req, "count", 1, SWEEP_ROUNDS_MAX, 4, &rounds, reterr);
	if (r == 0)
		r = look_number(req, "interval_us", 1000, 60000000, 150000,
				&interval, reterr);
	if (r == 0)
		r = look_number(req, "timeout_ms", 0, LOOK_DURATION_MAX_MS,
				1000, &timeout, reterr);
	if (r == 0)
		r = read_dsts(&a, req, &s, reterr);
	if (r == 0)
		r = look_enter(req, reterr);
	if (r < 0)
		return r;
	if (getrandom(&s.nonce, sizeof(s.nonce), 0) != sizeof(s.nonce))
		return err_sys(reterr, -errno, "random numbers");
	fd = open_socket(reterr);
	if (fd < 0)
		return fd;
	s.fd = fd;
	run(&s, (unsigned)rounds, interval * NS_PER_US, timeout * NS_PER_MS);
	write_replies(j, &s);
	return 0;
}

/* --- the other side: the request and its answer ---------------------- */

void sweep_ask(const struct sweep_ask *q, struct buf *out)
{
	char text[IP_TEXT_MAX];
	struct json j;
	size_t i;

	json_init(&j, out, 0);
	json_kstr(&j, "netns", q->netns);
	json_kint(&j, "count", q->count);
	json_kint(&j, "interval_us", q->interval_us);
	json_kint(&j, "timeout_ms", q->timeout_ms);
	json_key(&j, "dsts");
	json_arr(&j);
	for (i = 0; i < q->n; i++)
		json_str(&j, ip_print(&q->dsts[i], text));
	json_arr_end(&j);
}

void sweep_answer(struct arena *a, const struct doc *d,
		  struct seen_replies *ret, size_t n)
{
	const struct doc *list = doc_get(d, "replies"), *item;
	const char *error = doc_str(d, "error", NULL);
	size_t i = 0;

	if (error)
		error = arena_strdup(a, error);
	DOC_FOREACH (item, list) {
		int64_t count = doc_int(item, "n", 0);

		if (i == n)
			return;
		ret[i] = (struct seen_replies){
			.n = count < 0 || count > SWEEP_ROUNDS_MAX
				     ? 0
				     : (unsigned)count,
			.ttl = (uint8_t)doc_int(item, "ttl", 0)};
		/* Sending failed for somebody, which who answered is not. */
		if (!ret[i].n)
			ret[i].send_error = error;
		i++;
	}
	for (; i < n; i++)
		ret[i] =
			(struct seen_replies){.error = "its answer is missing"};
}
