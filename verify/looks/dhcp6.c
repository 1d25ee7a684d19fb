/* SPDX-License-Identifier: MIT */
/*
 * Asking DHCPv6 servers
 * =====================
 * By a packet socket, for the port of clients is taken where one runs. It is
 * asked from the link-local address of the machine's MAC, which answers come
 * back to; the kernel has it resolved, so the machine must have it.
 */
#include "verify/looks/dhcp6.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "verify/looks/op.h"

/* Where things are: RFC 894, RFC 8200 section 3, RFC 768, RFC 8415 section
 * 8. */
enum {
	ETH = 14,
	IP6_LEN = 4,
	IP6_NEXT = 6,
	IP6_HOPS = 7,
	IP6_SRC = 8,
	IP6_DST = 24,
	IP6_SIZE = 40,
	UDP_SIZE = 8,
	MSG_SIZE = 4,
	CLIENT_PORT = 546,
	SERVER_PORT = 547,
};
enum { SOLICIT = 1, ADVERTISE = 2, REPLY = 7, INFORMATION_REQUEST = 11 };
enum {
	OPT_CLIENTID = 1,
	OPT_SERVERID = 2,
	OPT_IA_NA = 3,
	OPT_IAADDR = 5,
	OPT_ORO = 6,
	OPT_ELAPSED = 8,
	OPT_DNS = 23,
	OPT_DOMAINS = 24,
};
#define IA_NA_SIZE 12  /* its IAID and two times */
#define IAADDR_SIZE 24 /* the address and its lifetimes */

#define AGAIN (1000 * NS_PER_MS) /* a question may be lost: SOL_TIMEOUT */
#define FRAME_MAX 2048

static unsigned get16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static uint8_t *put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
	return p + 2;
}

static struct ip get_ip(const uint8_t *p)
{
	struct ip ip = {.family = 6};

	memcpy(ip.b, p, 16);
	return ip;
}

/* --- the question --------------------------------------------------------- */

static uint8_t *put_options(uint8_t *p, const struct mac *mac, bool stateless)
{
	uint8_t duid[LEASE6_DUID_MAX];
	size_t n = lease6_duid_of(mac, duid);

	p = put16(put16(p, OPT_CLIENTID), (unsigned)n);
	memcpy(p, duid, n);
	p += n;
	if (!stateless) {
		p = put16(put16(p, OPT_IA_NA), IA_NA_SIZE);
		memset(p, 0, IA_NA_SIZE);
		memcpy(p, mac->b + 2, 4); /* its IAID: see lease6.h */
		p += IA_NA_SIZE;
	}
	p = put16(put16(p, OPT_ORO), 4);
	p = put16(put16(p, OPT_DNS), OPT_DOMAINS);
	return put16(put16(put16(p, OPT_ELAPSED), 2), 0);
}

