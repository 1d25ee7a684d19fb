/* SPDX-License-Identifier: MIT */
/*
 * Asking a web server from many places
 * ====================================
 * One process for all namespaces of a node, with HTTP_AT_ONCE connections at a
 * time. HTTP/1.0, a connection for each path: an answer ends where the server
 * closes, so nothing of its header has to be believed.
 */
#include "verify/looks/http.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "lib/kernel/netns.h"
#include "lib/parse.h"
#include "verify/looks/op.h"

#define PORT 80
#define TURN (50 * NS_PER_MS) /* between looks at whether to stop */

/* One namespace's turn. */
struct from {
	const char *netns;
	struct http_said said[HTTP_PATHS_MAX];
	size_t done; /* paths */
	char error[120];
};

struct talk {
	struct from *from; /* NULL: free */
	int fd;
	bool sent;
	struct mono end;
	char text[HTTP_ANSWER_MAX + 1];
	size_t len;
};

struct asking {
	struct arena *a;
	struct ip server;
	const char *paths[HTTP_PATHS_MAX];
	size_t npaths;
	int64_t timeout;
	struct from *from;
	size_t n, next, left;
	struct talk talks[HTTP_AT_ONCE];
};

bool http_read(const char *text, size_t len, unsigned *ret_status,
	       const char **ret_body)
{
	char status[4] = "";
	const char *body;
	uint32_t n;

	if (len < 12 || strncmp(text, "HTTP/1.", 7) != 0 || text[8] != ' ')
		return false;
	memcpy(status, text + 9, 3);
	body = strstr(text, "\r\n\r\n");
	if (!body || parse_u32(status, 100, 599, &n) < 0)
		return false;
	*ret_status = n;
	*ret_body = body + 4;
	return true;
}

static void fail(struct talk *t, const char *what, int r)
{
	snprintf(t->from->error, sizeof(t->from->error), "%s: %s", what,
		 strerror(-r));
}

static void hang_up(struct talk *t)
{
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
}

/* Begins its next path; false with the error said. */
static bool dial(struct asking *k, struct talk *t)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(PORT)};
	auto_close int ns = -1;
	struct err err;

	t->len = 0;
	t->sent = false;
	t->end = mono_add(clock_mono(), k->timeout);
	memcpy(&to.sin_addr, k->server.b, 4);
	ns = netns_open(t->from->netns, &err);
	if (ns < 0) {
		memccpy(t->from->error, err.msg, '\0',
			sizeof(t->from->error) - 1);
		return false;
	}
	t->fd = netns_socket(ns, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (t->fd < 0) {
		fail(t, "open a socket", t->fd);
		return false;
	}
	if (connect(t->fd, (const struct sockaddr *)&to, sizeof(to)) < 0 &&
	    errno != EINPROGRESS) {
		fail(t, "connect", -errno);
		return false;
	}
	return true;
}

static bool ask(struct asking *k, struct talk *t)
{
	char text[IP_TEXT_MAX], *line;
	socklen_t size = sizeof(int);
	int r = 0;

	getsockopt(t->fd, SOL_SOCKET, SO_ERROR, &r, &size);
	if (r) {
		fail(t, "connect", -r);
		return false;
	}
	line = arena_printf(k->a, "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n",
			    k->paths[t->from->done],
			    ip_print(&k->server, text));
	t->sent = true;
	if (send(t->fd, line, strlen(line), MSG_NOSIGNAL) ==
	    (ssize_t)strlen(line))
		return true;
	fail(t, "send", -errno);
	return false;
}

