/* SPDX-License-Identifier: MIT */
/*
 * State changes
 * =============
 * keepalived tells nobody what it is: Neutron watches the addresses that it
 * adds and removes, and so does this, by a netlink socket in each router's
 * namespace. An event is only a reason to look: whether the virtual address is
 * there decides. A namespace that is made anew is another one, so its inode is
 * asked for once in a while.
 *
 * The roles that a state file tells are at most as old as the last event; if
 * keepalived dies its addresses stay, and so does the file, as in Neutron.
 */
#include "provision/services/state_change.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/kernel/netns.h"
#include "lib/kernel/rtmsg.h"
#include "lib/keys/keys.h"
#include "lib/unix.h"
#include "provision/services/service.h"

#define CONFIG_MAX (4u << 20)
#define WATCHERS_MAX 8
#define AGAIN_MS 500 /* until namespaces are looked for again */
#define PATH_MAX_ 512

struct watched {
	struct state_change_router r;
	int events; /* -1: its namespace is not there */
	ino_t inode;
	bool known, master;
};

struct state_change {
	struct watched *routers;
	size_t n;
	int watchers[WATCHERS_MAX];
	struct pollfd *fds;
};

/* --- the file ------------------------------------------------------------- */

static const struct key router_rows[] = {
	{"id", KEY_TEXT, KEY_FIELD(struct watched, r.id),
	 .flags = KEY_REQUIRED},
	{"netns", KEY_TEXT, KEY_FIELD(struct watched, r.netns),
	 .flags = KEY_REQUIRED},
	{"vip", KEY_NET, KEY_FIELD(struct watched, r.vip),
	 .flags = KEY_REQUIRED},
	{"forwarding", KEY_TEXTS,
	 KEY_ITEMS(struct watched, r.forwarding, r.nforwarding)},
};
static const struct key_table router_table =
	KEY_TABLE("router", struct watched, router_rows);
static const struct key rows[] = {
	{"routers", KEY_LIST, KEY_ITEMS(struct state_change, routers, n),
	 .max = STATE_CHANGE_ROUTERS_MAX, .table = &router_table},
};
static const struct key_table table =
	KEY_TABLE("configuration", struct state_change, rows);

void state_change_encode(const struct state_change_router *list, size_t n,
			 struct json *j)
{
	char text[IP_TEXT_MAX];

	json_key(j, "routers");
	json_arr(j);
	for (size_t i = 0; i < n; i++) {
		json_obj(j);
		json_kstr(j, "id", list[i].id);
		json_kstr(j, "netns", list[i].netns);
		json_kstr(j, "vip", ipnet_print(&list[i].vip, text));
		json_key(j, "forwarding");
		json_arr(j);
		for (size_t k = 0; k < list[i].nforwarding; k++)
			json_str(j, list[i].forwarding[k]);
		json_arr_end(j);
		json_obj_end(j);
	}
	json_arr_end(j);
}

static int read_config(struct arena *a, const char *path,
		       struct state_change *ret, struct err *reterr)
{
	auto_buf struct buf text = {0};
	struct doc *d;
	int r = file_read(path, CONFIG_MAX, &text);

	if (r < 0)
		return err_sys(reterr, r, "%s", path);
	while (text.len && text.data[text.len - 1] == '\n')
		text.len--;
	r = doc_parse_line(a, text.data, text.len, &d, reterr);
	return r < 0 ? r : keys_read_first(a, d, &table, ret, reterr);
}

/* --- who is told ---------------------------------------------------------- */

static void tell(int *fd, const struct watched *w)
{
	char line[256];
	int n = snprintf(line, sizeof(line),
			 "{\"id\": \"%s\", \"state\": \"%s\"}\n", w->r.id,
			 w->master ? "active" : "backup");

	/* Who does not read it asks again. */
	if (*fd >= 0 &&
	    send(*fd, line, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT) != n) {
		close(*fd);
		*fd = -1;
	}
}

static void welcome(struct state_change *s, int listener)
{
	auto_close int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	size_t i, k;

	for (i = 0; fd >= 0 && i < WATCHERS_MAX; i++) {
		if (s->watchers[i] >= 0)
			continue;
		s->watchers[i] = take_fd(&fd);
		for (k = 0; k < s->n; k++)
			if (s->routers[k].known)
				tell(&s->watchers[i], &s->routers[k]);
	}
}

static int listen_at(const char *path, struct err *reterr)
{
	struct sockaddr_un sa;
	auto_close int fd = -1;
	mode_t mask;
	int r = unix_address(path, &sa, reterr);

	if (r < 0)
		return r;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_sys(reterr, -errno, "a socket");
	(void)unlink(path);
	mask = umask(0177);
	r = bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 ? -errno : 0;
	umask(mask);
	if (r == 0 && listen(fd, WATCHERS_MAX) < 0)
		r = -errno;
	return r < 0 ? err_sys(reterr, r, "%s", path) : take_fd(&fd);
}

/* --- a router ------------------------------------------------------------- */

struct finding {
	const struct ip *vip;
	bool there;
};

static int on_addr(const struct nlmsghdr *h, void *ctx)
{
	struct finding *f = ctx;
	struct nlattr *tb[IFA_MAX + 1];
	struct ip ip;

	if (!rtmsg_parse(h, RTM_NEWADDR, sizeof(struct ifaddrmsg), tb, IFA_MAX))
		return 0;
	ip = rtmsg_ip(tb[IFA_LOCAL] ? tb[IFA_LOCAL] : tb[IFA_ADDRESS]);
	f->there |= ip_equal(&ip, f->vip);
	return 0;
}

