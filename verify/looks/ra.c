/* SPDX-License-Identifier: MIT */
/*
 * Asking for routers
 * ==================
 * By a packet socket, so that no address is needed and every advertisement on
 * the link is heard, also one that the kernel would not believe. A router may
 * take half a second to answer (RFC 4861, section 6.2.6), and three from its
 * last advertisement on, so the question is repeated: one of them may be lost.
 */
#include "verify/looks/ra.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "verify/looks/op.h"

/* Where things are: RFC 894, RFC 8200 section 3, RFC 4861 sections 4 and 4.6,
 * RFC 8106 section 5.1. */
enum {
	ETH = 14,
	IP6_LEN = 4,
	IP6_NEXT = 6,
	IP6_HOPS = 7,
	IP6_SRC = 8,
	IP6_DST = 24,
	IP6_SIZE = 40,
	RS_SIZE = 8,
	RA_SIZE = 16,
	RA_FLAGS = 5,
	RA_LIFETIME = 6,
};
enum { SOLICIT = 133, ADVERTISE = 134 };
enum { OPT_PREFIX = 3, OPT_MTU = 5, OPT_RDNSS = 25 };
enum { FLAG_MANAGED = 0x80, FLAG_OTHER = 0x40 };
enum { FLAG_ONLINK = 0x80, FLAG_AUTO = 0x40 };

_Static_assert(RA_SOLICIT_SIZE == ETH + IP6_SIZE + RS_SIZE, "one frame");

#define AGAIN (1000 * NS_PER_MS)
#define FRAME_MAX 2048

static unsigned get16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static struct ip get_ip(const uint8_t *p)
{
	struct ip ip = {.family = 6};

	memcpy(ip.b, p, 16);
	return ip;
}

