/* SPDX-License-Identifier: MIT */
/*
 * The control socket
 * ==================
 * A client sends one line, gets one line of JSON and the end of the stream.
 * Clients are few (CONTROL_CLIENTS_MAX) and short of words and time: one whose
 * request has no end after CONTROL_PATIENCE_NS, or that reads nothing for so
 * long, is cut off. Nothing here ever waits: who asks for a reload is answered
 * when the file was read beside the loop (load.h), or after that time, that it
 * is not read yet. Requests are answered between the loop's readings, because
 * one may free what epoll has just reported.
 *
 * One who asks to `watch` gets the answer, then a line for each router as it
 * is now, then one for each transition, until it hangs up. A watcher that
 * does not read loses its connection, not lines: it asks again and begins
 * with what is true then.
 */
#include "vrrp/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "lib/doc.h"
#include "lib/line.h"
#include "lib/mem.h"
#include "vrrp/engine.h"
#include "vrrp/kernel/sock.h"
#include "vrrp/load.h"
#include "vrrp/port.h"
#include "vrrp/reconfigure.h"
#include "vrrp/router.h"

#define CONTROL_PATIENCE_NS (5 * NS_PER_S)
#define CONTROL_BACKLOG_MAX (4u << 20) /* bytes a watcher has not read */

#define CONTROL_CLIENTS_MAX 16
#define CONTROL_WATCHERS_MAX 8 /* of those: somebody must be able to ask */
#define CONTROL_REQUEST_MAX 512

struct client {
	int fd; /* or -1 */
	struct io io;
	struct mono until;
	struct buf in; /* at most CONTROL_REQUEST_MAX bytes */
	struct line next;
	struct buf out;
	size_t sent;
	bool asked; /* a request is complete in `in` */
	bool waits; /* for the configuration to be read */
	bool answering;
	bool watching; /* hears of transitions until it hangs up */
};

struct serve {
	int fd;    /* listening */
	int spare; /* given up to turn one away where there are no more */
	struct io io;
	struct client clients[CONTROL_CLIENTS_MAX];
};

/* --- answers ----------------------------------------------------------- */

static void put_counters(const struct router *r, struct json *j)
{
	unsigned i;

	json_key(j, "counters");
	json_obj(j);
	for (i = 0; i < VRRP_N_COUNT; i++)
		json_kint(j, vrrp_count_name[i], (int64_t)r->core.count[i]);
	json_kint(j, "other_addresses", (int64_t)r->other_list);
	json_kint(j, "send_errors", (int64_t)r->send_errors);
	json_kint(j, "announce_errors", (int64_t)r->announce_errors);
	json_kint(j, "place_errors", (int64_t)r->place_errors);
	json_kint(j, "mended", (int64_t)r->mend.times);
	/* What was refused before its router was known counts for the
	 * interface, and so for every router on it. */
	json_key(j, "refused");
	json_obj(j);
	for (i = VRRP_TAKEN + 1; i < VRRP_DROP_N; i++)
		json_kint(j, vrrp_drop_name[i],
			  (int64_t)(r->drops[i] + r->port->drops[i]));
	json_obj_end(j);
	json_obj_end(j);
}

/*
 * A router is told to be what r->told says, here as to watchers and in its
 * state file: an Active once its addresses are in place, and until they are
 * gone. The core is ahead of that by what is not carried out yet.
 */

static const char *why_of(const struct router *r)
{
	if (r->told == VRRP_FAULT)
		return r->path_why;
	if (r->told == VRRP_BACKUP && r->health.core.sick)
		return r->health.why;
	return vrrp_why_text[r->why];
}

static void put_addr(const struct vrrp_addr *a, const char *key, struct json *j)
{
	struct ip ip = {.family = 4};
	char text[IP_TEXT_MAX];

	if (a->family != 4)
		return;
	memcpy(ip.b, a->b, 4);
	json_kstr(j, key, ip_print(&ip, text));
}

/* Lines of text as a list. */
static void put_lines(const struct buf *lines, const char *key, struct json *j)
{
	char text[256];
	size_t at, n;

	json_key(j, key);
	json_arr(j);
	for (at = 0; at < lines->len; at += n + 1) {
		n = strcspn(lines->data + at, "\n");
		snprintf(text, sizeof(text), "%.*s", (int)n, lines->data + at);
		json_str(j, text);
	}
	json_arr_end(j);
}

static void put_held(const struct router *r, struct json *j)
{
	static const struct buf none;
	bool active = r->told == VRRP_ACTIVE;
	char text[IP_TEXT_MAX], where[IP_TEXT_MAX + VRRP_DEV_MAX + 8];
	size_t i;

	put_lines(active ? &r->mend.lacks : &none, "lacks", j);
	put_lines(active ? &none : &r->mend.strays, "strays", j);
	json_key(j, "stood");
	json_arr(j);
	for (i = 0; i < r->cfg->naddrs; i++) {
		if (!r->held.stood[i])
			continue;
		snprintf(where, sizeof(where), "%s on %s",
			 ipnet_print(&r->cfg->addrs[i].net, text),
			 r->cfg->addrs[i].dev);
		json_str(j, where);
	}
	json_arr_end(j);
}

