/* SPDX-License-Identifier: MIT */
/*
 * Asking DHCP servers
 * ===================
 * By a packet socket: no address is needed, none is taken, and every server
 * on the network is heard, whoever it is. The question says that the answer
 * is to be broadcast, so that answers come whatever address they offer.
 */
#include "verify/looks/dhcp.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "verify/looks/op.h"

/* Where things are: RFC 894, RFC 791, RFC 768, RFC 2131 section 2. */
enum {
	ETH = 14,
	IP4_TOTAL = 2,
	IP4_TTL = 8,
	IP4_PROTO = 9,
	IP4_SUM = 10,
	IP4_DST = 16,
	IP4_SIZE = 20,
	UDP_SIZE = 8,
	BOOTP_XID = 4,
	BOOTP_FLAGS = 10,
	BOOTP_YIADDR = 16,
	BOOTP_CHADDR = 28,
	BOOTP_COOKIE = 236,
	BOOTP_OPTIONS = 240,
	SERVER_PORT = 67,
	CLIENT_PORT = 68,
};
enum { OPT_PAD = 0, OPT_TYPE = 53, OPT_SERVER = 54, OPT_END = 255 };
enum { BOOTREPLY = 2, DHCPDISCOVER = 1, DHCPOFFER = 2 };

#define AGAIN (700 * NS_PER_MS) /* a question may be lost */
#define FRAME_MAX 2048

static const uint8_t cookie[4] = {99, 130, 83, 99};

static unsigned get16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static struct ip get_ip(const uint8_t *p)
{
	struct ip ip = {.family = 4};

	memcpy(ip.b, p, 4);
	return ip;
}

static void put_ip_header(uint8_t *ip, size_t size)
{
	uint32_t sum = 0;
	size_t i;

	ip[0] = 0x45;
	put16(ip + IP4_TOTAL, (unsigned)size);
	ip[IP4_TTL] = 64;
	ip[IP4_PROTO] = IPPROTO_UDP;
	memset(ip + IP4_DST, 0xff, 4);
	for (i = 0; i < IP4_SIZE; i += 2)
		sum += get16(ip + i);
	sum = (sum & 0xffff) + (sum >> 16);
	put16(ip + IP4_SUM, (uint16_t) ~(sum + (sum >> 16)));
}

void dhcp_discover(const struct mac *mac, uint32_t xid, uint8_t *out)
{
	static const uint8_t options[] = {OPT_TYPE, 1, DHCPDISCOVER, OPT_END};
	uint8_t *ip = out + ETH, *udp = ip + IP4_SIZE, *b = udp + UDP_SIZE;
	size_t size = DHCP_DISCOVER_SIZE - ETH;

	memset(out, 0, DHCP_DISCOVER_SIZE);
	memset(out, 0xff, 6);
	memcpy(out + 6, mac->b, 6);
	put16(out + 12, ETH_P_IP);
	put_ip_header(ip, size);
	put16(udp, CLIENT_PORT);
	put16(udp + 2, SERVER_PORT);
	/* Its checksum is 0: none (RFC 768). */
	put16(udp + 4, (unsigned)(size - IP4_SIZE));
	b[0] = 1; /* a request, */
	b[1] = 1; /* of Ethernet, */
	b[2] = 6; /* whose addresses are so long */
	memcpy(b + BOOTP_XID, &xid, sizeof(xid));
	put16(b + BOOTP_FLAGS, 0x8000); /* answer to all */
	memcpy(b + BOOTP_CHADDR, mac->b, 6);
	memcpy(b + BOOTP_COOKIE, cookie, sizeof(cookie));
	memcpy(b + BOOTP_OPTIONS, options, sizeof(options));
}

/* Its options; whether it is an offer. */
static bool read_options(const uint8_t *p, const uint8_t *end,
			 struct seen_offer *ret)
{
	bool offer = false;

	while (p < end && *p != OPT_END) {
		if (*p == OPT_PAD) {
			p++;
			continue;
		}
		if (end - p < 2 || end - p - 2 < p[1])
			return false;
		if (p[0] == OPT_TYPE && p[1] == 1)
			offer = p[2] == DHCPOFFER;
		if (p[0] == OPT_SERVER && p[1] == 4)
			ret->server = get_ip(p + 2);
		p += 2 + p[1];
	}
	return offer;
}

bool dhcp_offer_read(const uint8_t *frame, size_t len, uint32_t xid,
		     struct seen_offer *ret)
{
	const uint8_t *ip = frame + ETH, *udp, *b, *end = frame + len;
	size_t header;

	*ret = (struct seen_offer){0};
	if (len < ETH + IP4_SIZE || get16(frame + 12) != ETH_P_IP ||
	    ip[0] >> 4 != 4 || ip[IP4_PROTO] != IPPROTO_UDP)
		return false;
	header = (size_t)(ip[0] & 15) * 4;
	if (header < IP4_SIZE || len < ETH + header + UDP_SIZE + BOOTP_OPTIONS)
		return false;
	udp = ip + header;
	b = udp + UDP_SIZE;
	if (get16(udp) != SERVER_PORT || get16(udp + 2) != CLIENT_PORT ||
	    b[0] != BOOTREPLY ||
	    memcmp(b + BOOTP_XID, &xid, sizeof(xid)) != 0 ||
	    memcmp(b + BOOTP_COOKIE, cookie, sizeof(cookie)) != 0)
		return false;
	ret->addr = get_ip(b + BOOTP_YIADDR);
	memcpy(ret->from.b, frame + 6, 6);
	return read_options(b + BOOTP_OPTIONS, end, ret);
}

