/* SPDX-License-Identifier: MIT */
/*
 * Connection state for standbys
 * =============================
 * What a router translates it remembers in its kernel's table of connections,
 * and so only where it is Active: after a takeover the new one takes what
 * comes from outside for its own, and resets it (neutron.md section 4). So the
 * Active's table is carried to its standbys, which make the same entries in
 * their kernels at once, before there is any takeover: nothing is left to be
 * done then, and nothing delays it.
 *
 *   Active: the kernel's events -> datagrams to each peer, in the same turn
 *   standby: datagrams -> entries of its kernel
 *
 * They go over the router's own HA network, by a socket in its namespace that
 * is bound to that interface and to its HA address. Taken is what comes from a
 * peer's HA address and port there with a TTL of 255, so from no farther than
 * that network, and is what a router could have. An instance has no way into
 * it.
 *
 * Datagrams are numbered. Who misses one, sees another epoch (the other has
 * begun anew), or begins itself says hello, and is told all. The Active tells
 * all by itself when it becomes Active and when the kernel dropped events, and
 * each second the number of its last, so that the last too is missed.
 *
 * Carried is what the router translates, once an answer was seen, and every
 * established TCP connection. An entry that is made from a datagram causes an
 * event with our own port in it, and is not told on. One that becomes Active
 * makes what it hears all the same (the old one still forwards for a moment),
 * but leaves what it has: its own word is newer.
 */
#include "provision/sync/sync.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <net/if.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "lib/kernel/netns.h"
#include "lib/log.h"
#include "provision/services/supervise_roles.h"
#include "provision/sync/config.h"
#include "provision/sync/wire.h"

#define TICK_NS NS_PER_S
#define HELLO_NS (NS_PER_S / 2) /* between two hellos, or two tellings */
#define BURST 32                /* datagrams of a telling, then a pause */
#define BURST_PAUSE_MS 1
#define DRAIN_MAX 512 /* events or datagrams of one router in a turn */
#define EVENT_BYTES 65536
#define BUFFER (4 << 20)

struct peer {
	struct ip addr;
	uint32_t epoch, number; /* last heard */
	bool met;
	struct mono hello_at; /* not again before */
};

struct syncer;

struct synced {
	struct syncer *s;
	const char *id, *netns, *dev;
	struct ip own;
	struct peer *peers;
	size_t npeers;
	ino_t ino;        /* of the namespace that the sockets are in */
	unsigned ifindex; /* that the datagrams' socket is bound to */
	int events, say, udp;
	uint32_t port; /* of say */
	bool active, tell_all;
	struct mono told_at;
	uint32_t number;
	struct wire out; /* not yet sent */
	uint64_t dropped[WIRE_DROP_N], strangers;
};

struct syncer {
	struct arena arena;
	const char *roles_dir;
	struct roles_watch roles;
	struct synced *routers;
	size_t n;
	int ep, signals;
	uint32_t epoch;
	bool stop;
};

/* --- sending --------------------------------------------------------- */

static void send_to(const struct synced *r, const struct ip *to,
		    const struct wire *w)
{
	struct sockaddr_in sin = {.sin_family = AF_INET,
				  .sin_port = htons(SYNC_PORT)};
	uint8_t bytes[WIRE_MAX];
	size_t len = wire_encode(w, bytes);

	memcpy(&sin.sin_addr, to->b, 4);
	/* What is lost is missed, and asked for. */
	(void)!sendto(r->udp, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT,
		      (struct sockaddr *)&sin, sizeof(sin));
}

static void send_all(const struct synced *r, const struct wire *w)
{
	size_t i;

	for (i = 0; r->udp >= 0 && i < r->npeers; i++)
		send_to(r, &r->peers[i].addr, w);
}

static void flush(struct synced *r)
{
	if (!r->out.n)
		return;
	r->out.epoch = r->s->epoch;
	r->out.number = ++r->number;
	send_all(r, &r->out);
	r->out.n = 0;
}

static void beat(struct synced *r)
{
	struct wire w = {
		.kind = WIRE_BEAT, .epoch = r->s->epoch, .number = r->number};

	send_all(r, &w);
}

static void hello(struct synced *r, struct peer *p)
{
	struct wire w = {.kind = WIRE_HELLO, .epoch = r->s->epoch};
	struct mono now = clock_mono();

	if (r->udp < 0 || mono_before(now, p->hello_at))
		return;
	p->hello_at = mono_add(now, HELLO_NS);
	send_to(r, &p->addr, &w);
}

static bool link_local(const struct ip *ip)
{
	return ip->family == 4 ? ip->b[0] == 169 && ip->b[1] == 254
			       : ip_is_link_local(ip);
}