/* 1: the answer is whole; 0: there is more; -1 with the error said. */
static int hear(struct asking *k, struct talk *t)
{
	struct http_said *said = &t->from->said[t->from->done];
	const char *body;
	ssize_t r = recv(t->fd, t->text + t->len, HTTP_ANSWER_MAX - t->len, 0);

	if (r < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (r < 0) {
		fail(t, "receive", -errno);
		return -1;
	}
	t->len += (size_t)r;
	t->text[t->len] = '\0';
	if (r && t->len < HTTP_ANSWER_MAX)
		return 0;
	if (http_read(t->text, t->len, &said->status, &body)) {
		said->body = arena_strdup(k->a, body);
		return 1;
	}
	snprintf(t->from->error, sizeof(t->from->error),
		 "what came is no answer");
	return -1;
}

/* A place that has asked for all, or cannot, makes room for another. */
static void over(struct asking *k, struct talk *t)
{
	hang_up(t);
	t->from = NULL;
	k->left--;
}

static void go_on(struct asking *k, struct talk *t, short events)
{
	int r = 0;

	if (!events && mono_before(t->end, clock_mono())) {
		fail(t, t->sent ? "no answer" : "connect", -ETIMEDOUT);
		r = -1;
	} else if (events && !t->sent) {
		r = ask(k, t) ? 0 : -1;
	} else if (events) {
		r = hear(k, t);
	}
	if (r > 0) {
		hang_up(t);
		if (++t->from->done < k->npaths && dial(k, t))
			return;
	}
	if (r)
		over(k, t);
}

static void fill(struct asking *k)
{
	struct talk *t;

	for (t = k->talks; t < k->talks + HTTP_AT_ONCE; t++)
		while (!t->from && k->next < k->n) {
			t->from = &k->from[k->next++];
			if (!dial(k, t))
				over(k, t);
		}
}

static void ask_all(struct asking *k)
{
	struct pollfd p[HTTP_AT_ONCE];
	struct mono turn = clock_mono();
	unsigned wake = 0;
	size_t i;

	for (i = 0; i < HTTP_AT_ONCE; i++)
		k->talks[i].fd = -1;
	k->left = k->n;
	while (!(wake & LOOK_STOP)) {
		fill(k);
		if (!k->left)
			break;
		for (i = 0; i < HTTP_AT_ONCE; i++)
			p[i] = (struct pollfd){
				.fd = k->talks[i].from ? k->talks[i].fd : -1,
				.events = k->talks[i].sent ? POLLIN : POLLOUT};
		(void)poll(p, HTTP_AT_ONCE, (int)(TURN / NS_PER_MS));
		for (i = 0; i < HTTP_AT_ONCE; i++)
			if (k->talks[i].from)
				go_on(k, &k->talks[i], p[i].revents);
		if (mono_before(clock_mono(), turn))
			continue;
		wake = look_wait(-1, clock_mono());
		turn = mono_add(clock_mono(), TURN);
	}
	for (i = 0; i < HTTP_AT_ONCE; i++)
		hang_up(&k->talks[i]);
}

static void write_from(struct json *j, const struct from *f)
{
	size_t i;

	json_obj(j);
	json_key(j, "answers");
	json_arr(j);
	for (i = 0; i < f->done; i++) {
		json_obj(j);
		json_kint(j, "status", f->said[i].status);
		json_kstr(j, "body", f->said[i].body);
		json_obj_end(j);
	}
	json_arr_end(j);
	if (*f->error)
		json_kstr(j, "error", f->error);
	json_obj_end(j);
}

static int read_request(struct asking *k, const struct doc *req,
			struct err *reterr)
{
	const struct doc *item;
	int64_t ms;
	int r;

	if (ip_parse(doc_str(req, "server", ""), &k->server) < 0 ||
	    k->server.family != 4)
		return err_set(reterr, -EINVAL,
			       "'%.64s' is no server's IPv4 address",
			       doc_str(req, "server", ""));
	DOC_FOREACH (item, doc_get(req, "paths")) {
		if (k->npaths == HTTP_PATHS_MAX)
			return err_set(reterr, -E2BIG, "more than %d paths",
				       HTTP_PATHS_MAX);
		k->paths[k->npaths++] = item->str ? item->str : "/";
	}
	DOC_FOREACH (item, doc_get(req, "from")) {
		if (k->n == HTTP_FROM_MAX)
			return err_set(reterr, -E2BIG,
				       "more than %d places to ask from",
				       HTTP_FROM_MAX);
		*(struct from *)arena_push(k->a, &k->from, &k->n,
					   sizeof(struct from)) =
			(struct from){.netns = item->str ? item->str : ""};
	}
	if (!k->npaths)
		return err_set(reterr, -EINVAL, "no path to ask for");
	r = look_number(req, "timeout_ms", 1, LOOK_DURATION_MAX_MS, 3000, &ms,
			reterr);
	k->timeout = r < 0 ? 0 : ms * NS_PER_MS;
	return r;
}

int look_http(const struct doc *req, struct json *j, struct err *reterr)
{
	auto_arena struct arena a = {0};
	struct asking *k = arena_alloc(&a, sizeof(*k));
	size_t i;
	int r;

	k->a = &a;
	r = read_request(k, req, reterr);
	if (r == 0) {
		ask_all(k);
		json_key(j, "from");
		json_arr(j);
		for (i = 0; i < k->n; i++)
			write_from(j, &k->from[i]);
		json_arr_end(j);
	}
	return r;
}

/* --- the other side: the request and its answer ---------------------- */

void http_ask(const struct http_ask *q, struct buf *out)
{
	char text[IP_TEXT_MAX];
	struct json j;
	size_t i;

	json_init(&j, out, 0);
	json_kstr(&j, "server", ip_print(&q->server, text));
	json_kint(&j, "timeout_ms", q->timeout_ms);
	json_key(&j, "paths");
	json_arr(&j);
	for (i = 0; i < q->npaths; i++)
		json_str(&j, q->paths[i]);
	json_arr_end(&j);
	json_key(&j, "from");
	json_arr(&j);
	for (i = 0; i < q->n; i++)
		json_str(&j, q->from[i]);
	json_arr_end(&j);
}

static void read_said(struct arena *a, const struct doc *d,
		      struct seen_http *ret)
{
	const struct doc *item;
	size_t n = 0;

	DOC_FOREACH (item, doc_get(d, "answers")) {
		int64_t status = doc_int(item, "status", 0);

		if (n == HTTP_PATHS_MAX)
			return;
		ret->said[n].status =
			status < 0 || status > 599 ? 0 : (unsigned)status;
		ret->said[n++].body =
			arena_strdup(a, doc_str(item, "body", ""));
	}
}

void http_answer(struct arena *a, const struct doc *d, struct seen_http *ret,
		 size_t n)
{
	const struct doc *list = doc_get(d, "from"), *item;
	const char *error;
	size_t i = 0;

	DOC_FOREACH (item, list) {
		if (i == n)
			return;
		ret[i] = (struct seen_http){0};
		error = doc_str(item, "error", NULL);
		ret[i].trouble = error ? arena_strdup(a, error) : NULL;
		read_said(a, item, &ret[i++]);
	}
	for (; i < n; i++)
		ret[i] = (struct seen_http){.error = "its answer is missing"};
}