static void forget(void *ctx)
{
	((struct finding *)ctx)->there = false;
}

/* Its links' setting, in its namespace; what does not work, a look tells. */
static void set_forwarding(const struct watched *w)
{
	auto_close int own = netns_open(NULL, NULL);
	char path[PATH_MAX_];

	if (own < 0 || netns_enter(w->r.netns, NULL) < 0)
		return;
	for (size_t i = 0; i < w->r.nforwarding; i++)
		if (snprintf(path, sizeof(path),
			     "/proc/sys/net/ipv6/conf/%s/forwarding",
			     w->r.forwarding[i]) < (int)sizeof(path))
			(void)file_write(path, 0644, w->master ? "1" : "0", 1,
					 NULL);
	(void)setns(own, CLONE_NEWNET);
}

static void changed(struct state_change *s, struct watched *w)
{
	const char *word = w->master ? "master" : "backup";
	char path[PATH_MAX_];

	set_forwarding(w);
	snprintf(path, sizeof(path), SERVICE_HA_CONFS "/%s/state", w->r.id);
	(void)file_replace(path, 0644, word, strlen(word), NULL);
	for (size_t i = 0; i < WATCHERS_MAX; i++)
		tell(&s->watchers[i], w);
	printf("%s is %s\n", w->r.id, word);
}

static void look_at(struct state_change *s, struct watched *w)
{
	const struct ifaddrmsg all = {.ifa_family = AF_INET};
	struct finding f = {.vip = &w->r.vip.ip};
	struct rtnl *rtnl = NULL;
	auto_close int ns = netns_open(w->r.netns, NULL);
	int r = -ENOENT;

	if (ns >= 0)
		r = rtnl_open(&rtnl, ns, NULL);
	if (r == 0)
		r = rtmsg_dump(rtnl, RTM_GETADDR, &all, sizeof(all), on_addr,
			       forget, &f, NULL);
	rtnl_free(rtnl);
	if (r < 0 || (w->known && w->master == f.there))
		return;
	w->known = true;
	w->master = f.there;
	changed(s, w);
}

static void leave(struct watched *w)
{
	if (w->events >= 0)
		close(w->events);
	w->events = -1;
}

/* Begins to watch it, or begins anew where its namespace is another one. */
static void tend(struct state_change *s, struct watched *w)
{
	struct sockaddr_nl sa = {.nl_family = AF_NETLINK,
				 .nl_groups = RTMGRP_IPV4_IFADDR};
	auto_close int ns = netns_open(w->r.netns, NULL);
	struct stat st;

	if (ns < 0 || fstat(ns, &st) < 0) {
		leave(w);
		return;
	}
	if (w->events >= 0 && st.st_ino == w->inode)
		return;
	leave(w);
	w->events = netns_socket(ns, AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK,
				 NETLINK_ROUTE);
	if (w->events >= 0 &&
	    bind(w->events, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		leave(w);
	w->inode = st.st_ino;
	look_at(s, w);
}

static void drain(int fd)
{
	char buf[8192];

	while (recv(fd, buf, sizeof(buf), 0) > 0 || errno == ENOBUFS)
		;
}

/* --- all of them ---------------------------------------------------------- */

static void turn(struct state_change *s, int listener, int signals)
{
	size_t i;

	s->fds[0] = (struct pollfd){.fd = listener, .events = POLLIN};
	s->fds[1] = (struct pollfd){.fd = signals, .events = POLLIN};
	for (i = 0; i < s->n; i++)
		s->fds[2 + i] = (struct pollfd){.fd = s->routers[i].events,
						.events = POLLIN};
	(void)poll(s->fds, 2 + s->n, AGAIN_MS);
	for (i = 0; i < s->n; i++) {
		if (!s->fds[2 + i].revents)
			continue;
		drain(s->routers[i].events);
		look_at(s, &s->routers[i]);
	}
	if (s->fds[0].revents)
		welcome(s, listener);
}

int state_change_run(const char *config, const char *socket, struct err *reterr)
{
	auto_arena struct arena a = {0};
	auto_close int listener = -1, signals = -1;
	struct state_change s = {0};
	struct mono again;
	sigset_t set;
	size_t i;
	int r;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	setvbuf(stdout, NULL, _IOLBF, 0);
	r = read_config(&a, config, &s, reterr);
	if (r < 0)
		return r;
	listener = listen_at(socket, reterr);
	if (listener < 0)
		return listener;
	signals = signalfd(-1, &set, SFD_CLOEXEC);
	if (signals < 0)
		return err_sys(reterr, -errno, "signals");
	s.fds = arena_array(&a, s.n + 2, sizeof(*s.fds));
	for (i = 0; i < WATCHERS_MAX; i++)
		s.watchers[i] = -1;
	for (i = 0; i < s.n; i++)
		s.routers[i].events = -1;
	again = clock_mono();
	do {
		if (!mono_before(clock_mono(), again)) {
			for (i = 0; i < s.n; i++)
				tend(&s, &s.routers[i]);
			again = mono_add(clock_mono(), AGAIN_MS * NS_PER_MS);
		}
		turn(&s, listener, signals);
	} while (!s.fds[1].revents);
	(void)unlink(socket);
	for (i = 0; i < s.n; i++)
		leave(&s.routers[i]);
	for (i = 0; i < WATCHERS_MAX; i++)
		if (s.watchers[i] >= 0)
			close(s.watchers[i]);
	return 0;
}
