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
/* For which a place that is refused tries again: what answers follows a
 * router's role, and is there a moment after it. */
#define REFUSED (2 * NS_PER_S)

/* One namespace's turn. */
struct from {
	const char *netns;
	struct http_said said[HTTP_PATHS_MAX];
	size_t done; /* paths */
	char error[120];
};

struct talk {
	struct from *from; /* NULL: free */
	int fd;            /* -1: refused, to be tried again */
	bool sent;
	struct mono end, patience;
	char text[HTTP_ANSWER_MAX + 1];
	size_t len;
};

struct asking {
	struct arena *a;
	struct ip server;
	const char *const *paths;
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

/* True where it may be tried again. */
static bool refused(struct talk *t, int r)
{
	fail(t, "connect", r);
	hang_up(t);
	return r == -ECONNREFUSED && mono_before(clock_mono(), t->patience);
}

/* Connects for its next path; false with the error said. */
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
	    errno != EINPROGRESS)
		return refused(t, -errno);
	return true;
}

static bool ask(struct asking *k, struct talk *t)
{
	char text[IP_TEXT_MAX], *line;
	socklen_t size = sizeof(int);
	int r = 0;

	getsockopt(t->fd, SOL_SOCKET, SO_ERROR, &r, &size);
	if (r)
		return refused(t, -r);
	*t->from->error = '\0';
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
	} else if (t->fd < 0) {
		r = dial(k, t) ? 0 : -1;
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
			t->patience = mono_add(clock_mono(), REFUSED);
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

/* --- requests and answers ---------------------------------------------- */

static const struct key ask_rows[] = {
	{"server", KEY_IP, KEY_FIELD(struct http_ask, server),
	 .flags = KEY_REQUIRED},
	{"timeout_ms", KEY_UINT, KEY_FIELD(struct http_ask, timeout_ms),
	 .min = 1, .max = LOOK_DURATION_MAX_MS, .def = 3000},
	{"paths", KEY_TEXTS, KEY_ITEMS(struct http_ask, paths, npaths),
	 .flags = KEY_REQUIRED, .max = HTTP_PATHS_MAX},
	{"from", KEY_TEXTS, KEY_ITEMS(struct http_ask, from, n),
	 .max = HTTP_FROM_MAX},
};

static const struct key_table ask_table =
	KEY_TABLE("request", struct http_ask, ask_rows);

/* What one namespace heard. */
struct told {
	struct http_said said[HTTP_PATHS_MAX];
	size_t n;
	const char *error;
};

struct told_all {
	struct told *items;
	size_t n;
};

static const struct key said_rows[] = {
	{"status", KEY_UINT, KEY_FIELD(struct http_said, status), .max = 599},
	{"body", KEY_TEXT, KEY_FIELD(struct http_said, body), .def_text = ""},
};

static const struct key_table said_table =
	KEY_TABLE("answer", struct http_said, said_rows);

static const struct key told_rows[] = {
	{"answers", KEY_LIST, KEY_ARRAY(struct told, said, n),
	 .table = &said_table},
	{"error", KEY_TEXT, KEY_FIELD(struct told, error)},
};

static const struct key_table told_table =
	KEY_TABLE("answers", struct told, told_rows);

static const struct key answer_rows[] = {
	{"from", KEY_LIST, KEY_ITEMS(struct told_all, items, n),
	 .max = HTTP_FROM_MAX, .table = &told_table},
};

static const struct key_table answer_table =
	KEY_TABLE("answer", struct told_all, answer_rows);

static void write_answer(struct asking *k, struct json *j)
{
	struct told_all all = {
		.items = arena_array(k->a, k->n, sizeof(*all.items)),
		.n = k->n};

	for (size_t i = 0; i < k->n; i++) {
		const struct from *f = &k->from[i];

		memcpy(all.items[i].said, f->said, sizeof(f->said));
		all.items[i].n = f->done;
		all.items[i].error = *f->error ? f->error : NULL;
	}
	keys_write(&answer_table, &all, j);
}

static int read_request(struct asking *k, const struct doc *req,
			struct err *reterr)
{
	struct http_ask q = {0};
	int r = look_request(k->a, req, &ask_table, &q, reterr);

	if (r < 0)
		return r;
	if (q.server.family != 4)
		return err_set(reterr, -EINVAL,
			       "a server is asked by its IPv4 address");
	if (!q.npaths)
		return err_set(reterr, -EINVAL, "no path to ask for");
	k->server = q.server;
	k->paths = q.paths;
	k->npaths = q.npaths;
	k->timeout = q.timeout_ms * NS_PER_MS;
	k->from = arena_array(k->a, q.n, sizeof(*k->from));
	for (k->n = 0; k->n < q.n; k->n++)
		k->from[k->n].netns = q.from[k->n];
	return 0;
}

int look_http(const struct doc *req, struct json *j, struct err *reterr)
{
	auto_arena struct arena a = {0};
	struct asking *k = arena_alloc(&a, sizeof(*k));
	int r;

	k->a = &a;
	r = read_request(k, req, reterr);
	if (r < 0)
		return r;
	ask_all(k);
	write_answer(k, j);
	return 0;
}

/* --- the other side: the request and its answer ---------------------- */

void http_ask(const struct http_ask *q, struct buf *out)
{
	look_ask(&ask_table, q, out);
}

void http_answer(struct arena *a, const struct doc *d, struct seen_http *ret,
		 size_t n)
{
	struct told_all all = {0};

	keys_read_loose(a, d, &answer_table, &all);
	for (size_t i = 0; i < n; i++) {
		ret[i] = (struct seen_http){0};
		if (i >= all.n) {
			ret[i].error = "its answer is missing";
			continue;
		}
		ret[i].trouble = all.items[i].error;
		memcpy(ret[i].said, all.items[i].said, sizeof(ret[i].said));
	}
}
