/* SPDX-License-Identifier: MIT */
/* The question to DHCPv6 servers, and what is taken for an answer. */
#include "verify/looks/dhcp6.h"

#include <stdlib.h>
#include <string.h>

#include "t/lib/tap.h"

#define XID 0x123456u
#define ETH 14
#define IP6 40
#define UDP (ETH + IP6)
#define MSG (UDP + 8)

static const struct mac client = {{0xfa, 0x16, 0x3e, 1, 2, 3}};

/* What follows the transaction: its server's DUID, and an address. */
static const uint8_t options[] = {
	0,    2, 0, 10,   0,    3, 0, 1,    2,    0, 0, 0,  0, 0x66, /* server
								      */
	0,    3, 0, 40,                                              /* IA_NA */
	0x3e, 1, 2, 3,    0,    0, 0, 9,    0,    0, 0, 10, /* IAID, times */
	0,    5, 0, 24,                                     /* IAADDR */
	0xfd, 0, 0, 9,    0,    0, 0, 0,    0,    0, 0, 0,  0, 0,    0,
	4,    0, 0, 0x1c, 0x20, 0, 0, 0x1d, 0x4c,
};
#define SIZE (MSG + 4 + sizeof(options))

/* As a server would make it of the question. */
static void make_offer(uint8_t *p)
{
	uint8_t question[DHCP6_ASK_MAX];

	dhcp6_question(&client, false, XID, question);
	memcpy(p, question, MSG + 4);
	memcpy(p + 6, "\x02\0\0\0\0\x66", 6);
	p[UDP + 1] = 547 & 0xff;
	p[UDP + 3] = 546 & 0xff;
	p[UDP + 4] = 0;
	p[UDP + 5] = (uint8_t)(SIZE - UDP);
	p[MSG] = 2;
	memcpy(p + MSG + 4, options, sizeof(options));
}

static uint32_t sum16(const uint8_t *p, size_t n)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
	return sum;
}

static void question(bool stateless)
{
	const char *what = stateless ? "stateless" : "stateful";
	char duid[LEASE6_DUID_TEXT];
	uint8_t p[DHCP6_ASK_MAX];
	struct seen_offer6 o;
	size_t n = dhcp6_question(&client, stateless, XID, p);
	uint32_t sum = sum16(p + ETH + 8, 32) + 17 + (uint32_t)(n - UDP) +
		       sum16(p + UDP, n - UDP);

	is_int((sum & 0xffff) + (sum >> 16), 0xffff, "%s: it adds up", what);
	ok(memcmp(p, "\x33\x33\0\x01\0\x02", 6) == 0 &&
		   memcmp(p + 6, client.b, 6) == 0,
	   "%s: from the client to all servers", what);
	is_int(p[MSG], stateless ? 11 : 1, "%s: its kind", what);
	is_int((unsigned)p[ETH + 4] << 8 | p[ETH + 5], n - UDP, "%s: its size",
	       what);
	ok(!dhcp6_offer_read(p, n, XID, &o, duid), "%s: it is no answer itself",
	   what);
}

static void offers(void)
{
	static const struct {
		const char *what;
		size_t at;
		uint8_t value;
	} others[] = {
		{"another protocol", ETH + 6, 6},
		{"another ethertype", 13, 0x00},
		{"another port", UDP + 3, 69},
		{"another transaction", MSG + 2, 0x99},
		{"a request", MSG, 3},
		{"an option that is cut", MSG + 4 + 3, 250},
		{"a datagram that is longer than its frame", UDP + 4, 9},
		{"a datagram without a message", UDP + 5, 8},
	};
	char ip[IP_TEXT_MAX], mac[MAC_TEXT_MAX], duid[LEASE6_DUID_TEXT];
	struct seen_offer6 o;
	uint8_t p[SIZE];
	size_t i, n;

	make_offer(p);
	ok(dhcp6_offer_read(p, SIZE, XID, &o, duid), "an offer is read");
	is(o.duid, "00:03:00:01:02:00:00:00:00:66", "its server");
	is(ip_print(&o.addr, ip), "fd00:9::4", "its address");
	is(ip_print(&o.from, ip), "fe80::f816:3eff:fe01:203", "its sender");
	is(mac_print(&o.mac, mac), "02:00:00:00:00:66", "and that one's MAC");
	p[MSG] = 7;
	ok(dhcp6_offer_read(p, SIZE, XID, &o, duid), "a reply too");
	p[MSG + 4 + 14 + 3] = 11;
	ok(!dhcp6_offer_read(p, SIZE, XID, &o, duid) || !ip_is_set(&o.addr),
	   "no address of an IA that is cut");
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		make_offer(p);
		p[others[i].at] = others[i].value;
		ok(!dhcp6_offer_read(p, SIZE, XID, &o, duid), "%s is none",
		   others[i].what);
	}
	make_offer(p);
	for (i = n = 0; i < SIZE; i++) {
		/* Of its very size, so that a sanitizer sees what is read. */
		uint8_t *cut = malloc(i + 1);

		if (!cut)
			abort();
		memcpy(cut, p, i);
		n += dhcp6_offer_read(cut, i, XID, &o, duid);
		free(cut);
	}
	is_int(n, 0, "a frame that is cut is none");
}

int main(void)
{
	question(false);
	question(true);
	offers();
	return tap_done();
}
