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

static int read_from(struct arena *a, const struct doc *req, struct from **ret,
		     size_t *ret_n, struct err *reterr)
{
	const struct doc *item;
	struct from *f;

	DOC_FOREACH (item, doc_get(req, "from")) {
		if (*ret_n == PROBE_FROM_MAX)
			return err_set(reterr, -E2BIG,
				       "more than %d places to probe from",
				       PROBE_FROM_MAX);
		f = arena_push(a, ret, ret_n, sizeof(*f));
		f->netns = doc_str(item, "netns", "");
		if (ip_parse(doc_str(item, "dst", ""), &f->dst) < 0)
			return err_set(reterr, -EINVAL,
				       "'%.64s' is no address to probe",
				       doc_str(item, "dst", ""));
	}
	return 0;
}

static void write_from(struct json *j, const struct from *list, size_t n)
{
	size_t i;

	json_key(j, "from");
	json_arr(j);
	for (i = 0; i < n; i++) {
		json_obj(j);
		json_kint(j, "sent", list[i].sent);
		if (*list[i].error)
			json_kstr(j, "error", list[i].error);
		json_obj_end(j);
	}
	json_arr_end(j);
}

int look_probe(const struct doc *req, struct json *j, struct err *reterr)
{
	auto_arena struct arena a = {0};
	struct from *list = NULL;
	int64_t count, interval, k;
	struct mono due;
	unsigned wake = 0;
	size_t n = 0;
	int r;

	r = look_number(req, "count", 1, PROBE_ROUNDS_MAX, 1, &count, reterr);
	if (r == 0)
		r = look_number(req, "interval_us", 1000, 60000000, 200000,
				&interval, reterr);
	if (r == 0)
		r = read_from(&a, req, &list, &n, reterr);
	if (r < 0)
		return r;
	due = clock_mono();
	for (k = 0; k < count && !(wake & LOOK_STOP); k++) {
		send_round(list, n);
		due = mono_add(due, k + 1 < count
					    ? interval * NS_PER_US
					    : PROBE_LINGER_MS * NS_PER_MS);
		/* Late is late: rounds need no exact time. */
		if (mono_before(due, clock_mono()))
			due = clock_mono();
		wake = look_wait(-1, due);
	}
	write_from(j, list, n);
	return 0;
}

/* --- the other side: the request and its answer ---------------------- */

void probe_ask(const struct probe_ask *q, struct buf *out)
{
	char text[IP_TEXT_MAX];
	struct json j;
	size_t i;

	json_init(&j, out, 0);
	json_kint(&j, "count", q->count);
	json_kint(&j, "interval_us", q->interval_us);
	json_key(&j, "from");
	json_arr(&j);
	for (i = 0; i < q->n; i++) {
		json_obj(&j);
		json_kstr(&j, "netns", q->from[i].netns);
		json_kstr(&j, "dst", ip_print(&q->from[i].dst, text));
		json_obj_end(&j);
	}
	json_arr_end(&j);
}

void probe_answer(struct arena *a, const struct doc *d, struct seen_sent *ret,
		  size_t n)
{
	const struct doc *list = doc_get(d, "from"), *item;
	const char *error;
	size_t i = 0;

	DOC_FOREACH (item, list) {
		if (i == n)
			return;
		error = doc_str(item, "error", NULL);
		ret[i].sent = doc_int(item, "sent", 0);
		ret[i++].error = error ? arena_strdup(a, error) : NULL;
	}
	for (; i < n; i++)
		ret[i] = (struct seen_sent){.error = "its answer is missing"};
}
