/* SPDX-License-Identifier: MIT */
/*
 * The metadata server
 * ===================
 * The main thread accepts connections, from the proxies' unix socket and from
 * listeners inside namespaces, and hands each to libmicrohttpd (http.h), whose
 * own thread reads and answers.
 *
 * Through a proxy a request says where it came from by headers (request.h).
 *
 * A listener stands in the namespace that had its name when it was opened;
 * where another has it now, made anew, it is opened there. The kernel tells of
 * names that come and go; a namespace is mounted on its name a moment later, so
 * that is looked at for a while.
 *
 * The records are read anew on SIGHUP into memory of their own; answers in
 * the making keep the old ones, as both happen under one lock.
 */
#include "provision/metadata/server.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/kernel/netns.h"
#include "lib/log.h"
#include "lib/mem.h"
#include "lib/text.h"
#include "provision/metadata/http.h"
#include "provision/metadata/record.h"

#define BACKLOG 128
#define EVENTS 64
#define LOOK_FOR_NS (2 * NS_PER_S) /* after a name came or went */
#define LOOK_MS 100

struct listener {
	struct metadata_listener l; /* texts: the records' */
	int fd;
	dev_t dev; /* of the namespace's file */
	ino_t ino;
	bool told; /* that it cannot be opened */
};

struct server {
	const char *records_path;
	struct http *http;
	int epoll, unix_fd, signals, names;
	struct mono look_until; /* at listeners' namespaces */
	struct listener *listeners;
	size_t nlisteners;
};

/* --- records and listeners --------------------------------------------------
 */

static int load(const char *path, struct arena *a, struct metadata_records *ret,
		struct err *reterr)
{
	auto_buf struct buf text = {0};
	struct doc *root = NULL;
	int r;

	r = file_read(path, METADATA_RECORDS_MAX, &text);
	if (r == -EFBIG)
		return err_set(reterr, r, "%s has over %u bytes", path,
			       METADATA_RECORDS_MAX);
	if (r < 0)
		return err_sys(reterr, r, "read %s", path);
	r = doc_parse_line(a, text.data, text.len, &root, reterr);
	if (r == 0)
		r = metadata_decode(a, root, ret, reterr);
	return r;
}

static bool same_listener(const struct metadata_listener *a,
			  const struct metadata_listener *b)
{
	return a->port == b->port && ip_equal(&a->address, &b->address) &&
	       text_same(a->netns, b->netns) &&
	       text_same(a->router, b->router) &&
	       text_same(a->network, b->network);
}

static int listen_in(const struct metadata_listener *l, struct stat *ret,
		     struct err *reterr)
{
	struct sockaddr_in in = {.sin_family = AF_INET,
				 .sin_port = htons(l->port)};
	auto_close int ns = netns_open(l->netns, reterr), fd = -1;
	int on = 1;

	if (ns < 0)
		return ns;
	if (fstat(ns, ret) < 0)
		return err_sys(reterr, -errno, "look at %s", l->netns);
	if (l->address.family == 4)
		memcpy(&in.sin_addr, l->address.b, 4);
	fd = netns_socket(ns, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_sys(reterr, fd, "open a socket in %s", l->netns);
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&in, sizeof(in)) < 0 ||
	    listen(fd, BACKLOG) < 0)
		return err_sys(reterr, -errno, "listen in %s", l->netns);
	return take_fd(&fd);
}

static void watch(struct server *s, int fd, uint32_t what)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.u32 = what};

	if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &ev) < 0)
		log_warn("metadata: watch a descriptor: %s", strerror(errno));
}

#define FROM_SIGNALS UINT32_MAX
#define FROM_UNIX (UINT32_MAX - 1)
#define FROM_NAMES (UINT32_MAX - 2)

static void open_listener(struct server *s, size_t i)
{
	struct listener *l = &s->listeners[i];
	struct err err;
	struct stat st;

	l->fd = listen_in(&l->l, &st, &err);
	if (l->fd < 0) {
		if (!l->told)
			log_warn("metadata: %s", err.msg);
		l->told = true;
		return;
	}
	l->told = false;
	l->dev = st.st_dev;
	l->ino = st.st_ino;
	watch(s, l->fd, (uint32_t)i);
}

/* The folder comes with the first namespace. */
static void watch_names(struct server *s)
{
	if (s->names < 0)
		return;
	(void)inotify_add_watch(s->names, NETNS_DIR,
				IN_CREATE | IN_DELETE | IN_ATTRIB |
					IN_MOVED_TO);
}

/* Opens what is wanted, takes over what is open already, closes the rest. */
static void open_listeners(struct server *s, const struct metadata_records *m)
{
	struct listener *list = mem_zero(m->nlisteners + 1, sizeof(*list));
	size_t i, k;

	watch_names(s);
	for (i = 0; i < m->nlisteners; i++) {
		list[i] = (struct listener){.l = m->listeners[i], .fd = -1};
		for (k = 0; k < s->nlisteners; k++)
			if (s->listeners[k].fd >= 0 &&
			    same_listener(&s->listeners[k].l, &list[i].l)) {
				list[i].fd = take_fd(&s->listeners[k].fd);
				list[i].dev = s->listeners[k].dev;
				list[i].ino = s->listeners[k].ino;
				(void)epoll_ctl(s->epoll, EPOLL_CTL_DEL,
						list[i].fd, NULL);
				break;
			}
	}
	for (k = 0; k < s->nlisteners; k++)
		if (s->listeners[k].fd >= 0)
			close(s->listeners[k].fd);
	free(s->listeners);
	s->listeners = list;
	s->nlisteners = m->nlisteners;
	for (i = 0; i < s->nlisteners; i++) {
		if (list[i].fd < 0)
			open_listener(s, i);
		else
			watch(s, list[i].fd, (uint32_t)i);
	}
}

