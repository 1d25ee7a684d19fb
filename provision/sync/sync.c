/* SPDX-License-Identifier: MIT */
/*
 * Connection state for standbys
 * =============================
 * What a router translates it remembers in its kernel's table of connections,
 * and so only where it is Active: after a takeover the new one takes what
 * comes from outside for its own, and resets it. So the Active's table is
 * carried to its standbys, which make the same entries in their kernels at
 * once, before there is any takeover: nothing is left to be done then, and
 * nothing delays it.
 *
 *   Active: the kernel's events -> datagrams to each peer, in the same turn
 *   standby: datagrams -> entries of its kernel
 *
 * They go over the router's own HA network, as frames to the MAC addresses that
 * the plan has given to its peers: resolved by the kernel, hundreds of routers
 * with ten hosts each would fill the machine's neighbour table and ask for one
 * another on a network of thousands of ports. They are received by a socket
 * that is bound to that interface and to the router's HA address. Taken is what
 * comes from a peer's HA address and port there with a TTL of 255, so from no
 * farther than that network, and is what a router could have. An instance has
 * no way into it.
 *
 * Datagrams are numbered. Who misses one, sees another epoch (the other has
 * begun anew), or begins itself is behind: when it hears of the other next, it
 * says hello until it was told all without a gap. The Active tells all by
 * itself too, when it becomes Active, when the kernel dropped events, and each
 * hour; and each second the number of its last, so that the last too is missed.
 * What a standby has and is not told among all is no more, and goes: so no end
 * of a connection is missed for ever. What packets alone lengthen is told again
 * each ten seconds (tell.c).
 *
 * To tell all is to read the kernel's table of connections, which is one for
 * the machine: after a takeover not before half a second has passed, one router
 * after the other, with a pause of PACE times what it took.
 *
 * Carried is what the router translates, once an answer was seen, and every
 * established TCP connection. A standby tells nothing on. One that becomes
 * Active makes what it hears all the same (the old one still forwards for a
 * moment), but leaves what it has: its own word is newer.
 */
#include "provision/sync/sync.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "lib/kernel/netns.h"
#include "lib/log.h"
#include "lib/process/process.h"
#include "provision/services/supervise_roles.h"
#include "provision/sync/carry.h"
#include "provision/sync/config.h"

#define TICK_NS NS_PER_S
#define PACE 3 /* so many times as long as a table took there is none */
#define BUFFER (4 << 20)

struct syncer {
	struct arena arena;
	const char *roles_dir;
	struct roles_watch roles;
	struct synced *routers;
	size_t n;
	int ep, signals;
	size_t turn;      /* of which router the next table is read */
	struct mono pace; /* not before */
	bool waits;       /* another one may be due then */
	bool stop;
};

/* --- sockets --------------------------------------------------------- */

static void close_all(struct synced *r)
{
	int *const fds[] = {&r->events, &r->say, &r->udp, &r->frames};
	size_t i;

	for (i = 0; i < ARRAY_LEN(fds); i++)
		if (*fds[i] >= 0)
			close(take_fd(fds[i]));
	r->ino = 0;
	r->out.n = 0;
}

static int open_udp(struct synced *r, int ns)
{
	auto_close int fd = netns_socket(
		ns, AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, IPPROTO_UDP);
	struct sockaddr_in sin = {.sin_family = AF_INET,
				  .sin_port = htons(SYNC_PORT)};
	int on = 1, size = BUFFER;
	struct ifreq ifr = {0};

	if (fd < 0)
		return fd;
	memcpy(&sin.sin_addr, r->own.b, 4);
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", r->dev);
	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, ifr.ifr_name,
		       (socklen_t)strlen(ifr.ifr_name) + 1) < 0 ||
	    setsockopt(fd, IPPROTO_IP, IP_RECVTTL, &on, sizeof(on)) < 0 ||
	    ioctl(fd, SIOCGIFINDEX, &ifr) < 0 ||
	    bind(fd, (struct sockaddr *)&sin, sizeof(sin)) < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size,
				 sizeof(size));
	r->ifindex = (unsigned)ifr.ifr_ifindex;
	r->udp = take_fd(&fd);
	return 0;
}

static bool watch(int ep, struct synced *r, int fd)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = r};

	return epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev) == 0;
}

static int open_all(int ep, struct synced *r)
{
	auto_close int ns = netns_open(r->netns, NULL);
	struct stat st;
	size_t i;
	int e;

	if (ns < 0 || fstat(ns, &st) < 0)
		return ns < 0 ? ns : -errno;
	r->ino = st.st_ino;
	e = r->events = ct_listen(ns, NULL);
	if (e >= 0)
		e = r->say = ct_open(ns, NULL);
	if (e >= 0)
		e = open_udp(r, ns);
	/* Of no protocol: it hears nothing. */
	if (e >= 0)
		e = r->frames = netns_socket(ns, AF_PACKET,
					     SOCK_DGRAM | SOCK_NONBLOCK, 0);
	if (e >= 0 && (!watch(ep, r, r->events) || !watch(ep, r, r->udp)))
		e = -errno;
	if (e < 0) {
		close_all(r);
		return e;
	}
	r->tell_all = r->active;
	for (i = 0; i < r->npeers; i++) {
		r->peers[i].behind = true;
		r->peers[i].hello_at = (struct mono){0};
	}
	return 0;
}

/* Is what the sockets are on still there, and still the same? */
static bool stands(const struct synced *r)
{
	auto_close int ns = netns_open(r->netns, NULL);
	struct ifreq ifr = {0};
	struct stat st;

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", r->dev);
	return r->udp >= 0 && ns >= 0 && fstat(ns, &st) == 0 &&
	       st.st_ino == r->ino && ioctl(r->udp, SIOCGIFINDEX, &ifr) == 0 &&
	       (unsigned)ifr.ifr_ifindex == r->ifindex;
}

