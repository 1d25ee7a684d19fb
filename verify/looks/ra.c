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
#include <unistd.h>

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
	uint8_t frame[FRAME_MAX];
	struct seen_advert x;
	ssize_t r;

	while ((r = recv(k->fd, frame, sizeof(frame), MSG_DONTWAIT)) >= 0)
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

static int open_socket(unsigned index, struct err *reterr)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET,
				 .sll_protocol = htons(ETH_P_IPV6),
				 .sll_ifindex = (int)index};
	struct packet_mreq all = {.mr_ifindex = (int)index,
				  .mr_type = PACKET_MR_ALLMULTI};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int r = -errno;

	if (fd < 0)
		return err_sys(reterr, r, "open a packet socket");
	if (bind(fd, (const struct sockaddr *)&to, sizeof(to)) == 0 &&
	    setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all,
		       sizeof(all)) == 0)
		return fd;
	r = -errno;
	close(fd);
	return err_sys(reterr, r, "bind a packet socket");
}

static void write_prefix(struct json *j, const struct ra_prefix *p)
{
	char text[IP_TEXT_MAX];

	json_obj(j);
	json_kstr(j, "prefix", ipnet_print(&p->prefix, text));
	json_kbool(j, "onlink", p->onlink);
	json_kbool(j, "auto", p->autonomous);
	json_kint(j, "valid", p->valid);
	json_kint(j, "preferred", p->preferred);
	json_obj_end(j);
}

static void write_advert(struct json *j, const struct seen_advert *x)
{
	char text[IP_TEXT_MAX], mac[MAC_TEXT_MAX];
	size_t i;

	json_obj(j);
	json_kstr(j, "mac", mac_print(&x->mac, mac));
	json_kstr(j, "from", ip_print(&x->from, text));
	json_kint(j, "hops", x->hops);
	json_kbool(j, "managed", x->managed);
	json_kbool(j, "other", x->other);
	json_kint(j, "lifetime", x->lifetime);
	json_kint(j, "mtu", x->mtu);
	json_key(j, "prefixes");
	json_arr(j);
	for (i = 0; i < x->nprefixes; i++)
		write_prefix(j, &x->prefixes[i]);
	json_arr_end(j);
	json_key(j, "rdnss");
	json_arr(j);
	for (i = 0; i < x->ndns; i++)
		json_str(j, ip_print(&x->dns[i], text));
	json_arr_end(j);
	json_obj_end(j);
}

int look_ra(const struct doc *req, struct json *j, struct err *reterr)
{
	auto_close int fd = -1;
	struct asking k = {0};
	int64_t ms, settle;
	const char *dev;
	unsigned index;
	size_t i;
	int r;

	if (mac_parse(doc_str(req, "mac", ""), &k.mac) < 0)
		return err_set(reterr, -EINVAL, "'%.64s' is no MAC address",
			       doc_str(req, "mac", ""));
	r = look_number(req, "duration_ms", 1, LOOK_DURATION_MAX_MS, 5000, &ms,
			reterr);
	if (r == 0)
		r = look_number(req, "settle_ms", 0, LOOK_DURATION_MAX_MS, 500,
				&settle, reterr);
	if (r == 0)
		r = look_enter(req, reterr);
	if (r == 0)
		r = look_dev(req, &dev, &index, reterr);
	if (r < 0)
		return r;
	fd = open_socket(index, reterr);
	if (fd < 0)
		return fd;
	k.fd = fd;
	k.end = mono_add(clock_mono(), ms * NS_PER_MS);
	k.settle_ns = settle * NS_PER_MS;
	r = ask_and_wait(&k, reterr);
	if (r < 0)
		return r;
	json_key(j, "adverts");
	json_arr(j);
	for (i = 0; i < k.n; i++)
		write_advert(j, &k.adverts[i]);
	json_arr_end(j);
	return 0;
}

/* --- the other side: the request and its answer ---------------------- */

void ra_ask(const struct ra_ask *q, struct buf *out)
{
	char mac[MAC_TEXT_MAX];
	struct json j;

	json_init(&j, out, 0);
	json_kstr(&j, "netns", q->netns);
	json_kstr(&j, "dev", q->dev);
	json_kstr(&j, "mac", mac_print(&q->mac, mac));
	json_kint(&j, "duration_ms", q->duration_ms);
	json_kint(&j, "settle_ms", q->settle_ms);
}

/* What does not fit is no number of an advertisement's. */
static uint32_t number(const struct doc *d, const char *key)
{
	int64_t v = doc_int(d, key, 0);

	return v < 0 || v > UINT32_MAX ? 0 : (uint32_t)v;
}

static void read_advert(const struct doc *d, struct seen_advert *x)
{
	const struct doc *item;

	/* What cannot be read is nobody's. */
	if (mac_parse(doc_str(d, "mac", ""), &x->mac) < 0)
		x->mac = (struct mac){0};
	if (ip_parse(doc_str(d, "from", ""), &x->from) < 0)
		x->from = (struct ip){0};
	x->hops = (uint8_t)number(d, "hops");
	x->managed = doc_bool(d, "managed", false);
	x->other = doc_bool(d, "other", false);
	x->lifetime = (uint16_t)number(d, "lifetime");
	x->mtu = number(d, "mtu");
	DOC_FOREACH (item, doc_get(d, "prefixes")) {
		struct ra_prefix *p = &x->prefixes[x->nprefixes];

		if (x->nprefixes == RA_PREFIXES_MAX ||
		    ipnet_parse(doc_str(item, "prefix", ""), &p->prefix) < 0)
			break;
		p->onlink = doc_bool(item, "onlink", false);
		p->autonomous = doc_bool(item, "auto", false);
		p->valid = number(item, "valid");
		p->preferred = number(item, "preferred");
		x->nprefixes++;
	}
	DOC_FOREACH (item, doc_get(d, "rdnss"))
		if (item->str && x->ndns < RA_DNS_MAX &&
		    ip_parse(item->str, &x->dns[x->ndns]) == 0)
			x->ndns++;
}

void ra_answer(struct arena *a, const struct doc *d, struct seen_adverts *ret)
{
	const struct doc *list = doc_get(d, "adverts"), *item;

	*ret = (struct seen_adverts){0};
	if (!list) {
		ret->error = "its answer is missing";
		return;
	}
	DOC_FOREACH (item, list)
		if (ret->n < RA_ADVERTS_MAX)
			read_advert(item, arena_push(a, &ret->items, &ret->n,
						     sizeof(*ret->items)));
}
