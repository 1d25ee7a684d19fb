/* SPDX-License-Identifier: MIT */
/*
 * Connections that wait
 * =====================
 * Who calls says a greeting of two bytes: the connection's id, and whether the
 * one that is called is to speak first; it comes back as it was. Then nobody
 * says a word until stop, so that it is this first word afterwards that meets
 * whatever became of the connection on its way.
 */
#include "verify/looks/tcp.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "provision/node/agent.h"
#include "verify/looks/op.h"

#define PATIENCE_MS 3000
#define CONNECT_S 1
#define CONNECT_TRIES 10
#define CONNECT_PAUSE_MS 100
#define LINGER_MS 500 /* for the other side to be done */
#define WORD 'S'
#define ANSWER 'A'

const char *const tcp_fate_names[TCP_FATE_N] = {
	[TCP_UNKNOWN] = "",
	[TCP_GOES_ON] = "goes on",
	[TCP_RESET] = "reset",
	[TCP_SILENT] = "silent",
};

struct conn {
	int fd; /* -1: closed */
	uint8_t id;
	unsigned heard; /* bytes of the greeting */
	uint8_t greeting[2];
	bool called; /* by the other side */
	bool open, speaks;
	enum tcp_fate fate;
	struct mono spoke;
	int64_t us;
};

struct tcp {
	struct conn conns[TCP_CONNECTIONS_MAX];
	size_t n;
	int listener;
	bool stopped;
	char error[160];
};

static void complain(struct tcp *t, const char *what, int e)
{
	struct err err;

	if (*t->error)
		return;
	err_sys(&err, e, "%s", what);
	memccpy(t->error, err.msg, '\0', sizeof(t->error) - 1);
}

static socklen_t address(const struct ip *ip, uint16_t port,
			 struct sockaddr_storage *ret)
{
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)ret;
	struct sockaddr_in *sin = (struct sockaddr_in *)ret;

	memset(ret, 0, sizeof(*ret));
	if (ip->family == 6) {
		sin6->sin6_family = AF_INET6;
		sin6->sin6_port = htons(port);
		memcpy(&sin6->sin6_addr, ip->b, 16);
		return sizeof(*sin6);
	}
	sin->sin_family = AF_INET;
	sin->sin_port = htons(port);
	memcpy(&sin->sin_addr, ip->b, 4);
	return sizeof(*sin);
}

static struct conn *add(struct tcp *t, int fd)
{
	struct conn *c;

	if (t->n == TCP_CONNECTIONS_MAX) {
		close(fd);
		return NULL;
	}
	c = &t->conns[t->n++];
	*c = (struct conn){.fd = fd};
	return c;
}

static void give_up(struct conn *c, enum tcp_fate fate)
{
	if (c->fd >= 0)
		close(take_fd(&c->fd));
	if (c->speaks && c->fate == TCP_UNKNOWN)
		c->fate = fate;
}

/* --- opening --------------------------------------------------------- */

static int listen_on(struct tcp *t, uint16_t port, struct err *reterr)
{
	auto_close int fd =
		socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_in6 sin6 = {.sin6_family = AF_INET6,
				    .sin6_port = htons(port)};
	int on = 1;

	if (fd >= 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	/* Of both families: IPv4 comes mapped. */
	if (fd < 0 || bind(fd, (struct sockaddr *)&sin6, sizeof(sin6)) < 0 ||
	    listen(fd, TCP_CONNECTIONS_MAX) < 0)
		return err_sys(reterr, -errno, "listen at TCP port %u", port);
	t->listener = take_fd(&fd);
	return 0;
}

/* The other end may be a moment behind. */
static int dial(const struct ip *dst, uint16_t port)
{
	const struct timeval patience = {.tv_sec = CONNECT_S};
	struct sockaddr_storage ss;
	socklen_t len = address(dst, port, &ss);
	int i, e = -ETIMEDOUT;

	for (i = 0; i < CONNECT_TRIES; i++) {
		auto_close int fd =
			socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (fd < 0)
			return -errno;
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience,
				 sizeof(patience));
		if (connect(fd, (struct sockaddr *)&ss, len) == 0)
			return take_fd(&fd);
		e = -errno;
		if (e == -EINPROGRESS)
			e = -ETIMEDOUT;
		if (e == -ECONNREFUSED || e == -EHOSTUNREACH)
			clock_sleep_ms(CONNECT_PAUSE_MS);
		else if (i >= 2)
			break;
	}
	return e;
}