/* Of its gateways: only an Active asks, so it says when that was. */
static void put_health(const struct router *r, struct json *j)
{
	const struct health *h = &r->health;
	char text[IP_TEXT_MAX];

	json_kbool(j, "sick", h->core.sick);
	json_kint(j, "health_rounds", (int64_t)h->rounds);
	json_kint(j, "health_lost", (int64_t)h->lost);
	json_kint(j, "asked_ns", h->asked_ns);
	json_key(j, "gateways");
	json_arr(j);
	for (size_t i = 0; i < h->n; i++) {
		json_obj(j);
		json_kstr(j, "address", ip_print(&h->gateways[i], text));
		json_kint(j, "answered_ns", h->seen[i].answered_ns);
		json_kint(j, "silent_ns", h->seen[i].silent_ns);
		json_kint(j, "late_ns", h->seen[i].late_ns);
		json_obj_end(j);
	}
	json_arr_end(j);
}

static void put_router(const struct router *r, struct json *j)
{
	const struct vrrp_router_config *c = r->cfg;

	json_obj(j);
	json_kstr(j, "id", c->id);
	json_kstr(j, "name", c->name);
	json_kstr(j, "netns", c->netns);
	json_kstr(j, "interface", c->dev);
	json_kint(j, "vrid", c->set.vrid);
	json_kint(j, "version", c->set.version);
	json_kstr(j, "state", vrrp_state_name[r->told]);
	json_kint(j, "priority", c->set.priority);
	json_kint(j, "since_ns", r->since_real_ns);
	json_kstr(j, "state_file", c->state_file);
	put_addr(&r->source, "source", j);
	put_addr(&r->core.peer, "last_heard", j);
	put_counters(r, j);
	put_held(r, j);
	if (c->ngateways)
		put_health(r, j);
	json_kstr(j, "why", why_of(r));
	json_obj_end(j);
}

static void put_state(const struct engine *e, struct json *j)
{
	size_t i;

	json_kint(j, "pid", getpid());
	if (e->supervisor)
		json_kint(j, "supervisor", e->supervisor);
	json_kstr(j, "config", e->config.path);
	if (e->config.node)
		json_kstr(j, "node", e->config.node);
	json_key(j, "routers");
	json_arr(j);
	for (i = 0; i < e->n; i++)
		put_router(e->routers[i], j);
	json_arr_end(j);
}

/* As state, but only what a role is: for those who ask often. */
static void put_roles(const struct engine *e, struct json *j)
{
	size_t i;

	json_kint(j, "pid", getpid());
	json_kstr(j, "config", e->config.path);
	json_key(j, "routers");
	json_arr(j);
	for (i = 0; i < e->n; i++) {
		const struct router *r = e->routers[i];

		json_obj(j);
		json_kstr(j, "id", r->cfg->id);
		json_kstr(j, "state", vrrp_state_name[r->told]);
		json_kint(j, "since_ns", r->since_real_ns);
		json_obj_end(j);
	}
	json_arr_end(j);
}

static void put_resigning(const struct engine *e, struct json *j)
{
	size_t i;

	json_key(j, "resigning");
	json_arr(j);
	for (i = 0; i < e->n; i++)
		if (e->routers[i]->core.resigning)
			json_str(j, e->routers[i]->cfg->id);
	json_arr_end(j);
}

static void put_transition(const struct router *r, struct buf *out)
{
	const struct vrrp_router_config *c = r->cfg;
	struct json j;

	json_init(&j, out, 0);
	json_obj(&j);
	json_kstr(&j, "id", c->id);
	json_kstr(&j, "name", c->name);
	json_kstr(&j, "netns", c->netns);
	json_kstr(&j, "state", vrrp_state_name[r->told]);
	json_kint(&j, "since_ns", r->since_real_ns);
	json_kstr(&j, "why", why_of(r));
	json_obj_end(&j);
	buf_addc(out, '\n');
}

static int begin_watch(struct engine *e, struct client *c, struct err *reterr)
{
	size_t i, n = 0;

	for (i = 0; i < CONTROL_CLIENTS_MAX; i++)
		n += e->serve->clients[i].fd >= 0 &&
		     e->serve->clients[i].watching;
	if (n == CONTROL_WATCHERS_MAX)
		return err_set(reterr, -EBUSY,
			       "%zu watch already, which is "
			       "the most",
			       n);
	c->watching = true;
	return 0;
}

