/* SPDX-License-Identifier: MIT */
/* The questions to routers and to holders of addresses, and what is taken for
 * an answer; answers of a web server; and their looks where nobody is. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/auto.h"
#include "t/lib/tap.h"
#include "verify/looks/arp.h"
#include "verify/looks/http.h"
#include "verify/looks/programs.h"
#include "verify/looks/ra.h"
#include "verify/looks/sweep.h"

#define ETH 14
#define IP (ETH)
#define MSG (IP + 40)
#define OPTS (MSG + 16)

static const struct mac me = {{0xfa, 0x16, 0x3e, 1, 2, 3}};

/* RFC 1071, of the pseudo-header and the message. */
static unsigned sum(const uint8_t *p, size_t len)
{
	uint32_t s = (uint32_t)(len - MSG) + 58;
	size_t i;

	for (i = IP + 8; i + 1 < len; i += 2)
		s += (uint32_t)p[i] << 8 | p[i + 1];
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return s;
}

static void seal(uint8_t *p, size_t len)
{
	unsigned s;

	p[IP + 4] = (uint8_t)((len - MSG) >> 8);
	p[IP + 5] = (uint8_t)(len - MSG);
	p[MSG + 2] = p[MSG + 3] = 0;
	s = ~sum(p, len) & 0xffff;
	p[MSG + 2] = (uint8_t)(s >> 8);
	p[MSG + 3] = (uint8_t)s;
}

/* A prefix, an MTU, a DNS server. */
static size_t make(uint8_t *p)
{
	static const uint8_t opts[] = {
		3,    4,  64, 0xc0, 0, 1, 0x51, 0x80, 0, 0,    0x38, 0x40, 0,
		0,    0,  0,  0xfd, 0, 0, 1,    0,    0, 0,    0,    0,    0,
		0,    0,  0,  0,    0, 0, 5,    1,    0, 0,    0,    0,    5,
		0xaa, 25, 3,  0,    0, 0, 0,    0,    9, 0x20, 1,    0xd,  0xb8,
		0,    0,  0,  0,    0, 0, 0,    0,    0, 0,    0,    0x53};
	size_t len = OPTS + sizeof(opts);

	memset(p, 0, len);
	memcpy(p + 6, "\x02\0\0\0\0\x66", 6);
	p[12] = 0x86;
	p[13] = 0xdd;
	p[IP] = 0x60;
	p[IP + 6] = 58;
	p[IP + 7] = 255;
	p[IP + 8] = 0xfe;
	p[IP + 9] = 0x80;
	p[IP + 23] = 0x66;
	p[IP + 24] = 0xff;
	p[IP + 25] = 2;
	p[IP + 39] = 1;
	p[MSG] = 134;
	p[MSG + 5] = 0xc0;
	p[MSG + 6] = 1;
	p[MSG + 7] = 0x2c;
	memcpy(p + OPTS, opts, sizeof(opts));
	seal(p, len);
	return len;
}

static void question(void)
{
	uint8_t p[RA_SOLICIT_SIZE];
	struct seen_advert x;

	ra_solicit(&me, p);
	is_int(sum(p, sizeof(p)), 0xffff, "the question adds up (RFC 4443)");
	ok(p[IP + 7] == 255 && p[MSG] == 133 && p[0] == 0x33,
	   "it is for all routers, with hop limit 255");
	ok(!ra_read(p, sizeof(p), &x), "it is no advertisement itself");
}