/* --- turns ----------------------------------------------------------- */

static void note_roles(struct syncer *s)
{
	size_t i;

	for (i = 0; i < s->n; i++) {
		struct synced *r = &s->routers[i];
		bool active = roles_watch_active(&s->roles, r->id);

		if (active && !r->active)
			tell_later(r, clock_mono());
		r->active = active;
	}
}

static void tick(struct syncer *s)
{
	size_t i;

	for (i = 0; i < s->n; i++) {
		struct synced *r = &s->routers[i];

		if (!stands(r)) {
			close_all(r);
			(void)open_all(s->ep, r);
		} else if (r->active) {
			tell_tick(r);
		}
	}
}

static void wake(struct syncer *s, void *what)
{
	struct signalfd_siginfo si;
	struct synced *r = what;

	if (what == &s->signals) {
		s->stop |= read(s->signals, &si, sizeof(si)) == sizeof(si);
	} else if (what == &s->roles) {
		roles_watch_hear(&s->roles);
		note_roles(s);
	} else {
		if (r->events >= 0)
			tell_events(r);
		hear_peers(r);
	}
}

static void dial(struct syncer *s)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = &s->roles};

	roles_watch_dial(&s->roles, s->roles_dir);
	if (s->roles.fd >= 0)
		(void)epoll_ctl(s->ep, EPOLL_CTL_ADD, s->roles.fd, &ev);
}

/* Tells of the next router that is due, if there is one. When hundreds take
 * over at once that must not take the time that their addresses need. */
static void tell_next(struct syncer *s)
{
	struct mono now = clock_mono();
	size_t i;

	if (mono_before(now, s->pace))
		return;
	s->waits = false;
	for (i = 0; i < s->n && !s->waits; i++) {
		struct synced *r = &s->routers[s->turn++ % s->n];

		if (!tell_due(r, now))
			continue;
		tell_table(r, now);
		s->pace = mono_add(clock_mono(),
				   PACE * mono_sub(clock_mono(), now));
		s->waits = true;
	}
}

static void loop(struct syncer *s)
{
	struct epoll_event list[64];
	struct mono at = clock_mono(), now;

	while (!s->stop) {
		struct mono next = mono_min(at, s->roles.again);
		int64_t left;
		int n, k;

		if (s->waits)
			next = mono_min(next, s->pace);
		left = mono_sub(next, clock_mono()) / NS_PER_MS + 1;

		n = epoll_wait(s->ep, list, (int)ARRAY_LEN(list),
			       left < 0 ? 0 : (int)left);
		for (k = 0; k < n; k++)
			wake(s, list[k].data.ptr);
		now = clock_mono();
		if (!mono_before(now, s->roles.again)) {
			note_roles(s);
			dial(s);
		}
		tell_next(s);
		if (mono_before(now, at))
			continue;
		at = mono_add(now, TICK_NS);
		tick(s);
	}
}

/* --- beginning -------------------------------------------------------- */

static int read_config(struct syncer *s, const char *path, struct err *reterr)
{
	struct sync_config config = {0};
	int r = sync_config_read(&s->arena, path, &config, reterr);

	if (r < 0)
		return r;
	s->roles_dir = config.roles;
	s->routers = arena_array(&s->arena, config.n, sizeof(*s->routers));
	for (s->n = 0; s->n < config.n; s->n++) {
		const struct sync_router *from = &config.routers[s->n];
		struct synced *to = &s->routers[s->n];

		*to = (struct synced){.id = from->id,
				      .netns = from->netns,
				      .dev = from->dev,
				      .own = from->address,
				      .npeers = from->npeers,
				      .events = -1,
				      .say = -1,
				      .udp = -1,
				      .frames = -1};
		to->peers =
			arena_array(&s->arena, to->npeers, sizeof(*to->peers));
		for (size_t i = 0; i < to->npeers; i++)
			to->peers[i] =
				(struct peer){.addr = from->peers[i].address,
					      .mac = from->peers[i].mac};
	}
	return 0;
}

static int begin(struct syncer *s, struct err *reterr)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = &s->signals};
	sigset_t set;
	uint32_t epoch;
	size_t i;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	process_raise_files(); /* four a router */
	s->ep = epoll_create1(EPOLL_CLOEXEC);
	s->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->ep < 0 || s->signals < 0 ||
	    epoll_ctl(s->ep, EPOLL_CTL_ADD, s->signals, &ev) < 0)
		return err_sys(reterr, -errno, "epoll or signalfd");
	epoch = (uint32_t)(clock_real_ns() / NS_PER_US) ^ (uint32_t)getpid()
								  << 16;
	for (i = 0; i < s->n; i++)
		s->routers[i].epoch = epoch;
	roles_watch_init(&s->roles, ROLES_SOCKET);
	dial(s);
	return 0;
}

int sync_run(const char *config, struct err *reterr)
{
	struct syncer s = {.ep = -1, .signals = -1};
	size_t i;
	int r;

	r = read_config(&s, config, reterr);
	if (r == 0)
		r = begin(&s, reterr);
	if (r == 0)
		loop(&s);
	for (i = 0; i < s.n; i++) {
		close_all(&s.routers[i]);
		hear_forget(&s.routers[i]);
	}
	roles_watch_release(&s.roles);
	if (s.signals >= 0)
		close(s.signals);
	if (s.ep >= 0)
		close(s.ep);
	arena_release(&s.arena);
	return r;
}