/* Does what is asked: 0, or -errno; 1 where it takes a while. */
static int obey(struct engine *e, struct client *c, const char *request,
		struct err *reterr)
{
	static const char rejoin[] = "rejoin ", one[] = "resign ";

	if (strcmp(request, "state") == 0 || strcmp(request, "roles") == 0)
		return 0;
	if (strcmp(request, "reload") == 0) {
		load_begin(e);
		return 1;
	}
	if (strncmp(request, rejoin, strlen(rejoin)) == 0)
		return engine_rejoin(e, request + strlen(rejoin), reterr);
	if (strcmp(request, "resign") == 0)
		return engine_resign(e, NULL, reterr);
	if (strncmp(request, one, strlen(one)) == 0)
		return engine_resign(e, request + strlen(one), reterr);
	if (strcmp(request, "watch") == 0)
		return begin_watch(e, c, reterr);
	if (strcmp(request, "stop") == 0) {
		/* The answer says that it is done. */
		engine_stop(e);
		return 0;
	}
	return err_set(reterr, -EINVAL,
		       "'%s' is none of state, roles, watch, reload, rejoin "
		       "ID, resign [ID], stop",
		       request);
}

/* What came of it, and what there is to tell. */
static void answer(struct engine *e, struct client *c, const char *request,
		   int r, const struct err *err)
{
	struct json j;
	size_t i;

	json_init(&j, &c->out, 0);
	json_obj(&j);
	json_kbool(&j, "ok", r == 0);
	if (r < 0)
		json_kstr(&j, "error", err->msg);
	else if (strcmp(request, "state") == 0)
		put_state(e, &j);
	else if (strcmp(request, "roles") == 0)
		put_roles(e, &j);
	else if (strncmp(request, "resign", strlen("resign")) == 0)
		put_resigning(e, &j);
	else if (c->watching)
		json_kint(&j, "routers", (int64_t)e->n);
	json_obj_end(&j);
	buf_addc(&c->out, '\n');
	for (i = 0; c->watching && i < e->n; i++)
		put_transition(e->routers[i], &c->out);
}

/* --- clients ----------------------------------------------------------- */

static void drop(struct client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	buf_release(&c->in);
	buf_release(&c->out);
}

/* Has epoll tell when c takes more, or only when it is gone. */
static int poll_for(struct engine *e, struct client *c, unsigned events)
{
	struct epoll_event ev = {.events = events, .data.ptr = &c->io};

	return epoll_ctl(e->ep, EPOLL_CTL_MOD, c->fd, &ev) < 0 ? -errno : 0;
}

static void send_more(struct engine *e, struct client *c)
{
	ssize_t n;

	while (c->sent < c->out.len) {
		n = send(c->fd, c->out.data + c->sent, c->out.len - c->sent,
			 MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0)
			break;
		c->sent += (size_t)n;
	}
	if (!c->watching || c->sent < c->out.len || poll_for(e, c, 0) < 0) {
		drop(c);
		return;
	}
	buf_reset(&c->out);
	c->sent = 0;
	c->until = MONO_NEVER;
}

static void tell(struct engine *e, const struct router *r)
{
	struct client *c;
	size_t i;

	for (i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		c = &e->serve->clients[i];
		if (c->fd < 0 || !c->watching || !c->answering)
			continue;
		if (c->out.len - c->sent > CONTROL_BACKLOG_MAX) {
			drop(c);
			continue;
		}
		/* Only queued: who watches holds no takeover up. */
		if (c->out.len == 0) {
			c->until = mono_add(clock_mono(), CONTROL_PATIENCE_NS);
			(void)poll_for(e, c, EPOLLOUT);
		}
		put_transition(r, &c->out);
	}
}

static void receive(struct client *c)
{
	size_t room = CONTROL_REQUEST_MAX - c->in.len, len;
	ssize_t n;

	n = recv(c->fd, buf_room(&c->in, room), room, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		drop(c);
		return;
	}
	c->in.len += (size_t)n;
	if (line_find(&c->next, &c->in, CONTROL_REQUEST_MAX - 1, &len) == 0)
		return;
	/* What is too long to be a request is cut, and refused as unknown. */
	if (len == c->in.len)
		len--;
	c->in.data[len] = '\0';
	c->asked = true;
}

static void begin_answer(struct engine *e, struct client *c, int r,
			 const struct err *err)
{
	answer(e, c, c->in.data, r, err);
	c->waits = false;
	c->answering = true;
	if (poll_for(e, c, EPOLLOUT) < 0)
		drop(c);
	else
		send_more(e, c);
}

void serve_requests(struct engine *e)
{
	struct client *c;
	struct err err;
	size_t i;
	int r;

	for (i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		c = &e->serve->clients[i];
		if (c->fd < 0 || !c->asked || c->waits || c->answering)
			continue;
		r = obey(e, c, c->in.data, &err);
		if (r <= 0) {
			begin_answer(e, c, r, &err);
			continue;
		}
		c->waits = true;
		c->until = mono_add(clock_mono(), CONTROL_PATIENCE_NS);
		if (poll_for(e, c, 0) < 0)
			drop(c);
	}
}

