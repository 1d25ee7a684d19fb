/* SPDX-License-Identifier: MIT */
/*
 * The supervisor of a node's services
 * ===================================
 * One process for a lab on a node, one thread, one poll: over its socket, its
 * clients, the services' words, the links of the node's namespaces
 * (supervise_links.c), and the VRRP engine where services follow a router's
 * role. It outlasts the agent that started it and labctl; a lock in
 * the state folder keeps a second one away, the socket (of its owner alone)
 * is how it is found. What it keeps in mind is gone with it, and so are the
 * services (supervise_child.c), so that nothing it does not know of can run.
 *
 * A client sends one line of JSON and gets one: {"op": "state"}, {"op":
 * "set", "service": {..}, "again": B}, {"op": "set", "services": [{..}, ..]},
 * {"op": "drop", "name": ".."}, {"op": "stop"}. An answer comes when the thing
 * is done: a file written and a service started, a word said to its control
 * socket and answered, a process ended.
 *
 * A service whose process ends is started again, whatever its status, after
 * a pause that grows from SERVICE_PAUSE_FIRST_NS to SERVICE_PAUSE_MOST_NS.
 * Changed files alone make it reload, any other change makes it start anew.
 * One that follows a role runs only while the engine says that its router is
 * active here; where no engine says anything nobody is.
 */
#include "provision/services/supervise_loop.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "lib/mem.h"
#include "lib/process/process.h"
#include "provision/services/supervise.h"
#include "provision/services/supervise_clients.h"

/* --- the loop ------------------------------------------------------------- */

static void poll_for(struct supervisor *v, int fd, short events)
{
	if (v->nfds == v->cap) {
		size_t cap = v->cap ? v->cap * 2 : 64;

		v->fds = mem_grow(v->fds, cap, sizeof(*v->fds));
		v->cap = cap;
	}
	v->fds[v->nfds++] = (struct pollfd){.fd = fd, .events = events};
}

static bool follows(const struct supervisor *v)
{
	const struct kept *k;

	for (k = v->services; k; k = k->next)
		if (k->s.when)
			return true;
	return false;
}

/* In fds: the listener, signals and links come first. */
enum { FIRST_WATCH = 3, FIRST_CLIENT = FIRST_WATCH + SUPERVISE_WATCHES };

/* Whether there can be somebody to tell roles: keepalived's are told by a
 * service that there may not be. */
static bool watches(const struct supervisor *v, size_t which)
{
	const struct kept *k;

	for (k = v->services; which > 0 && k; k = k->next)
		if (k->s.control &&
		    strcmp(k->s.control, v->roles[which].socket) == 0)
			return true;
	return which == 0;
}

/* What to wait for, in the order in which serve() takes it up. */
static int prepare(struct supervisor *v)
{
	struct mono at = MONO_NEVER;
	const struct kept *k;
	size_t i;
	int64_t ns;

	v->nfds = 0;
	poll_for(v, v->listener, POLLIN);
	poll_for(v, v->signals, POLLIN);
	poll_for(v, v->links.fd, POLLIN);
	for (i = 0; i < SUPERVISE_WATCHES; i++) {
		poll_for(v, v->roles[i].fd, POLLIN);
		at = mono_min(at, v->roles[i].again);
	}
	for (i = 0; i < CLIENTS_MAX; i++) {
		struct client *c = &v->clients[i];

		poll_for(v, c->fd,
			 c->answered              ? POLLOUT
			 : c->waits || c->for_all ? 0
						  : POLLIN);
		poll_for(v, c->verb, POLLIN);
		if (c->fd >= 0)
			at = mono_min(at, c->until);
	}
	for (k = v->services; k; k = k->next) {
		poll_for(v, k->out, POLLIN);
		at = mono_min(at, mono_min(k->start_at, k->kill_at));
	}
	if (mono_is_never(at))
		return -1;
	ns = mono_sub(at, clock_mono());
	return ns <= 0 ? 0 : (int)((ns + NS_PER_MS - 1) / NS_PER_MS);
}

static int listen_at(const char *dir, struct err *reterr)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	auto_close int fd = -1;
	mode_t mask;
	int n, r;

	n = snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/" SUPERVISE_SOCKET,
		     dir);
	if (n < 0 || n >= (int)sizeof(sa.sun_path))
		return err_sys(reterr, -ENAMETOOLONG, "%s", dir);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_sys(reterr, -errno, "a socket");
	(void)unlink(sa.sun_path); /* the lock says that it is nobody's */
	mask = umask(0177);
	r = bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 ? -errno : 0;
	umask(mask);
	if (r == 0 && listen(fd, CLIENTS_MAX) < 0)
		r = -errno;
	return r < 0 ? err_sys(reterr, r, "%s", sa.sun_path) : take_fd(&fd);
}

/* Somebody removed the socket, and who wants to speak to us says so. */
static void listen_again(struct supervisor *v)
{
	if (v->listener >= 0)
		close(v->listener);
	v->listener = listen_at(v->dir, NULL);
}

