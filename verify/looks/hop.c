/* SPDX-License-Identifier: MIT */
#include "verify/looks/hop.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "verify/looks/arp.h"
#include "verify/looks/op.h"

#define AGAIN (1000 * NS_PER_MS)
#define FRAME_MAX 256

/* Where things are, RFC 8200 on Ethernet. */
enum { ETH = 14, IP6_LEN = 4, IP6_NEXT = 6, IP6_HOPS = 7, IP6_SRC = 8 };
enum { IP6_DST = 24, IP6_SIZE = 40 };
/* And in a message of neighbour discovery, RFC 4861. */
enum { ND_TARGET = 8, ND_OPTION = 24, ND_SIZE = 32 };
enum { SOLICITATION = 135, ADVERTISEMENT = 136, SOURCE_LINK = 1 };

_Static_assert(HOP_SOLICIT_SIZE == ETH + IP6_SIZE + ND_SIZE, "one frame");

static unsigned sum_of(const uint8_t *p, size_t len)
{
	uint32_t sum = 0;
	size_t i;

	for (i = 0; i < len; i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

void hop_solicit(const struct mac *mac, const struct ip *target, uint8_t *out)
{
	uint8_t *ip = out + ETH, *msg = ip + IP6_SIZE;
	struct ip own = ip_link_local(mac);
	unsigned sum;

	memset(out, 0, HOP_SOLICIT_SIZE);
	/* To the target's solicited-node group (RFC 4291 2.7.1). */
	out[0] = out[1] = 0x33;
	out[2] = 0xff;
	memcpy(out + 3, target->b + 13, 3);
	memcpy(out + 6, mac->b, 6);
	out[12] = ETH_P_IPV6 >> 8;
	out[13] = ETH_P_IPV6 & 0xff;
	ip[0] = 0x60;
	ip[IP6_LEN + 1] = ND_SIZE;
	ip[IP6_NEXT] = IPPROTO_ICMPV6;
	ip[IP6_HOPS] = 255;
	memcpy(ip + IP6_SRC, own.b, 16);
	ip[IP6_DST] = 0xff;
	ip[IP6_DST + 1] = 0x02;
	ip[IP6_DST + 11] = 1;
	ip[IP6_DST + 12] = 0xff;
	memcpy(ip + IP6_DST + 13, target->b + 13, 3);
	msg[0] = SOLICITATION;
	memcpy(msg + ND_TARGET, target->b, 16);
	msg[ND_OPTION] = SOURCE_LINK;
	msg[ND_OPTION + 1] = 1; /* in eights of bytes */
	memcpy(msg + ND_OPTION + 2, mac->b, 6);
	/* The pseudo-header's addresses are before the message as they stand;
	 * its length and protocol are added. */
	sum = sum_of(ip + IP6_SRC, IP6_SIZE - IP6_SRC + ND_SIZE) + ND_SIZE +
	      IPPROTO_ICMPV6;
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~sum & 0xffff;
	msg[2] = (uint8_t)(sum >> 8);
	msg[3] = (uint8_t)sum;
}

static bool read_advert(const uint8_t *frame, size_t len, struct ip *ret)
{
	const uint8_t *ip = frame + ETH, *msg = ip + IP6_SIZE;

	if (len < ETH + IP6_SIZE + ND_OPTION || ip[0] >> 4 != 6 ||
	    ip[IP6_NEXT] != IPPROTO_ICMPV6 || ip[IP6_HOPS] != 255 ||
	    msg[0] != ADVERTISEMENT || msg[1])
		return false;
	*ret = (struct ip){.family = 6};
	memcpy(ret->b, msg + ND_TARGET, 16);
	return true;
}

bool hop_read(const uint8_t *frame, size_t len, const struct mac *mac,
	      struct ip *ret)
{
	struct seen_holder x;

	if (len < ETH || memcmp(frame, mac->b, 6) != 0)
		return false;
	if (arp_read(frame, len, &x)) {
		*ret = x.ip;
		return true;
	}
	return frame[12] == ETH_P_IPV6 >> 8 &&
	       frame[13] == (ETH_P_IPV6 & 0xff) && read_advert(frame, len, ret);
}

/* --- the agent's side ----------------------------------------------------- */

struct asking {
	int fd;
	const struct hop_ask *q;
	struct ip answers[HOP_TARGETS_MAX];
	size_t n;
	struct mono end;
};

static bool answered(const struct asking *k, const struct ip *ip)
{
	for (size_t i = 0; i < k->n; i++)
		if (ip_equal(&k->answers[i], ip))
			return true;
	return false;
}

static void take(struct asking *k, const struct ip *ip)
{
	for (size_t i = 0; i < k->q->n; i++)
		if (ip_equal(&k->q->targets[i], ip) && !answered(k, ip))
			k->answers[k->n++] = *ip;
}

static void receive(struct asking *k)
{
	unsigned n = 0;
	uint8_t frame[FRAME_MAX];
	struct ip ip;
	ssize_t r;

	while (n++ < LOOK_BURST_MAX &&
	       (r = recv(k->fd, frame, sizeof(frame), MSG_DONTWAIT)) >= 0)
		if (hop_read(frame, (size_t)r, &k->q->mac, &ip))
			take(k, &ip);
}

static int ask_one(const struct asking *k, const struct ip *target,
		   struct err *reterr)
{
	const struct arp_target t = {.ip = *target, .from = {.family = 4}};
	uint8_t frame[HOP_SOLICIT_SIZE];
	size_t len = target->family == 4 ? ARP_SIZE : HOP_SOLICIT_SIZE;

	if (target->family == 4)
		arp_question(&k->q->mac, &t, frame);
	else
		hop_solicit(&k->q->mac, target, frame);
	/* A link that is down is one where nobody answers. */
	if (send(k->fd, frame, len, 0) < 0 && errno != ENETDOWN)
		return err_sys(reterr, -errno, "ask who is there");
	return 0;
}

static int ask_all(const struct asking *k, struct err *reterr)
{
	int r = 0;

	for (size_t i = 0; i < k->q->n && r == 0; i++)
		if (!answered(k, &k->q->targets[i]))
			r = ask_one(k, &k->q->targets[i], reterr);
	return r;
}

static int ask_and_wait(struct asking *k, struct err *reterr)
{
	struct mono now = clock_mono(), due = now;
	unsigned wake = 0;
	int r;

	while (!(wake & LOOK_STOP) && k->n < k->q->n &&
	       mono_before(now, k->end)) {
		if (!mono_before(now, due)) {
			r = ask_all(k, reterr);
			if (r < 0)
				return r;
			due = mono_add(now, AGAIN);
		}
		wake = look_wait(k->fd, mono_min(due, k->end));
		receive(k);
		now = clock_mono();
	}
	return 0;
}

/* --- requests and answers, by rows ---------------------------------------- */

static const struct key ask_rows[] = {
	LOOK_LINK_ROWS(struct hop_ask),
	{"targets", KEY_IPS, KEY_ITEMS(struct hop_ask, targets, n),
	 .max = HOP_TARGETS_MAX},
	{"duration_ms", KEY_UINT, KEY_FIELD(struct hop_ask, duration_ms),
	 .min = 1, .max = LOOK_DURATION_MAX_MS, .def = 2500},
};

static const struct key_table ask_table =
	KEY_TABLE("request", struct hop_ask, ask_rows);

static const struct key answer_rows[] = {
	{"answers", KEY_IPS, KEY_ITEMS(struct seen_hops, answers, n),
	 .flags = KEY_REQUIRED, .max = HOP_TARGETS_MAX},
};

static const struct key_table answer_table =
	KEY_TABLE("answer", struct seen_hops, answer_rows);

int look_hop(const struct doc *req, struct json *j, struct err *reterr)
{
	auto_arena struct arena a = {0};
	auto_close int fd = -1;
	struct asking k = {0};
	struct hop_ask q = {0};
	unsigned index;
	int r;

	r = look_request(&a, req, &ask_table, &q, reterr);
	if (r == 0)
		r = look_link(q.netns, q.dev, &index, reterr);
	if (r < 0)
		return r;
	fd = look_packets(index, ETH_P_ALL, reterr);
	if (fd < 0)
		return fd;
	k = (struct asking){.fd = fd, .q = &q};
	k.end = mono_add(clock_mono(), q.duration_ms * NS_PER_MS);
	r = ask_and_wait(&k, reterr);
	if (r == 0)
		keys_write(&answer_table,
			   &(struct seen_hops){.answers = k.answers, .n = k.n},
			   j);
	return r;
}

/* --- the other side ------------------------------------------------------- */

void hop_ask(const struct hop_ask *q, struct buf *out)
{
	look_ask(&ask_table, q, out);
}

void hop_answer(struct arena *a, const struct doc *d, struct seen_hops *ret)
{
	*ret = (struct seen_hops){0};
	ret->error = look_read_loose(a, d, &answer_table, ret);
}