void serve_reloaded(struct engine *e, int r, const struct err *why)
{
	size_t i;

	for (i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (e->serve->clients[i].fd >= 0 && e->serve->clients[i].waits)
			begin_answer(e, &e->serve->clients[i], r, why);
}

static void client_ready(struct engine *e, void *obj)
{
	struct client *c = obj;

	if (c->fd < 0)
		return;
	/* Nothing to send and yet something happened: it hung up. */
	if (c->waits || (c->watching && c->answering && c->out.len == 0)) {
		drop(c);
		return;
	}
	/* Who reads slowly reads; a request is short. */
	if (c->answering) {
		c->until = mono_add(clock_mono(), CONTROL_PATIENCE_NS);
		send_more(e, c);
	} else if (!c->asked) {
		receive(c);
	}
}

static int open_spare(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* One that is not let in would knock for ever, and the engine turn to the
 * door all the time. */
static void turn_away(struct engine *e, int why)
{
	struct serve *s = e->serve;
	int fd;

	auto_close_fn(&s->spare);
	fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd >= 0)
		close(fd);
	s->spare = open_spare();
	vrrp_journal(&e->log, LOG_LEVEL_WARN, "a client was turned away: %s",
		     strerror(why));
}

static void listener_ready(struct engine *e, void *obj)
{
	struct client *c = NULL;
	size_t i;
	int fd;

	(void)obj;
	fd = accept4(e->serve->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE)
			turn_away(e, errno);
		return;
	}
	for (i = 0; i < CONTROL_CLIENTS_MAX && !c; i++)
		if (e->serve->clients[i].fd < 0)
			c = &e->serve->clients[i];
	if (!c) {
		close(fd);
		return;
	}
	*c = (struct client){.fd = fd};
	c->io = (struct io){client_ready, c};
	c->until = mono_add(clock_mono(), CONTROL_PATIENCE_NS);
	if (engine_watch(e, fd, EPOLLIN, &c->io, NULL) < 0)
		drop(c);
}

struct mono serve_deadline(const struct engine *e)
{
	struct mono at = MONO_NEVER;
	size_t i;

	for (i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (e->serve->clients[i].fd >= 0)
			at = mono_min(at, e->serve->clients[i].until);
	return at;
}

void serve_expire(struct engine *e, struct mono now)
{
	struct err late;
	size_t i;

	(void)err_set(&late, -ETIMEDOUT, "%s is not read yet", e->config.path);
	for (i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		struct client *c = &e->serve->clients[i];

		if (c->fd < 0 || mono_before(now, c->until))
			continue;
		if (!c->waits) {
			drop(c);
			continue;
		}
		c->until = mono_add(now, CONTROL_PATIENCE_NS);
		begin_answer(e, c, -ETIMEDOUT, &late);
	}
}

int serve_open(struct engine *e, struct err *reterr)
{
	struct serve *s;
	size_t i;
	int fd = vrrp_sock_listen(e->config.control, reterr);

	if (fd < 0)
		return fd;
	s = mem_zero(1, sizeof(*s));
	s->fd = fd;
	s->spare = open_spare();
	s->io = (struct io){listener_ready, e};
	for (i = 0; i < CONTROL_CLIENTS_MAX; i++)
		s->clients[i].fd = -1;
	e->serve = s;
	e->told = tell;
	if (s->spare < 0)
		return err_sys(reterr, -errno, "/dev/null");
	return engine_watch(e, fd, EPOLLIN, &s->io, reterr);
}

void serve_again(struct engine *e)
{
	struct serve *s = e->serve;
	struct err err;
	int fd;

	if (access(e->config.control, F_OK) == 0 || errno != ENOENT)
		return;
	fd = vrrp_sock_listen(e->config.control, &err);
	if (fd >= 0 && engine_watch(e, fd, EPOLLIN, &s->io, &err) == 0) {
		close(s->fd);
		s->fd = fd;
		return;
	}
	auto_close_fn(&fd);
	vrrp_journal(&e->log, LOG_LEVEL_ERROR, "%s", err.msg);
}

void serve_close(struct engine *e)
{
	struct client *c;
	size_t i;

	if (!e->serve)
		return;
	close(e->serve->fd);
	auto_close_fn(&e->serve->spare);
	unlink(e->config.control);
	for (i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		c = &e->serve->clients[i];
		/* The last words, as far as they go. */
		if (c->fd >= 0 && c->answering)
			send_more(e, c);
		drop(c);
	}
	e->told = NULL;
	free(e->serve);
	e->serve = NULL;
}
