/* SPDX-License-Identifier: MIT */
/*
 * What nodes tell each other of connections: taken as it was told, and refused
 * where no router could have it. And the kernel's part, in a namespace of this
 * test's own: an entry that is made translates, and is told of.
 */
#include "provision/sync/wire.h"

#include <errno.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "provision/sync/told.h"
#include "t/lib/tap.h"

static struct ip addr(const char *text)
{
	struct ip ip;

	if (ip_parse(text, &ip) < 0)
		abort();
	return ip;
}

/* 10.0.0.5:40000 to 203.0.113.1:80, as 203.0.113.21:40000. */
static struct ct_state through_snat(void)
{
	return (struct ct_state){.proto = IPPROTO_TCP,
				 .tcp = TCP_CONNTRACK_ESTABLISHED,
				 .status = IPS_SEEN_REPLY | IPS_ASSURED,
				 .timeout = 3600,
				 .orig = {addr("10.0.0.5"), addr("203.0.113.1"),
					  40000, 80, 0, 0},
				 .reply = {addr("203.0.113.1"),
					   addr("203.0.113.21"), 80, 40000, 0,
					   0}};
}

static bool same(const struct ct_state *a, const struct ct_state *b)
{
	return a->proto == b->proto && a->tcp == b->tcp && a->zone == b->zone &&
	       ip_equal(&a->orig.src, &b->orig.src) &&
	       ip_equal(&a->orig.dst, &b->orig.dst) &&
	       a->orig.sport == b->orig.sport &&
	       a->orig.dport == b->orig.dport &&
	       ip_equal(&a->reply.src, &b->reply.src) &&
	       ip_equal(&a->reply.dst, &b->reply.dst) &&
	       a->reply.sport == b->reply.sport &&
	       a->reply.dport == b->reply.dport;
}

/* --- the wire -------------------------------------------------------- */

static size_t datagram(uint8_t *out, const struct ct_state *s)
{
	struct wire w = {.kind = WIRE_STATE, .epoch = 7, .number = 9, .n = 1};

	w.items[0] = *s;
	return wire_encode(&w, out);
}

static void round_trip(void)
{
	struct ct_state s = through_snat(),
			six = {.proto = IPPROTO_ICMPV6,
			       .zone = 4097,
			       .status = IPS_SEEN_REPLY,
			       .timeout = 30,
			       .orig = {addr("fd00::5"), addr("fd01::1"), 77,
					77, 128, 0},
			       .reply = {addr("fd01::1"), addr("fd00::5"), 77,
					 77, 129, 0}};
	uint8_t bytes[WIRE_MAX];
	struct wire w;
	size_t len = datagram(bytes, &s), i;

	is_int(wire_decode(bytes, len, &w), WIRE_TAKEN, "a connection: taken");
	ok(w.kind == WIRE_STATE && w.epoch == 7 && w.number == 9 && w.n == 1,
	   "its head is as it was");
	ok(same(&w.items[0], &s) && w.items[0].timeout == 3600 &&
		   w.items[0].status == s.status,
	   "so is the connection");
	len = datagram(bytes, &six);
	is_int(wire_decode(bytes, len, &w), WIRE_TAKEN, "IPv6, with a zone");
	ok(same(&w.items[0], &six) && w.items[0].orig.icmp_type == 128,
	   "as it was");
	w.n = WIRE_RECORDS_MAX;
	for (i = 0; i < w.n; i++)
		w.items[i] = s;
	len = wire_encode(&w, bytes);
	ok(len == WIRE_MAX && len <= 1372, "as many as go: %zu bytes", len);
	is_int(wire_decode(bytes, len, &w), WIRE_TAKEN, "are taken");
	s.timeout = UINT32_MAX;
	s.status = ~0u;
	len = datagram(bytes, &s);
	is_int(wire_decode(bytes, len, &w), WIRE_TAKEN,
	       "what the kernel has besides is left out");
	is_int(w.items[0].timeout, WIRE_TIMEOUT_MAX, "a timeout has its limit");
}

