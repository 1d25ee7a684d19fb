/* SPDX-License-Identifier: MIT */
/*
 * What an Active tells its standbys: each change as the kernel tells it; all,
 * between a first and a last, when somebody says hello; and again and again
 * what would end there by itself. For packets of a connection lengthen its time
 * where they are, and the kernel has no event for that: on a standby an echo
 * would be forgotten after 30 seconds, a stream of datagrams after two minutes.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "provision/sync/carry.h"
#include "provision/sync/sync.h"

#define AGAIN_NS (NS_PER_S / 2) /* between two hellos, or two tellings */
#define FRESH_NS (10 * NS_PER_S)
#define ALL_NS (3600 * NS_PER_S)
#define SOON_S 3600 /* ends soon */
#define LEAST_S 25  /* told at least: a telling may be lost */
#define BURST 32    /* datagrams of a telling, then a pause */
#define BURST_PAUSE_MS 1
#define EVENT_BYTES 65536

_Static_assert(LEAST_S *NS_PER_S > 2 * FRESH_NS, "one may be lost");

/* --- sending --------------------------------------------------------- */

static void send_bytes(const struct synced *r, const struct peer *to,
		       uint8_t *bytes, size_t len)
{
	struct sockaddr_ll ll = {.sll_family = AF_PACKET,
				 .sll_protocol = htons(ETH_P_IP),
				 .sll_ifindex = (int)r->ifindex,
				 .sll_halen = sizeof(to->mac.b)};
	uint8_t head[WIRE_UDP];
	struct iovec iov[] = {{head, sizeof(head)}, {bytes, len}};
	struct msghdr m = {.msg_name = &ll,
			   .msg_namelen = sizeof(ll),
			   .msg_iov = iov,
			   .msg_iovlen = ARRAY_LEN(iov)};

	memcpy(ll.sll_addr, to->mac.b, sizeof(to->mac.b));
	wire_udp(&r->own, &to->addr, SYNC_PORT, len, head);
	/* What is lost is missed, and asked for. */
	(void)!sendmsg(r->frames, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void send_to(const struct synced *r, const struct peer *to,
		    const struct wire *w)
{
	uint8_t bytes[WIRE_MAX];

	send_bytes(r, to, bytes, wire_encode(w, bytes));
}

static void send_all(const struct synced *r, const struct wire *w)
{
	uint8_t bytes[WIRE_MAX];
	size_t len = wire_encode(w, bytes), i;

	for (i = 0; r->frames >= 0 && i < r->npeers; i++)
		send_bytes(r, &r->peers[i], bytes, len);
}

static void flush(struct synced *r)
{
	if (!r->out.n)
		return;
	r->out.epoch = r->epoch;
	r->out.number = ++r->number;
	send_all(r, &r->out);
	r->out.n = 0;
}

/* One without connections: about what was sent before. */
static void say(struct synced *r, enum wire_kind kind)
{
	struct wire w = {.kind = kind, .epoch = r->epoch, .number = r->number};

	send_all(r, &w);
}

void tell_hello(struct synced *r, struct peer *p)
{
	struct wire w = {.kind = WIRE_HELLO, .epoch = r->epoch};
	struct mono now = clock_mono();

	if (r->frames < 0 || mono_before(now, p->hello_at))
		return;
	p->hello_at = mono_add(now, AGAIN_NS);
	send_to(r, p, &w);
}

/* --- which ------------------------------------------------------------ */

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

bool carry_is(const struct ct_state *s, bool gone)
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
	struct ct_state *to;

	if (r->out.n == WIRE_RECORDS_MAX || (r->out.n && r->out.kind != kind))
		flush(r);
	r->out.kind = kind;
	to = &r->out.items[r->out.n++];
	*to = *s;
	/* That of one that is gone is nobody's business. */
	if (kind == WIRE_GONE && s->proto == IPPROTO_TCP)
		to->tcp = TCP_CONNTRACK_ESTABLISHED;
	if (kind != WIRE_STATE || !s->timeout || s->timeout >= SOON_S)
		return;
	r->soon = true;
	if (s->timeout < LEAST_S)
		to->timeout = LEAST_S;
}

/* --- telling ---------------------------------------------------------- */

static void tell_one(void *ctx, const struct ct_state *s)
{
	struct synced *r = ctx;
	uint32_t before = r->number;

	if (!carry_is(s, false))
		return;
	queue(r, WIRE_STATE, s);
	if (r->number != before && r->number % BURST == 0)
		clock_sleep_ms(BURST_PAUSE_MS);
}

static void tell_soon(void *ctx, const struct ct_state *s)
{
	if (s->timeout < SOON_S)
		tell_one(ctx, s);
}

static void tell_all(struct synced *r, struct mono now)
{
	int e;

	r->told_at = mono_add(now, AGAIN_NS);
	r->all_at = mono_add(now, ALL_NS);
	r->fresh_at = mono_add(now, FRESH_NS);
	r->soon = false;
	say(r, WIRE_FIRST);
	e = ct_dump(r->say, tell_one, r);
	flush(r);
	/* Without its last, nobody takes what it told for all. */
	if (e == 0)
		say(r, WIRE_LAST);
	say(r, WIRE_BEAT);
	r->tell_all = e < 0;
}

static void tell_fresh(struct synced *r, struct mono now)
{
	r->fresh_at = mono_add(now, FRESH_NS);
	r->soon = false;
	r->tell_all |= ct_dump(r->say, tell_soon, r) < 0;
	flush(r);
	say(r, WIRE_BEAT);
}

static bool all_due(const struct synced *r, struct mono now)
{
	return (r->tell_all && !mono_before(now, r->told_at)) ||
	       !mono_before(now, r->all_at);
}

bool tell_due(const struct synced *r, struct mono now)
{
	return r->active && r->say >= 0 &&
	       (all_due(r, now) || (r->soon && !mono_before(now, r->fresh_at)));
}

void tell_table(struct synced *r, struct mono now)
{
	if (all_due(r, now))
		tell_all(r, now);
	else
		tell_fresh(r, now);
}

void tell_later(struct synced *r, struct mono now)
{
	r->tell_all = true;
	r->told_at = mono_add(now, AGAIN_NS);
	r->all_at = r->told_at;
}

void tell_tick(struct synced *r)
{
	say(r, WIRE_BEAT);
}

/* --- the kernel's events --------------------------------------------- */

static void event(struct synced *r, const struct nlmsghdr *h)
{
	struct ct_state s;
	enum ct_what what;

	what = ct_read(h, &s);
	if (what == CT_NOTHING || !carry_is(&s, what == CT_GONE))
		return;
	queue(r, what == CT_GONE ? WIRE_GONE : WIRE_STATE, &s);
}

void tell_events(struct synced *r)
{
	static char in[EVENT_BYTES];
	const struct nlmsghdr *h;
	int i;

	for (i = 0; i < CARRY_DRAIN_MAX; i++) {
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
