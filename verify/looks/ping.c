/* SPDX-License-Identifier: MIT */
/*
 * Pinging with a schedule that does not bend: probe k is due at start +
 * k x interval whatever became of those before it, so that the number of
 * probes lost times the interval is the length of an outage. A probe whose
 * time was slept through by more than one interval is not sent late but left
 * out; the next is on time again. Replies are stamped by the kernel. A reply
 * that comes after the timeout is none: while a neighbour's address is being
 * asked for, probes wait in the kernel, and their answers after an outage
 * would make it look shorter than it was.
 *
 * Raw sockets deliver each reply in the namespace to each ping in it: ours
 * are known by the address, an identifier and a random word in the payload.
 */
#include "verify/looks/ping.h"

#include <errno.h>
#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "verify/looks/op.h"

#define ECHO_BYTES 64 /* ICMP header and payload, as ping(8) sends */
#define RCVBUF_BYTES (1 << 20)
#define LINGER (200 * NS_PER_MS) /* for the last replies after a stop */
#define ICMP_ECHO_HEADER 8

struct probe {
	int64_t sent, rtt;
	uint8_t ttl;
	bool failed; /* could not even be sent */
};

struct ping {
	struct arena arena;
	int fd;
	struct ip dst;
	uint16_t id;
	uint64_t nonce;
	struct probe *probes;
	size_t n, answered, failed, duplicates;
	int64_t timeout; /* ns; a reply after that is none */
	int first_error; /* errno of sending */
};