static void signalled(struct supervisor *v)
{
	struct signalfd_siginfo s;

	while (read(v->signals, &s, sizeof(s)) == (ssize_t)sizeof(s))
		if (s.ssi_signo == SIGHUP)
			listen_again(v);
		else if (s.ssi_signo == SIGTERM || s.ssi_signo == SIGINT)
			v->stopping = true;
	clients_bury(v);
}

static void serve(struct supervisor *v)
{
	const struct pollfd *p = v->fds;
	struct kept *k;
	size_t i;

	/* Words before ends, so that the last of them are there. */
	for (k = v->services, p += FIRST_CLIENT + 2 * CLIENTS_MAX;
	     k && p < v->fds + v->nfds; k = k->next, p++)
		if (p->revents && k->out == p->fd)
			(void)kept_hear(k, v->dir);
	if (v->fds[1].revents)
		signalled(v);
	if (v->fds[2].revents)
		links_watch_hear(&v->links);
	for (i = 0; i < SUPERVISE_WATCHES; i++)
		if (v->fds[FIRST_WATCH + i].revents)
			roles_watch_hear(&v->roles[i]);
	for (i = 0; i < CLIENTS_MAX; i++) {
		struct client *c = &v->clients[i];

		p = &v->fds[FIRST_CLIENT + 2 * i];
		if (c->fd < 0 || c->fd != p[0].fd)
			continue;
		if (p[1].revents && c->verb >= 0)
			client_hear(c);
		else if (p[0].revents && !c->answered && !c->waits &&
			 !c->for_all)
			client_receive(v, c);
		else if (p[0].revents & (POLLERR | POLLHUP))
			client_hang_up(c);
	}
	if (v->fds[0].revents)
		clients_welcome(v);
}

static void turn(struct supervisor *v)
{
	int ms = prepare(v);
	size_t i;

	if (poll(v->fds, v->nfds, ms) > 0)
		serve(v);
	for (i = 0; i < SUPERVISE_WATCHES; i++) {
		struct roles_watch *w = &v->roles[i];

		if (!follows(v) || !watches(v, i))
			roles_watch_release(w);
		else if (w->fd < 0)
			roles_watch_dial(w, v->dir);
	}
	clients_keep(v);
	clients_tend(v);
}

/* --- beginning ------------------------------------------------------------ */

static int take_lock(const char *dir, struct err *reterr)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	char path[PATH_MAX];
	auto_close int fd = -1;

	if (snprintf(path, sizeof(path), "%s/" SUPERVISE_LOCK, dir) >=
	    (int)sizeof(path))
		return err_sys(reterr, -ENAMETOOLONG, "%s", dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_sys(reterr, -errno, "%s", path);
	/* Of a kind that tells who has it. */
	if (fcntl(fd, F_SETLK, &whole) < 0)
		return err_set(reterr, -EBUSY, "runs for %s already", dir);
	return take_fd(&fd);
}

static int open_signals(struct err *reterr)
{
	sigset_t set;
	int fd;

	process_raise_files(); /* a pipe for each service */
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? err_sys(reterr, -errno, "signalfd") : fd;
}

static void run(struct supervisor *v)
{
	char path[PATH_MAX];
	bool waiting = true;
	size_t i;

	while (!v->stopping || v->services)
		turn(v);
	/* Who waited for that is told. */
	while (waiting) {
		clients_tend(v);
		for (waiting = false, i = 0; i < CLIENTS_MAX; i++)
			waiting = waiting || (v->clients[i].fd >= 0 &&
					      v->clients[i].answered);
		if (waiting) {
			int ms = prepare(v);

			(void)poll(v->fds, v->nfds, ms);
		}
	}
	for (i = 0; i < CLIENTS_MAX; i++)
		client_hang_up(&v->clients[i]);
	if (snprintf(path, sizeof(path), "%s/" SUPERVISE_SOCKET, v->dir) <
	    (int)sizeof(path))
		(void)unlink(path);
	if (v->listener >= 0)
		close(v->listener);
	for (i = 0; i < SUPERVISE_WATCHES; i++)
		roles_watch_release(&v->roles[i]);
	links_watch_release(&v->links);
	free(v->fds);
}

int supervise_run(const char *dir, int tell, struct err *reterr)
{
	struct supervisor v = {.dir = dir};
	auto_close int lock = -1, listener = -1, signals = -1;
	size_t i;

	lock = take_lock(dir, reterr);
	if (lock >= 0)
		listener = listen_at(dir, reterr);
	if (listener >= 0)
		signals = open_signals(reterr);
	if (signals < 0) {
		(void)!dprintf(tell, "-%s", reterr->msg);
		return reterr->code;
	}
	v.listener = take_fd(&listener);
	v.signals = signals;
	for (i = 0; i < CLIENTS_MAX; i++)
		v.clients[i].fd = v.clients[i].verb = -1;
	links_watch_open(&v.links);
	roles_watch_init(&v.roles[0], ROLES_SOCKET);
	roles_watch_init(&v.roles[1], ROLES_SOCKET_KEEPALIVED);
	(void)!write(tell, "+", 1);
	close(tell);
	run(&v);
	return 0;
}