struct asking {
	int fd;
	uint32_t xid;
	struct mac mac;
	struct seen_offer offers[DHCP_OFFERS_MAX];
	size_t n;
};

static void take(struct asking *k, const struct seen_offer *o)
{
	size_t i;

	for (i = 0; i < k->n; i++)
		if (ip_equal(&k->offers[i].server, &o->server) &&
		    ip_equal(&k->offers[i].addr, &o->addr) &&
		    mac_equal(&k->offers[i].from, &o->from))
			return;
	if (k->n < DHCP_OFFERS_MAX)
		k->offers[k->n++] = *o;
}

static void receive(struct asking *k)
{
	unsigned n = 0;
	uint8_t frame[FRAME_MAX];
	struct seen_offer o;
	ssize_t r;

	while (n++ < LOOK_BURST_MAX &&
	       (r = recv(k->fd, frame, sizeof(frame), MSG_DONTWAIT)) >= 0)
		if (dhcp_offer_read(frame, (size_t)r, k->xid, &o))
			take(k, &o);
}

static size_t servers(const struct asking *k)
{
	size_t i, m, n = 0;

	for (i = 0; i < k->n; i++) {
		for (m = 0; m < i; m++)
			if (ip_equal(&k->offers[i].server,
				     &k->offers[m].server))
				break;
		n += m == i;
	}
	return n;
}

static int ask_and_wait(struct asking *k, int64_t ms, size_t enough,
			struct err *reterr)
{
	uint8_t frame[DHCP_DISCOVER_SIZE];
	struct mono now = clock_mono(), due = now;
	struct mono end = mono_add(now, ms * NS_PER_MS);
	unsigned wake = 0;

	dhcp_discover(&k->mac, k->xid, frame);
	while (!(wake & LOOK_STOP) && mono_before(now, end)) {
		if (!mono_before(now, due)) {
			if (send(k->fd, frame, sizeof(frame), 0) < 0)
				return err_sys(reterr, -errno,
					       "ask DHCP servers");
			due = mono_add(now, AGAIN);
		}
		wake = look_wait(k->fd, mono_min(due, end));
		receive(k);
		if (enough && servers(k) >= enough)
			break;
		now = clock_mono();
	}
	return 0;
}

static const struct key offer_rows[] = {
	{"server", KEY_IP, KEY_FIELD(struct seen_offer, server)},
	{"addr", KEY_IP, KEY_FIELD(struct seen_offer, addr)},
	{"from", KEY_MAC, KEY_FIELD(struct seen_offer, from)},
};

static const struct key_table offer_table =
	KEY_TABLE("offer", struct seen_offer, offer_rows);

static const struct key rows[] = {
	{"offers", KEY_LIST, KEY_ITEMS(struct seen_offers, items, n),
	 .flags = KEY_REQUIRED, .max = DHCP_OFFERS_MAX, .table = &offer_table},
};

static const struct key_table table =
	KEY_TABLE("answer", struct seen_offers, rows);

static const struct key ask_rows[] = {
	LOOK_LINK_ROWS(struct dhcp_ask),
	{"duration_ms", KEY_UINT, KEY_FIELD(struct dhcp_ask, duration_ms),
	 .min = 1, .max = LOOK_DURATION_MAX_MS, .def = 2000},
	{"enough", KEY_UINT, KEY_FIELD(struct dhcp_ask, enough),
	 .max = DHCP_OFFERS_MAX},
};

static const struct key_table ask_table =
	KEY_TABLE("request", struct dhcp_ask, ask_rows);

int look_dhcp(const struct doc *req, struct json *j, struct err *reterr)
{
	auto_arena struct arena a = {0};
	auto_close int fd = -1;
	struct asking k = {0};
	struct dhcp_ask q = {0};
	unsigned index;
	int r;

	r = look_request(&a, req, &ask_table, &q, reterr);
	if (r == 0)
		r = look_link(q.netns, q.dev, &index, reterr);
	if (r < 0)
		return r;
	if (getrandom(&k.xid, sizeof(k.xid), 0) != sizeof(k.xid))
		return err_sys(reterr, -errno, "random numbers");
	fd = look_packets(index, ETH_P_IP, reterr);
	if (fd < 0)
		return fd;
	k.fd = fd;
	k.mac = q.mac;
	r = ask_and_wait(&k, q.duration_ms, q.enough, reterr);
	if (r == 0)
		keys_write(&table,
			   &(struct seen_offers){.items = k.offers, .n = k.n},
			   j);
	return r;
}

/* --- the other side: the request and its answer ---------------------- */

void dhcp_ask(const struct dhcp_ask *q, struct buf *out)
{
	look_ask(&ask_table, q, out);
}

void dhcp_answer(struct arena *a, const struct doc *d, struct seen_offers *ret)
{
	const char *wrong;

	*ret = (struct seen_offers){0};
	wrong = look_read(a, d, &table, ret);
	if (wrong)
		*ret = (struct seen_offers){.error = wrong};
}