static void call(struct tcp *t, const struct tcp_connect *to)
{
	char text[IP_TEXT_MAX];
	struct conn *c;
	int fd;

	fd = dial(&to->dst, to->port);
	if (fd < 0) {
		complain(t, ip_print(&to->dst, text), fd);
		return;
	}
	c = add(t, fd);
	if (!c)
		return;
	c->id = to->id;
	c->speaks = !to->they;
	c->greeting[0] = c->id;
	c->greeting[1] = to->they;
	if (send(fd, c->greeting, 2, MSG_NOSIGNAL) != 2)
		give_up(c, TCP_UNKNOWN);
}

/* --- talking --------------------------------------------------------- */

static void greeted(struct conn *c, uint8_t byte)
{
	c->greeting[c->heard++] = byte;
	if (c->heard < 2)
		return;
	c->open = true;
	if (!c->called)
		return;
	c->id = c->greeting[0];
	c->speaks = c->greeting[1] != 0;
	if (send(c->fd, c->greeting, 2, MSG_NOSIGNAL) != 2)
		give_up(c, TCP_UNKNOWN);
}

static void heard(struct conn *c, uint8_t byte)
{
	static const char answer = ANSWER;

	if (!c->open) {
		greeted(c, byte);
	} else if (byte == WORD && !c->speaks) {
		(void)!send(c->fd, &answer, 1, MSG_NOSIGNAL);
	} else if (byte == ANSWER && c->speaks && c->fate == TCP_UNKNOWN) {
		c->fate = TCP_GOES_ON;
		c->us = mono_sub(clock_mono(), c->spoke) / NS_PER_US;
		close(take_fd(&c->fd));
	}
}

static void readable(struct conn *c)
{
	uint8_t in[16];
	ssize_t n = recv(c->fd, in, sizeof(in), MSG_DONTWAIT), i;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	/* An orderly end before any answer is no going on either. */
	if (n <= 0)
		give_up(c, c->open ? TCP_RESET : TCP_UNKNOWN);
	for (i = 0; i < n && c->fd >= 0; i++)
		heard(c, in[i]);
}

static void speak(struct tcp *t)
{
	static const char word = WORD;
	size_t i;

	t->stopped = true;
	for (i = 0; i < t->n; i++) {
		struct conn *c = &t->conns[i];

		if (!c->speaks || !c->open || c->fd < 0)
			continue;
		c->spoke = clock_mono();
		if (send(c->fd, &word, 1, MSG_NOSIGNAL) != 1)
			give_up(c, TCP_RESET);
	}
}