static bool translated(const struct ct_state *s)
{
	return !ip_equal(&s->reply.dst, &s->orig.src) ||
	       !ip_equal(&s->reply.src, &s->orig.dst) ||
	       s->reply.dport != s->orig.sport ||
	       s->reply.sport != s->orig.dport;
}

/* Is it one whose end would be noticed? */
static bool carried(const struct ct_state *s, bool gone)
{
	/* HA's own, ours among them. */
	if (link_local(&s->orig.src) || link_local(&s->orig.dst))
		return false;
	if (s->proto == IPPROTO_TCP)
		return gone || (s->tcp >= TCP_CONNTRACK_ESTABLISHED &&
				s->tcp <= TCP_CONNTRACK_CLOSE_WAIT);
	return translated(s) && (gone || s->status & IPS_SEEN_REPLY);
}

static void queue(struct synced *r, enum wire_kind kind,
		  const struct ct_state *s)
{
	if (r->out.n == WIRE_RECORDS_MAX || (r->out.n && r->out.kind != kind))
		flush(r);
	r->out.kind = kind;
	r->out.items[r->out.n] = *s;
	/* That of one that is gone is nobody's business. */
	if (kind == WIRE_GONE && s->proto == IPPROTO_TCP)
		r->out.items[r->out.n].tcp = TCP_CONNTRACK_ESTABLISHED;
	r->out.n++;
}

static void tell_one(void *ctx, const struct ct_state *s)
{
	struct synced *r = ctx;
	uint32_t before = r->number;

	if (!carried(s, false))
		return;
	queue(r, WIRE_STATE, s);
	if (r->number != before && r->number % BURST == 0)
		clock_sleep_ms(BURST_PAUSE_MS);
}

static void tell_all(struct synced *r, struct mono now)
{
	if (mono_before(now, r->told_at) || r->say < 0)
		return;
	r->tell_all = false;
	r->told_at = mono_add(now, HELLO_NS);
	if (ct_dump(r->say, tell_one, r) < 0)
		r->tell_all = true;
	flush(r);
	beat(r);
}

/* --- the kernel's events --------------------------------------------- */

static void event(struct synced *r, const struct nlmsghdr *h)
{
	struct ct_state s;
	enum ct_what what;

	if (h->nlmsg_pid && h->nlmsg_pid == r->port)
		return;
	what = ct_read(h, &s);
	if (what == CT_NOTHING || !carried(&s, what == CT_GONE))
		return;
	queue(r, what == CT_GONE ? WIRE_GONE : WIRE_STATE, &s);
}

static void hear_kernel(struct synced *r)
{
	static char in[EVENT_BYTES];
	const struct nlmsghdr *h;
	int i;

	for (i = 0; i < DRAIN_MAX; i++) {
		ssize_t got = recv(r->events, in, sizeof(in), MSG_DONTWAIT);

		if (got < 0 && errno == ENOBUFS) {
			r->tell_all = true;
			continue;
		}
		if (got <= 0)
			break;
		if (!r->active)
			continue;
		for (h = (const struct nlmsghdr *)in; NLMSG_OK(h, got);
		     h = NLMSG_NEXT(h, got))
			event(r, h);
	}
	flush(r);
}

/* --- datagrams ------------------------------------------------------- */

static struct peer *peer_of(struct synced *r, const struct sockaddr_in *from)
{
	size_t i;

	for (i = 0; i < r->npeers; i++)
		if (from->sin_family == AF_INET &&
		    from->sin_port == htons(SYNC_PORT) &&
		    memcmp(&from->sin_addr, r->peers[i].addr.b, 4) == 0)
			return &r->peers[i];
	return NULL;
}

static void follow(struct synced *r, struct peer *p, const struct wire *w)
{
	bool counts = w->kind == WIRE_STATE || w->kind == WIRE_GONE;
	uint32_t due = p->number + counts;

	if (!p->met || p->epoch != w->epoch || w->number != due)
		hello(r, p);
	p->met = true;
	p->epoch = w->epoch;
	p->number = w->number;
}

static void apply(struct synced *r, const struct wire *w)
{
	size_t i;

	for (i = 0; i < w->n; i++) {
		if (w->kind == WIRE_STATE)
			(void)ct_put(r->say, &w->items[i], !r->active);
		else if (!r->active)
			(void)ct_remove(r->say, &w->items[i]);
	}
}

static void taken(struct synced *r, struct peer *p, const struct wire *w)
{
	if (w->kind == WIRE_HELLO) {
		r->tell_all |= r->active;
		return;
	}
	apply(r, w);
	follow(r, p, w);
}

/* The TTL of what was received; 0 where it is not told. */
static int ttl_of(struct msghdr *m)
{
	struct cmsghdr *c;
	int ttl = 0;

	for (c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c))
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TTL)
			memcpy(&ttl, CMSG_DATA(c), sizeof(ttl));
	return ttl;
}