/* RFC 1071. */
static uint16_t checksum(const uint8_t *p, size_t len)
{
	uint32_t sum = 0;
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)(p[i] << 8 | p[i + 1]);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static int open_socket(struct ping *p, struct err *reterr)
{
	struct icmp6_filter f6;
	struct icmp_filter f4 = {~(1u << ICMP_ECHOREPLY)};
	int on = 1, size = RCVBUF_BYTES, r = 0;
	bool v6 = p->dst.family == 6;

	p->fd = socket(v6 ? AF_INET6 : AF_INET,
		       SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
		       v6 ? (int)IPPROTO_ICMPV6 : (int)IPPROTO_ICMP);
	if (p->fd < 0)
		return err_sys(reterr, -errno, "open an ICMP socket");
	if (v6) {
		ICMP6_FILTER_SETBLOCKALL(&f6);
		ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &f6);
		r |= setsockopt(p->fd, IPPROTO_ICMPV6, ICMP6_FILTER, &f6,
				sizeof(f6));
		r |= setsockopt(p->fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, &on,
				sizeof(on));
	} else {
		r |= setsockopt(p->fd, SOL_RAW, ICMP_FILTER, &f4, sizeof(f4));
	}
	r |= setsockopt(p->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
	if (r)
		return err_sys(reterr, -errno, "prepare an ICMP socket");
	/* Best effort: the default holds some hundred replies. */
	(void)setsockopt(p->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	return 0;
}

static void send_probe(struct ping *p)
{
	struct sockaddr_in6 sin6 = {.sin6_family = AF_INET6};
	struct sockaddr_in sin = {.sin_family = AF_INET};
	uint8_t pkt[ECHO_BYTES] = {0};
	bool v6 = p->dst.family == 6;
	const struct sockaddr *to;
	struct probe *k;
	uint16_t sum;
	ssize_t r;

	pkt[0] = v6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO;
	pkt[4] = (uint8_t)(p->id >> 8);
	pkt[5] = (uint8_t)p->id;
	pkt[6] = (uint8_t)(p->n >> 8);
	pkt[7] = (uint8_t)p->n;
	memcpy(pkt + ICMP_ECHO_HEADER, &p->nonce, sizeof(p->nonce));
	if (v6) {
		/* The kernel fills the checksum in (RFC 3542, 3.1). */
		memcpy(&sin6.sin6_addr, p->dst.b, 16);
		to = (const struct sockaddr *)&sin6;
	} else {
		sum = checksum(pkt, sizeof(pkt));
		pkt[2] = (uint8_t)(sum >> 8);
		pkt[3] = (uint8_t)sum;
		memcpy(&sin.sin_addr, p->dst.b, 4);
		to = (const struct sockaddr *)&sin;
	}
	k = arena_push(&p->arena, &p->probes, &p->n, sizeof(*k));
	k->rtt = -1;
	k->sent = clock_real_ns();
	r = sendto(p->fd, pkt, sizeof(pkt), MSG_NOSIGNAL, to,
		   v6 ? sizeof(sin6) : sizeof(sin));
	if (r < 0) {
		k->failed = true;
		p->failed++;
		if (!p->first_error)
			p->first_error = errno;
	}
}

/* The probe that a sequence number means: the latest one sent with it. */
static struct probe *probe_of(struct ping *p, uint16_t seq)
{
	size_t i;

	if (!p->n)
		return NULL;
	i = ((p->n - 1) & ~(size_t)0xffff) | seq;
	if (i >= p->n) {
		if (i < 0x10000)
			return NULL;
		i -= 0x10000;
	}
	return &p->probes[i];
}

static void take_reply(struct ping *p, const uint8_t *b, size_t len,
		       const struct ip *from, int64_t t, uint8_t ttl)
{
	bool v6 = p->dst.family == 6;
	struct probe *k;
	size_t ihl;

	if (!v6) {
		if (len < 20)
			return;
		ihl = (size_t)(b[0] & 0x0f) * 4;
		if (ihl < 20 || len < ihl)
			return;
		ttl = b[8];
		b += ihl;
		len -= ihl;
	}
	if (len < ICMP_ECHO_HEADER + sizeof(p->nonce) ||
	    b[0] != (v6 ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY) ||
	    (uint16_t)(b[4] << 8 | b[5]) != p->id ||
	    memcmp(b + ICMP_ECHO_HEADER, &p->nonce, sizeof(p->nonce)) != 0 ||
	    !ip_equal(from, &p->dst))
		return;
	k = probe_of(p, (uint16_t)(b[6] << 8 | b[7]));
	if (!k)
		return;
	if (k->rtt >= 0) {
		p->duplicates++;
		return;
	}
	if (t - k->sent > p->timeout)
		return;
	k->rtt = t > k->sent ? t - k->sent : 0;
	k->ttl = ttl;
	p->answered++;
}

static void receive(struct ping *p)
{
	for (;;) {
		uint8_t b[512];
		char control[256];
		struct sockaddr_storage ss;
		struct iovec iov = {b, sizeof(b)};
		struct msghdr m = {.msg_name = &ss,
				   .msg_namelen = sizeof(ss),
				   .msg_iov = &iov,
				   .msg_iovlen = 1,
				   .msg_control = control,
				   .msg_controllen = sizeof(control)};
		struct ip from = {0};
		struct cmsghdr *c;
		int64_t t = 0;
		int hops = 0;
		ssize_t r;

		r = recvmsg(p->fd, &m, MSG_DONTWAIT);
		if (r < 0)
			return; /* nothing more, or an error now consumed */
		for (c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
			struct timespec ts;

			if (c->cmsg_level == SOL_SOCKET &&
			    c->cmsg_type == SCM_TIMESTAMPNS) {
				memcpy(&ts, CMSG_DATA(c), sizeof(ts));
				t = ts.tv_sec * NS_PER_S + ts.tv_nsec;
			} else if (c->cmsg_level == IPPROTO_IPV6 &&
				   c->cmsg_type == IPV6_HOPLIMIT) {
				memcpy(&hops, CMSG_DATA(c), sizeof(hops));
			}
		}
		if (ss.ss_family == AF_INET) {
			struct sockaddr_in sin;

			memcpy(&sin, &ss, sizeof(sin));
			from.family = 4;
			memcpy(from.b, &sin.sin_addr, 4);
		} else {
			struct sockaddr_in6 sin6;

			memcpy(&sin6, &ss, sizeof(sin6));
			from.family = 6;
			memcpy(from.b, &sin6.sin6_addr, 16);
		}
		take_reply(p, b, (size_t)r, &from, t ? t : clock_real_ns(),
			   (uint8_t)hops);
	}
}

/* Probes that may still be answered. */
static bool outstanding(const struct ping *p)
{
	return p->answered + p->failed < p->n;
}

static bool last_answered(const struct ping *p)
{
	return !p->n || p->probes[p->n - 1].rtt >= 0 ||
	       p->probes[p->n - 1].failed;
}

/* After a stop: what left just now and is on its way is no loss. */
static void linger(struct ping *p)
{
	struct mono until = mono_add(clock_mono(), LINGER);
	int64_t horizon = clock_real_ns() - LINGER;

	while (!last_answered(p) && mono_before(clock_mono(), until)) {
		/* Not look_wait: stop is readable for good now. */
		struct timespec ts = {0, NS_PER_MS};

		receive(p);
		nanosleep(&ts, NULL);
	}
	while (p->n && p->probes[p->n - 1].rtt < 0 &&
	       p->probes[p->n - 1].sent > horizon)
		p->n--;
}

static void run(struct ping *p, size_t count, int64_t interval)
{
	struct mono due = clock_mono(), end = MONO_NEVER;
	unsigned wake;

	for (;;) {
		if (p->n >= count) {
			due = MONO_NEVER;
			if (mono_is_never(end))
				end = mono_add(clock_mono(), p->timeout);
			if (!outstanding(p))
				return;
		} else if (!mono_before(clock_mono(), due)) {
			send_probe(p);
			due = mono_add(due, interval);
			while (mono_before(mono_add(due, interval),
					   clock_mono()))
				due = mono_add(due, interval);
			continue;
		}
		wake = look_wait(p->fd, mono_min(due, end));
		if (wake & LOOK_READY)
			receive(p);
		if (wake & LOOK_STOP) {
			linger(p);
			return;
		}
		if (!mono_is_never(end) && !mono_before(clock_mono(), end))
			return;
	}
}

static void write_probes(struct json *j, const struct ping *p)
{
	size_t i;

	json_key(j, "probes");
	json_arr(j);
	for (i = 0; i < p->n; i++) {
		json_obj(j);
		json_kint(j, "sent", p->probes[i].sent);
		json_kint(j, "rtt", p->probes[i].rtt);
		json_kint(j, "ttl", p->probes[i].ttl);
		json_obj_end(j);
	}
	json_arr_end(j);
	json_kint(j, "duplicates", (int64_t)p->duplicates);
	if (p->first_error)
		json_kstr(j, "error", strerror(p->first_error));
}

static void ping_release(struct ping *p)
{
	arena_release(&p->arena);
	if (p->fd >= 0)
		close(p->fd);
}

static const struct key ask_rows[] = {
	{"netns", KEY_TEXT, KEY_FIELD(struct ping_ask, netns), .def_text = ""},
	{"dst", KEY_IP, KEY_FIELD(struct ping_ask, dst), .flags = KEY_REQUIRED},
	{"count", KEY_UINT, KEY_FIELD(struct ping_ask, count),
	 .max = PING_PROBES_MAX, .def = 4},
	{"interval_us", KEY_UINT, KEY_FIELD(struct ping_ask, interval_us),
	 .min = PING_INTERVAL_MIN_US, .max = 60000000, .def = 200000},
	{"timeout_ms", KEY_UINT, KEY_FIELD(struct ping_ask, timeout_ms),
	 .max = LOOK_DURATION_MAX_MS, .def = 1000},
};

static const struct key_table ask_table =
	KEY_TABLE("request", struct ping_ask, ask_rows);

int look_ping(const struct doc *req, struct json *j, struct err *reterr)
{
	auto_(ping_release) struct ping p = {.fd = -1};
	struct ping_ask q = {0};
	int r;

	r = look_request(&p.arena, req, &ask_table, &q, reterr);
	p.dst = q.dst;
	if (r == 0)
		r = look_enter(q.netns, reterr);
	if (r == 0)
		r = open_socket(&p, reterr);
	if (r < 0)
		return r;
	if (getrandom(&p.nonce, sizeof(p.nonce), 0) != sizeof(p.nonce))
		return err_sys(reterr, -errno, "random numbers");
	p.id = (uint16_t)(p.nonce >> 48);
	p.timeout = q.timeout_ms * NS_PER_MS;
	run(&p, q.count ? q.count : PING_PROBES_MAX, q.interval_us * NS_PER_US);
	write_probes(j, &p);
	return 0;
}

/* --- the other side: the request and its answer ---------------------- */

void ping_ask(const struct ping_ask *q, struct buf *out)
{
	look_ask(&ask_table, q, out);
}

static const struct key probe_rows[] = {
	{"sent", KEY_INT, KEY_FIELD(struct seen_probe, sent)},
	{"rtt", KEY_INT, KEY_FIELD(struct seen_probe, rtt), .def = -1},
	{"ttl", KEY_UINT, KEY_FIELD(struct seen_probe, ttl)},
};

static const struct key_table probe_table =
	KEY_TABLE("probe", struct seen_probe, probe_rows);

static const struct key rows[] = {
	{"probes", KEY_LIST, KEY_ITEMS(struct seen_pings, probes, n),
	 .max = PING_PROBES_MAX, .table = &probe_table},
	{"duplicates", KEY_INT, KEY_FIELD(struct seen_pings, duplicates)},
	{"error", KEY_TEXT, KEY_FIELD(struct seen_pings, send_error)},
};

static const struct key_table table =
	KEY_TABLE("answer", struct seen_pings, rows);

void ping_answer(struct arena *a, const struct doc *d, struct seen_pings *ret)
{
	const char *wrong;

	*ret = (struct seen_pings){0};
	wrong = look_read(a, d, &table, ret);
	if (wrong)
		*ret = (struct seen_pings){.error = wrong};
}