/* Of the pseudo-header (RFC 8200, section 8.1) and the message. */
static unsigned sum_of(const uint8_t *ip, const uint8_t *msg, size_t len)
{
	uint32_t sum = (uint32_t)len + IPPROTO_ICMPV6;
	size_t i;

	for (i = 0; i < 32; i += 2)
		sum += get16(ip + IP6_SRC + i);
	for (i = 0; i + 1 < len; i += 2)
		sum += get16(msg + i);
	if (i < len)
		sum += (uint32_t)msg[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

void ra_solicit(const struct mac *mac, uint8_t *out)
{
	static const uint8_t to_mac[6] = {0x33, 0x33, 0, 0, 0, 2};
	uint8_t *ip = out + ETH, *msg = ip + IP6_SIZE;
	/* From no address, as hosts ask at first, filters of ports let none. */
	struct ip own = ip_link_local(mac);
	unsigned sum;

	memset(out, 0, RA_SOLICIT_SIZE);
	memcpy(out, to_mac, 6);
	memcpy(out + 6, mac->b, 6);
	out[12] = ETH_P_IPV6 >> 8;
	out[13] = ETH_P_IPV6 & 0xff;
	ip[0] = 0x60;
	ip[IP6_LEN + 1] = RS_SIZE;
	ip[IP6_NEXT] = IPPROTO_ICMPV6;
	ip[IP6_HOPS] = 255;
	memcpy(ip + IP6_SRC, own.b, 16);
	/* All routers of the link. */
	ip[IP6_DST] = 0xff;
	ip[IP6_DST + 1] = 0x02;
	ip[IP6_DST + 15] = 2;
	msg[0] = SOLICIT;
	sum = ~sum_of(ip, msg, RS_SIZE) & 0xffff;
	msg[2] = (uint8_t)(sum >> 8);
	msg[3] = (uint8_t)sum;
}

static void read_prefix(const uint8_t *p, struct seen_advert *ret)
{
	struct ra_prefix *x;

	if (p[1] != 4 || ret->nprefixes == RA_PREFIXES_MAX || p[2] > 128)
		return;
	x = &ret->prefixes[ret->nprefixes++];
	x->prefix = (struct ipnet){get_ip(p + 16), p[2]};
	x->onlink = p[3] & FLAG_ONLINK;
	x->autonomous = p[3] & FLAG_AUTO;
	x->valid = get32(p + 4);
	x->preferred = get32(p + 8);
}

static void read_rdnss(const uint8_t *p, struct seen_advert *ret)
{
	size_t i;

	for (i = 8; i + 16 <= (size_t)p[1] * 8; i += 16)
		if (ret->ndns < RA_DNS_MAX)
			ret->dns[ret->ndns++] = get_ip(p + i);
}

bool ra_read(const uint8_t *frame, size_t len, struct seen_advert *ret)
{
	const uint8_t *ip = frame + ETH, *msg = ip + IP6_SIZE, *p, *end;
	size_t size;

	*ret = (struct seen_advert){0};
	if (len < ETH + IP6_SIZE + RA_SIZE || get16(frame + 12) != ETH_P_IPV6 ||
	    ip[0] >> 4 != 6 || ip[IP6_NEXT] != IPPROTO_ICMPV6)
		return false;
	size = get16(ip + IP6_LEN);
	if (size < RA_SIZE || size > len - ETH - IP6_SIZE ||
	    msg[0] != ADVERTISE || msg[1] || sum_of(ip, msg, size) != 0xffff)
		return false;
	memcpy(ret->mac.b, frame + 6, 6);
	ret->from = get_ip(ip + IP6_SRC);
	ret->hops = ip[IP6_HOPS];
	ret->managed = msg[RA_FLAGS] & FLAG_MANAGED;
	ret->other = msg[RA_FLAGS] & FLAG_OTHER;
	ret->lifetime = (uint16_t)get16(msg + RA_LIFETIME);
	end = msg + size;
	for (p = msg + RA_SIZE; end - p >= 8; p += (size_t)p[1] * 8) {
		if (!p[1] || end - p < p[1] * 8)
			return false;
		if (p[0] == OPT_PREFIX)
			read_prefix(p, ret);
		else if (p[0] == OPT_MTU)
			ret->mtu = get32(p + 4);
		else if (p[0] == OPT_RDNSS)
			read_rdnss(p, ret);
	}
	return p == end;
}

struct asking {
	int fd;
	struct mac mac;
	struct seen_advert adverts[RA_ADVERTS_MAX];
	size_t n;
	struct mono end; /* sooner, once somebody was heard */
	int64_t settle_ns;
};

/* The last word of each sender. */
static void take(struct asking *k, const struct seen_advert *x)
{
	size_t i;

	for (i = 0; i < k->n; i++)
		if (ip_equal(&k->adverts[i].from, &x->from) &&
		    mac_equal(&k->adverts[i].mac, &x->mac))
			break;
	if (i == RA_ADVERTS_MAX)
		return;
	k->adverts[i] = *x;
	if (i == k->n)
		k->n++;
	k->end = mono_min(k->end, mono_add(clock_mono(), k->settle_ns));
}

static void receive(struct asking *k)
{
	unsigned n = 0;
	uint8_t frame[FRAME_MAX];
	struct seen_advert x;
	ssize_t r;

	while (n++ < LOOK_BURST_MAX &&
	       (r = recv(k->fd, frame, sizeof(frame), MSG_DONTWAIT)) >= 0)
		if (ra_read(frame, (size_t)r, &x))
			take(k, &x);
}

static int ask_and_wait(struct asking *k, struct err *reterr)
{
	uint8_t frame[RA_SOLICIT_SIZE];
	struct mono now = clock_mono(), due = now;
	unsigned wake = 0;

	ra_solicit(&k->mac, frame);
	while (!(wake & LOOK_STOP) && mono_before(now, k->end)) {
		if (!mono_before(now, due)) {
			if (!k->n && send(k->fd, frame, sizeof(frame), 0) < 0)
				return err_sys(reterr, -errno,
					       "ask for routers");
			due = mono_add(now, AGAIN);
		}
		wake = look_wait(k->fd, mono_min(due, k->end));
		receive(k);
		now = clock_mono();
	}
	return 0;
}

/* A packet socket that hears groups which the interface has not joined. */
static int open_socket(unsigned index, struct err *reterr)
{
	struct packet_mreq all = {.mr_ifindex = (int)index,
				  .mr_type = PACKET_MR_ALLMULTI};
	auto_close int fd = look_packets(index, ETH_P_IPV6, reterr);

	if (fd < 0)
		return fd;
	if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all,
		       sizeof(all)) < 0)
		return err_sys(reterr, -errno, "bind a packet socket");
	return take_fd(&fd);
}

/* --- requests and answers ---------------------------------------------- */