static void hear_peers(struct synced *r)
{
	static struct wire w;
	uint8_t in[WIRE_MAX + 1];
	int i;

	for (i = 0; i < DRAIN_MAX && r->udp >= 0; i++) {
		struct iovec iov = {in, sizeof(in)};
		struct sockaddr_in from = {0};
		char control[CMSG_SPACE(sizeof(int))];
		struct msghdr m = {.msg_name = &from,
				   .msg_namelen = sizeof(from),
				   .msg_iov = &iov,
				   .msg_iovlen = 1,
				   .msg_control = control,
				   .msg_controllen = sizeof(control)};
		ssize_t got = recvmsg(r->udp, &m, MSG_DONTWAIT);
		enum wire_drop why;
		struct peer *p;

		if (got < 0)
			return;
		p = peer_of(r, &from);
		if (!p || ttl_of(&m) != 255) {
			r->strangers++;
			continue;
		}
		why = wire_decode(in, (size_t)got, &w);
		if (why == WIRE_TAKEN)
			taken(r, p, &w);
		else if (r->dropped[why]++ % 1000 == 0)
			log_warn("%s: a datagram of a peer was refused: %s",
				 r->netns, wire_drop_names[why]);
	}
}

/* --- sockets --------------------------------------------------------- */

static void close_all(struct synced *r)
{
	int *const fds[] = {&r->events, &r->say, &r->udp};
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
	int on = 1, ttl = 255, size = BUFFER;
	struct ifreq ifr = {0};

	if (fd < 0)
		return fd;
	memcpy(&sin.sin_addr, r->own.b, 4);
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", r->dev);
	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, ifr.ifr_name,
		       (socklen_t)strlen(ifr.ifr_name) + 1) < 0 ||
	    setsockopt(fd, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl)) < 0 ||
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

static bool watch(struct synced *r, int fd)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = r};

	return epoll_ctl(r->s->ep, EPOLL_CTL_ADD, fd, &ev) == 0;
}

static int open_all(struct synced *r)
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
	if (e >= 0 && (!watch(r, r->events) || !watch(r, r->udp)))
		e = -errno;
	if (e < 0) {
		close_all(r);
		return e;
	}
	r->port = ct_port(r->say);
	r->tell_all = r->active;
	for (i = 0; i < r->npeers; i++) {
		r->peers[i].hello_at = (struct mono){0};
		hello(r, &r->peers[i]);
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

		if (active && !r->active) {
			r->tell_all = true;
			r->told_at = (struct mono){0};
		}
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
			(void)open_all(r);
		} else if (r->active) {
			beat(r);
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
			hear_kernel(r);
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

static void loop(struct syncer *s)
{
	struct epoll_event list[64];
	struct mono at = clock_mono(), now;
	size_t i;

	while (!s->stop) {
		int64_t left =
			mono_sub(mono_min(at, s->roles.again), clock_mono()) /
				NS_PER_MS +
			1;
		int n, k;

		n = epoll_wait(s->ep, list, (int)ARRAY_LEN(list),
			       left < 0 ? 0 : (int)left);
		for (k = 0; k < n; k++)
			wake(s, list[k].data.ptr);
		now = clock_mono();
		if (!mono_before(now, s->roles.again)) {
			note_roles(s);
			dial(s);
		}
		for (i = 0; i < s->n; i++)
			if (s->routers[i].tell_all && s->routers[i].active)
				tell_all(&s->routers[i], now);
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

		*to = (struct synced){.s = s,
				      .id = from->id,
				      .netns = from->netns,
				      .dev = from->dev,
				      .own = from->address,
				      .npeers = from->npeers,
				      .events = -1,
				      .say = -1,
				      .udp = -1};
		to->peers =
			arena_array(&s->arena, to->npeers, sizeof(*to->peers));
		for (size_t i = 0; i < to->npeers; i++)
			to->peers[i].addr = from->peers[i];
	}
	return 0;
}

/* Three descriptors a router are soon more than a process has by default. */
static void raise_files(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		return;
	files.rlim_cur = files.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &files);
}

static int begin(struct syncer *s, struct err *reterr)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = &s->signals};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise_files();
	s->ep = epoll_create1(EPOLL_CLOEXEC);
	s->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->ep < 0 || s->signals < 0 ||
	    epoll_ctl(s->ep, EPOLL_CTL_ADD, s->signals, &ev) < 0)
		return err_sys(reterr, -errno, "epoll or signalfd");
	s->epoch = (uint32_t)(clock_real_ns() / NS_PER_US) ^ (uint32_t)getpid()
								     << 16;
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
	for (i = 0; i < s.n; i++)
		close_all(&s.routers[i]);
	roles_watch_release(&s.roles);
	if (s.signals >= 0)
		close(s.signals);
	if (s.ep >= 0)
		close(s.ep);
	arena_release(&s.arena);
	return r;
}
