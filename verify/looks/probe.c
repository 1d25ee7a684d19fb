/* SPDX-License-Identifier: MIT */
/*
 * Probing: datagrams that need no answer, from every instance of a node by
 * one process, for hundreds of pings would be hundreds of processes. A socket
 * is opened in its namespace for each datagram and closed again: so many
 * namespaces need no more descriptors than one, and a namespace that comes or
 * goes meanwhile is but an error of its own probes.
 */
#include "verify/looks/probe.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "lib/kernel/netns.h"
#include "verify/looks/op.h"

struct from {
	const char *netns;
	struct ip dst;
	int64_t sent;
	char error[120];
};

static int send_to(int fd, const struct ip *dst)
{
	static const char payload[] = "labctl";
	struct sockaddr_in6 sin6 = {.sin6_family = AF_INET6,
				    .sin6_port = htons(PROBE_PORT)};
	struct sockaddr_in sin = {.sin_family = AF_INET,
				  .sin_port = htons(PROBE_PORT)};
	bool v6 = dst->family == 6;
	ssize_t r;

	memcpy(v6 ? (void *)&sin6.sin6_addr : (void *)&sin.sin_addr, dst->b,
	       ip_size(dst));
	r = sendto(fd, payload, sizeof(payload), MSG_NOSIGNAL,
		   v6 ? (const struct sockaddr *)&sin6
		      : (const struct sockaddr *)&sin,
		   v6 ? sizeof(sin6) : sizeof(sin));
	return r < 0 ? -errno : 0;
}

static int send_one(struct from *f, struct err *reterr)
{
	int domain = f->dst.family == 6 ? AF_INET6 : AF_INET, r;
	auto_close int ns = -1, fd = -1;

	ns = netns_open(f->netns, reterr);
	if (ns < 0)
		return ns;
	fd = netns_socket(ns, domain, SOCK_DGRAM, 0);
	r = fd < 0 ? fd : send_to(fd, &f->dst);
	return r < 0 ? err_sys(reterr, r, "send") : 0;
}

static void send_round(struct from *list, size_t n)
{
	struct err err;
	size_t i;

	for (i = 0; i < n; i++) {
		if (send_one(&list[i], &err) == 0)
			list[i].sent++;
		else if (!*list[i].error)
			memccpy(list[i].error, err.msg, '\0',
				sizeof(list[i].error) - 1);
	}
}

/* --- requests and answers ---------------------------------------------- */

static const struct key from_rows[] = {
	{"netns", KEY_TEXT, KEY_FIELD(struct probe_from, netns),
	 .def_text = ""},
	{"dst", KEY_IP, KEY_FIELD(struct probe_from, dst),
	 .flags = KEY_REQUIRED},
};

static const struct key_table from_table =
	KEY_TABLE("place", struct probe_from, from_rows);

static const struct key ask_rows[] = {
	{"count", KEY_UINT, KEY_FIELD(struct probe_ask, count), .min = 1,
	 .max = PROBE_ROUNDS_MAX, .def = 1},
	{"interval_us", KEY_UINT, KEY_FIELD(struct probe_ask, interval_us),
	 .min = 1000, .max = 60000000, .def = 200000},
	{"from", KEY_LIST, KEY_ITEMS(struct probe_ask, from, n),
	 .flags = KEY_REQUIRED, .max = PROBE_FROM_MAX, .table = &from_table},
};

static const struct key_table ask_table =
	KEY_TABLE("request", struct probe_ask, ask_rows);

struct told_all {
	struct seen_sent *items;
	size_t n;
};

static const struct key sent_rows[] = {
	{"sent", KEY_INT, KEY_FIELD(struct seen_sent, sent)},
	{"error", KEY_TEXT, KEY_FIELD(struct seen_sent, error)},
};

static const struct key_table sent_table =
	KEY_TABLE("place", struct seen_sent, sent_rows);

static const struct key answer_rows[] = {
	{"from", KEY_LIST, KEY_ITEMS(struct told_all, items, n),
	 .max = PROBE_FROM_MAX, .table = &sent_table},
};

static const struct key_table answer_table =
	KEY_TABLE("answer", struct told_all, answer_rows);

static void write_answer(struct arena *a, struct json *j,
			 const struct from *list, size_t n)
{
	struct told_all all = {.items = arena_array(a, n, sizeof(*all.items)),
			       .n = n};

	for (size_t i = 0; i < n; i++)
		all.items[i] = (struct seen_sent){
			.sent = list[i].sent,
			.error = *list[i].error ? list[i].error : NULL};
	keys_write(&answer_table, &all, j);
}

int look_probe(const struct doc *req, struct json *j, struct err *reterr)
{
	auto_arena struct arena a = {0};
	struct probe_ask q = {0};
	struct from *list;
	struct mono due;
	unsigned k, wake = 0;
	int r;

	r = look_request(&a, req, &ask_table, &q, reterr);
	if (r < 0)
		return r;
	list = arena_array(&a, q.n, sizeof(*list));
	for (size_t i = 0; i < q.n; i++) {
		list[i].netns = q.from[i].netns;
		list[i].dst = q.from[i].dst;
	}
	due = clock_mono();
	for (k = 0; k < q.count && !(wake & LOOK_STOP); k++) {
		send_round(list, q.n);
		due = mono_add(due, k + 1 < q.count
					    ? q.interval_us * NS_PER_US
					    : PROBE_LINGER_MS * NS_PER_MS);
		/* Late is late: rounds need no exact time. */
		if (mono_before(due, clock_mono()))
			due = clock_mono();
		wake = look_wait(-1, due);
	}
	write_answer(&a, j, list, q.n);
	return 0;
}

/* --- the other side: the request and its answer ---------------------- */

void probe_ask(const struct probe_ask *q, struct buf *out)
{
	look_ask(&ask_table, q, out);
}

void probe_answer(struct arena *a, const struct doc *d, struct seen_sent *ret,
		  size_t n)
{
	struct told_all all = {0};

	keys_read_loose(a, d, &answer_table, &all);
	for (size_t i = 0; i < n; i++)
		ret[i] = i < all.n ? all.items[i]
				   : (struct seen_sent){
					     .error = "its answer is missing"};
}
