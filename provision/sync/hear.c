/* SPDX-License-Identifier: MIT */
/*
 * What a standby makes of what it hears. Who missed something is behind, and
 * asks until it has heard all, from first to last without a gap; then what it
 * has and was not told is no more, and goes. Where its kernel did not make one,
 * for its table is full, it is behind too, but asks seldom.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/mem.h"
#include "provision/sync/carry.h"
#include "provision/sync/sync.h"

#define SWEEP_MAX 65536 /* that go at once */
/* Until it is asked again for what had no room. */
#define FULL_NS (10 * NS_PER_S)

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

/* --- what was not told ------------------------------------------------ */

struct stale {
	struct peer *of;
	struct ct_state *list;
	size_t n, cap;
};

static void note_stale(void *ctx, const struct ct_state *s)
{
	struct stale *x = ctx;

	if (x->n == SWEEP_MAX || !carry_is(s, false) ||
	    told_has(&x->of->told, s))
		return;
	if (x->n == x->cap) {
		x->cap = x->cap ? x->cap * 2 : WIRE_RECORDS_MAX;
		x->list = mem_grow(x->list, x->cap, sizeof(*x->list));
	}
	x->list[x->n++] = *s;
}

static void sweep(struct synced *r, struct peer *p)
{
	struct stale x = {.of = p};
	size_t i;

	if (!r->active && ct_dump(r->say, note_stale, &x) == 0)
		for (i = 0; i < x.n; i++)
			(void)ct_remove(r->say, &x.list[i]);
	free(x.list);
}

/* --- datagrams -------------------------------------------------------- */

static void stop_telling(struct peer *p)
{
	p->telling = false;
	told_clear(&p->told);
}

void hear_forget(struct synced *r)
{
	for (size_t i = 0; i < r->npeers; i++)
		stop_telling(&r->peers[i]);
}

/* What its number says of what was missed. */
static void follow(struct peer *p, const struct wire *w)
{
	bool counts = w->kind == WIRE_STATE || w->kind == WIRE_GONE;
	uint32_t due = p->number + counts;

	if (!p->met || p->epoch != w->epoch || w->number != due) {
		p->behind = true;
		stop_telling(p);
	}
	p->met = true;
	p->epoch = w->epoch;
	p->number = w->number;
}

static void no_room(struct synced *r, struct peer *p, int e)
{
	if (r->unmade++ == 0)
		log_warn("%s: a connection of the active router could not be "
			 "entered: %s",
			 r->netns,
			 e == -ENOMEM ? "the table is full" : strerror(-e));
	p->behind = true;
	stop_telling(p);
	p->hello_at = mono_add(clock_mono(), FULL_NS);
}

static void apply(struct synced *r, struct peer *p, const struct wire *w)
{
	size_t i;
	int e;

	for (i = 0; i < w->n; i++) {
		if (w->kind == WIRE_GONE) {
			if (!r->active)
				(void)ct_remove(r->say, &w->items[i]);
			continue;
		}
		e = ct_put(r->say, &w->items[i], !r->active);
		if (e < 0 && e != -EEXIST)
			no_room(r, p, e);
		else if (p->telling)
			told_add(&p->told, &w->items[i]);
	}
}

static void taken(struct synced *r, struct peer *p, const struct wire *w)
{
	if (w->kind == WIRE_HELLO) {
		r->tell_all |= r->active;
		return;
	}
	follow(p, w);
	switch (w->kind) {
	case WIRE_STATE:
	case WIRE_GONE:
		apply(r, p, w);
		break;
	case WIRE_FIRST:
		stop_telling(p);
		p->telling = true;
		break;
	case WIRE_LAST:
		if (p->telling) {
			sweep(r, p);
			p->behind = false;
			r->unmade = 0;
		}
		stop_telling(p);
		break;
	case WIRE_BEAT:
		stop_telling(p);
		break;
	case WIRE_HELLO:
	case WIRE_KIND_END:
		break;
	}
	if (p->behind && !p->telling)
		tell_hello(r, p);
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

void hear_peers(struct synced *r)
{
	static struct wire w;
	uint8_t in[WIRE_MAX + 1];
	int i;

	for (i = 0; i < CARRY_DRAIN_MAX && r->udp >= 0; i++) {
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