static void refusals(void)
{
	static const struct {
		size_t at;
		uint8_t byte;
		enum wire_drop why;
		const char *what;
	} rows[] = {
		{0, 'x', WIRE_MAGIC, "another program's"},
		{4, 0, WIRE_KIND, "no kind"},
		{4, WIRE_KIND_END, WIRE_KIND, "an unknown kind"},
		{4, WIRE_HELLO, WIRE_LENGTH, "a hello with a record"},
		{4, WIRE_FIRST, WIRE_LENGTH, "a first with a record"},
		{4, WIRE_LAST, WIRE_LENGTH, "a last with one"},
		{5, 2, WIRE_LENGTH, "a record too few"},
		{5, 0, WIRE_LENGTH, "a record too many"},
		{5, 255, WIRE_LENGTH, "more than there can be"},
		{16, 5, WIRE_VALUE, "an unknown family"},
		{17, 47, WIRE_VALUE, "another protocol"},
		{17, IPPROTO_ICMPV6, WIRE_VALUE, "ICMPv6 over IPv4"},
		{18, TCP_CONNTRACK_SYN_SENT, WIRE_VALUE, "not established"},
		{18, TCP_CONNTRACK_CLOSE, WIRE_VALUE, "closed"},
		{24, 0x80, WIRE_VALUE, "a status that is not ours to set"},
		{28, 0xff, WIRE_VALUE, "a timeout without end"},
		{32, 127, WIRE_VALUE, "from the loopback"},
		{32, 0, WIRE_VALUE, "from nowhere"},
		{48, 224, WIRE_VALUE, "to a group"},
		{72, 255, WIRE_VALUE, "an answer of a broadcast"},
	};
	struct ct_state s = through_snat();
	uint8_t bytes[WIRE_MAX];
	struct wire w;
	size_t i, len;

	for (i = 0; i < ARRAY_LEN(rows); i++) {
		len = datagram(bytes, &s);
		bytes[rows[i].at] = rows[i].byte;
		is_int(wire_decode(bytes, len, &w), rows[i].why, "refused: %s",
		       rows[i].what);
	}
	len = datagram(bytes, &s);
	is_int(wire_decode(bytes, len - 1, &w), WIRE_LENGTH, "refused: cut");
	is_int(wire_decode(bytes, WIRE_HEAD - 1, &w), WIRE_SHORT,
	       "refused: no whole head");
	s.orig.sport = 0;
	len = datagram(bytes, &s);
	is_int(wire_decode(bytes, len, &w), WIRE_VALUE, "refused: no port");
	s = through_snat();
	s.orig.src = addr("169.254.192.1");
	len = datagram(bytes, &s);
	is_int(wire_decode(bytes, len, &w), WIRE_VALUE,
	       "refused: the HA network's own");
}

/* --- what was told ---------------------------------------------------- */

static void all_told(void)
{
	auto_(told_clear) struct told t = {0};
	struct ct_state s = through_snat();
	unsigned i, n = 0;

	ok(!told_has(&t, &s), "nothing was told");
	for (i = 1; i <= 3000; i++) {
		s.orig.sport = (uint16_t)i;
		told_add(&t, &s);
	}
	for (i = 1; i <= 3000; i++) {
		s.orig.sport = (uint16_t)i;
		n += told_has(&t, &s);
	}
	is_int(n, 3000, "all that was told is known");
	s.orig.sport = 3001;
	ok(!told_has(&t, &s), "and no more");
	told_add(&t, &s);
	ok(told_has(&t, &s), "until it is told too");
	s.reply.dst = addr("203.0.113.17");
	ok(!told_has(&t, &s), "by another address it is another");
	s.reply.dst = addr("203.0.113.21");
	s.proto = IPPROTO_UDP;
	ok(!told_has(&t, &s), "by another protocol too");
	t.over = true;
	ok(told_has(&t, &s), "more than is kept: nothing is missed");
}

/* --- the kernel ------------------------------------------------------ */

struct found {
	struct ct_state want;
	unsigned n;
};

static void look(void *ctx, const struct ct_state *s)
{
	struct found *f = ctx;

	f->n += same(s, &f->want);
}

static unsigned count(int fd, const struct ct_state *s)
{
	struct found f = {.want = *s};

	return ct_dump(fd, look, &f) == 0 ? f.n : UINT32_MAX;
}

/* How often the listener is told of it. */
static unsigned told(int fd, enum ct_what what, const struct ct_state *want)
{
	static char in[65536];
	const struct nlmsghdr *h;
	struct ct_state s;
	unsigned n = 0;
	int i;

	clock_sleep_ms(50);
	for (i = 0; i < 100; i++) {
		ssize_t got = recv(fd, in, sizeof(in), MSG_DONTWAIT);

		if (got <= 0)
			break;
		for (h = (const struct nlmsghdr *)in; NLMSG_OK(h, got);
		     h = NLMSG_NEXT(h, got)) {
			if (ct_read(h, &s) == what && same(&s, want))
				n++;
		}
	}
	return n;
}