static const struct key ask_rows[] = {
	LOOK_LINK_ROWS(struct ra_ask),
	{"duration_ms", KEY_UINT, KEY_FIELD(struct ra_ask, duration_ms),
	 .min = 1, .max = LOOK_DURATION_MAX_MS, .def = 5000},
	{"settle_ms", KEY_UINT, KEY_FIELD(struct ra_ask, settle_ms),
	 .max = LOOK_DURATION_MAX_MS, .def = 500},
};

static const struct key_table ask_table =
	KEY_TABLE("request", struct ra_ask, ask_rows);

static const struct key prefix_rows[] = {
	{"prefix", KEY_NET, KEY_FIELD(struct ra_prefix, prefix)},
	{"onlink", KEY_BOOL, KEY_FIELD(struct ra_prefix, onlink)},
	{"auto", KEY_BOOL, KEY_FIELD(struct ra_prefix, autonomous)},
	{"valid", KEY_UINT, KEY_FIELD(struct ra_prefix, valid)},
	{"preferred", KEY_UINT, KEY_FIELD(struct ra_prefix, preferred)},
};

static const struct key_table prefix_table =
	KEY_TABLE("prefix", struct ra_prefix, prefix_rows);

static const struct key advert_rows[] = {
	{"mac", KEY_MAC, KEY_FIELD(struct seen_advert, mac)},
	{"from", KEY_IP, KEY_FIELD(struct seen_advert, from)},
	{"hops", KEY_UINT, KEY_FIELD(struct seen_advert, hops)},
	{"managed", KEY_BOOL, KEY_FIELD(struct seen_advert, managed)},
	{"other", KEY_BOOL, KEY_FIELD(struct seen_advert, other)},
	{"lifetime", KEY_UINT, KEY_FIELD(struct seen_advert, lifetime)},
	{"mtu", KEY_UINT, KEY_FIELD(struct seen_advert, mtu)},
	{"prefixes", KEY_LIST,
	 KEY_ARRAY(struct seen_advert, prefixes, nprefixes),
	 .table = &prefix_table},
	{"rdnss", KEY_IPS, KEY_ARRAY(struct seen_advert, dns, ndns)},
};

/* A prefix that cannot be read is none. */
static void end_advert(struct keys *ks, const struct doc *d, void *obj)
{
	struct seen_advert *x = obj;
	size_t i, n = 0;

	(void)ks;
	(void)d;
	for (i = 0; i < x->nprefixes; i++)
		if (ip_is_set(&x->prefixes[i].prefix.ip))
			x->prefixes[n++] = x->prefixes[i];
	x->nprefixes = n;
}

static const struct key_table advert_table = {
	.name = "advertisement",
	.keys = advert_rows,
	.n = ARRAY_LEN(advert_rows),
	.size = sizeof(struct seen_advert),
	.end = end_advert,
};

static const struct key answer_rows[] = {
	{"adverts", KEY_LIST, KEY_ITEMS(struct seen_adverts, items, n),
	 .flags = KEY_REQUIRED, .max = RA_ADVERTS_MAX, .table = &advert_table},
};

static const struct key_table answer_table =
	KEY_TABLE("answer", struct seen_adverts, answer_rows);

int look_ra(const struct doc *req, struct json *j, struct err *reterr)
{
	auto_arena struct arena a = {0};
	auto_close int fd = -1;
	struct asking k = {0};
	struct ra_ask q = {0};
	unsigned index;
	int r;

	r = look_request(&a, req, &ask_table, &q, reterr);
	if (r == 0)
		r = look_link(q.netns, q.dev, &index, reterr);
	if (r < 0)
		return r;
	fd = open_socket(index, reterr);
	if (fd < 0)
		return fd;
	k.fd = fd;
	k.mac = q.mac;
	k.end = mono_add(clock_mono(), q.duration_ms * NS_PER_MS);
	k.settle_ns = q.settle_ms * NS_PER_MS;
	r = ask_and_wait(&k, reterr);
	if (r == 0)
		keys_write(&answer_table,
			   &(struct seen_adverts){.items = k.adverts, .n = k.n},
			   j);
	return r;
}

/* --- the other side: the request and its answer ---------------------- */

void ra_ask(const struct ra_ask *q, struct buf *out)
{
	look_ask(&ask_table, q, out);
}

void ra_answer(struct arena *a, const struct doc *d, struct seen_adverts *ret)
{
	*ret = (struct seen_adverts){0};
	ret->error = look_read_loose(a, d, &answer_table, ret);
}