static void advertisement(void)
{
	static const struct {
		const char *what;
		size_t at;
		uint8_t value;
	} others[] = {
		{"another ethertype", 13, 0},
		{"another version", IP, 0x40},
		{"another protocol", IP + 6, 17},
		{"another type", MSG, 133},
		{"a code", MSG + 1, 1},
		{"an option of no length", OPTS + 1, 0},
		{"an option that is cut", OPTS + 1, 40},
	};
	char text[IP_TEXT_MAX];
	uint8_t p[256], q[256];
	struct seen_advert x;
	size_t len = make(p), i, n;

	ok(ra_read(p, len, &x), "an advertisement is read");
	ok(x.managed && x.other && x.lifetime == 300 && x.mtu == 1450 &&
		   x.hops == 255,
	   "flags, lifetime, MTU, hop limit");
	is(ip_print(&x.from, text), "fe80::66", "whose it is");
	ok(x.nprefixes == 1 && x.prefixes[0].onlink &&
		   x.prefixes[0].autonomous && x.prefixes[0].valid == 86400 &&
		   x.prefixes[0].preferred == 14400,
	   "its prefix's flags and times");
	is(ipnet_print(&x.prefixes[0].prefix, text), "fd00:1::/64",
	   "its prefix");
	ok(x.ndns == 1, "its DNS server");
	is(ip_print(&x.dns[0], text), "2001:db8::53", "by its address");
	for (i = 0; i < ARRAY_LEN(others); i++) {
		memcpy(q, p, len);
		q[others[i].at] = others[i].value;
		seal(q, len);
		ok(!ra_read(q, len, &x), "%s: none", others[i].what);
	}
	p[MSG + 4] ^= 1;
	ok(!ra_read(p, len, &x), "a sum that is wrong: none");
	p[MSG + 4] ^= 1;
	for (i = n = 0; i < len; i++) {
		uint8_t *cut = malloc(i ? i : 1);

		memcpy(cut, p, i);
		n += ra_read(cut, i, &x);
		free(cut);
	}
	is_int(n, 0, "none that is cut anywhere");
}

static void holders(void)
{
	static const struct {
		const char *what;
		size_t at;
		uint8_t value;
	} others[] = {{"another protocol", 13, 0},
		      {"no Ethernet", 15, 6},
		      {"no IPv4", 16, 0x86},
		      {"other lengths", 18, 8},
		      {"a question", 21, 1}};
	struct arp_target t = {0};
	struct seen_holder x;
	uint8_t p[ARP_SIZE], q[ARP_SIZE];
	char text[IP_TEXT_MAX];
	size_t i, n = 0;

	(void)ip_parse("10.0.0.1", &t.ip);
	(void)ip_parse("10.0.0.9", &t.from);
	arp_question(&me, &t, p);
	ok(!arp_read(p, sizeof(p), &x), "a question is no answer");
	ok(p[0] == 0xff && !memcmp(p + 22, me.b, 6) &&
		   !memcmp(p + 38, t.ip.b, 4),
	   "it goes to all, from here, for the address");
	p[21] = 2;
	ok(arp_read(p, sizeof(p), &x) && mac_equal(&x.mac, &me),
	   "an answer: its MAC address");
	is(ip_print(&x.ip, text), "10.0.0.9", "and whose it is");
	for (i = 0; i < ARRAY_LEN(others); i++) {
		memcpy(q, p, sizeof(q));
		q[others[i].at] = others[i].value;
		ok(!arp_read(q, sizeof(q), &x), "%s: none", others[i].what);
	}
	for (i = 0; i < sizeof(p); i++) {
		uint8_t *cut = malloc(i ? i : 1);

		memcpy(cut, p, i);
		n += arp_read(cut, i, &x);
		free(cut);
	}
	is_int(n, 0, "none that is cut anywhere");
}

static void answers(void)
{
	static const char whole[] = "HTTP/1.1 200 OK\r\nA: b\r\n\r\nbody";
	static const char *const none[] = {
		"", "HTTP/1.1 200", "SSH-2.0-x\r\n\r\n",
		"HTTP/1.1 2x0 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nA: b\r\n"};
	unsigned status;
	const char *body;
	size_t i;

	ok(http_read(whole, strlen(whole), &status, &body) && status == 200,
	   "an answer and its status");
	is(body, "body", "its body");
	for (i = 0; i < ARRAY_LEN(none); i++)
		ok(!http_read(none[i], strlen(none[i]), &status, &body),
		   "'%.12s' is none", none[i]);
}