/* Of the pseudo-header (RFC 8200, section 8.1) and the datagram. */
static unsigned sum_of(const uint8_t *ip, const uint8_t *udp, size_t len)
{
	uint32_t sum = (uint32_t)len + IPPROTO_UDP;
	size_t i;

	for (i = 0; i < 32; i += 2)
		sum += get16(ip + IP6_SRC + i);
	for (i = 0; i + 1 < len; i += 2)
		sum += get16(udp + i);
	if (i < len)
		sum += (uint32_t)udp[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	sum = ~sum & 0xffff;
	return sum ? sum : 0xffff;
}

size_t dhcp6_question(const struct mac *mac, bool stateless, uint32_t xid,
		      uint8_t out[DHCP6_ASK_MAX])
{
	/* All DHCP servers and relays of the link: ff02::1:2. */
	static const uint8_t to_mac[6] = {0x33, 0x33, 0, 1, 0, 2};
	uint8_t *ip = out + ETH, *udp = ip + IP6_SIZE, *msg = udp + UDP_SIZE;
	struct ip own = ip_link_local(mac);
	uint8_t *end;
	size_t len;

	memset(out, 0, DHCP6_ASK_MAX);
	memcpy(out, to_mac, 6);
	memcpy(out + 6, mac->b, 6);
	put16(out + 12, ETH_P_IPV6);
	msg[0] = stateless ? INFORMATION_REQUEST : SOLICIT;
	msg[1] = (uint8_t)(xid >> 16);
	put16(msg + 2, xid & 0xffff);
	end = put_options(msg + MSG_SIZE, mac, stateless);
	len = (size_t)(end - udp);
	ip[0] = 0x60;
	put16(ip + IP6_LEN, (unsigned)len);
	ip[IP6_NEXT] = IPPROTO_UDP;
	ip[IP6_HOPS] = 1;
	memcpy(ip + IP6_SRC, own.b, 16);
	ip[IP6_DST] = 0xff;
	ip[IP6_DST + 1] = 0x02;
	ip[IP6_DST + 13] = 1;
	ip[IP6_DST + 15] = 2;
	put16(udp, CLIENT_PORT);
	put16(udp + 2, SERVER_PORT);
	put16(udp + 4, (unsigned)len);
	put16(udp + 6, sum_of(ip, udp, len));
	return (size_t)(end - out);
}

/* --- an answer ------------------------------------------------------------ */

/* The next option, whose content is at *at and *len bytes; false at the end or
 * where it is cut. */
static bool next_option(const uint8_t **p, const uint8_t *end, unsigned *code,
			const uint8_t **at, size_t *len)
{
	if (end - *p < 4)
		return false;
	*code = get16(*p);
	*len = get16(*p + 2);
	*at = *p + 4;
	if ((size_t)(end - *at) < *len)
		return false;
	*p = *at + *len;
	return true;
}

/* The first address of an IA. */
static void read_ia(const uint8_t *p, size_t len, struct seen_offer6 *ret)
{
	const uint8_t *end = p + len, *at;
	unsigned code;
	size_t n;

	if (len < IA_NA_SIZE)
		return;
	p += IA_NA_SIZE;
	while (next_option(&p, end, &code, &at, &n))
		if (code == OPT_IAADDR && n >= IAADDR_SIZE &&
		    !ip_is_set(&ret->addr))
			ret->addr = get_ip(at);
}

bool dhcp6_offer_read(const uint8_t *frame, size_t len, uint32_t xid,
		      struct seen_offer6 *ret, char duid[LEASE6_DUID_TEXT])
{
	const uint8_t *ip = frame + ETH, *udp = ip + IP6_SIZE;
	const uint8_t *msg = udp + UDP_SIZE, *p, *end, *at;
	unsigned code;
	size_t n;

	*ret = (struct seen_offer6){.duid = duid};
	*duid = '\0';
	if (len < ETH + IP6_SIZE + UDP_SIZE + MSG_SIZE ||
	    get16(frame + 12) != ETH_P_IPV6 || ip[0] >> 4 != 6 ||
	    ip[IP6_NEXT] != IPPROTO_UDP || get16(udp) != SERVER_PORT ||
	    get16(udp + 2) != CLIENT_PORT ||
	    (msg[0] != ADVERTISE && msg[0] != REPLY) ||
	    ((uint32_t)msg[1] << 16 | get16(msg + 2)) != (xid & 0xffffff))
		return false;
	n = get16(udp + 4);
	if (n < UDP_SIZE + MSG_SIZE || n > len - ETH - IP6_SIZE)
		return false;
	end = udp + n;
	p = msg + MSG_SIZE;
	ret->from = get_ip(ip + IP6_SRC);
	memcpy(ret->mac.b, frame + 6, 6);
	while (next_option(&p, end, &code, &at, &n))
		if (code == OPT_SERVERID)
			lease6_duid_print(at, n, duid);
		else if (code == OPT_IA_NA)
			read_ia(at, n, ret);
	return p == end;
}

/* --- asking --------------------------------------------------------------- */

struct asking {
	int fd;
	uint32_t xid;
	struct mac mac;
	bool stateless;
	struct seen_offer6 offers[DHCP6_OFFERS_MAX];
	char duids[DHCP6_OFFERS_MAX][LEASE6_DUID_TEXT];
	size_t n;
};

static void take(struct asking *k, const struct seen_offer6 *o)
{
	size_t i;

	for (i = 0; i < k->n; i++)
		if (strcmp(k->offers[i].duid, o->duid) == 0 &&
		    ip_equal(&k->offers[i].addr, &o->addr) &&
		    ip_equal(&k->offers[i].from, &o->from) &&
		    mac_equal(&k->offers[i].mac, &o->mac))
			return;
	if (k->n == DHCP6_OFFERS_MAX)
		return;
	memcpy(k->duids[k->n], o->duid, strlen(o->duid) + 1);
	k->offers[k->n] = *o;
	k->offers[k->n].duid = k->duids[k->n];
	k->n++;
}

static void receive(struct asking *k)
{
	unsigned n = 0;
	char duid[LEASE6_DUID_TEXT];
	uint8_t frame[FRAME_MAX];
	struct seen_offer6 o;
	ssize_t r;

	while (n++ < LOOK_BURST_MAX &&
	       (r = recv(k->fd, frame, sizeof(frame), MSG_DONTWAIT)) >= 0)
		if (dhcp6_offer_read(frame, (size_t)r, k->xid, &o, duid))
			take(k, &o);
}

static size_t servers(const struct asking *k)
{
	size_t i, m, n = 0;

	for (i = 0; i < k->n; i++) {
		for (m = 0; m < i; m++)
			if (mac_equal(&k->offers[i].mac, &k->offers[m].mac))
				break;
		n += m == i;
	}
	return n;
}

static int ask_and_wait(struct asking *k, int64_t ms, size_t enough,
			struct err *reterr)
{
	uint8_t frame[DHCP6_ASK_MAX];
	struct mono now = clock_mono(), due = now;
	struct mono end = mono_add(now, ms * NS_PER_MS);
	size_t size = dhcp6_question(&k->mac, k->stateless, k->xid, frame);
	unsigned wake = 0;

	while (!(wake & LOOK_STOP) && mono_before(now, end)) {
		if (!mono_before(now, due)) {
			if (send(k->fd, frame, size, 0) < 0)
				return err_sys(reterr, -errno,
					       "ask DHCPv6 servers");
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
	{"duid", KEY_TEXT, KEY_FIELD(struct seen_offer6, duid)},
	{"addr", KEY_IP, KEY_FIELD(struct seen_offer6, addr)},
	{"from", KEY_IP, KEY_FIELD(struct seen_offer6, from)},
	{"mac", KEY_MAC, KEY_FIELD(struct seen_offer6, mac)},
};

static const struct key_table offer_table =
	KEY_TABLE("offer", struct seen_offer6, offer_rows);

static const struct key rows[] = {
	{"offers", KEY_LIST, KEY_ITEMS(struct seen_offers6, items, n),
	 .flags = KEY_REQUIRED, .max = DHCP6_OFFERS_MAX, .table = &offer_table},
};

static const struct key_table table =
	KEY_TABLE("answer", struct seen_offers6, rows);

static const struct key ask_rows[] = {
	LOOK_LINK_ROWS(struct dhcp6_ask),
	{"stateless", KEY_BOOL, KEY_FIELD(struct dhcp6_ask, stateless)},
	{"duration_ms", KEY_UINT, KEY_FIELD(struct dhcp6_ask, duration_ms),
	 .min = 1, .max = LOOK_DURATION_MAX_MS, .def = 2000},
	{"enough", KEY_UINT, KEY_FIELD(struct dhcp6_ask, enough),
	 .max = DHCP6_OFFERS_MAX},
};

static const struct key_table ask_table =
	KEY_TABLE("request", struct dhcp6_ask, ask_rows);

int look_dhcp6(const struct doc *req, struct json *j, struct err *reterr)
{
	auto_arena struct arena a = {0};
	auto_close int fd = -1;
	struct asking k = {0};
	struct dhcp6_ask q = {0};
	unsigned index;
	int r;

	r = look_request(&a, req, &ask_table, &q, reterr);
	if (r == 0)
		r = look_link(q.netns, q.dev, &index, reterr);
	if (r < 0)
		return r;
	if (getrandom(&k.xid, sizeof(k.xid), 0) != sizeof(k.xid))
		return err_sys(reterr, -errno, "random numbers");
	fd = look_packets(index, ETH_P_IPV6, reterr);
	if (fd < 0)
		return fd;
	k.fd = fd;
	k.mac = q.mac;
	k.stateless = q.stateless;
	r = ask_and_wait(&k, q.duration_ms, q.enough, reterr);
	if (r == 0)
		keys_write(&table,
			   &(struct seen_offers6){.items = k.offers, .n = k.n},
			   j);
	return r;
}

/* --- the other side: the request and its answer ---------------------- */

void dhcp6_ask(const struct dhcp6_ask *q, struct buf *out)
{
	look_ask(&ask_table, q, out);
}

void dhcp6_answer(struct arena *a, const struct doc *d,
		  struct seen_offers6 *ret)
{
	const char *wrong;

	*ret = (struct seen_offers6){0};
	wrong = look_read(a, d, &table, ret);
	if (wrong)
		*ret = (struct seen_offers6){.error = wrong};
}