/* Those whose namespace is another one by now, or is there at last. */
static void look_at_names(struct server *s)
{
	char path[PATH_MAX];
	struct stat st;
	size_t i;

	for (i = 0; i < s->nlisteners; i++) {
		struct listener *l = &s->listeners[i];

		if (snprintf(path, sizeof(path), NETNS_DIR "/%s", l->l.netns) >=
			    (int)sizeof(path) ||
		    stat(path, &st) < 0)
			continue;
		if (l->fd >= 0 && st.st_dev == l->dev && st.st_ino == l->ino)
			continue;
		if (l->fd >= 0)
			close(l->fd);
		open_listener(s, i);
	}
}

static void hear_names(struct server *s)
{
	char in[4096];

	while (read(s->names, in, sizeof(in)) > 0)
		;
	s->look_until = mono_add(clock_mono(), LOOK_FOR_NS);
}

static void reload(struct server *s)
{
	struct metadata_records m;
	struct arena a = {0};
	struct err err;

	if (load(s->records_path, &a, &m, &err) < 0) {
		log_warn("metadata: %s; what was known stays", err.msg);
		arena_release(&a);
		return;
	}
	/* Listeners' texts are the new records': taken before the old go. */
	open_listeners(s, &m);
	http_records(s->http, &a, &m);
	log_info("metadata: %zu instances, %zu routers, %zu listeners",
		 m.ninstances, m.nrouters, m.nlisteners);
}

/* --- accepting --------------------------------------------------------------
 */

static void accept_all(struct server *s, int from,
		       const struct metadata_listener *l)
{
	struct sockaddr_storage addr;
	socklen_t len;
	int fd;

	for (;;) {
		len = sizeof(addr);
		memset(&addr, 0, sizeof(addr));
		fd = accept4(from, (struct sockaddr *)&addr, &len,
			     SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd < 0)
			return;
		http_take(s->http, fd, (struct sockaddr *)&addr, len, l);
	}
}

/* Returns whether to go on. */
static bool signalled(struct server *s)
{
	struct signalfd_siginfo info;

	while (read(s->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo != SIGHUP)
			return false;
		reload(s);
	}
	return true;
}

static void loop(struct server *s)
{
	struct epoll_event ev[EVENTS];
	bool go_on = true, looking;
	int i, n;

	while (go_on) {
		looking = mono_before(clock_mono(), s->look_until);
		n = epoll_wait(s->epoll, ev, EVENTS, looking ? LOOK_MS : -1);
		if (looking)
			look_at_names(s);
		for (i = 0; i < n && go_on; i++) {
			uint32_t what = ev[i].data.u32;

			if (what == FROM_SIGNALS)
				go_on = signalled(s);
			else if (what == FROM_NAMES)
				hear_names(s);
			else if (what == FROM_UNIX)
				accept_all(s, s->unix_fd, NULL);
			else if (what < s->nlisteners)
				accept_all(s, s->listeners[what].fd,
					   &s->listeners[what].l);
		}
		if (n < 0 && errno != EINTR)
			return;
	}
}

static int open_unix(const char *path, struct err *reterr)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	auto_close int fd = -1;

	if (strlen(path) >= sizeof(un.sun_path))
		return err_set(reterr, -ENAMETOOLONG,
			       "the socket's path is too long: %s", path);
	memcpy(un.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_sys(reterr, -errno, "open a socket");
	(void)unlink(path);
	if (bind(fd, (struct sockaddr *)&un, sizeof(un)) < 0 ||
	    chmod(path, 0666) < 0 || listen(fd, BACKLOG) < 0)
		return err_sys(reterr, -errno, "listen on %s", path);
	return take_fd(&fd);
}

static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void server_release(struct server *s)
{
	size_t i;

	http_free(s->http);
	for (i = 0; i < s->nlisteners; i++)
		if (s->listeners[i].fd >= 0)
			close(s->listeners[i].fd);
	free(s->listeners);
	if (s->unix_fd >= 0)
		close(s->unix_fd);
	if (s->signals >= 0)
		close(s->signals);
	if (s->names >= 0)
		close(s->names);
	if (s->epoll >= 0)
		close(s->epoll);
}

static int serve(struct server *s, const char *path, struct err *reterr)
{
	struct rlimit files = {HTTP_FDS_MAX, HTTP_FDS_MAX};
	struct metadata_records m;
	auto_arena struct arena a = {0};
	int r;

	(void)setrlimit(RLIMIT_NOFILE, &files);
	s->signals = open_signals();
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (s->signals < 0 || s->epoll < 0)
		return err_sys(reterr, -errno, "open an epoll descriptor");
	r = load(s->records_path, &a, &m, reterr);
	if (r == 0)
		r = http_start(&s->http, reterr);
	if (r < 0)
		return r;
	s->unix_fd = open_unix(path, reterr);
	if (s->unix_fd < 0)
		return s->unix_fd;
	watch(s, s->signals, FROM_SIGNALS);
	watch(s, s->unix_fd, FROM_UNIX);
	s->names = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (s->names >= 0)
		watch(s, s->names, FROM_NAMES);
	open_listeners(s, &m);
	http_records(s->http, &a, &m);
	loop(s);
	(void)unlink(path);
	return 0;
}

int metadata_serve(const char *path, const char *records, struct err *reterr)
{
	struct server s = {.records_path = records,
			   .epoll = -1,
			   .unix_fd = -1,
			   .signals = -1,
			   .names = -1};
	int r = serve(&s, path, reterr);

	server_release(&s);
	return r;
}