static const struct doc *doc(struct arena *a, const char *text)
{
	struct doc_error where;
	struct doc *d = NULL;

	(void)doc_parse(a, text, strlen(text), &d, &where);
	return d;
}

/* What others send in place of answers. */
static void lies(void)
{
	auto_arena struct arena a = {0};
	struct seen_replies replies[2];
	struct seen_programs programs;
	struct seen_adverts adverts;
	struct seen_http said[2];
	struct seen_holders held;

	arp_answer(&a, doc(&a, "{}"), &held);
	is(held.error, "its answer is missing", "no word of ARP");
	arp_answer(&a,
		   doc(&a, "{answers: [{ip: x, mac: y}, {ip: 10.0.0.1, mac: "
			   "'02:00:00:00:00:01'}]}"),
		   &held);
	ok(held.n == 2 && !held.error && !ip_is_set(&held.items[0].ip) &&
		   ip_is_set(&held.items[1].ip),
	   "what cannot be read is nobody's address");
	ra_answer(&a, doc(&a, "{}"), &adverts);
	is(adverts.error, "its answer is missing", "no word of routers");
	ra_answer(&a,
		  doc(&a, "{adverts: [{mac: x, lifetime: -1, mtu: 99999999999, "
			  "prefixes: [{prefix: 1}], rdnss: [y]}]}"),
		  &adverts);
	ok(adverts.n == 1 && !adverts.items[0].nprefixes &&
		   !adverts.items[0].ndns && !adverts.items[0].mtu &&
		   !ip_is_set(&adverts.items[0].from),
	   "what cannot be read is nobody's");
	http_answer(&a, doc(&a, "{from: [{answers: [{status: 9999}]}]}"), said,
		    2);
	ok(!said[0].error && !said[0].said[0].status, "a status that is none");
	is(said[1].error, "its answer is missing", "half an answer");
	sweep_answer(&a, doc(&a, "{replies: [{n: -5}], error: e}"), replies, 2);
	ok(!replies[0].n && replies[1].error, "replies that cannot be");
	is(replies[0].send_error, "e", "and why");
	programs_answer(&a, doc(&a, "{}"), &programs);
	is(programs.error, "its answer is missing", "no word of programs");
}

/* Where there is nothing: requests that are wrong. */
static void wrong(void)
{
	static const struct {
		const char *what, *text;
		int (*look)(const struct doc *, struct json *, struct err *);
		int r;
	} rows[] = {
		{"ra: no MAC", "{mac: x}", look_ra, -EINVAL},
		{"arp: no MAC", "{mac: x}", look_arp, -EINVAL},
		{"arp: IPv6",
		 "{mac: '02:00:00:00:00:01', targets: [{ip: '::1', from: "
		 "10.0.0.1}]}",
		 look_arp, -EINVAL},
		{"http: no server", "{server: '::1', paths: [/]}", look_http,
		 -EINVAL},
		{"http: no path", "{server: 127.0.0.1}", look_http, -EINVAL},
		{"http: too many paths",
		 "{server: 127.0.0.1, paths: [a,b,c,d,e,f,g,h,i]}", look_http,
		 -EINVAL},
		{"sweep: no IPv6", "{dsts: [10.0.0.1]}", look_sweep, -EINVAL},
		{"sweep: rounds", "{count: 65}", look_sweep, -EINVAL},
		{"programs: no name", "{}", look_programs, -EINVAL},
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(rows); i++) {
		auto_arena struct arena a = {0};
		auto_buf struct buf b = {0};
		struct err err = {0};
		struct json j;

		json_init(&j, &b, 0);
		is_int(rows[i].look(doc(&a, rows[i].text), &j, &err), rows[i].r,
		       "%s: %s", rows[i].what, err.msg);
	}
}

int main(void)
{
	question();
	advertisement();
	holders();
	answers();
	lies();
	wrong();
	return tap_done();
}