/* What ended and was never heard of stands in the way of another. */
static void in_the_way(int fd)
{
	struct ct_state first = through_snat(), other = through_snat(), ping,
			two;

	first.orig.sport = first.reply.dport = 42000;
	is_int(ct_put(fd, &first, true), 0, "one by a port of the router's");
	other.orig.src = addr("10.0.0.6");
	other.orig.sport = 999;
	other.reply.dport = 42000;
	is_int(ct_put(fd, &other, false), -EEXIST,
	       "another's by the same: the first is left");
	is_int(count(fd, &first), 1, "as it was");
	is_int(ct_put(fd, &other, true), 0, "where it is to follow");
	is_int(count(fd, &other), 1, "it is there");
	is_int(count(fd, &first), 0, "and the other is not");
	first = other;
	other.reply.dst = addr("203.0.113.17");
	is_int(ct_put(fd, &other, true), 0, "the same by another address");
	is_int(count(fd, &other), 1, "is translated to that");
	is_int(count(fd, &first), 0, "and to no other");
	ping = (struct ct_state){
		.proto = IPPROTO_ICMP,
		.status = IPS_SEEN_REPLY,
		.timeout = 30,
		.orig = {addr("10.0.0.5"), addr("203.0.113.1"), 7, 7, 8, 0},
		.reply = {addr("203.0.113.1"), addr("203.0.113.21"), 7, 7, 0,
			  0}};
	two = ping;
	two.orig.src = addr("10.0.0.6");
	two.reply.sport = two.reply.dport = 51;
	is_int(ct_put(fd, &ping, true), 0, "a ping");
	is_int(ct_put(fd, &two, true), 0, "and one with its id");
	is_int(count(fd, &ping), 1, "the first is as it was");
	is_int(count(fd, &two), 1, "the second has another id outside");
}

static void kernel(void)
{
	struct ct_state snat = through_snat(), dnat = through_snat(), six, y;
	auto_close int fd = -1, events = -1;

	fd = unshare(CLONE_NEWNET) == 0 ? ct_open(-1, NULL) : -1;
	events = fd >= 0 ? ct_listen(-1, NULL) : -1;
	if (events < 0 ||
	    system("ip link set lo up && iptables -t nat -A POSTROUTING -d "
		   "127.1.0.1 -j ACCEPT >/dev/null 2>&1") != 0 ||
	    ct_put(fd, &snat, false) == -EOPNOTSUPP) {
		tap_skip("needs root, iptables and ctnetlink", "the kernel");
		return;
	}
	is_int(count(fd, &snat), 1, "made: it translates as it was told");
	is_int(told(events, CT_IS, &snat), 1, "others are told of it");
	is_int(ct_put(fd, &snat, false), -EEXIST, "again: it is there");
	y = snat;
	y.tcp = TCP_CONNTRACK_CLOSE_WAIT;
	is_int(ct_put(fd, &y, true), 0, "its state follows");
	is_int(count(fd, &y), 1, "and nothing else changes");
	/* 203.0.113.1 to the floating address .17, which is 10.0.0.6. */
	dnat.orig = (struct ct_tuple){
		addr("203.0.113.1"), addr("203.0.113.17"), 41000, 22, 0, 0};
	dnat.reply = (struct ct_tuple){
		addr("10.0.0.6"), addr("203.0.113.1"), 22, 41000, 0, 0};
	is_int(ct_put(fd, &dnat, true), 0, "one to a floating address");
	is_int(count(fd, &dnat), 1, "translates too");
	six = snat;
	six.orig =
		(struct ct_tuple){addr("fd00::5"), addr("fd01::1"), 5, 6, 0, 0};
	six.reply =
		(struct ct_tuple){addr("fd01::1"), addr("fd00::5"), 6, 5, 0, 0};
	is_int(ct_put(fd, &six, true), 0, "one of IPv6, not translated");
	is_int(count(fd, &six), 1, "is there");
	six.zone = 4097;
	is_int(ct_put(fd, &six, false), 0, "the same in another zone");
	is_int(count(fd, &six), 1, "is another");
	is_int(ct_remove(fd, &y), 0, "removed");
	is_int(count(fd, &y), 0, "it is gone");
	is_int(told(events, CT_GONE, &y), 1, "others are told of that");
	is_int(ct_remove(fd, &y), 0, "again: no error");
	in_the_way(fd);
}

/* Checked by hand: the header's words add up to 0xffff with its sum. */
static void headers(void)
{
	static const uint8_t want[WIRE_UDP] = {
		0x45, 0,    0,    44,   0,   0,  0x40, 0,   255, 17,
		0xa7, 0xbf, 169,  254,  192, 1,  169,  254, 192, 2,
		0x0e, 0xc5, 0x0e, 0xc5, 0,   24, 0,    0,
	};
	const struct ip from = addr("169.254.192.1"),
			to = addr("169.254.192.2");
	uint8_t got[WIRE_UDP];

	wire_udp(&from, &to, 3781, WIRE_HEAD, got);
	ok(memcmp(got, want, sizeof(want)) == 0, "headers of IPv4 and UDP");
}

int main(void)
{
	round_trip();
	headers();
	refusals();
	all_told();
	if (geteuid() == 0)
		kernel();
	else
		tap_skip("needs root", "the kernel");
	return tap_done();
}