static void answer_door(struct tcp *t)
{
	struct conn *c;
	int fd;

	while ((fd = accept4(t->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		c = add(t, fd);
		if (c)
			c->called = true;
	}
}

/* One turn; until is when to wake at the latest. */
static void turn(struct tcp *t, struct mono until)
{
	struct pollfd p[TCP_CONNECTIONS_MAX + 2];
	int64_t left = -1;
	size_t i, n = t->n;

	for (i = 0; i < n; i++)
		p[i] = (struct pollfd){.fd = t->conns[i].fd, .events = POLLIN};
	p[n] = (struct pollfd){.fd = t->listener, .events = POLLIN};
	p[n + 1] = (struct pollfd){.fd = t->stopped ? -1 : agent_stop_fd(),
				   .events = POLLIN};
	if (!mono_is_never(until)) {
		left = mono_sub(until, clock_mono()) / NS_PER_MS + 1;
		if (left < 0)
			left = 0;
	}
	if (poll(p, n + 2, (int)left) <= 0)
		return;
	for (i = 0; i < n; i++)
		if (p[i].revents && t->conns[i].fd >= 0)
			readable(&t->conns[i]);
	if (p[n].revents)
		answer_door(t);
	if (p[n + 1].revents)
		speak(t);
}

static bool any(const struct tcp *t, bool speaks)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		if (t->conns[i].fd >= 0 && t->conns[i].speaks == speaks)
			return true;
	return false;
}

static void finish(struct tcp *t, int64_t patience_ms)
{
	struct mono until = mono_add(clock_mono(), patience_ms * NS_PER_MS);
	size_t i;

	while (any(t, true) && mono_before(clock_mono(), until))
		turn(t, until);
	for (i = 0; i < t->n; i++)
		if (t->conns[i].speaks)
			give_up(&t->conns[i],
				t->conns[i].open ? TCP_SILENT : TCP_UNKNOWN);
	until = mono_add(until, LINGER_MS * NS_PER_MS);
	while (any(t, false) && mono_before(clock_mono(), until))
		turn(t, until);
}

/* --- requests and answers ---------------------------------------------- */

static const struct key connect_rows[] = {
	{"id", KEY_UINT, KEY_FIELD(struct tcp_connect, id)},
	{"dst", KEY_IP, KEY_FIELD(struct tcp_connect, dst),
	 .flags = KEY_REQUIRED},
	{"port", KEY_UINT, KEY_FIELD(struct tcp_connect, port)},
	{"they", KEY_BOOL, KEY_FIELD(struct tcp_connect, they)},
};

static const struct key_table connect_table =
	KEY_TABLE("connection", struct tcp_connect, connect_rows);

static const struct key ask_rows[] = {
	{"netns", KEY_TEXT, KEY_FIELD(struct tcp_ask, netns), .def_text = ""},
	{"listen", KEY_UINT, KEY_FIELD(struct tcp_ask, listen)},
	{"patience_ms", KEY_UINT, KEY_FIELD(struct tcp_ask, patience_ms),
	 .min = 1, .max = LOOK_DURATION_MAX_MS, .def = PATIENCE_MS},
	{"connect", KEY_LIST, KEY_ITEMS(struct tcp_ask, connect, nconnect),
	 .table = &connect_table},
};

static const struct key_table ask_table =
	KEY_TABLE("request", struct tcp_ask, ask_rows);

static const struct key seen_rows[] = {
	{"id", KEY_UINT, KEY_FIELD(struct seen_tcp, id)},
	{"speaks", KEY_BOOL, KEY_FIELD(struct seen_tcp, speaks)},
	{"open", KEY_BOOL, KEY_FIELD(struct seen_tcp, open)},
	{"fate", KEY_ENUM, KEY_FIELD(struct seen_tcp, fate),
	 KEY_WORDS(tcp_fate_names)},
	{"us", KEY_INT, KEY_FIELD(struct seen_tcp, us)},
};

static const struct key_table seen_table =
	KEY_TABLE("connection", struct seen_tcp, seen_rows);

static const struct key answer_rows[] = {
	{"connections", KEY_LIST, KEY_ITEMS(struct seen_tcps, items, n),
	 .max = TCP_CONNECTIONS_MAX, .table = &seen_table},
	{"error", KEY_TEXT, KEY_FIELD(struct seen_tcps, error)},
};

static const struct key_table answer_table =
	KEY_TABLE("answer", struct seen_tcps, answer_rows);

static void write_answer(const struct tcp *t, struct json *j)
{
	struct seen_tcp items[TCP_CONNECTIONS_MAX];
	const struct seen_tcps all = {.error = *t->error ? t->error : NULL,
				      .items = items,
				      .n = t->n};

	for (size_t i = 0; i < t->n; i++)
		items[i] = (struct seen_tcp){.id = t->conns[i].id,
					     .speaks = t->conns[i].speaks,
					     .open = t->conns[i].open,
					     .fate = t->conns[i].fate,
					     .us = t->conns[i].us};
	keys_write(&answer_table, &all, j);
}

int look_tcp(const struct doc *req, struct json *j, struct err *reterr)
{
	auto_arena struct arena a = {0};
	struct tcp_ask q = {0};
	static struct tcp t;
	size_t i;
	int r;

	t = (struct tcp){.listener = -1};
	r = look_request(&a, req, &ask_table, &q, reterr);
	if (r == 0)
		r = look_enter(q.netns, reterr);
	if (r == 0 && q.listen)
		r = listen_on(&t, q.listen, reterr);
	if (r < 0)
		return r;
	for (i = 0; i < q.nconnect; i++)
		call(&t, &q.connect[i]);
	while (!t.stopped)
		turn(&t, MONO_NEVER);
	finish(&t, q.patience_ms);
	for (i = 0; i < t.n; i++)
		give_up(&t.conns[i], TCP_UNKNOWN);
	if (t.listener >= 0)
		close(take_fd(&t.listener));
	write_answer(&t, j);
	return 0;
}

/* --- the other side: the request and its answer ---------------------- */

void tcp_ask(const struct tcp_ask *q, struct buf *out)
{
	look_ask(&ask_table, q, out);
}

void tcp_answer(struct arena *a, const struct doc *d, struct seen_tcps *ret)
{
	*ret = (struct seen_tcps){0};
	keys_read_loose(a, d, &answer_table, ret);
}
